// SPDX-License-Identifier: GPL-2.0
/* What records carry: memory that calls read and write, and events. */
#include "capture.h"
#include "../call32.h"

#include <poll.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <sys/un.h>

#define BAD_ADDRESS	8

static const struct utrace_record_arg_spec in_buffer = {
	UTRACE_RECORD_BUFFER, LENGTH(UTRACE_RECORD_LENGTH_ARG, 2), 1
};
static const struct utrace_record_arg_spec out_buffer = {
	UTRACE_RECORD_BUFFER, LENGTH(UTRACE_RECORD_LENGTH_RESULT, 2), 1
};
static const struct utrace_record_arg_spec iovec = {
	UTRACE_RECORD_IOVEC, LENGTH(UTRACE_RECORD_LENGTH_ARG, 2), 0
};

static const char text[] = "0123456789abcdefghijklmnopqrstuvwxyz";

static const struct utrace_record_call_spec pwrite_spec = {
	.nr_args = 4, .in = 2, .args[1] = in_buffer,
};

static void pwrite_short(void)
{
	syscall(SYS_pwrite64, -1, text, 5, 0);
}

TEST(buffer_that_a_call_reads_is_captured)
{
	const struct utrace_record *rec = record_of(_metadata, SYS_pwrite64, pwrite_spec,
						    pwrite_short);
	const struct utrace_record_data *d = nth_data(rec, 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, 0, 0, 5);
	/* And zeroes up to a multiple of 8. */
	EXPECT_EQ(0, memcmp(d + 1, "01234\0\0\0", 8));
	EXPECT_FALSE(nth_data(rec, 1));
}

static void pwrite_long(void)
{
	syscall(SYS_pwrite64, -1, text, 36, 0);
}

TEST(what_is_longer_than_max_data_is_truncated)
{
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_pwrite64, pwrite_spec, pwrite_long), 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, TRUNCATED, 0, 32);
	EXPECT_BYTES(d, text);
}

static void pwrite_bad(void)
{
	syscall(SYS_pwrite64, -1, BAD_ADDRESS, 36, 0);
}

TEST(buffer_that_cannot_be_read_is_a_fault)
{
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_pwrite64, pwrite_spec, pwrite_bad), 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, FAULT, 0, 0);
}

static void pwrite_null(void)
{
	syscall(SYS_pwrite64, -1, NULL, 36, 0);
}

TEST(null_pointer_is_not_looked_at)
{
	EXPECT_FALSE(nth_data(record_of(_metadata, SYS_pwrite64, pwrite_spec, pwrite_null), 0));
}

static void pread_both(void)
{
	char buf[64];
	int fd = open("/proc/self/comm", O_RDONLY);

	prctl(PR_SET_NAME, "abc");
	syscall(SYS_pread64, fd, buf, sizeof(buf), 0);
}

static const struct utrace_record_call_spec pread_spec = {
	.nr_args = 4, .out = 2, .args[1] = out_buffer,
};

TEST(buffer_that_a_call_has_filled_is_captured_as_far_as_it_has)
{
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_pread64, pread_spec, pread_both), 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, OUT, 0, 4);
	EXPECT_BYTES(d, "abc\n");
}

static void pread_failing(void)
{
	char buf[64] = "old";

	syscall(SYS_pread64, -1, buf, sizeof(buf), 0);
}

TEST(buffer_of_a_failed_call_is_not_captured)
{
	const struct utrace_record *rec = record_of(_metadata, SYS_pread64, pread_spec,
						    pread_failing);

	ASSERT_TRUE(rec);
	EXPECT_FALSE(nth_data(rec, 0));
}

TEST(argument_that_depends_on_another_is_looked_at_only_for_its_values)
{
	struct utrace_record_call_spec spec = pwrite_spec;
	const struct utrace_record *rec;

	/* pwrite_long() writes 36 = 4 + 32 bytes. */
	spec.when = 3;
	spec.values = 1 << 4;
	rec = record_of(_metadata, SYS_pwrite64, spec, pwrite_long);
	ASSERT_TRUE(rec);
	EXPECT_TRUE(nth_data(rec, 0));
	spec.values = ~spec.values;
	rec = record_of(_metadata, SYS_pwrite64, spec, pwrite_long);
	ASSERT_TRUE(rec);
	EXPECT_FALSE(nth_data(rec, 0));
}

