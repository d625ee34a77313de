// SPDX-License-Identifier: GPL-2.0
#include <linux/capability.h>
#include <linux/sched.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "args.h"
#include "structs.h"
#include "utrace.h"

#define USEC_PER_SEC	1000000
#define NSEC_PER_SEC	1000000000
/* Of the kernel; the C library knows better than to let anyone have it. */
#define KERNEL_SA_RESTORER	0x04000000
#define KERNEL_UTIME_NOW	((1 << 30) - 1)
#define KERNEL_UTIME_OMIT	((1 << 30) - 2)
#define KERNEL_ST_VALID		0x20
/* As strace without -s: what is left of an option's value. */
#define MAX_OPTION	32

uint64_t memory_get(const struct memory *m, size_t at, size_t bytes)
{
	uint64_t value = 0;

	if (bytes <= sizeof(value) && at + bytes <= m->len)
		memcpy(&value, m->bytes + at, bytes);
	return value;
}

int64_t memory_get_signed(const struct memory *m, size_t at, size_t bytes)
{
	unsigned int shift = 64 - 8 * (unsigned int)bytes;

	if (!bytes || bytes > sizeof(uint64_t))
		return 0;
	return (int64_t)(memory_get(m, at, bytes) << shift) >> shift;
}

/* The @n-th of a structure that is all longs. */
static uint64_t get_long(const struct memory *m, size_t n)
{
	size_t bytes = m->compat ? 4 : 8;

	return memory_get(m, n * bytes, bytes);
}

static struct memory part(const struct memory *m, size_t at, size_t len)
{
	struct memory p = *m;

	p.bytes += at < m->len ? at : m->len;
	p.len = at < m->len ? m->len - at : 0;
	if (p.len > len)
		p.len = len;
	return p;
}

/* ---- Numbers ---- */

static bool print_int(struct text *t, const struct memory *m)
{
	text_add(t, "[%lld]", (long long)memory_get_signed(m, 0, m->len));
	return true;
}

static bool print_id(struct text *t, const struct memory *m)
{
	text_add(t, "[%llu]", (unsigned long long)memory_get(m, 0, m->len));
	return true;
}

static bool print_fd_pair(struct text *t, const struct memory *m)
{
	text_add(t, "[%d, %d]", (int)memory_get(m, 0, 4), (int)memory_get(m, 4, 4));
	return true;
}

/* One element of an array: the brackets are the array's. */
static bool print_plain_id(struct text *t, const struct memory *m)
{
	text_add(t, "%u", (unsigned int)memory_get(m, 0, 4));
	return true;
}

/* Bits that are set, as numbers. */
static bool print_bits(struct text *t, const struct memory *m)
{
	const char *between = "";

	text_add_string(t, "[");
	for (size_t i = 0; i < m->len * 8; i++) {
		if (!(m->bytes[i / 8] >> i % 8 & 1))
			continue;
		text_add(t, "%s%zu", between, i);
		between = " ";
	}
	text_add_string(t, "]");
	return true;
}

bool print_fd_set(struct text *t, const struct memory *m)
{
	struct memory bits = *m;
	uint64_t nr = m->record->args[0];
	size_t bytes = (size_t)(nr + 7) / 8;

	if (bytes < bits.len)
		bits.len = bytes;
	return print_bits(t, &bits);
}

static bool print_option(struct text *t, const struct memory *m)
{
	const struct record *r = m->record;
	bool is_socket = r->nr_args > 2 && r->args[1] == SOL_SOCKET;
	size_t keep = m->len < MAX_OPTION ? m->len : MAX_OPTION;

	if (m->len == 4)
		return print_int(t, m);
	if (is_socket && r->args[2] == SO_LINGER && m->len == 8) {
		text_add(t, "{l_onoff=%d, l_linger=%d}", (int)memory_get(m, 0, 4),
			 (int)memory_get(m, 4, 4));
	} else if (is_socket && r->args[2] == SO_PEERCRED && m->len == 12) {
		text_add(t, "{pid=%d, uid=%u, gid=%u}", (int)memory_get(m, 0, 4),
			 (unsigned int)memory_get(m, 4, 4), (unsigned int)memory_get(m, 8, 4));
	} else {
		text_add_quoted(t, (const char *)m->bytes, keep);
		if (keep < m->len)
			text_add_string(t, "...");
	}
	return true;
}

