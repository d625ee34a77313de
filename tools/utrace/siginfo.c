// SPDX-License-Identifier: GPL-2.0
#include <signal.h>
#include <string.h>

#include "args.h"
#include "structs.h"
#include "utrace.h"

/* Offsets in a siginfo_t of 64 bit. */
enum {
	AT_SIGNO = 0, AT_ERRNO = 4, AT_CODE = 8,
	AT_PID = 16, AT_UID = 20, AT_STATUS = 24, AT_UTIME = 32, AT_STIME = 40,
	AT_ADDR = 16, AT_ADDR_LSB = 24, AT_LOWER = 32, AT_PKEY = 32,
	AT_TIMER = 16, AT_OVERRUN = 20, AT_VALUE = 24,
	AT_BAND = 16, AT_FD = 24,
	AT_CALL_ADDR = 16, AT_SYSCALL = 24, AT_ARCH = 28,
};

static void print_code(struct text *t, int sig, unsigned int code)
{
	static const struct {
		int sig;
		enum constant_set_id codes;
	} own_codes[] = {
		{ SIGCHLD, SET_sigchld }, { SIGSEGV, SET_sigsegv }, { SIGBUS, SET_sigbus },
		{ SIGFPE, SET_sigfpe }, { SIGILL, SET_sigill }, { SIGTRAP, SET_sigtrap },
		{ SIGPOLL, SET_sigpoll }, { SIGSYS, SET_sigsys },
	};
	enum constant_set_id codes = SET_sicode;

	for (size_t i = 0; i < ARRAY_SIZE(own_codes); i++)
		if (own_codes[i].sig == sig && !constants_name(SET_sicode, code))
			codes = own_codes[i].codes;
	constants_print(t, codes, code);
}

static void print_source(struct text *t, const struct memory *m)
{
	text_add(t, ", si_pid=%d, si_uid=%u", (int)memory_get(m, AT_PID, 4),
		 (unsigned int)memory_get(m, AT_UID, 4));
}

static void print_pointer(struct text *t, const struct memory *m, const char *name, size_t at)
{
	text_add(t, ", %s=", name);
	arg_print(t, ARG_POINTER, memory_get(m, at, 8), false);
}

static void print_value(struct text *t, const struct memory *m)
{
	text_add(t, ", si_int=%d", (int)memory_get(m, AT_VALUE, 4));
	print_pointer(t, m, "si_ptr", AT_VALUE);
}

static void print_ticks(struct text *t, const struct memory *m, const char *name, size_t at)
{
	unsigned long long ticks = memory_get(m, at, 8);

	text_add(t, ", %s=%llu", name, ticks);
	if (ticks)
		text_add(t, " /* %llu.%02llu s */", ticks / 100, ticks % 100);
}

static void print_sent(struct text *t, const struct memory *m, int code)
{
	switch (code) {
	case SI_TIMER:
		text_add(t, ", si_timerid=%#x, si_overrun=%d", (unsigned int)memory_get(m, AT_TIMER, 4),
			 (int)memory_get(m, AT_OVERRUN, 4));
		print_value(t, m);
		break;
	case SI_SIGIO:
		text_add(t, ", si_band=%lld, si_fd=%d", (long long)memory_get(m, AT_BAND, 8),
			 (int)memory_get(m, AT_FD, 4));
		break;
	default:
		print_source(t, m);
		if (code != SI_USER && code != SI_TKILL && memory_get(m, AT_VALUE, 8))
			print_value(t, m);
	}
}

static void print_child(struct text *t, const struct memory *m, int code)
{
	int status = (int)memory_get(m, AT_STATUS, 4);

	print_source(t, m);
	text_add_string(t, ", si_status=");
	if (code == CLD_EXITED)
		text_add(t, "%d", status);
	else
		arg_print_signal(t, status);
	print_ticks(t, m, "si_utime", AT_UTIME);
	print_ticks(t, m, "si_stime", AT_STIME);
}