static void chdir_far(void)
{
	static char path[4200];

	memset(path, 'x', sizeof(path) - 1);
	syscall(SYS_chdir, path);
}

TEST(path_is_kept_up_to_max_string)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 1, .in = 1, .args[0].kind = UTRACE_RECORD_PATH,
	};
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_chdir, spec, chdir_far), 0);

	EXPECT_DATA(d, 0, UTRACE_RECORD_PATH, TRUNCATED, 0, 4095);
}

static void exec_nothing(void)
{
	const char *argv[] = { "one", (char *)BAD_ADDRESS, text, NULL }, *envp[] = { "A=B", NULL };

	syscall(SYS_execve, "/nope", argv, envp);
}

TEST(argument_vector_with_a_bad_pointer_has_its_other_strings)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 7, .args = {
			{ .kind = UTRACE_RECORD_PATH }, { .kind = UTRACE_RECORD_STRINGS },
			{ .kind = UTRACE_RECORD_POINTERS },
		},
	};
	const struct utrace_record *rec = record_of(_metadata, SYS_execve, spec, exec_nothing);
	const struct utrace_record_data *d = nth_data(rec, 0);

	EXPECT_DATA(d, 0, UTRACE_RECORD_PATH, 0, 0, 5);
	d = nth_data(rec, 1);
	EXPECT_DATA(d, 1, UTRACE_RECORD_STRINGS, 0, 0, 8);
	EXPECT_EQ(3, *(const uint64_t *)(d + 1));
	d = nth_data(rec, 2);
	EXPECT_DATA(d, 1, UTRACE_RECORD_STRING, 0, 0, 3);
	EXPECT_BYTES(d, "one");
	d = nth_data(rec, 3);
	EXPECT_DATA(d, 1, UTRACE_RECORD_STRING, FAULT, 1, 8);
	EXPECT_EQ(BAD_ADDRESS, *(const uint64_t *)(d + 1));
	d = nth_data(rec, 4);
	EXPECT_DATA(d, 1, UTRACE_RECORD_STRING, TRUNCATED, 2, 32);
	d = nth_data(rec, 5);
	EXPECT_DATA(d, 2, UTRACE_RECORD_POINTERS, 0, 0, 8);
	EXPECT_EQ(1, *(const uint64_t *)(d + 1));
	EXPECT_FALSE(nth_data(rec, 6));
}

static void writev_one_bad(void)
{
	struct iovec v[] = { { (char *)text, 4 }, { (char *)BAD_ADDRESS, 3 }, { (char *)text, 2 } };

	syscall(SYS_writev, -1, v, 3);
}

TEST(vector_with_a_bad_element_has_its_others)
{
	const struct utrace_record_call_spec spec = { .nr_args = 3, .in = 2, .args[1] = iovec };
	const struct utrace_record *rec = record_of(_metadata, SYS_writev, spec, writev_one_bad);
	const struct utrace_record_data *d = nth_data(rec, 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_IOVEC, 0, 0, 48);
	d = nth_data(rec, 1);
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, 0, 0, 4);
	EXPECT_BYTES(d, "0123");
	d = nth_data(rec, 2);
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, FAULT, 1, 8);
	EXPECT_EQ(BAD_ADDRESS, *(const uint64_t *)(d + 1));
	EXPECT_DATA(nth_data(rec, 3), 1, UTRACE_RECORD_BUFFER, 0, 2, 2);
	EXPECT_FALSE(nth_data(rec, 4));
}

static void readv_some(void)
{
	char buf[64];
	struct iovec v[] = { { buf, 3 }, { buf + 3, 40 } };
	int fds[2];

	if (pipe(fds) || write(fds[1], text, 8) != 8)
		return;
	syscall(SYS_readv, fds[0], v, 2);
}