/* ---- Times ---- */

static void print_time(struct text *t, const struct memory *m, const char *fraction)
{
	size_t bytes = m->len / 2;

	text_add(t, "{tv_sec=%lld, %s=%llu}", (long long)memory_get_signed(m, 0, bytes), fraction,
		 (unsigned long long)memory_get(m, bytes, bytes));
}

bool print_timespec(struct text *t, const struct memory *m)
{
	print_time(t, m, "tv_nsec");
	return true;
}

static bool print_timeval(struct text *t, const struct memory *m)
{
	print_time(t, m, "tv_usec");
	return true;
}

static bool print_interval(struct text *t, const struct memory *m,
			   bool (*print)(struct text *, const struct memory *))
{
	struct memory interval = part(m, 0, m->len / 2), value = part(m, m->len / 2, m->len / 2);

	text_add_string(t, "{it_interval=");
	print(t, &interval);
	text_add_string(t, ", it_value=");
	print(t, &value);
	text_add_string(t, "}");
	return true;
}

static bool print_itimerspec(struct text *t, const struct memory *m)
{
	return print_interval(t, m, print_timespec);
}

static bool print_itimerval(struct text *t, const struct memory *m)
{
	return print_interval(t, m, print_timeval);
}

/* @unit: Of the fraction: how many a second has. */
static void print_date(struct text *t, int64_t seconds, int64_t fraction, int64_t unit)
{
	time_t time = (time_t)seconds;
	char date[32], zone[8];
	struct tm tm;

	/* No time, in strace's opinion either. */
	if (fraction < 0 || fraction >= unit)
		return;
	if (!localtime_r(&time, &tm) || !strftime(date, sizeof(date), "%FT%T", &tm) ||
	    !strftime(zone, sizeof(zone), "%z", &tm))
		return;
	text_add(t, " /* %s", date);
	if (fraction)
		text_add(t, ".%0*lld", unit == NSEC_PER_SEC ? 9 : 6, (long long)fraction);
	text_add(t, "%s */", zone);
}

static bool print_file_times(struct text *t, const struct memory *m, const char *fraction,
			     int64_t unit)
{
	size_t word = m->len / 4;

	text_add_string(t, "[");
	for (size_t at = 0; at < m->len; at += 2 * word) {
		struct memory one = part(m, at, 2 * word);
		int64_t sub = memory_get_signed(&one, word, word);

		if (at)
			text_add_string(t, ", ");
		if (unit == NSEC_PER_SEC && sub == KERNEL_UTIME_NOW) {
			text_add_string(t, "UTIME_NOW");
		} else if (unit == NSEC_PER_SEC && sub == KERNEL_UTIME_OMIT) {
			text_add_string(t, "UTIME_OMIT");
		} else {
			print_time(t, &one, fraction);
			print_date(t, memory_get_signed(&one, 0, word), sub, unit);
		}
	}
	text_add_string(t, "]");
	return true;
}

static bool print_utimensat_times(struct text *t, const struct memory *m)
{
	return print_file_times(t, m, "tv_nsec", NSEC_PER_SEC);
}

static bool print_utimes_times(struct text *t, const struct memory *m)
{
	return print_file_times(t, m, "tv_usec", USEC_PER_SEC);
}

static bool print_utimbuf(struct text *t, const struct memory *m)
{
	size_t word = m->len / 2;
	int64_t access = memory_get_signed(m, 0, word), change = memory_get_signed(m, word, word);

	text_add(t, "{actime=%lld", (long long)access);
	print_date(t, access, 0, 1);
	text_add(t, ", modtime=%lld", (long long)change);
	print_date(t, change, 0, 1);
	text_add_string(t, "}");
	return true;
}

static bool print_timezone(struct text *t, const struct memory *m)
{
	text_add(t, "{tz_minuteswest=%d, tz_dsttime=%d}", (int)memory_get(m, 0, 4),
		 (int)memory_get(m, 4, 4));
	return true;
}

