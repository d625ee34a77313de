// SPDX-License-Identifier: GPL-2.0
/* SYSCALL_ENTRY: what is reported, and what an engine may change. */
#include "../session.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

static void six_arguments(void)
{
	shared[1] = syscall(SYS_copy_file_range, -1, 0x11L, -1, 0x44L, 0x55L, 0x66L);
}

static void one_getppid(void)
{
	double begin = now();

	shared[1] = syscall(SYS_getppid);
	shared[2] = errno;
	shared[3] = (now() - begin) * 1000;
	shared[4] = syscall(SYS_getpid);
}

static void getppid_forever(void)
{
	for (;;) {
		syscall(SYS_getppid);
		shared[0]++;
	}
}

static void many_calls(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		syscall(SYS_getppid);
}

static void compat_call(void)
{
	long ret;

	/* getppid is 64 in the 32-bit table. */
	__asm__ volatile("int $0x80" : "=a" (ret)
			 : "a" (64), "b" (1), "c" (2), "d" (3), "S" (4), "D" (5)
			 : "memory", "r8", "r9", "r10", "r11");
	shared[1] = ret;
}

static void close_1234(void)
{
	shared[1] = syscall(SYS_close, 1234);
	shared[2] = errno;
}

/* Its page of a file mapping is touched by nobody before the callback. */
static char *cold;

static void use_cold_page(void)
{
	syscall(SYS_access, cold, 0);
}

static void install_filter(int nr, int error)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | error),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, filter };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog))
		shared[9] = errno;
}

static void getuid_forbidden(void)
{
	install_filter(SYS_getuid, 55);
	errno = 0;
	shared[1] = syscall(SYS_getppid);
	shared[2] = errno;
	errno = 0;
	shared[3] = syscall(SYS_getuid);
	shared[4] = errno;
	shared[5] = syscall(SYS_getgid);
}

TEST(entry_is_reported_with_number_and_six_arguments)
{
	struct tracee t = tracee_start(six_arguments);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_copy_file_range));
	ASSERT_TRUE(e);
	EXPECT_EQ(-1, (int)e->values[1]);
	EXPECT_EQ(0x11, e->values[2]);
	EXPECT_EQ(-1, (int)e->values[3]);
	EXPECT_EQ(0x44, e->values[4]);
	EXPECT_EQ(0x55, e->values[5]);
	EXPECT_EQ(0x66, e->values[6]);
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(0, e->flags & (TEST_UTRACE_NOT_CURRENT | TEST_UTRACE_RESUMED));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_NONE_ATOMIC(s);
}

TEST(each_entry_is_reported_once)
{
	struct tracee t = tracee_start(many_calls);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1000, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_exit_group)));
}

TEST(entry_of_a_32_bit_call_is_reported_with_its_arguments)
{
	struct tracee t = tracee_start(compat_call);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = 64,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = 777);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(64));
	ASSERT_TRUE(e);
	EXPECT_EQ(1, e->values[1]);
	EXPECT_EQ(5, e->values[5]);
	EXPECT_EQ(777, shared[1]);
}

TEST(entry_may_sleep_while_the_call_waits)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid, .sleep_ms = 100,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[3], 80);
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(t.pid, shared[4]);
}

TEST(entry_may_fault_in_user_memory)
{
	const struct test_utrace_event *e;
	int fd = memfd_create("cold", 0);
	struct session *s;
	long long expected;
	struct tracee t;

	memcpy(&expected, "a string", 8);
	ASSERT_EQ(0, ftruncate(fd, 4096));
	ASSERT_EQ(8, pwrite(fd, &expected, 8, 0));
	cold = mmap(NULL, 4096, PROT_READ, MAP_PRIVATE, fd, 0);
	t = tracee_start(use_cold_page);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_access,
	     .what = TEST_UTRACE_PEEK | TEST_UTRACE_MATCH_NR, .value = (uintptr_t)cold);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_access));
	ASSERT_TRUE(e);
	EXPECT_EQ(expected, e->values[7]);
}

TEST(abort_skips_the_call_and_gives_the_result)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = 4242);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4242, shared[1]);
	EXPECT_EQ(t.pid, shared[4]);
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid));
	ASSERT_TRUE(e);
	EXPECT_EQ(4242, e->values[1]);
}

TEST(abort_with_an_error_sets_errno)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = -EDOM);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(EDOM, shared[2]);
}

TEST(edited_number_makes_another_call)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getpid);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(t.pid, shared[1]);
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid));
	ASSERT_TRUE(e);
	EXPECT_EQ(t.pid, e->values[1]);
	EXPECT_EQ(SYS_getpid, e->values[2]);
}

TEST(edited_number_out_of_range_is_enosys)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = 100000);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(ENOSYS, shared[2]);
}

TEST(edited_argument_is_the_one_that_the_kernel_sees)
{
	struct tracee t = tracee_start(close_1234);
	struct session *s = session_open();

	ASSERT_EQ(7, dup2(2, 7));
	tracee_kill(&t);
	t = tracee_start(close_1234);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_close,
	     .what = TEST_UTRACE_SET_ARG | TEST_UTRACE_MATCH_NR, .arg = 0, .value = 7);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[1]);
}

TEST(any_of_six_arguments_can_be_edited)
{
	int i;

	for (i = 0; i < 6; i++) {
		struct tracee t = tracee_start(six_arguments);
		struct session *s = session_open();
		const struct test_utrace_event *e;

		/* The engine attached first is called last at entry. */
		RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_copy_file_range,
		     .what = TEST_UTRACE_SET_ARG | TEST_UTRACE_MATCH_NR,
		     .arg = i, .value = 0x1234);
		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
		ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(SYSCALL_ENTRY), 0));
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1,
			       VALUE(SYS_copy_file_range));
		ASSERT_TRUE(e);
		EXPECT_EQ(0x1234, e->values[1 + i]);
		EXPECT_EQ(-1, shared[1]);
		session_close(s);
	}
}

TEST(seccomp_of_the_program_judges_the_edited_number)
{
	struct tracee t = tracee_start(getuid_forbidden);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getuid);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[9]);
	EXPECT_EQ(55, shared[2]);
	EXPECT_EQ(55, shared[4]);
}

TEST(seccomp_filter_of_a_traced_task_is_enforced)
{
	struct tracee t = tracee_start(getuid_forbidden);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(55, shared[4]);
	EXPECT_EQ((long)getgid(), shared[5]);
}

TEST(sigkill_ends_a_task_that_sleeps_in_an_entry_callback)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid, .sleep_ms = 200,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(tracee_end(&t)));
	EXPECT_EQ(0, shared[0]);
}

TEST_HARNESS_MAIN