static void print_of_kernel(struct text *t, const struct memory *m, int sig, int code)
{
	switch (sig) {
	case SIGCHLD:
		print_child(t, m, code);
		break;
	case SIGSEGV:
		print_pointer(t, m, "si_addr", AT_ADDR);
		if (code == SEGV_BNDERR) {
			print_pointer(t, m, "si_lower", AT_LOWER);
			print_pointer(t, m, "si_upper", AT_LOWER + 8);
		} else if (code == SEGV_PKUERR) {
			text_add(t, ", si_pkey=%u", (unsigned int)memory_get(m, AT_PKEY, 4));
		}
		break;
	case SIGBUS:
		print_pointer(t, m, "si_addr", AT_ADDR);
		if (code == BUS_MCEERR_AR || code == BUS_MCEERR_AO)
			text_add(t, ", si_addr_lsb=%#x", (unsigned int)memory_get(m, AT_ADDR_LSB, 2));
		break;
	case SIGILL:
	case SIGFPE:
	case SIGTRAP:
		print_pointer(t, m, "si_addr", AT_ADDR);
		break;
	case SIGPOLL:
		if (code <= POLL_HUP)
			text_add(t, ", si_band=%lld, si_fd=%d",
				 (long long)memory_get(m, AT_BAND, 8), (int)memory_get(m, AT_FD, 4));
		break;
	case SIGSYS:
		print_pointer(t, m, "si_call_addr", AT_CALL_ADDR);
		text_add(t, ", si_syscall=%d, si_arch=", (int)memory_get(m, AT_SYSCALL, 4));
		constants_print(t, SET_auditarch, memory_get(m, AT_ARCH, 4));
		break;
	default:
		if (memory_get(m, AT_PID, 8))
			print_source(t, m);
		if (memory_get(m, AT_VALUE, 8))
			print_value(t, m);
	}
}

/* Of 32 bit: pointers, and what is aligned as such. */
static void widen(unsigned char *to, const struct memory *m, int sig, int code)
{
	static const struct move {
		uint8_t from, to, bytes;
	} sent[] = { { 12, AT_PID, 8 }, { 20, AT_VALUE, 4 } },
	  child[] = { { 12, AT_PID, 8 }, { 20, AT_STATUS, 4 }, { 24, AT_UTIME, 4 }, { 28, AT_STIME, 4 } },
	  fault[] = { { 12, AT_ADDR, 4 }, { 16, AT_ADDR_LSB, 2 }, { 20, AT_LOWER, 4 },
		      { 24, AT_LOWER + 8, 4 } },
	  poll[] = { { 12, AT_BAND, 4 }, { 16, AT_FD, 4 } },
	  call[] = { { 12, AT_CALL_ADDR, 4 }, { 16, AT_SYSCALL, 8 } };
	const struct move *moves = sent;
	size_t nr = ARRAY_SIZE(sent);

#define TAKE(what)	(moves = (what), nr = ARRAY_SIZE(what))
	if (code == SI_SIGIO || (code > 0 && sig == SIGPOLL))
		TAKE(poll);
	else if (code > 0 && sig == SIGCHLD)
		TAKE(child);
	else if (code > 0 && sig == SIGSYS)
		TAKE(call);
	else if (code > 0 && (sig == SIGSEGV || sig == SIGBUS || sig == SIGILL || sig == SIGFPE ||
			      sig == SIGTRAP))
		TAKE(fault);
#undef TAKE
	memcpy(to, m->bytes, AT_CODE + 4);
	for (size_t i = 0; i < nr; i++)
		memcpy(to + moves[i].to, m->bytes + moves[i].from, moves[i].bytes);
}

bool print_siginfo(struct text *t, const struct memory *m)
{
	int sig = (int)memory_get(m, AT_SIGNO, 4), code = (int)memory_get(m, AT_CODE, 4);
	unsigned char wide[48] = {};
	struct memory widened = { .bytes = wide, .len = sizeof(wide) };

	if (m->compat && m->len < 32)
		return false;
	if (m->compat) {
		widen(wide, m, sig, code);
		m = &widened;
	}
	if (!sig) {
		text_add_string(t, "{}");
		return true;
	}
	text_add_string(t, "{si_signo=");
	arg_print_signal(t, sig);
	text_add_string(t, ", si_code=");
	print_code(t, sig, (unsigned int)code);
	if (memory_get(m, AT_ERRNO, 4))
		text_add(t, ", si_errno=%u", (unsigned int)memory_get(m, AT_ERRNO, 4));
	if (code <= 0)
		print_sent(t, m, code);
	else
		print_of_kernel(t, m, sig, code);
	text_add_string(t, "}");
	return true;
}
