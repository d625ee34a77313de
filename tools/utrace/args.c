// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/ioctl.h>
#include <linux/mman.h>
#include <linux/personality.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#include "args.h"
#include "utrace.h"

/* The C library keeps the first real-time signals for itself; the kernel not. */
#define KERNEL_SIGRTMIN		32
/* Of the kernel: the type of a socket without its flags. */
#define SOCK_TYPE_MASK		0xf
/* The signal that the parent gets is in the low byte of the flags of clone(). */
#define CLONE_SIGNAL_MASK	0xff

#include "arguments-gen.h"

static void print_open_flags(struct text *text, uint64_t value)
{
	constants_print(text, SET_accmode, value & O_ACCMODE);
	constants_add_flags(text, SET_open, value & ~(uint64_t)O_ACCMODE);
}

static void print_map_flags(struct text *text, uint64_t value)
{
	constants_print(text, SET_maptype, value & MAP_TYPE);
	constants_add_flags(text, SET_map, value & ~(uint64_t)MAP_TYPE);
}

static void print_socket_type(struct text *text, uint64_t value)
{
	constants_print(text, SET_socktype, value & SOCK_TYPE_MASK);
	constants_add_flags(text, SET_sockflags, value & ~(uint64_t)SOCK_TYPE_MASK);
}

static void print_statx_flags(struct text *text, uint64_t value)
{
	constants_print(text, SET_atsync, value & AT_STATX_SYNC_TYPE);
	constants_add_flags(text, SET_at, value & ~(uint64_t)AT_STATX_SYNC_TYPE);
}

static void print_clone_flags(struct text *text, uint64_t value)
{
	uint64_t flags = value & ~(uint64_t)CLONE_SIGNAL_MASK;
	int sig = (int)(value & CLONE_SIGNAL_MASK);

	if (flags || !sig)
		constants_print(text, SET_clone, flags);
	if (sig) {
		text_add_string(text, flags ? "|" : "");
		arg_print_signal(text, sig);
	}
}

static void print_ipc_flags(struct text *text, uint64_t value)
{
	uint64_t flags = value & ~(uint64_t)0777;

	if (flags) {
		constants_print(text, SET_ipcget, flags);
		text_add_string(text, "|");
	}
	text_add(text, "%#03o", (unsigned int)value & 0777);
}

static void print_file_mode(struct text *text, uint64_t value)
{
	uint64_t type = value & S_IFMT, bits = value & (S_ISUID | S_ISGID | S_ISVTX);
	const char *name = constants_name(SET_nodetype, type);

	if (name)
		text_add(text, "%s|", name);
	else if (type)
		bits = 0;
	if (bits) {
		constants_print(text, SET_modebits, bits);
		text_add_string(text, "|");
	}
	text_add(text, "%#03o", (unsigned int)(type && !name ? value : value & 0777));
}

static void print_personality(struct text *text, uint64_t value)
{
	const char *name = constants_name(SET_personality, value);

	/* This one only asks. */
	if (value == 0xffffffff) {
		text_add_string(text, "0xffffffff");
	} else if (name) {
		text_add_string(text, name);
	} else {
		constants_print(text, SET_personality, value & PER_MASK);
		constants_add_flags(text, SET_perflags, value & ~(uint64_t)PER_MASK);
	}
}

static void print_futex_op(struct text *text, uint64_t value)
{
	const char *name = constants_name(SET_futex, value & (uint64_t)FUTEX_CMD_MASK);

	if (name && value & FUTEX_PRIVATE_FLAG) {
		text_add(text, "%s_PRIVATE", name);
		constants_add_flags(text, SET_futexflags, value & FUTEX_CLOCK_REALTIME);
	} else {
		constants_print(text, SET_futex, value & (uint64_t)FUTEX_CMD_MASK);
		constants_add_flags(text, SET_futexflags, value & ~(uint64_t)FUTEX_CMD_MASK);
	}
}