TEST(filled_vector_is_captured_as_far_as_it_is_filled)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 2, .out = 2, .args[1] = iovec,
	};
	const struct utrace_record *rec = record_of(_metadata, SYS_readv, spec, readv_some);
	const struct utrace_record_data *d = nth_data(rec, 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_IOVEC, 0, 0, 32);
	EXPECT_DATA(nth_data(rec, 1), 1, UTRACE_RECORD_BUFFER, OUT, 0, 3);
	d = nth_data(rec, 2);
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, OUT, 1, 5);
	EXPECT_BYTES(d, "34567");
	EXPECT_FALSE(nth_data(rec, 3));
}

/* What is read replaces the second element: after the kernel has looked at it. */
static void readv_into_the_vector(void)
{
	char buf[8];
	struct iovec v[] = { { &v[1], sizeof(v[1]) }, { buf, 3 } };
	const struct iovec bad = { (void *)BAD_ADDRESS, 3 };
	int fds[2];

	if (pipe(fds) || write(fds[1], &bad, sizeof(bad)) != sizeof(bad) ||
	    write(fds[1], text, 3) != 3)
		return;
	syscall(SYS_readv, fds[0], v, 2);
}

TEST(vector_is_what_it_was_when_the_call_was_made)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 2, .out = 2, .args[1] = iovec,
	};
	const struct utrace_record *rec =
		record_of(_metadata, SYS_readv, spec, readv_into_the_vector);
	const struct utrace_record_data *d = nth_data(rec, 2);

	EXPECT_DATA(nth_data(rec, 1), 1, UTRACE_RECORD_BUFFER, OUT, 0, sizeof(struct iovec));
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, OUT, 1, 3);
	EXPECT_BYTES(d, "012");
	EXPECT_FALSE(nth_data(rec, 3));
}

static void get_name(void)
{
	struct sockaddr_storage name;
	socklen_t len = sizeof(name);

	syscall(SYS_getsockname, socket(AF_UNIX, SOCK_DGRAM, 0), &name, &len);
}

TEST(address_is_as_long_as_the_call_says_through_its_pointer)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 4, .out = 6, .args = {
			[1] = { UTRACE_RECORD_SOCKADDR, LENGTH(UTRACE_RECORD_LENGTH_POINTER, 2), 1 },
			[2] = { UTRACE_RECORD_STRUCT, 0, 4 },
		},
	};
	const struct utrace_record *rec = record_of(_metadata, SYS_getsockname, spec, get_name);
	const struct utrace_record_data *d = nth_data(rec, 0);

	EXPECT_DATA(d, 2, UTRACE_RECORD_STRUCT, 0, 0, 4);
	EXPECT_EQ(sizeof(struct sockaddr_storage), *(const uint32_t *)(d + 1));
	d = nth_data(rec, 1);
	EXPECT_DATA(d, 1, UTRACE_RECORD_SOCKADDR, OUT, 0, 2);
	EXPECT_EQ(AF_UNIX, *(const uint16_t *)(d + 1));
	d = nth_data(rec, 2);
	EXPECT_DATA(d, 2, UTRACE_RECORD_STRUCT, OUT, 0, 4);
	EXPECT_EQ(2, *(const uint32_t *)(d + 1));
}

static void send_message(void)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	struct iovec v = { (char *)text, 4 };
	struct {
		struct cmsghdr head;
		int fd;
	} control = { { CMSG_LEN(4), SOL_SOCKET, SCM_RIGHTS }, 0 };
	struct msghdr m = {
		.msg_name = &name, .msg_namelen = 2, .msg_iov = &v, .msg_iovlen = 1,
		.msg_control = &control, .msg_controllen = CMSG_LEN(4),
	};

	syscall(SYS_sendmsg, -1, &m, 0);
}

