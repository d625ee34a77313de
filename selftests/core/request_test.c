// SPDX-License-Identifier: GPL-2.0
/* REQUEST: asked for in an interrupt, reported before user code runs. */
#include "../session.h"

/* The test is on another CPU. */
static void spin(void)
{
	stay_on(0);
	for (;;)
		shared[0]++;
}

static struct tracee spinning(struct __test_metadata *_metadata, struct session *s,
			      unsigned int events)
{
	struct tracee t = tracee_start(spin);

	stay_on(1);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, events, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 0));
	return t;
}

static int request(struct session *s, struct test_utrace_request *req)
{
	int ret;

	/* It may just be off its CPU. */
	if (!WAIT_FOR((ret = __session_ioctl(s, TEST_UTRACE_IOC_REQUEST, req)) != -EAGAIN))
		return -EAGAIN;
	return ret;
}

static void request_from(struct __test_metadata *_metadata, unsigned int context)
{
	struct test_utrace_request req = { .context = context, .times = 3 };
	struct session *s = session_open();
	struct tracee t = spinning(_metadata, s, TEST_BIT(REQUEST));
	const struct test_utrace_event *e;
	unsigned long long first;

	req.tid = t.pid;
	ASSERT_EQ(0, request(s, &req));
	EXPECT_NE(0, req.first);
	/* All before it is reported are one. */
	EXPECT_EQ(req.first, req.last);
	e = WAIT_EVENT(s, .event = TEST_REQUEST);
	ASSERT_TRUE(e);
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(req.first, e->values[0]);

	first = req.first;
	/* As long as its callbacks run, whoever asks gets the number that they have. */
	ASSERT_TRUE(WAIT_FOR(request(s, &req) || req.first != first));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REQUEST, VALUE(req.first)));
	EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_REQUEST));
	EXPECT_NONE_ATOMIC(s);
	tracee_kill(&t);
}

TEST(request_from_an_interrupt_is_reported_once_where_it_can_sleep)
{
	request_from(_metadata, TEST_CONTEXT_IRQ);
}

TEST(request_from_what_is_like_an_nmi_is_reported_the_same_way)
{
	request_from(_metadata, TEST_CONTEXT_NMI);
}

TEST(thread_stops_at_a_request_and_detaches_at_another)
{
	struct test_utrace_request req = { .context = TEST_CONTEXT_IRQ, .times = 1 };
	struct session *s = session_open();
	struct tracee t = spinning(_metadata, s, TEST_BIT(REQUEST));

	req.tid = t.pid;
	RULE(s, .id = 1, .event = TEST_REQUEST, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	ASSERT_EQ(0, request(s, &req));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	session_clear_rules(s);
	RULE(s, .id = 1, .event = TEST_REQUEST, .action = TEST_DO_DETACH,
	     .what = TEST_UTRACE_RETURN);
	ASSERT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_EQ(0, request(s, &req));
	ASSERT_TRUE(WAIT_FOR(session_control(s, 1, TEST_DO_RESUME) == -ESRCH));
	/* Nobody is there who wants one. */
	ASSERT_EQ(0, request(s, &req));
	EXPECT_EQ(0, req.first);
	session_close(s);
	tracee_kill(&t);
}

TEST(request_that_nobody_wants_is_none)
{
	struct test_utrace_request req = { .times = 1 };
	struct session *s = session_open();
	struct tracee t = spinning(_metadata, s, TEST_BIT(QUIESCE));

	req.tid = t.pid;
	ASSERT_EQ(0, request(s, &req));
	EXPECT_EQ(0, req.first);
	/* Somebody does, now. */
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(REQUEST)));
	ASSERT_EQ(0, request(s, &req));
	EXPECT_NE(0, req.first);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REQUEST, VALUE(req.first)));
	tracee_kill(&t);
}

static void call_once(void)
{
	syscall(SYS_getppid);
	syscall(SYS_getpgrp);
}

TEST(request_in_a_call_is_reported_when_it_has_returned)
{
	struct tracee t = tracee_start(call_once);
	const struct test_utrace_event *entry, *e;
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_REQUEST | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(REQUEST), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	entry = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid));
	ASSERT_TRUE(entry);
	e = FIND_EVENT(s, .event = TEST_REQUEST);
	ASSERT_TRUE(e);
	EXPECT_EQ(entry->values[7], e->values[0]);
	EXPECT_GT(e->seq, FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid))->seq);
	EXPECT_LT(e->seq, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp))->seq);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REQUEST));
}

static void exit_at_once(void)
{
	syscall(SYS_exit_group, 0);
}

TEST(request_of_a_task_that_exits_first_is_dropped)
{
	struct tracee t = tracee_start(exit_at_once);
	const struct test_utrace_event *e;
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_exit_group,
	     .what = TEST_UTRACE_REQUEST | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1,
				    TEST_BITS_SYSCALL | TEST_BIT(REQUEST) | TEST_BIT(DEATH), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_exit_group));
	ASSERT_TRUE(e);
	EXPECT_NE(0, e->values[7]);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REQUEST));
}

static void exec_at_once(void)
{
	execl("/bin/true", "true", NULL);
}

TEST(request_of_a_task_that_execs_first_is_dropped)
{
	struct tracee t = tracee_start(exec_at_once);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_execve,
	     .what = TEST_UTRACE_REQUEST | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(REQUEST), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_NE(0, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_execve))->values[7]);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REQUEST));
}

TEST_HARNESS_MAIN