static void print_ioctl_request(struct text *text, uint64_t value)
{
	static const enum constant_set_id where[] = { SET_tty, SET_sockio, SET_ioctl };
	static const char *const directions[] = {
		[_IOC_NONE] = "_IOC_NONE", [_IOC_READ] = "_IOC_READ", [_IOC_WRITE] = "_IOC_WRITE",
		[_IOC_READ | _IOC_WRITE] = "_IOC_READ|_IOC_WRITE",
	};

	if (constants_add_names(text, SET_sndtimer, value))
		text_add_string(text, " or ");
	for (size_t i = 0; i < ARRAY_SIZE(where); i++)
		if (constants_add_names(text, where[i], value))
			return;
	text_add(text, "_IOC(%s, %#x, %#x, %#x)", directions[_IOC_DIR(value)],
		 (unsigned int)_IOC_TYPE(value), (unsigned int)_IOC_NR(value),
		 (unsigned int)_IOC_SIZE(value));
}

void arg_print_signal(struct text *text, int sig)
{
	/* Of its two names, the C library takes the one of System V. */
	const char *name = sig == SIGIO ? "IO" : sigabbrev_np(sig);

	if (name)
		text_add(text, "SIG%s", name);
	else if (sig == KERNEL_SIGRTMIN)
		text_add_string(text, "SIGRTMIN");
	else if (sig > KERNEL_SIGRTMIN && sig <= 64)
		text_add(text, "SIGRT_%d", sig - KERNEL_SIGRTMIN);
	else
		text_add(text, "%d", sig);
}

void arg_print_signal_short(struct text *text, int sig)
{
	size_t from = text->len;

	arg_print_signal(text, sig);
	if (text->len - from > 3 && !memcmp(text->s + from, "SIG", 3)) {
		memmove(text->s + from, text->s + from + 3, text->len - from - 3);
		text->len -= 3;
	}
}

static bool print_fcntl_of_32_bit(struct text *text, unsigned int command)
{
	static const char *const names[] = { "F_GETLK64", "F_SETLK64", "F_SETLKW64" };

	if (command < KERNEL_F_GETLK64 || command >= KERNEL_F_GETLK64 + ARRAY_SIZE(names))
		return false;
	text_add_string(text, names[command - KERNEL_F_GETLK64]);
	return true;
}

bool arg_ends_list(enum arg_kind kind, const uint64_t *args, unsigned int i)
{
	switch (kind) {
	case ARG_OPEN_MODE:
		return !(i && (args[i - 1] & O_CREAT || (args[i - 1] & O_TMPFILE) == O_TMPFILE));
	case ARG_MREMAP_TO:
		return !(i && args[i - 1] & MREMAP_FIXED);
	case ARG_DEVICE:
		return !(i && (S_ISCHR(args[i - 1]) || S_ISBLK(args[i - 1])));
	default:
		return false;
	}
}

static bool is_64_bits(enum arg_kind kind)
{
	return kind == ARG_S64 || kind == ARG_U64 || kind == ARG_HEX64 || kind == ARG_HIGH_S64;
}

uint64_t arg_value(enum arg_kind kind, const uint64_t *args, unsigned int nr, unsigned int i,
		   bool compat)
{
	uint32_t first = (uint32_t)args[i], second;

	if (!compat || !is_64_bits(kind) || i + 1 >= nr)
		return args[i];
	second = (uint32_t)args[i + 1];
	return kind == ARG_HIGH_S64 ? (uint64_t)first << 32 | second : (uint64_t)second << 32 | first;
}

