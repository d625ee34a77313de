// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/if.h>
#include <linux/sockios.h>
#include <string.h>
#include <sys/ioctl.h>
#include <asm/termbits.h>
#include <linux/fs.h>

#include "args.h"
#include "message.h"
#include "print.h"
#include "structs.h"
#include "utrace.h"

/* Of termio, whose flags have 16 bits. */
#define TERMIO_BYTES	18
/* Of flock, by ABI and call. */
#define FLOCK_BYTES		32
#define FLOCK_32_BYTES		16
#define FLOCK64_32_BYTES	24

/* ---- Terminals ---- */

/* As strace has it: first what is a number in a field of bits, then the bits. */
static void print_delays(struct text *t, uint64_t flags)
{
	static const struct {
		uint64_t mask;
		enum constant_set_id set;
	} delays[] = {
		{ NLDLY, SET_ttynl }, { CRDLY, SET_ttycr }, { TABDLY, SET_ttytab },
		{ BSDLY, SET_ttybs }, { VTDLY, SET_ttyvt }, { FFDLY, SET_ttyff },
	};
	uint64_t left = flags;

	for (size_t i = 0; i < ARRAY_SIZE(delays); i++) {
		text_add_string(t, i ? "|" : "");
		constants_print(t, delays[i].set, flags & delays[i].mask);
		left &= ~delays[i].mask;
	}
	constants_add_flags(t, SET_ttyout, left);
}

static void print_control_flags(struct text *t, uint64_t flags)
{
	constants_print(t, SET_ttybaud, flags & CBAUD);
	if (flags & CIBAUD) {
		text_add_string(t, "|");
		constants_print(t, SET_ttybaud, (flags & CIBAUD) >> IBSHIFT);
		text_add_string(t, "<<IBSHIFT");
	}
	text_add_string(t, "|");
	constants_print(t, SET_ttysize, flags & CSIZE);
	constants_add_flags(t, SET_ttycontrol, flags & ~(uint64_t)(CBAUD | CIBAUD | CSIZE));
}

static bool print_termios(struct text *t, const struct memory *m)
{
	size_t bytes = m->len == TERMIO_BYTES ? 2 : 4;

	text_add_string(t, "{c_iflag=");
	constants_print(t, SET_ttyin, memory_get(m, 0, bytes));
	text_add_string(t, ", c_oflag=");
	print_delays(t, memory_get(m, bytes, bytes));
	text_add_string(t, ", c_cflag=");
	print_control_flags(t, memory_get(m, 2 * bytes, bytes));
	text_add_string(t, ", c_lflag=");
	constants_print(t, SET_ttylocal, memory_get(m, 3 * bytes, bytes));
	text_add_string(t, ", ...}");
	return true;
}

static bool print_winsize(struct text *t, const struct memory *m)
{
	text_add(t, "{ws_row=%u, ws_col=%u, ws_xpixel=%u, ws_ypixel=%u}",
		 (unsigned int)memory_get(m, 0, 2), (unsigned int)memory_get(m, 2, 2),
		 (unsigned int)memory_get(m, 4, 2), (unsigned int)memory_get(m, 6, 2));
	return true;
}

static bool print_modem_bits(struct text *t, const struct memory *m)
{
	text_add_string(t, "[");
	constants_print(t, SET_ttymodem, memory_get(m, 0, 4));
	text_add_string(t, "]");
	return true;
}

static bool print_char(struct text *t, const struct memory *m)
{
	text_add_quoted(t, (const char *)m->bytes, 1);
	return true;
}

/* ---- Others ---- */

static bool print_number(struct text *t, const struct memory *m)
{
	text_add(t, "[%d]", (int)memory_get(m, 0, 4));
	return true;
}

/* Defined for a long, and an int for all that. */
static bool print_file_flags(struct text *t, const struct memory *m)
{
	text_add_string(t, "[");
	constants_print(t, SET_fsflags, memory_get(m, 0, 4));
	text_add_string(t, "]");
	return true;
}

static void print_interface_name(struct text *t, const struct memory *m)
{
	text_add_string(t, "ifr_name=");
	text_add_quoted(t, (const char *)m->bytes, strnlen((const char *)m->bytes, IFNAMSIZ));
}

static void print_interface_address(struct text *t, const struct memory *m, const char *name)
{
	text_add(t, ", %s=", name);
	print_sockaddr(t, m->bytes + IFNAMSIZ, 16);
}

static bool print_interface(struct text *t, const struct memory *m)
{
	const uint32_t request = (uint32_t)m->record->args[1];
	int number = (int)memory_get(m, IFNAMSIZ, 4);

	text_add_string(t, "{");
	if (request == SIOCGIFNAME) {
		text_add(t, "ifr_ifindex=%d", number);
		if (!record_error(m->record)) {
			text_add_string(t, ", ");
			print_interface_name(t, m);
		}
		text_add_string(t, "}");
		return true;
	}
	print_interface_name(t, m);
	if (record_error(m->record)) {
		text_add_string(t, "}");
		return true;
	}
	switch (request) {
	case SIOCGIFINDEX:
		text_add(t, ", ifr_ifindex=%d", number);
		break;
	case SIOCGIFFLAGS:
		text_add_string(t, ", ifr_flags=");
		constants_print(t, SET_ifflags, memory_get(m, IFNAMSIZ, 2));
		break;
	case SIOCGIFMETRIC:
		text_add(t, ", ifr_metric=%d", number);
		break;
	case SIOCGIFMTU:
		text_add(t, ", ifr_mtu=%d", number);
		break;
	case SIOCGIFTXQLEN:
		text_add(t, ", ifr_qlen=%d", number);
		break;
	case SIOCGIFADDR:
		print_interface_address(t, m, "ifr_addr");
		break;
	case SIOCGIFDSTADDR:
		print_interface_address(t, m, "ifr_dstaddr");
		break;
	case SIOCGIFBRDADDR:
		print_interface_address(t, m, "ifr_broadaddr");
		break;
	case SIOCGIFNETMASK:
		print_interface_address(t, m, "ifr_netmask");
		break;
	}
	text_add_string(t, "}");
	return true;
}