TEST(message_has_its_address_data_and_control_messages)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 2, .args[1].kind = UTRACE_RECORD_MSGHDR,
	};
	const struct utrace_record *rec = record_of(_metadata, SYS_sendmsg, spec, send_message);

	EXPECT_DATA(nth_data(rec, 0), 1, UTRACE_RECORD_MSGHDR, 0, 0, 56);
	EXPECT_DATA(nth_data(rec, 1), 1, UTRACE_RECORD_SOCKADDR, 0, 0, 2);
	EXPECT_DATA(nth_data(rec, 2), 1, UTRACE_RECORD_IOVEC, 0, 0, 16);
	EXPECT_DATA(nth_data(rec, 3), 1, UTRACE_RECORD_BUFFER, 0, 0, 4);
	EXPECT_DATA(nth_data(rec, 4), 1, UTRACE_RECORD_CONTROL, 0, 0, 20);
	EXPECT_FALSE(nth_data(rec, 5));
}

static void poll_null(void)
{
	struct pollfd p = { .fd = 0x7fff, .events = POLLIN };

	syscall(SYS_poll, &p, 1, 0);
}

TEST(array_is_captured_before_and_after)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .in = 1, .out = 1,
		.args[0] = { UTRACE_RECORD_ARRAY, LENGTH(UTRACE_RECORD_LENGTH_ARG, 1), 8 },
	};
	const struct utrace_record *rec = record_of(_metadata, SYS_poll, spec, poll_null);
	const struct pollfd *p;

	EXPECT_DATA(nth_data(rec, 0), 0, UTRACE_RECORD_ARRAY, 0, 0, 8);
	p = (const void *)(nth_data(rec, 0) + 1);
	EXPECT_EQ(0, p->revents);
	EXPECT_DATA(nth_data(rec, 1), 0, UTRACE_RECORD_ARRAY, OUT, 0, 8);
	p = (const void *)(nth_data(rec, 1) + 1);
	EXPECT_EQ(POLLNVAL, p->revents);
}

static void list_directory(void)
{
	char buf[4096];
	int fd = open("/proc/self/task", O_RDONLY | O_DIRECTORY);

	syscall(SYS_getdents64, fd, buf, sizeof(buf));
}

TEST(directory_entries_are_counted)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 3, .out = 2,
		.args[1] = { UTRACE_RECORD_ENTRIES, LENGTH(UTRACE_RECORD_LENGTH_RESULT, 15), 16 },
	};
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_getdents64, spec, list_directory), 0);

	EXPECT_DATA(d, 1, UTRACE_RECORD_ENTRIES, OUT, 0, 8);
	/* ".", ".." and the one thread. */
	EXPECT_EQ(3, *(const uint64_t *)(d + 1));
}

#define IA32_NR_WRITEV	146

static void compat_writev(void)
{
	struct { uint32_t base, len; } *v;
	char *low = low_page();

	strcpy(low + 256, text);
	v = (void *)low;
	v[0].base = (uint32_t)(uintptr_t)(low + 256);
	v[0].len = 6;
	v[1].base = BAD_ADDRESS;
	v[1].len = 1;
	call32(IA32_NR_WRITEV, -1, (uintptr_t)low, (void *)2);
}

TEST(memory_of_a_32_bit_call_has_32_bit_layout)
{
	const struct utrace_record_call_spec spec = { .nr_args = 3, .in = 2, .args[1] = iovec };
	struct recorder *r = start(_metadata);
	const struct utrace_record *rec;
	const struct utrace_record_data *d;

	ASSERT_EQ(0, describe(r, UTRACE_RECORD_ABI_COMPAT, IA32_NR_WRITEV, spec));
	run(_metadata, r, compat_writev, 0);
	rec = find(r, UTRACE_RECORD_CALL, IA32_NR_WRITEV);
	ASSERT_TRUE(rec);
	EXPECT_TRUE(UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_COMPAT);
	EXPECT_DATA(nth_data(rec, 0), 1, UTRACE_RECORD_IOVEC, 0, 0, 16);
	d = nth_data(rec, 1);
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, 0, 0, 6);
	EXPECT_BYTES(d, text);
	d = nth_data(rec, 2);
	EXPECT_DATA(d, 1, UTRACE_RECORD_BUFFER, FAULT, 1, 8);
	EXPECT_EQ(BAD_ADDRESS, *(const uint64_t *)(d + 1));
}