void arg_print(struct text *text, enum arg_kind kind, uint64_t value, bool compat)
{
	unsigned int u = (unsigned int)value;

	if (compat && !is_64_bits(kind))
		value = u;
	if (compat && kind == ARG_SET(SET_fcntl) && print_fcntl_of_32_bit(text, u))
		return;
	if (kind >= ARG_SETS) {
		/* Flags of 64 bits would be cut here; there are none. */
		constants_print(text, (enum constant_set_id)(kind - ARG_SETS), u);
		return;
	}
	switch (kind) {
	case ARG_POINTER:
		text_add(text, value ? "%#llx" : "NULL", (unsigned long long)value);
		break;
	case ARG_INT:
	case ARG_FD:
		text_add(text, "%d", (int)u);
		break;
	case ARG_UINT:
		text_add(text, "%u", u);
		break;
	case ARG_U16:
		text_add(text, "%d", u == (uint16_t)-1 ? -1 : (int)(uint16_t)u);
		break;
	case ARG_LONG:
		text_add(text, "%lld", compat ? (long long)(int)u : (long long)value);
		break;
	case ARG_ULONG:
		text_add(text, "%llu", (unsigned long long)value);
		break;
	case ARG_S64:
	case ARG_HIGH_S64:
		text_add(text, "%lld", (long long)value);
		break;
	case ARG_U64:
		text_add(text, "%llu", (unsigned long long)value);
		break;
	case ARG_PAGES:
		text_add(text, value ? "%#llx" : "0", (unsigned long long)value << 12);
		break;
	case ARG_ID:
		text_add(text, u == (unsigned int)-1 ? "-1" : "%u", u);
		break;
	case ARG_DIRFD:
		text_add(text, (int)u == AT_FDCWD ? "AT_FDCWD" : "%d", (int)u);
		break;
	case ARG_MODE:
	case ARG_OPEN_MODE:
		text_add(text, "%#03o", u & 0xffff);
		break;
	case ARG_FILE_MODE:
		print_file_mode(text, u & 0xffff);
		break;
	case ARG_DEVICE:
		text_add(text, "makedev(%#x, %#x)", major(u), minor(u));
		break;
	case ARG_SIGNAL:
		arg_print_signal(text, (int)u);
		break;
	case ARG_OPEN:
		print_open_flags(text, u);
		break;
	case ARG_MAP:
		print_map_flags(text, u);
		break;
	case ARG_MREMAP_TO:
		text_add(text, "%#llx", (unsigned long long)value);
		break;
	case ARG_STATX:
		print_statx_flags(text, u);
		break;
	case ARG_CLONE:
		print_clone_flags(text, value);
		break;
	case ARG_IPC_FLAGS:
		print_ipc_flags(text, u);
		break;
	case ARG_PERSONALITY:
		print_personality(text, u);
		break;
	case ARG_FUTEX:
		print_futex_op(text, u);
		break;
	case ARG_IOCTL:
		print_ioctl_request(text, u);
		break;
	case ARG_SOCKET_TYPE:
		print_socket_type(text, u);
		break;
	case ARG_CAPABILITY:
		constants_print(text, SET_capability, u);
		break;
	case ARG_HEX:
	default:
		text_add(text, value ? "%#llx" : "0", (unsigned long long)value);
		break;
	}
}

/* ---- Which kind ---- */

static const struct {
	const char *type;
	enum arg_kind kind;
} by_type[] = {
	{ "int", ARG_INT },
	{ "unsigned", ARG_UINT },
	{ "unsigned int", ARG_UINT },
	{ "long", ARG_LONG },
	{ "unsigned long", ARG_ULONG },
	{ "size_t", ARG_ULONG },
	{ "__kernel_size_t", ARG_ULONG },
	{ "compat_size_t", ARG_UINT },
	{ "ssize_t", ARG_LONG },
	{ "loff_t", ARG_LONG },
	{ "off_t", ARG_LONG },
	{ "compat_off_t", ARG_INT },
	{ "u64", ARG_ULONG },
	{ "__u64", ARG_ULONG },
	{ "u32", ARG_UINT },
	{ "__u32", ARG_UINT },
	{ "s32", ARG_INT },
	{ "__s32", ARG_INT },
	{ "pid_t", ARG_INT },
	{ "compat_pid_t", ARG_INT },
	{ "compat_int_t", ARG_INT },
	{ "compat_uint_t", ARG_UINT },
	{ "compat_long_t", ARG_INT },
	{ "compat_ulong_t", ARG_UINT },
	{ "uid_t", ARG_ID },
	{ "gid_t", ARG_ID },
	{ "qid_t", ARG_ID },
	{ "old_uid_t", ARG_U16 },
	{ "old_gid_t", ARG_U16 },
	{ "key_t", ARG_HEX },
	{ "key_serial_t", ARG_INT },
	{ "clockid_t", ARG_INT },
	{ "timer_t", ARG_INT },
	{ "mqd_t", ARG_INT },
	{ "rwf_t", ARG_HEX },
	{ "umode_t", ARG_MODE },
	{ "mode_t", ARG_MODE },
	{ "compat_mode_t", ARG_MODE },
	{ "compat_uptr_t", ARG_POINTER },
	{ "compat_caddr_t", ARG_POINTER },
	{ "cap_user_header_t", ARG_POINTER },
	{ "cap_user_data_t", ARG_POINTER },
	{ "__sighandler_t", ARG_POINTER },
};

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