bool print_ioctl(struct text *t, const struct memory *m)
{
	static const struct {
		uint32_t request;
		uint16_t bytes;
		bool (*print)(struct text *t, const struct memory *m);
	} requests[] = {
		{ TCGETS, 36, print_termios }, { TCSETS, 36, print_termios },
		{ TCSETSW, 36, print_termios }, { TCSETSF, 36, print_termios },
		{ TCGETA, TERMIO_BYTES, print_termios }, { TCSETA, TERMIO_BYTES, print_termios },
		{ TCSETAW, TERMIO_BYTES, print_termios }, { TCSETAF, TERMIO_BYTES, print_termios },
		{ TIOCGWINSZ, 8, print_winsize }, { TIOCSWINSZ, 8, print_winsize },
		{ TIOCMGET, 4, print_modem_bits }, { TIOCMSET, 4, print_modem_bits },
		{ TIOCMBIS, 4, print_modem_bits }, { TIOCMBIC, 4, print_modem_bits },
		{ TIOCSTI, 1, print_char },
		{ TIOCGPGRP, 4, print_number }, { TIOCSPGRP, 4, print_number },
		{ TIOCGSID, 4, print_number }, { TIOCGSOFTCAR, 4, print_number },
		{ TIOCSSOFTCAR, 4, print_number }, { TIOCPKT, 4, print_number },
		{ TIOCGETD, 4, print_number }, { TIOCSETD, 4, print_number },
		{ TIOCOUTQ, 4, print_number }, { TIOCGPTN, 4, print_number },
		{ TIOCSPTLCK, 4, print_number }, { TIOCGEXCL, 4, print_number },
		{ FIONREAD, 4, print_number }, { FIONBIO, 4, print_number },
		{ FIOASYNC, 4, print_number }, { FIOSETOWN, 4, print_number },
		{ SIOCSPGRP, 4, print_number }, { FIOGETOWN, 4, print_number },
		{ SIOCGPGRP, 4, print_number }, { SIOCATMARK, 4, print_number },
		{ FS_IOC_GETFLAGS, 4, print_file_flags }, { FS_IOC_SETFLAGS, 4, print_file_flags },
		{ SIOCGIFNAME, 32, print_interface }, { SIOCGIFINDEX, 32, print_interface },
		{ SIOCGIFFLAGS, 32, print_interface }, { SIOCGIFADDR, 32, print_interface },
		{ SIOCGIFDSTADDR, 32, print_interface }, { SIOCGIFBRDADDR, 32, print_interface },
		{ SIOCGIFNETMASK, 32, print_interface }, { SIOCGIFMETRIC, 32, print_interface },
		{ SIOCGIFMTU, 32, print_interface }, { SIOCGIFTXQLEN, 32, print_interface },
	};

	if (m->record->nr_args < 2)
		return false;
	for (size_t i = 0; i < ARRAY_SIZE(requests); i++)
		if (requests[i].request == (uint32_t)m->record->args[1] && m->len >= requests[i].bytes)
			return requests[i].print(t, m);
	return false;
}

/* ---- Files ---- */

static bool print_lock(struct text *t, const struct memory *m, bool with_pid)
{
	size_t word = m->len == FLOCK_32_BYTES ? 4 : 8;
	/* Only that of 64-bit tasks has a hole. */
	size_t at = m->len == FLOCK_BYTES ? 8 : 4;

	if (m->len != FLOCK_BYTES && m->len != FLOCK_32_BYTES && m->len != FLOCK64_32_BYTES)
		return false;
	text_add_string(t, "{l_type=");
	constants_print(t, SET_lease, memory_get(m, 0, 2));
	text_add_string(t, ", l_whence=");
	constants_print(t, SET_whence, memory_get(m, 2, 2));
	text_add(t, ", l_start=%lld, l_len=%lld", (long long)memory_get_signed(m, at, word),
		 (long long)memory_get_signed(m, at + word, word));
	if (with_pid)
		text_add(t, ", l_pid=%d", (int)memory_get(m, at + 2 * word, 4));
	text_add_string(t, "}");
	return true;
}

bool print_fcntl(struct text *t, const struct memory *m)
{
	if (m->record->nr_args < 2)
		return false;
	switch (m->record->args[1]) {
	case F_GETOWN_EX:
	case F_SETOWN_EX:
		text_add_string(t, "{type=");
		constants_print(t, SET_fowner, memory_get(m, 0, 4));
		text_add(t, ", pid=%d}", (int)memory_get(m, 4, 4));
		return true;
	case F_GETLK:
	case F_OFD_GETLK:
		return print_lock(t, m, true);
	case F_SETLK:
	case F_SETLKW:
	case F_OFD_SETLK:
	case F_OFD_SETLKW:
		return print_lock(t, m, false);
	case KERNEL_F_GETLK64:
		return m->compat && print_lock(t, m, true);
	case KERNEL_F_SETLK64:
	case KERNEL_F_SETLKW64:
		return m->compat && print_lock(t, m, false);
	default:
		return false;
	}
}
