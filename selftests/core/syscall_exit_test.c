// SPDX-License-Identifier: GPL-2.0
/* SYSCALL_EXIT: what is reported, and what an engine may change. */
#include "../session.h"

static volatile sig_atomic_t got_signal;

static void on_signal(int sig)
{
	(void)sig;
	got_signal = 1;
	syscall(SYS_getpgrp);
}

static void one_getppid(void)
{
	double begin = now();

	errno = 0;
	shared[1] = syscall(SYS_getppid);
	shared[2] = errno;
	shared[3] = (now() - begin) * 1000;
	shared[4] = syscall(SYS_getpid);
}

static void many_calls(void)
{
	int i;

	for (i = 0; i < 1000; i++)
		if (syscall(SYS_getppid) != shared[0])
			shared[1]++;
}

static void handle_a_signal(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	kill(getpid(), SIGUSR1);
	shared[1] = got_signal;
	shared[2] = syscall(SYS_getppid);
}

static void bad_close(void)
{
	syscall(SYS_close, 1234);
}

static void interrupted_pause(void)
{
	struct sigaction sa = { .sa_handler = on_signal };

	sigaction(SIGUSR1, &sa, NULL);
	shared[0] = 1;
	shared[1] = syscall(SYS_pause);
	shared[2] = errno;
}

static void long_result(void)
{
	shared[1] = syscall(SYS_brk, 0);
}

static void getppid_forever(void)
{
	for (;;) {
		syscall(SYS_getppid);
		shared[0]++;
	}
}

TEST(exit_is_reported_with_the_number_and_the_result)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid));
	ASSERT_TRUE(e);
	EXPECT_EQ(getpid(), e->values[1]);
	EXPECT_EQ(SYS_getppid, e->values[2]);
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_NOT_CURRENT);
	EXPECT_NONE_ATOMIC(s);
}

TEST(exit_with_an_error_has_the_error_for_a_result)
{
	struct tracee t = tracee_start(bad_close);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_close));
	ASSERT_TRUE(e);
	EXPECT_EQ(-EBADF, e->values[1]);
}

TEST(exit_reports_all_64_bits_of_the_result)
{
	struct tracee t = tracee_start(long_result);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_brk));
	ASSERT_TRUE(e);
	EXPECT_EQ(shared[1], e->values[1]);
}

TEST(each_exit_is_reported_once_with_and_without_entry)
{
	unsigned int masks[] = { TEST_BIT(SYSCALL_EXIT), TEST_BITS_SYSCALL };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct tracee t = tracee_start(many_calls);
		struct session *s = session_open();

		shared[0] = getpid();
		ASSERT_EQ(0, session_attach(s, t.pid, 1, masks[i], 0));
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(1000, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
		EXPECT_EQ(0, shared[1]);
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_exit_group)));
		session_close(s);
	}
}

TEST(exit_of_a_call_entered_before_the_attach_is_not_reported)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_read)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
}

TEST(edited_result_is_what_the_program_sees)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = 0x123456789LL);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0x123456789LL, shared[1]);
	EXPECT_EQ(t.pid, shared[4]);
}

TEST(edited_result_may_be_an_error)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = -EXDEV);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(EXDEV, shared[2]);
}

TEST(exit_may_sleep_while_the_program_waits)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid, .sleep_ms = 100,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[3], 80);
	EXPECT_EQ(getpid(), shared[1]);
}

TEST(rt_sigreturn_is_reported_by_its_number_at_entry)
{
	struct tracee t = tracee_start(handle_a_signal);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[1]);
	EXPECT_EQ(getpid(), shared[2]);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_rt_sigreturn)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_rt_sigreturn)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_kill)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getpgrp)));
}

TEST(call_interrupted_by_a_handler_exits_once_and_before_it)
{
	struct tracee t = tracee_start(interrupted_pause);
	struct session *s = session_open();
	const struct test_utrace_event *e;
	unsigned long long seq;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_pause));
	kill(t.pid, SIGUSR1);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(EINTR, shared[2]);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_pause)));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_pause));
	EXPECT_EQ(-514, e->values[1]);	/* -ERESTARTNOHAND, not resolved yet */
	seq = e->seq;
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp));
	ASSERT_TRUE(e);
	EXPECT_LT(seq, e->seq);
}

TEST(sigkill_ends_a_task_that_sleeps_in_an_exit_callback)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid, .sleep_ms = 200,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_EXIT), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(tracee_end(&t)));
	EXPECT_EQ(0, shared[0]);
}

TEST_HARNESS_MAIN