static void getsid_here(void)
{
	long ret;

	__asm__ volatile("lea 1f(%%rip), %%rcx\n\t"
			 "mov %%rcx, %[ip]\n\t"
			 "mov %%rsp, %[sp]\n\t"
			 "syscall\n"
			 "1:"
			 : "=a" (ret), [ip] "=m" (shared[0]), [sp] "=m" (shared[1])
			 : "a" (SYS_getsid), "D" (0)
			 : "rcx", "r11", "memory");
}

TEST(registers_are_those_that_ptrace_would_tell)
{
	const struct utrace_record_call_spec spec = {
		.nr_args = 1, .in = 1 << UTRACE_RECORD_IN_REGS,
	};
	const struct utrace_record_data *d =
		nth_data(record_of(_metadata, SYS_getsid, spec, getsid_here), 0);
	const uint64_t *regs;

	EXPECT_DATA(d, 0, UTRACE_RECORD_REGS, 0, 0, 16);
	regs = (const void *)(d + 1);
	EXPECT_EQ(shared[0], regs[0]);
	EXPECT_EQ(shared[1], regs[1]);
}

static void writev_much(void)
{
	/* Larger ones are records of their own. */
	static char much[UTRACE_RECORD_MIN_LARGE];
	struct iovec v[200];
	int i;

	for (i = 0; i < 200; i++)
		v[i] = (struct iovec){ much, sizeof(much) };
	syscall(SYS_writev, -1, v, 200);
	syscall(SYS_getsid, 0);
}

TEST(more_data_than_a_record_can_have_is_left_out_and_nothing_is_lost)
{
	const struct utrace_record_call_spec spec = { .nr_args = 3, .in = 2, .args[1] = iovec };
	struct recorder *r = rec_open();
	struct utrace_record_setup setup = {
		.size = sizeof(setup), .version = UTRACE_RECORD_VERSION,
		.ring_bytes = 1 << 20, .max_string = 4096, .max_data = 16384,
	};
	struct utrace_record_status status;

	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_SETUP, &setup));
	ASSERT_EQ(0, describe(r, UTRACE_RECORD_ABI_NATIVE, SYS_writev, spec));
	run(_metadata, r, writev_much, 0);
	status = rec_status(r);
	EXPECT_EQ(0, status.lost);
	EXPECT_GT(status.records, 2);
}

TEST(spec_that_makes_no_sense_is_einval_and_changes_nothing)
{
	static const struct utrace_record_call_spec good = {
		.nr_args = 3, .in = 2, .args[1] = in_buffer,
	};
	struct utrace_record_call_spec bad;
	struct recorder *r = start(_metadata);

	ASSERT_EQ(0, describe(r, UTRACE_RECORD_ABI_NATIVE, SYS_pwrite64, pwrite_spec));
#define EXPECT_BAD(field, value)	do {					\
	bad = good;								\
	bad.field = value;							\
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));	\
} while (0)
	EXPECT_BAD(nr_args, 7);
	EXPECT_BAD(nr_args, 1);		/* argument 1, and 2 for the length, are beyond */
	EXPECT_BAD(nr_args, 2);
	EXPECT_BAD(in, 0);		/* what for? */
	EXPECT_BAD(in, 6);		/* argument 2 points to nothing */
	EXPECT_BAD(in, 0x42);
	EXPECT_BAD(out, 4);
	EXPECT_BAD(out, 0x80);
	EXPECT_BAD(when, 1);		/* but for what values? */
	EXPECT_BAD(values, 1);		/* of what? */
	EXPECT_BAD(args[1].kind, 200);
	EXPECT_BAD(args[1].kind, UTRACE_RECORD_CONTROL);
	EXPECT_BAD(args[1].kind, UTRACE_RECORD_PATH);	/* which has no length */
	EXPECT_BAD(args[1].kind, UTRACE_RECORD_IOVEC);	/* nor size */
	EXPECT_BAD(args[1].size, 0);
	EXPECT_BAD(args[1].size, 2);
	EXPECT_BAD(args[1].length, 0);
	EXPECT_BAD(args[1].length, LENGTH(UTRACE_RECORD_LENGTH_ARG, 3));
	EXPECT_BAD(args[1].length, LENGTH(UTRACE_RECORD_LENGTH_RESULT, 2));	/* not yet */
	EXPECT_BAD(args[1].length, LENGTH(9, 2));
	EXPECT_BAD(args[5].kind, UTRACE_RECORD_PATH);	/* beyond */
	bad = good;
	bad.values = 1;
	bad.when = 4;			/* beyond */
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));
	bad = good;
	bad.args[1] = (struct utrace_record_arg_spec){ UTRACE_RECORD_STRUCT, 0, 513 };
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));
	bad.args[1].size = 512;
	bad.args[1].kind = UTRACE_RECORD_ARRAY;		/* of how many? */
	EXPECT_EQ(-EINVAL, describe(r, UTRACE_RECORD_ABI_NATIVE, 0, bad));

	run(_metadata, r, pwrite_short, 0);
	EXPECT_TRUE(nth_data(find(r, UTRACE_RECORD_CALL, SYS_pwrite64), 0));
}

