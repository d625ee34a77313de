// SPDX-License-Identifier: GPL-2.0
#include <fcntl.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "args.h"
#include "utrace.h"

/* Of the kernel; glibc's is 0 on 64 bit. */
#define KERNEL_O_LARGEFILE	0100000
/* The C library keeps the first real-time signals for itself; the kernel not. */
#define KERNEL_SIGRTMIN		32

struct constant {
	unsigned int value;
	const char *name;
};
#define C(name) { (unsigned int)(name), #name }

/* Wider ones first: O_SYNC contains O_DSYNC, O_TMPFILE O_DIRECTORY. */
static const struct constant open_flags[] = {
	C(O_CREAT), C(O_EXCL), C(O_NOCTTY), C(O_TRUNC), C(O_APPEND), C(O_NONBLOCK), C(O_SYNC),
	C(O_DSYNC), C(O_ASYNC), C(O_DIRECT), { KERNEL_O_LARGEFILE, "O_LARGEFILE" }, C(O_NOFOLLOW),
	C(O_NOATIME), C(O_CLOEXEC), C(O_PATH), C(O_TMPFILE), C(O_DIRECTORY), {}
};
static const struct constant access_modes[] = {
	C(O_RDONLY), C(O_WRONLY), C(O_RDWR), C(O_ACCMODE)
};
static const struct constant at_flags[] = {
	C(AT_SYMLINK_NOFOLLOW), C(AT_SYMLINK_FOLLOW), C(AT_NO_AUTOMOUNT), C(AT_EMPTY_PATH),
	C(AT_STATX_FORCE_SYNC), C(AT_STATX_DONT_SYNC), C(AT_RECURSIVE), {}
};
static const struct constant unlink_flags[] = { C(AT_REMOVEDIR), {} };
static const struct constant access_flags[] = {
	C(AT_EACCESS), C(AT_SYMLINK_NOFOLLOW), C(AT_EMPTY_PATH), {}
};
static const struct constant access_bits[] = { C(R_OK), C(W_OK), C(X_OK), {} };
static const struct constant prots[] = {
	C(PROT_READ), C(PROT_WRITE), C(PROT_EXEC), C(PROT_GROWSDOWN), C(PROT_GROWSUP), {}
};
static const struct constant map_flags[] = {
	/* MAP_SHARED_VALIDATE is both of the first two. */
	C(MAP_SHARED_VALIDATE), C(MAP_SHARED), C(MAP_PRIVATE), C(MAP_FIXED), C(MAP_ANONYMOUS),
	C(MAP_32BIT), C(MAP_NORESERVE), C(MAP_POPULATE), C(MAP_NONBLOCK), C(MAP_GROWSDOWN),
	C(MAP_DENYWRITE), C(MAP_EXECUTABLE), C(MAP_LOCKED), C(MAP_STACK), C(MAP_HUGETLB),
	C(MAP_SYNC), C(MAP_FIXED_NOREPLACE), {}
};
static const struct constant whences[] = {
	C(SEEK_SET), C(SEEK_CUR), C(SEEK_END), C(SEEK_DATA), C(SEEK_HOLE), {}
};
static const struct constant fcntls[] = {
	C(F_DUPFD), C(F_GETFD), C(F_SETFD), C(F_GETFL), C(F_SETFL), C(F_GETLK), C(F_SETLK),
	C(F_SETLKW), C(F_SETOWN), C(F_GETOWN), C(F_SETSIG), C(F_GETSIG), C(F_SETOWN_EX),
	C(F_GETOWN_EX), C(F_OFD_GETLK), C(F_OFD_SETLK), C(F_OFD_SETLKW), C(F_SETLEASE),
	C(F_GETLEASE), C(F_NOTIFY), C(F_DUPFD_CLOEXEC), C(F_SETPIPE_SZ), C(F_GETPIPE_SZ),
	C(F_ADD_SEALS), C(F_GET_SEALS), {}
};
static const struct constant sigmask_hows[] = {
	C(SIG_BLOCK), C(SIG_UNBLOCK), C(SIG_SETMASK), {}
};