static bool print_tms(struct text *t, const struct memory *m)
{
	static const char *const names[] = { "tms_utime", "tms_stime", "tms_cutime", "tms_cstime" };

	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		uint64_t ticks = get_long(m, i);

		text_add(t, "%s%s=%llu", i ? ", " : "{", names[i], (unsigned long long)ticks);
		if (ticks)
			text_add(t, " /* %llu.%02llu s */", (unsigned long long)ticks / 100,
				 (unsigned long long)ticks % 100);
	}
	text_add_string(t, "}");
	return true;
}

/* ---- Files ---- */

static unsigned int dev_major(uint64_t dev)
{
	return (unsigned int)((dev >> 8 & 0xfff) | (dev >> 32 & ~0xfffull));
}

static unsigned int dev_minor(uint64_t dev)
{
	return (unsigned int)((dev & 0xff) | (dev >> 12 & ~0xffull));
}

static void print_stat_fields(struct text *t, unsigned int mode, uint64_t rdev, int64_t size)
{
	text_add_string(t, "{st_mode=");
	arg_print(t, ARG_FILE_MODE, mode, false);
	if (S_ISCHR(mode) || S_ISBLK(mode))
		text_add(t, ", st_rdev=makedev(%#x, %#x), ...}", dev_major(rdev), dev_minor(rdev));
	else
		text_add(t, ", st_size=%lld, ...}", (long long)size);
}

static bool print_stat(struct text *t, const struct memory *m)
{
	print_stat_fields(t, (unsigned int)memory_get(m, 24, 4), memory_get(m, 40, 8),
			  memory_get_signed(m, 48, 8));
	return true;
}

/* Of 32-bit tasks. */
static bool print_compat_stat(struct text *t, const struct memory *m)
{
	print_stat_fields(t, (unsigned int)memory_get(m, 8, 2), memory_get(m, 16, 4),
			  (int64_t)memory_get(m, 20, 4));
	return true;
}

static bool print_stat64(struct text *t, const struct memory *m)
{
	print_stat_fields(t, (unsigned int)memory_get(m, 16, 4), memory_get(m, 32, 8),
			  memory_get_signed(m, 44, 8));
	return true;
}

static bool print_statx(struct text *t, const struct memory *m)
{
	text_add_string(t, "{stx_mask=");
	constants_print(t, SET_statxmask, memory_get(m, 0, 4));
	text_add_string(t, ", stx_attributes=");
	constants_print(t, SET_statxattr, memory_get(m, 8, 8));
	text_add_string(t, ", stx_mode=");
	arg_print(t, ARG_FILE_MODE, memory_get(m, 28, 2), false);
	text_add(t, ", stx_size=%lld, ...}", (long long)memory_get(m, 40, 8));
	return true;
}

static void print_statfs_flags(struct text *t, uint64_t flags)
{
	if (flags & KERNEL_ST_VALID) {
		text_add_string(t, "ST_VALID");
		constants_add_flags(t, SET_statfs, flags & ~(uint64_t)KERNEL_ST_VALID);
	} else {
		constants_print(t, SET_statfs, flags);
	}
}

/* What is counted may be wider than the rest. */
static bool print_statfs_of(struct text *t, const struct memory *m, size_t word, size_t wide)
{
	static const char *const counts[] = { "f_blocks", "f_bfree", "f_bavail", "f_files", "f_ffree" };
	size_t at = 2 * word;

	text_add_string(t, "{f_type=");
	constants_print(t, SET_fsmagic, (uint32_t)memory_get(m, 0, word));
	text_add(t, ", f_bsize=%llu", (unsigned long long)memory_get(m, word, word));
	for (size_t i = 0; i < ARRAY_SIZE(counts); i++, at += wide)
		text_add(t, ", %s=%llu", counts[i], (unsigned long long)memory_get(m, at, wide));
	text_add_string(t, ", f_fsid={val=[");
	for (size_t i = 0; i < 2; i++, at += 4) {
		unsigned int half = (unsigned int)memory_get(m, at, 4);

		text_add(t, half ? "%s%#x" : "%s0", i ? ", " : "", half);
	}
	text_add(t, "]}, f_namelen=%llu, f_frsize=%llu, f_flags=",
		 (unsigned long long)memory_get(m, at, word),
		 (unsigned long long)memory_get(m, at + word, word));
	print_statfs_flags(t, memory_get(m, at + 2 * word, word));
	text_add_string(t, "}");
	return true;
}