TEST(two_sessions_on_one_task_are_both_complete)
{
	struct tracee t = tracee_start(pwrite_short);
	struct recorder *r[2];
	int i;

	for (i = 0; i < 2; i++) {
		r[i] = start(_metadata);
		ASSERT_EQ(0, describe(r[i], UTRACE_RECORD_ABI_NATIVE, SYS_pwrite64, pwrite_spec));
		ASSERT_EQ(0, sched_setaffinity(t.pid, sizeof(cpu_set_t), &(cpu_set_t){ { 1 } }));
		ASSERT_EQ(0, rec_attach(r[i], t.pid, 0));
	}
	tracee_go(&t);
	tracee_end(&t);
	for (i = 0; i < 2; i++) {
		const struct utrace_record *rec;

		ASSERT_TRUE(WAIT_FOR(rec_status(r[i]).attached == 0));
		EXPECT_EQ(rec_status(r[0]).records, rec_status(r[i]).records);
		rec = find(r[i], UTRACE_RECORD_CALL, SYS_pwrite64);
		ASSERT_TRUE(rec);
		EXPECT_DATA(nth_data(rec, 0), 1, UTRACE_RECORD_BUFFER, 0, 0, 5);
		EXPECT_BYTES(nth_data(rec, 0), text);
		EXPECT_TRUE(find(r[i], UTRACE_RECORD_CALL, SYS_exit_group));
		EXPECT_TRUE(find(r[i], UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_EXIT));
	}
}

/* ---- Events ---- */

static void on_signal(int sig)
{
	(void)sig;
}

static void queue_signal(void)
{
	signal(SIGUSR1, on_signal);
	sigqueue(getpid(), SIGUSR1, (union sigval){ .sival_int = 4242 });
}

TEST(signal_has_its_siginfo)
{
	struct recorder *r = start(_metadata);
	const struct utrace_record_event *event;
	const struct utrace_record_data *d;
	const siginfo_t *info;

	run(_metadata, r, queue_signal, 0);
	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_SIGNAL);
	ASSERT_TRUE(event);
	EXPECT_EQ(SIGUSR1, event->value);
	d = nth_data(&event->head, 0);
	EXPECT_DATA(d, 0, UTRACE_RECORD_SIGINFO, 0, 0, 48);
	info = (const void *)(d + 1);
	EXPECT_EQ(SIGUSR1, info->si_signo);
	EXPECT_EQ(SI_QUEUE, info->si_code);
	EXPECT_EQ(4242, info->si_int);
}

static void read_over_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal, .sa_flags = SA_RESTART };
	int fds[2];
	char c;

	sigaction(SIGUSR1, &sa, NULL);
	if (pipe(fds))
		return;
	shared[1] = fds[1];
	shared[0] = 1;
	shared[2] = read(fds[0], &c, 1);
	shared[3] = errno;
}