static void print_flags(struct text *text, const struct constant *c, unsigned int value,
			const char *nothing)
{
	const char *between = "";

	if (!value) {
		text_add_string(text, nothing);
		return;
	}
	for (; c->name; c++) {
		if ((value & c->value) != c->value || !c->value)
			continue;
		text_add(text, "%s%s", between, c->name);
		between = "|";
		value &= ~c->value;
	}
	if (value)
		text_add(text, "%s%#x", between, value);
}

static void print_one_of(struct text *text, const struct constant *c, unsigned int value)
{
	for (; c->name; c++) {
		if (c->value == value) {
			text_add_string(text, c->name);
			return;
		}
	}
	text_add(text, "%#x", value);
}

static void print_open_flags(struct text *text, unsigned int value)
{
	text_add_string(text, access_modes[value & O_ACCMODE].name);
	value &= ~(unsigned int)O_ACCMODE;
	if (value) {
		text_add_string(text, "|");
		print_flags(text, open_flags, value, "");
	}
}

void arg_print_signal(struct text *text, int sig)
{
	const char *name = sigabbrev_np(sig);

	if (name)
		text_add(text, "SIG%s", name);
	else if (sig == KERNEL_SIGRTMIN)
		text_add_string(text, "SIGRTMIN");
	else if (sig > KERNEL_SIGRTMIN && sig <= 64)
		text_add(text, "SIGRT_%d", sig - KERNEL_SIGRTMIN);
	else
		text_add(text, "%d", sig);
}

bool arg_opens_new_file(uint64_t flags)
{
	return flags & O_CREAT || (flags & O_TMPFILE) == O_TMPFILE;
}

void arg_print(struct text *text, enum arg_kind kind, uint64_t value, bool compat)
{
	unsigned int u = (unsigned int)value;

	if (compat)
		value = u;
	switch (kind) {
	case ARG_HEX:
		text_add(text, value ? "%#llx" : "0", (unsigned long long)value);
		break;
	case ARG_POINTER:
		text_add(text, value ? "%#llx" : "NULL", (unsigned long long)value);
		break;
	case ARG_INT:
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
	case ARG_SIGNAL:
		arg_print_signal(text, (int)u);
		break;
	case ARG_OPEN_FLAGS:
		print_open_flags(text, u);
		break;
	case ARG_AT_FLAGS:
		print_flags(text, at_flags, u, "0");
		break;
	case ARG_UNLINK_FLAGS:
		print_flags(text, unlink_flags, u, "0");
		break;
	case ARG_ACCESS_FLAGS:
		print_flags(text, access_flags, u, "0");
		break;
	case ARG_ACCESS_MODE:
		print_flags(text, access_bits, u, "F_OK");
		break;
	case ARG_PROT:
		print_flags(text, prots, u, "PROT_NONE");
		break;
	case ARG_MAP_FLAGS:
		print_flags(text, map_flags, u, "0");
		break;
	case ARG_WHENCE:
		print_one_of(text, whences, u);
		break;
	case ARG_FCNTL:
		print_one_of(text, fcntls, u);
		break;
	case ARG_SIGMASK_HOW:
		print_one_of(text, sigmask_hows, u);
		break;
	}
}