static bool print_statfs(struct text *t, const struct memory *m)
{
	return m->compat ? print_statfs_of(t, m, 4, 4) : print_statfs_of(t, m, 8, 8);
}

static bool print_compat_statfs64(struct text *t, const struct memory *m)
{
	return print_statfs_of(t, m, 4, 8);
}

/* ---- Events ---- */

void print_poll_events(struct text *t, const char *name, unsigned int events)
{
	text_add(t, ", %s=", name);
	constants_print(t, SET_poll, events);
}

static bool print_pollfd(struct text *t, const struct memory *m)
{
	int fd = (int)memory_get(m, 0, 4);

	text_add(t, "{fd=%d", fd);
	/* What a negative one asks for is nobody's business. */
	if (fd >= 0)
		print_poll_events(t, "events", (unsigned int)memory_get(m, 4, 2));
	text_add_string(t, "}");
	return true;
}

static bool print_epoll_event(struct text *t, const struct memory *m)
{
	text_add_string(t, "{events=");
	constants_print(t, SET_epollevents, memory_get(m, 0, 4));
	text_add(t, ", data={u32=%u, u64=%llu}}", (unsigned int)memory_get(m, 4, 4),
		 (unsigned long long)memory_get(m, 4, 8));
	return true;
}

/* ---- Processes ---- */

static bool print_wait_status(struct text *t, const struct memory *m)
{
	int status = (int)memory_get(m, 0, 4);

	/* Nobody to tell of. */
	if (!m->record->result)
		return false;
	text_add_string(t, "[{");
	if (WIFSTOPPED(status)) {
		text_add_string(t, "WIFSTOPPED(s) && WSTOPSIG(s) == ");
		arg_print_signal(t, WSTOPSIG(status));
	} else if (WIFSIGNALED(status)) {
		text_add_string(t, "WIFSIGNALED(s) && WTERMSIG(s) == ");
		arg_print_signal(t, WTERMSIG(status));
		if (WCOREDUMP(status))
			text_add_string(t, " && WCOREDUMP(s)");
	} else if (WIFEXITED(status)) {
		text_add(t, "WIFEXITED(s) && WEXITSTATUS(s) == %d", WEXITSTATUS(status));
	} else if (WIFCONTINUED(status)) {
		text_add_string(t, "WIFCONTINUED(s)");
	} else {
		text_add(t, "%#x", (unsigned int)status);
	}
	text_add_string(t, "}]");
	return true;
}

/* struct clone_args; what its flags do not ask for is not there. */
static bool print_clone_args(struct text *t, const struct memory *m)
{
	static const struct {
		unsigned int if_flags;
		const char *name;
		size_t at;
	} pointers[] = {
		{ CLONE_PIDFD, "pidfd", 8 },
		{ CLONE_CHILD_SETTID | CLONE_CHILD_CLEARTID, "child_tid", 16 },
		{ CLONE_PARENT_SETTID, "parent_tid", 24 },
	};
	uint64_t flags = memory_get(m, 0, 8);
	int sig = (int)memory_get(m, 32, 8);

	if (m->len < 64)
		return false;
	text_add_string(t, "{flags=");
	constants_print(t, SET_clone3, flags);
	for (size_t i = 0; i < ARRAY_SIZE(pointers); i++) {
		if (!(flags & pointers[i].if_flags))
			continue;
		text_add(t, ", %s=", pointers[i].name);
		arg_print(t, ARG_POINTER, memory_get(m, pointers[i].at, 8), false);
	}
	text_add_string(t, ", exit_signal=");
	arg_print_signal(t, sig);
	text_add_string(t, ", stack=");
	arg_print(t, ARG_POINTER, memory_get(m, 40, 8), false);
	text_add_string(t, ", stack_size=");
	arg_print(t, ARG_HEX, memory_get(m, 48, 8), false);
	if (flags & CLONE_SETTLS) {
		text_add_string(t, ", tls=");
		arg_print(t, ARG_POINTER, memory_get(m, 56, 8), false);
	}
	if (flags & CLONE_INTO_CGROUP && m->len >= 88)
		text_add(t, ", cgroup=%llu", (unsigned long long)memory_get(m, 80, 8));
	text_add_string(t, "}");
	/* The kernel stores what it returns. */
	if (flags & CLONE_PARENT_SETTID && m->record->result > 0)
		text_add(t, " => {parent_tid=[%lld]}", (long long)m->record->result);
	return true;
}