TEST(call_that_is_restarted_after_a_signal_still_is)
{
	struct recorder *r = start(_metadata);
	struct tracee t = tracee_start(read_over_signal);
	char path[64];
	int fd;

	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] == 1));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_SIGNAL)));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	snprintf(path, sizeof(path), "/proc/%d/fd/%ld", t.pid, shared[1]);
	fd = open(path, O_WRONLY);
	ASSERT_EQ(1, write(fd, "x", 1));
	tracee_end(&t);
	EXPECT_EQ(1, shared[2]);
}

static void wait_for_nothing(void)
{
	struct epoll_event e;
	int ep = epoll_create1(0);

	shared[0] = 1;
	shared[2] = syscall(SYS_epoll_wait, ep, &e, 1, -1);
	shared[3] = errno;
}

TEST(ignored_signal_is_not_noticed_unless_it_is_to_be_recorded)
{
	struct recorder *r = start(_metadata), *all = start(_metadata);
	struct tracee t = tracee_start(wait_for_nothing);

	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] == 1));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_epoll_wait));
	/* Ignored by default. It would have come before the next. */
	kill(t.pid, SIGWINCH);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(wait_state(t.pid, 'T'));
	EXPECT_EQ(SIGSTOP, ((const struct utrace_record_event *)
		  find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_SIGNAL))->value);
	tracee_kill(&t);

	shared[0] = 0;
	t = tracee_start(wait_for_nothing);
	ASSERT_EQ(0, rec_attach(all, t.pid, UTRACE_RECORD_IGNORED_SIGNALS));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] == 1));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_epoll_wait));
	kill(t.pid, SIGWINCH);
	tracee_end(&t);
	EXPECT_EQ(SIGWINCH, ((const struct utrace_record_event *)
		  find(all, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_SIGNAL))->value);
}

static void stop_self(void)
{
	kill(getpid(), SIGSTOP);
}

TEST(stop_tells_the_signal)
{
	struct recorder *r = start(_metadata);
	struct tracee t = tracee_start(stop_self);
	const struct utrace_record_event *event;

	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 'T'));
	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_STOP);
	ASSERT_TRUE(event);
	EXPECT_EQ(SIGSTOP, event->value);
	tracee_kill(&t);
}

static void vfork_and_exec(void)
{
	char *argv[] = { "true", NULL };
	pid_t pid = vfork();

	if (pid == 0)
		_exit(0);
	shared[0] = pid;
	waitpid(pid, NULL, 0);
	if (setregid(7, 8) || setreuid(5, 6))
		return;
	execv("/bin/../bin/true", argv);
}

TEST(clone_exec_and_exit_tell_what_they_did)
{
	struct recorder *r = start(_metadata);
	const struct utrace_record_event *event;
	const struct utrace_record_data *d;
	const uint32_t *ids;

	run(_metadata, r, vfork_and_exec, 0);
	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_CLONE);
	ASSERT_TRUE(event);
	EXPECT_EQ(shared[0], event->value);
	d = nth_data(&event->head, 0);
	EXPECT_DATA(d, 0, UTRACE_RECORD_CLONE_FLAGS, 0, 0, 8);
	EXPECT_EQ(CLONE_VFORK, *(const uint64_t *)(d + 1) & CLONE_VFORK);

	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_EXEC);
	ASSERT_TRUE(event);
	d = nth_data(&event->head, 0);
	ASSERT_TRUE(d);
	EXPECT_EQ(UTRACE_RECORD_PATH, d->kind);
	/* What the kernel runs, by its real path. */
	EXPECT_EQ(0, memcmp((const char *)(d + 1) + d->len - 9, "/bin/true", 9));
	d = nth_data(&event->head, 1);
	EXPECT_DATA(d, 0, UTRACE_RECORD_CREDS, 0, 0, 16);
	ids = (const void *)(d + 1);
	EXPECT_EQ(5, ids[0]);
	EXPECT_EQ(6, ids[1]);
	EXPECT_EQ(7, ids[2]);
	EXPECT_EQ(8, ids[3]);

	event = find(r, UTRACE_RECORD_EVENT, UTRACE_RECORD_EVENT_EXIT);
	ASSERT_TRUE(event);
	EXPECT_EQ(0, event->value);
}

TEST_HARNESS_MAIN