/* Where the type does not say it. Without a call: in all of them. */
static const struct {
	const char *call, *name;
	enum arg_kind kind;
} by_name[] = {
	{ "open", "flags", ARG_OPEN_FLAGS },
	{ "openat", "flags", ARG_OPEN_FLAGS },
	{ "open", "mode", ARG_OPEN_MODE },
	{ "openat", "mode", ARG_OPEN_MODE },
	{ "mq_open", "oflag", ARG_OPEN_FLAGS },
	{ "mq_open", "mode", ARG_OPEN_MODE },
	{ "open_by_handle_at", "flags", ARG_OPEN_FLAGS },
	{ "newfstatat", "flag", ARG_AT_FLAGS },
	{ "fstatat64", "flag", ARG_AT_FLAGS },
	{ "statx", "flags", ARG_AT_FLAGS },
	{ "statx", "mask", ARG_HEX },
	{ "fchownat", "flag", ARG_AT_FLAGS },
	{ "fchmodat2", "flags", ARG_AT_FLAGS },
	{ "linkat", "flags", ARG_AT_FLAGS },
	{ "utimensat", "flags", ARG_AT_FLAGS },
	{ "execveat", "flags", ARG_AT_FLAGS },
	{ "name_to_handle_at", "flag", ARG_AT_FLAGS },
	{ "unlinkat", "flag", ARG_UNLINK_FLAGS },
	{ "faccessat2", "flags", ARG_ACCESS_FLAGS },
	{ "access", "mode", ARG_ACCESS_MODE },
	{ "faccessat", "mode", ARG_ACCESS_MODE },
	{ "faccessat2", "mode", ARG_ACCESS_MODE },
	{ "umask", "mask", ARG_MODE },
	{ "mmap", "flags", ARG_MAP_FLAGS },
	{ "mmap2", "flags", ARG_MAP_FLAGS },
	{ "mmap", "pgoff", ARG_HEX },
	{ "mmap2", "pgoff", ARG_HEX },
	{ "fcntl", "cmd", ARG_FCNTL },
	{ "fcntl64", "cmd", ARG_FCNTL },
	{ "fcntl", "arg", ARG_HEX },
	{ "fcntl64", "arg", ARG_HEX },
	{ "ioctl", "cmd", ARG_HEX },
	{ "ioctl", "arg", ARG_HEX },
	{ "rt_sigaction", "arg0", ARG_SIGNAL },
	{ "rt_sigprocmask", "how", ARG_SIGMASK_HOW },
	{ "sigprocmask", "how", ARG_SIGMASK_HOW },
	{ "futex", "op", ARG_HEX },
	{ "arch_prctl", "option", ARG_HEX },
	{ NULL, "sig", ARG_SIGNAL },
	{ NULL, "prot", ARG_PROT },
	{ NULL, "whence", ARG_WHENCE },
	/* An int is what it becomes, whatever the prototype says. */
	{ NULL, "fd", ARG_INT },
	{ NULL, "brk", ARG_POINTER },
	{ NULL, "addr", ARG_POINTER },
	{ NULL, "start", ARG_POINTER },
	{ NULL, "new_addr", ARG_POINTER },
	{ NULL, "flags", ARG_HEX },
};

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

enum arg_kind arg_kind(const char *call, const char *type, const char *name)
{
	if (strchr(type, '*'))
		return ARG_POINTER;
	for (size_t i = 0; i < ARRAY_SIZE(by_name); i++)
		if (!strcmp(by_name[i].name, name) &&
		    (!by_name[i].call || !strcmp(by_name[i].call, call)))
			return by_name[i].kind;
	if (ends_with(name, "dfd") || ends_with(name, "dirfd"))
		return ARG_DIRFD;
	/* Nobody knows what it is: a flag, an address. Hex serves both. */
	if (!strcmp(type, "unsigned long") && !strncmp(name, "arg", 3))
		return ARG_HEX;
	for (size_t i = 0; i < ARRAY_SIZE(by_type); i++)
		if (!strcmp(by_type[i].type, type))
			return by_type[i].kind;
	return ARG_HEX;
}

enum arg_kind arg_result(const char *call)
{
	static const char *const addresses[] = { "mmap", "mmap2", "mremap", "brk", "shmat" };

	for (size_t i = 0; i < ARRAY_SIZE(addresses); i++)
		if (!strcmp(call, addresses[i]))
			return ARG_HEX;
	return !strcmp(call, "umask") ? ARG_MODE : ARG_LONG;
}