static bool print_rusage(struct text *t, const struct memory *m)
{
	size_t bytes = m->compat ? 8 : 16;
	struct memory user = part(m, 0, bytes), system = part(m, bytes, bytes);

	text_add_string(t, "{ru_utime=");
	print_timeval(t, &user);
	text_add_string(t, ", ru_stime=");
	print_timeval(t, &system);
	text_add_string(t, ", ...}");
	return true;
}

/* A bit mask of two words, with the numbers of the bits as names. */
static void print_capability_set(struct text *t, const struct memory *m, size_t at, bool wide)
{
	uint64_t set = memory_get(m, at, 4), left = 0;
	const char *between = "";

	if (wide)
		set |= memory_get(m, at + 12, 4) << 32;
	for (unsigned int bit = 0; bit < 64; bit++) {
		const char *name = constants_name(SET_capability, bit);

		if (!(set >> bit & 1))
			continue;
		if (name) {
			text_add(t, "%s1<<%s", between, name);
			between = "|";
		} else {
			left |= 1ull << bit % 32;
		}
	}
	if (left || !set)
		text_add(t, left ? "%s%#llx" : "%s%llu", between, (unsigned long long)left);
}

static bool print_capability_header(struct text *t, const struct memory *m)
{
	text_add_string(t, "{version=");
	constants_print(t, SET_capversion, memory_get(m, 0, 4));
	text_add(t, ", pid=%d}", (int)memory_get(m, 4, 4));
	return true;
}

static bool print_capabilities(struct text *t, const struct memory *m)
{
	static const char *const names[] = { "effective", "permitted", "inheritable" };
	struct piece head;
	bool wide = false;

	if (record_find_piece(m->record, 0, UTRACE_RECORD_STRUCT, false, &head)) {
		struct memory version = { .bytes = head.bytes, .len = head.len };

		wide = memory_get(&version, 0, 4) == _LINUX_CAPABILITY_VERSION_2 ||
		       memory_get(&version, 0, 4) == _LINUX_CAPABILITY_VERSION_3;
	}
	for (size_t i = 0; i < ARRAY_SIZE(names); i++) {
		text_add(t, "%s%s=", i ? ", " : "{", names[i]);
		print_capability_set(t, m, 4 * i, wide);
	}
	text_add_string(t, "}");
	return true;
}

static void print_limit(struct text *t, uint64_t limit, uint64_t infinity, const char *name)
{
	if (limit == infinity)
		text_add_string(t, name);
	else if (limit > 1024 && limit % 1024 == 0)
		text_add(t, "%llu*1024", (unsigned long long)limit / 1024);
	else
		text_add(t, "%llu", (unsigned long long)limit);
}

static bool print_limits(struct text *t, const struct memory *m, const char *name)
{
	size_t bytes = m->len / 2;
	uint64_t infinity = bytes == 4 ? UINT32_MAX : UINT64_MAX;

	text_add_string(t, "{rlim_cur=");
	print_limit(t, memory_get(m, 0, bytes), infinity, name);
	text_add_string(t, ", rlim_max=");
	print_limit(t, memory_get(m, bytes, bytes), infinity, name);
	text_add_string(t, "}");
	return true;
}

static bool print_rlimit(struct text *t, const struct memory *m)
{
	return print_limits(t, m, "RLIM_INFINITY");
}

static bool print_rlimit64(struct text *t, const struct memory *m)
{
	return print_limits(t, m, "RLIM64_INFINITY");
}

static bool print_utsname(struct text *t, const struct memory *m)
{
	const char *system = (const char *)m->bytes, *node = system + 65;

	text_add_string(t, "{sysname=");
	text_add_quoted(t, system, strnlen(system, 65));
	text_add_string(t, ", nodename=");
	text_add_quoted(t, node, strnlen(node, 65));
	text_add_string(t, ", ...}");
	return true;
}