enum arg_kind arg_kind(const char *type, const char *name)
{
	if (strchr(type, '*'))
		return ARG_POINTER;
	if (!strcmp(name, "fd") || ends_with(name, "_fd") || ends_with(name, "pidfd"))
		return ARG_FD;
	if (ends_with(name, "dfd") || ends_with(name, "dirfd"))
		return ARG_DIRFD;
	if (!strcmp(name, "sig"))
		return ARG_SIGNAL;
	/* Nobody knows what it is: a flag, an address. Hex serves both. */
	if (!strcmp(name, "flags") || (!strcmp(type, "unsigned long") && !strncmp(name, "arg", 3)))
		return ARG_HEX;
	for (size_t i = 0; i < ARRAY_SIZE(by_type); i++)
		if (!strcmp(by_type[i].type, type))
			return by_type[i].kind;
	return ARG_HEX;
}

const struct arg_row *arg_row(const char *call, bool compat)
{
	const struct arg_row *found = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(arg_rows); i++) {
		const struct arg_row *row = &arg_rows[i];

		if (row->select >= 0 || strcmp(row->call, call))
			continue;
		if (row->compat == compat)
			return row;
		if (!row->compat)
			found = row;
	}
	return found;
}

const struct arg_row *arg_row_for(const struct arg_row *base, const uint64_t *args, unsigned int nr)
{
	const struct arg_row *end = arg_rows + ARRAY_SIZE(arg_rows);

	for (const struct arg_row *row = base + 1; row < end && row->select >= 0; row++) {
		unsigned int i = (unsigned int)row->select;
		uint64_t value = i < nr ? (uint32_t)args[i] : 0;

		if (i < nr && base->kinds[i] == ARG_FUTEX)
			value &= (uint32_t)FUTEX_CMD_MASK;
		if (i < nr && value == row->value)
			return row;
	}
	return base;
}

enum arg_kind arg_result(const char *call)
{
	static const char *const addresses[] = { "mmap", "mmap2", "mremap", "brk", "shmat" };
	static const char *const fds[] = {
		"open", "openat", "openat2", "creat", "dup", "dup2", "dup3", "socket", "accept",
		"accept4", "epoll_create", "epoll_create1", "eventfd", "eventfd2", "signalfd",
		"signalfd4", "timerfd_create", "inotify_init", "inotify_init1", "memfd_create",
		"memfd_secret", "pidfd_open", "pidfd_getfd", "userfaultfd", "perf_event_open",
		"fanotify_init", "fsopen", "fsmount", "fspick", "open_tree", "io_uring_setup",
		"open_by_handle_at", "landlock_create_ruleset", "mq_open",
	};

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (!strcmp(call, addresses[i]))
			return ARG_HEX;
	for (size_t i = 0; i < ARRAY_SIZE(fds); i++)
		if (!strcmp(call, fds[i]))
			return ARG_FD;
	if (!strncmp(call, "fcntl", 5))
		return ARG_FCNTL_RESULT;
	if (!strcmp(call, "personality"))
		return ARG_PERSONALITY;
	return !strcmp(call, "umask") ? ARG_MODE : ARG_LONG;
}

static void print_result_flags(struct text *text, uint64_t value, const char *what,
			       void (*print)(struct text *text, uint64_t value))
{
	text_add(text, "%#llx (%s", (unsigned long long)value, what);
	print(text, value);
	text_add_string(text, ")");
}

static void print_fd_flags(struct text *text, uint64_t value)
{
	constants_print(text, SET_fdflags, value);
}

static void print_seals(struct text *text, uint64_t value)
{
	constants_print(text, SET_seals, value);
}

void arg_print_result(struct text *text, enum arg_kind kind, uint64_t value, bool compat,
		      const uint64_t *args)
{
	if (compat)
		value = (uint32_t)value;
	if (kind == ARG_PERSONALITY) {
		text_add(text, value ? "%#llx (" : "%llu (", (unsigned long long)value);
		print_personality(text, value);
		text_add_string(text, ")");
		return;
	}
	if (kind != ARG_FCNTL_RESULT) {
		arg_print(text, kind, value, compat);
		return;
	}
	switch (args[1]) {
	case F_GETFL:
		print_result_flags(text, value, "flags ", print_open_flags);
		break;
	case F_GETFD:
		if (!value)
			text_add_string(text, "0");
		else
			print_result_flags(text, value, "flags ", print_fd_flags);
		break;
	case F_GET_SEALS:
		if (!value)
			text_add_string(text, "0");
		else
			print_result_flags(text, value, "seals ", print_seals);
		break;
	default:
		arg_print(text, ARG_LONG, value, compat);
		break;
	}
}
