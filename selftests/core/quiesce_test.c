// SPDX-License-Identifier: GPL-2.0
/* QUIESCE: a report at a safe point, asked for or before another event. */
#include "../session.h"

static void spin(void)
{
	for (;;)
		shared[0]++;
}

static void read_forever(void)
{
	char c;
	int fds[2];

	if (pipe(fds))
		return;
	shared[0] = 1;
	shared[1] = read(fds[0], &c, 1);
	shared[2] = errno;
}

static void sleep_once(void)
{
	struct timespec t = { .tv_nsec = 300000000 }, left = { };

	shared[0] = 1;
	shared[1] = syscall(SYS_nanosleep, &t, &left);
	shared[2] = errno;
	shared[3] = 1;
}

static void two_calls(void)
{
	syscall(SYS_getppid);
	syscall(SYS_getpgrp);
}

TEST(report_of_a_task_that_runs_user_code_gives_quiesce)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	const struct test_utrace_event *e;
	int ret;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 0));
	session_mark(s);
	ret = session_control(s, 1, TEST_DO_REPORT);
	EXPECT_TRUE(ret == 0 || ret == -EINPROGRESS);
	e = WAIT_EVENT(s, .event = TEST_QUIESCE, VALUE(0));
	ASSERT_TRUE(e);
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_NOT_CURRENT);
	EXPECT_NONE_ATOMIC(s);
	tracee_kill(&t);
}

TEST(each_request_gives_one_report_and_no_more)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	int i, ret;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	for (i = 0; i < 50; i++) {
		session_mark(s);
		ret = session_control(s, 1, TEST_DO_REPORT);
		EXPECT_TRUE(ret == 0 || ret == -EINPROGRESS);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_QUIESCE));
	}
	tracee_kill(&t);
}

TEST(report_does_not_wake_a_sleeping_task)
{
	struct tracee t = tracee_start(read_forever);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	session_control(s, 1, TEST_DO_REPORT);
	/* What must not come can only be waited for for a while. */
	usleep(50000);
	EXPECT_TRUE(is_blocked_in(t.pid, SYS_read));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_QUIESCE));
	tracee_kill(&t);
}

TEST(interrupt_breaks_a_read_that_goes_on_as_if_nothing_had_been)
{
	struct tracee t = tracee_start(read_forever);
	struct session *s = session_open();
	int i;

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	for (i = 0; i < 20; i++) {
		session_mark(s);
		session_control(s, 1, TEST_DO_INTERRUPT);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, VALUE(0)));
		ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	}
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

TEST(interrupt_breaks_a_nanosleep_that_sleeps_its_full_time)
{
	struct tracee t = tracee_start(sleep_once);
	struct session *s = session_open();
	double begin;
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	begin = now();
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	for (i = 0; i < 5 && !shared[3]; i++) {
		session_mark(s);
		session_control(s, 1, TEST_DO_INTERRUPT);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, VALUE(0)));
	}
	ASSERT_TRUE(WAIT_FOR(shared[3]));
	EXPECT_EQ(0, shared[1]);
	EXPECT_GE((now() - begin) * 1000, 240);
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(quiesce_comes_before_every_other_callback_and_names_its_event)
{
	struct tracee t = tracee_start(two_calls);
	struct session *s = session_open();
	size_t i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP));
	for (i = 0; i < s->nr; i++) {
		const struct test_utrace_event *e = &s->events[i];

		if (e->event == TEST_QUIESCE || e->event == TEST_REAP)
			continue;
		ASSERT_GT(i, 0);
		EXPECT_EQ(TEST_QUIESCE, e[-1].event);
		EXPECT_EQ(1U << e->event, e[-1].values[0]);
	}
	EXPECT_NONE_ATOMIC(s);
}

TEST(quiesce_comes_for_an_event_that_only_another_engine_wants)
{
	struct tracee t = tracee_start(two_calls);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_QUIESCE, .id = 2,
			       VALUE(TEST_BIT(SYSCALL_ENTRY))));
}

TEST(event_enabled_in_its_quiesce_is_reported_at_once)
{
	struct tracee t = tracee_start(two_calls);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 2, .event = TEST_QUIESCE,
	     .what = TEST_UTRACE_SET_EVENTS | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE,
	     .nr = TEST_BIT(SYSCALL_ENTRY), .events = TEST_BIT(SYSCALL_ENTRY));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 2);
	ASSERT_TRUE(e);
	/* The first call that engine 1 saw: the very same. */
	EXPECT_EQ(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1)->values[0], e->values[0]);
}

TEST(quiesce_may_sleep)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	const struct test_utrace_event *end;
	unsigned long long begin;

	RULE(s, .id = 1, .event = TEST_QUIESCE, .sleep_ms = 100,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	session_control(s, 1, TEST_DO_REPORT);
	end = WAIT_EVENT(s, .event = TEST_QUIESCE, .flags = TEST_UTRACE_END);
	ASSERT_TRUE(end);
	begin = FIND_EVENT(s, .event = TEST_QUIESCE)->time;
	EXPECT_GE(end->time - begin, 80000000);
	EXPECT_NONE_ATOMIC(s);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 0));
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