static bool print_sysinfo(struct text *t, const struct memory *m)
{
	static const char *const amounts[] = {
		"totalram", "freeram", "sharedram", "bufferram", "totalswap", "freeswap"
	};
	size_t word = m->compat ? 4 : 8;

	text_add(t, "{uptime=%llu, loads=[%llu, %llu, %llu]", (unsigned long long)get_long(m, 0),
		 (unsigned long long)get_long(m, 1), (unsigned long long)get_long(m, 2),
		 (unsigned long long)get_long(m, 3));
	for (size_t i = 0; i < ARRAY_SIZE(amounts); i++)
		text_add(t, ", %s=%llu", amounts[i], (unsigned long long)get_long(m, i + 4));
	text_add(t, ", procs=%u, totalhigh=%llu, freehigh=%llu, mem_unit=%u}",
		 (unsigned int)memory_get(m, 10 * word, 2), (unsigned long long)get_long(m, 11),
		 (unsigned long long)get_long(m, 12), (unsigned int)memory_get(m, 13 * word, 4));
	return true;
}

/* ---- Signals ---- */

void print_sigset(struct text *t, uint64_t set)
{
	bool others = __builtin_popcountll(set) >= 64 * 2 / 3;
	const char *between = "";

	text_add_string(t, others ? "~[" : "[");
	for (int sig = 1; sig <= 64; sig++) {
		if ((set >> (sig - 1) & 1) == others)
			continue;
		text_add_string(t, between);
		arg_print_signal_short(t, sig);
		between = " ";
	}
	text_add_string(t, "]");
}

static bool print_sigset_arg(struct text *t, const struct memory *m)
{
	print_sigset(t, memory_get(m, 0, 8));
	return true;
}

static bool print_sigaction(struct text *t, const struct memory *m)
{
	uint64_t handler = get_long(m, 0), restorer = get_long(m, 2);
	uint64_t flags = get_long(m, 1);
	size_t mask_at = m->compat ? 12 : 24;

	text_add_string(t, "{sa_handler=");
	if (!handler)
		text_add_string(t, "SIG_DFL");
	else if (handler == 1)
		text_add_string(t, "SIG_IGN");
	else
		text_add(t, "%#llx", (unsigned long long)handler);
	text_add_string(t, ", sa_mask=");
	print_sigset(t, memory_get(m, mask_at, 8));
	text_add_string(t, ", sa_flags=");
	constants_print(t, SET_sigaction, flags);
	if (flags & KERNEL_SA_RESTORER) {
		text_add_string(t, ", sa_restorer=");
		arg_print(t, ARG_POINTER, restorer, false);
	}
	text_add_string(t, "}");
	return true;
}

static bool print_sigaltstack(struct text *t, const struct memory *m)
{
	text_add_string(t, "{ss_sp=");
	arg_print(t, ARG_POINTER, get_long(m, 0), false);
	text_add_string(t, ", ss_flags=");
	constants_print(t, SET_sigstack, memory_get(m, m->compat ? 4 : 8, 4));
	text_add(t, ", ss_size=%llu}", (unsigned long long)get_long(m, 2));
	return true;
}

static bool print_sigevent(struct text *t, const struct memory *m)
{
	size_t at = m->compat ? 4 : 8;
	int sig = (int)memory_get(m, at, 4), notify = (int)memory_get(m, at + 4, 4);

	text_add_string(t, "{");
	if (get_long(m, 0))
		text_add(t, "sigev_value={sival_int=%d, sival_ptr=%#llx}, ",
			 (int)memory_get(m, 0, 4), (unsigned long long)get_long(m, 0));
	text_add_string(t, "sigev_signo=");
	if (notify == SIGEV_SIGNAL || notify == SIGEV_THREAD || notify == SIGEV_THREAD_ID)
		arg_print_signal(t, sig);
	else
		text_add(t, "%u", (unsigned int)sig);
	text_add_string(t, ", sigev_notify=");
	constants_print(t, SET_sigevent, (uint32_t)notify);
	if (notify == SIGEV_THREAD_ID)
		text_add(t, ", sigev_notify_thread_id=%d", (int)memory_get(m, at + 8, 4));
	text_add_string(t, "}");
	return true;
}

static bool print_pselect_mask(struct text *t, const struct memory *m)
{
	text_add_string(t, "{sigmask=");
	arg_print(t, ARG_POINTER, get_long(m, 0), false);
	text_add(t, ", sigsetsize=%llu}", (unsigned long long)get_long(m, 1));
	return true;
}

/* ---- Which ---- */

static const struct struct_format formats[] = {
	{ .call = "pipe", .arg = 0, .size = { 8, 8 }, .print = print_fd_pair },
	{ .call = "pipe2", .arg = 0, .size = { 8, 8 }, .print = print_fd_pair },
	{ .call = "socketpair", .arg = 3, .size = { 8, 8 }, .print = print_fd_pair },
	{ .call = "wait4", .arg = 1, .size = { 4, 4 }, .print = print_wait_status },
	{ .call = "waitpid", .arg = 1, .size = { 4, 4 }, .print = print_wait_status },
	{ .call = "setsockopt", .arg = 3, .print = print_option },
	{ .call = "getsockopt", .arg = 3, .print = print_option },
	{ .call = "select", .arg = 1, .print = print_fd_set },
	{ .call = "select", .arg = 2, .print = print_fd_set },
	{ .call = "select", .arg = 3, .print = print_fd_set },
	{ .call = "_newselect", .arg = 1, .print = print_fd_set },
	{ .call = "_newselect", .arg = 2, .print = print_fd_set },
	{ .call = "_newselect", .arg = 3, .print = print_fd_set },
	{ .call = "pselect6", .arg = 1, .print = print_fd_set },
	{ .call = "pselect6", .arg = 2, .print = print_fd_set },
	{ .call = "pselect6", .arg = 3, .print = print_fd_set },
	{ .call = "pselect6", .arg = 5, .size = { 16, 8 }, .print = print_pselect_mask },
	{ .call = "sched_getaffinity", .arg = 2, .print = print_bits },
	{ .call = "sched_setaffinity", .arg = 2, .print = print_bits },
	{ .call = "utimensat", .arg = 2, .size = { 32, 16 }, .print = print_utimensat_times },
	{ .call = "utimensat_time64", .arg = 2, .size = { 32, 32 },
	  .print = print_utimensat_times },
	{ .call = "utimes", .arg = 1, .size = { 32, 16 }, .print = print_utimes_times },
	{ .call = "futimesat", .arg = 2, .size = { 32, 16 }, .print = print_utimes_times },
	{ .call = "getgroups", .arg = 1, .size = { 4, 4 }, .print = print_plain_id },
	{ .call = "setgroups", .arg = 1, .size = { 4, 4 }, .print = print_plain_id },
	{ .call = "capget", .arg = 0, .size = { 8, 8 }, .print = print_capability_header },
	{ .call = "capset", .arg = 0, .size = { 8, 8 }, .print = print_capability_header },
	{ .call = "capget", .arg = 1, .size = { 24, 24 }, .print = print_capabilities },
	{ .call = "capset", .arg = 1, .size = { 24, 24 }, .print = print_capabilities },
	{ .call = "ioctl", .arg = 2, .print = print_ioctl },
	{ .call = "fcntl", .arg = 2, .print = print_fcntl },
	{ .call = "fcntl64", .arg = 2, .print = print_fcntl },
	{ .type = "int", .size = { 4, 4 }, .print = print_int },
	{ .type = "uid_t", .size = { 4, 4 }, .print = print_id },
	{ .type = "gid_t", .size = { 4, 4 }, .print = print_id },
	{ .type = "old_uid_t", .size = { 2, 2 }, .print = print_id },
	{ .type = "old_gid_t", .size = { 2, 2 }, .print = print_id },
	{ .type = "timer_t", .size = { 4, 4 }, .print = print_int },
	{ .type = "loff_t", .size = { 8, 8 }, .print = print_int },
	{ .type = "compat_off_t", .size = { 4, 4 }, .print = print_int },
	{ .type = "struct sched_param", .size = { 4, 4 }, .print = print_int },
	{ .type = "struct __kernel_timespec", .size = { 16, 16 }, .print = print_timespec },
	{ .type = "struct old_timespec32", .size = { 8, 8 }, .print = print_timespec },
	{ .type = "struct __kernel_old_timeval", .size = { 16, 16 }, .print = print_timeval },
	{ .type = "struct old_timeval32", .size = { 8, 8 }, .print = print_timeval },
	{ .type = "struct timezone", .size = { 8, 8 }, .print = print_timezone },
	{ .type = "struct __kernel_itimerspec", .size = { 32, 32 }, .print = print_itimerspec },
	{ .type = "struct old_itimerspec32", .size = { 16, 16 }, .print = print_itimerspec },
	{ .type = "struct __kernel_old_itimerval", .size = { 32, 32 }, .print = print_itimerval },
	{ .type = "struct old_itimerval32", .size = { 16, 16 }, .print = print_itimerval },
	{ .type = "struct utimbuf", .size = { 16, 0 }, .print = print_utimbuf },
	{ .type = "struct old_utimbuf32", .size = { 8, 8 }, .print = print_utimbuf },
	{ .type = "struct tms", .size = { 32, 0 }, .print = print_tms },
	{ .type = "struct compat_tms", .size = { 16, 16 }, .print = print_tms },
	{ .type = "struct stat", .size = { 144, 0 }, .print = print_stat },
	{ .type = "struct compat_stat", .size = { 64, 64 }, .print = print_compat_stat },
	{ .type = "struct stat64", .size = { 96, 96 }, .print = print_stat64 },
	{ .type = "struct statx", .size = { 256, 256 }, .print = print_statx },
	{ .type = "struct statfs", .size = { 120, 0 }, .print = print_statfs },
	{ .type = "struct compat_statfs", .size = { 64, 64 }, .print = print_statfs },
	{ .type = "struct compat_statfs64", .size = { 84, 84 }, .print = print_compat_statfs64 },
	{ .type = "struct pollfd", .size = { 8, 8 }, .print = print_pollfd },
	{ .type = "struct epoll_event", .size = { 12, 12 }, .print = print_epoll_event },
	{ .type = "struct rusage", .size = { 144, 0 }, .print = print_rusage },
	{ .type = "struct compat_rusage", .size = { 72, 72 }, .print = print_rusage },
	{ .type = "struct clone_args", .print = print_clone_args },
	{ .type = "struct rlimit", .size = { 16, 0 }, .print = print_rlimit },
	{ .type = "struct compat_rlimit", .size = { 8, 8 }, .print = print_rlimit },
	{ .type = "struct rlimit64", .size = { 16, 16 }, .print = print_rlimit64 },
	{ .type = "struct new_utsname", .size = { 390, 390 }, .print = print_utsname },
	{ .type = "struct sysinfo", .size = { 112, 0 }, .print = print_sysinfo },
	{ .type = "struct compat_sysinfo", .size = { 64, 64 }, .print = print_sysinfo },
	{ .type = "sigset_t", .size = { 8, 8 }, .print = print_sigset_arg },
	{ .type = "compat_sigset_t", .size = { 8, 8 }, .print = print_sigset_arg },
	{ .type = "struct sigaction", .size = { 32, 0 }, .print = print_sigaction },
	{ .type = "struct compat_sigaction", .size = { 20, 20 }, .print = print_sigaction },
	{ .type = "struct sigaltstack", .size = { 24, 0 }, .print = print_sigaltstack },
	{ .type = "compat_stack_t", .size = { 12, 12 }, .print = print_sigaltstack },
	{ .type = "struct sigevent", .size = { 64, 0 }, .print = print_sigevent },
	{ .type = "struct compat_sigevent", .size = { 64, 64 }, .print = print_sigevent },
	{ .type = "siginfo_t", .size = { 128, 128 }, .print = print_siginfo },
	{ .type = "struct siginfo", .size = { 128, 0 }, .print = print_siginfo },
	{ .type = "struct compat_siginfo", .size = { 128, 128 }, .print = print_siginfo },
};

static bool is_type(const char *have, const char *type)
{
	size_t n = strlen(type);

	if (!strncmp(have, "const ", 6))
		have += 6;
	return !strncmp(have, type, n) && !strcmp(have + n, " *");
}

const struct struct_format *struct_find(const char *call, const char *type, unsigned int arg)
{
	for (size_t i = 0; i < ARRAY_SIZE(formats); i++) {
		const struct struct_format *f = &formats[i];

		if (f->type ? is_type(type, f->type) : f->arg == arg && !strcmp(f->call, call))
			return f;
	}
	return NULL;
}

size_t struct_size(const struct struct_format *format, bool compat, size_t len)
{
	bool any_size = !format->size[0] && !format->size[1];

	return any_size ? len : format->size[compat];
}
