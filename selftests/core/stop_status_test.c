// SPDX-License-Identifier: GPL-2.0
/* What others learn of a stop, how they wait for it, and when it ends by itself. */
#include "signals.h"

static struct session *stopped(struct __test_metadata *_metadata, struct tracee *t,
			       unsigned int flags)
{
	struct session *s;

	*t = tracee_start(run_until_told);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t->pid, 1, 0, flags));
	tracee_go(t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	session_control(s, 1, TEST_DO_STOP);
	/* Its state says so a moment before the core does. */
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	return s;
}

TEST(status_counts_the_stops)
{
	struct tracee t = tracee_start(run_until_told);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(0, session_stop_status(s, 1).stops);
	EXPECT_EQ(0, session_stop_status(s, 1).stopped);
	EXPECT_STREQ("", session_stop_status(s, 1).resumed_by);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	for (i = 1; i <= 20; i++) {
		session_control(s, 1, TEST_DO_STOP);
		ASSERT_EQ(0, session_wait_stop(s, 1, true, i, 10000));
		EXPECT_EQ(i, session_stop_status(s, 1).stops);
		EXPECT_EQ(1, session_stop_status(s, 1).stopped);
		EXPECT_EQ('t', state_of(t.pid));
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
		ASSERT_EQ(0, session_wait_stop(s, 1, false, i, 10000));
		EXPECT_TRUE(runs());
		EXPECT_EQ(i, session_stop_status(s, 1).stops);
		EXPECT_STREQ("test", session_stop_status(s, 1).resumed_by);
	}
	expect_unhurt(_metadata, &t);
}

TEST(status_names_whoever_has_let_go_last)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, TEST_UTRACE_LEVEL_HIGH);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, TEST_UTRACE_LEVEL_LOW));
	session_control(s, 2, TEST_DO_STOP);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(1, session_stop_status(s, 1).stopped);
	EXPECT_STREQ("", session_stop_status(s, 1).resumed_by);
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
	ASSERT_EQ(0, session_wait_stop(s, 1, false, 1, 10000));
	EXPECT_STREQ("test_low", session_stop_status(s, 1).resumed_by);
	/* It is of the thread, whichever engine asks. */
	EXPECT_STREQ("test_low", session_stop_status(s, 2).resumed_by);
	EXPECT_EQ(1, session_stop_status(s, 2).stops);
	expect_unhurt(_metadata, &t);
}

TEST(status_names_an_engine_that_has_detached)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, TEST_UTRACE_LEVEL_HIGH);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	EXPECT_EQ(0, session_detach(s, 1));
	ASSERT_EQ(0, session_wait_stop(s, 2, false, 1, 10000));
	EXPECT_STREQ("test_high", session_stop_status(s, 2).resumed_by);
	expect_unhurt(_metadata, &t);
}

TEST(status_names_sigkill)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
	EXPECT_EQ(0, session_stop_status(s, 1).stopped);
	EXPECT_STREQ("SIGKILL", session_stop_status(s, 1).resumed_by);
}

TEST(status_is_the_same_for_a_stop_at_any_event)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGUSR1);
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, 10000));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_EQ(0, session_wait_stop(s, 1, false, 1, 10000));
	EXPECT_STREQ("test", session_stop_status(s, 1).resumed_by);
	expect_unhurt(_metadata, &t);
}

/* The wait queue. */

static pid_t wait_for_stop(struct session *s, bool is_stopped, unsigned int ms)
{
	pid_t pid = fork();

	if (pid == 0) {
		shared[RESULT] = session_wait_stop(s, 1, is_stopped, 1, ms);
		shared[ERROR] = 1;
		_exit(0);
	}
	return pid;
}

TEST(who_waits_for_a_stop_is_woken_by_it)
{
	struct tracee t = tracee_start(run_until_told);
	struct session *s = session_open();
	pid_t pid;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	pid = wait_for_stop(s, true, 100000);
	ASSERT_TRUE(wait_blocked_in(pid, SYS_ioctl));
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

TEST(who_waits_for_the_end_of_a_stop_is_woken_by_it)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);
	pid_t pid = wait_for_stop(s, false, 100000);

	ASSERT_TRUE(wait_blocked_in(pid, SYS_ioctl));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(0, shared[RESULT]);
	expect_unhurt(_metadata, &t);
}

TEST(who_waits_for_the_end_of_a_stop_is_woken_by_sigkill)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);
	pid_t pid = wait_for_stop(s, false, 100000);

	ASSERT_TRUE(wait_blocked_in(pid, SYS_ioctl));
	kill(t.pid, SIGKILL);
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(0, shared[RESULT]);
	expect_killed_by(_metadata, &t, SIGKILL);
}

TEST(wait_for_a_stop_that_does_not_come_ends_by_its_own_timeout)
{
	struct tracee t = tracee_start(run_until_told);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	EXPECT_EQ(-ETIMEDOUT, session_wait_stop(s, 1, true, 1, 100));
	expect_unhurt(_metadata, &t);
}

/* How long an engine may hold a thread. */

static int stop_timeout(struct session *s, unsigned int id, unsigned int ms)
{
	return session_engine(s, TEST_UTRACE_IOC_STOP_TIMEOUT, id, 0, ms);
}

TEST(hold_with_a_timeout_ends_by_itself)
{
	struct tracee t = tracee_start(run_until_told);
	struct session *s = session_open();
	double begin;
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(0, stop_timeout(s, 1, 200));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	/* Each hold has all of it. */
	for (i = 1; i <= 3; i++) {
		begin = now();
		session_control(s, 1, TEST_DO_STOP);
		/* Stopped, and not any more. */
		ASSERT_EQ(0, session_wait_stop(s, 1, false, i, 10000));
		/* Of 200: its ticks may be late when the hold begins, not when it ends. */
		EXPECT_GE((now() - begin) * 1000, 100);
		EXPECT_LT((now() - begin) * 1000, 5000);
		EXPECT_TRUE(runs());
		EXPECT_STRNE("test", session_stop_status(s, 1).resumed_by);
		EXPECT_STRNE("SIGKILL", session_stop_status(s, 1).resumed_by);
		EXPECT_STRNE("", session_stop_status(s, 1).resumed_by);
	}
	expect_unhurt(_metadata, &t);
}

TEST(hold_of_an_engine_that_has_no_timeout_lasts)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	EXPECT_EQ(0, stop_timeout(s, 2, 50));
	session_control(s, 2, TEST_DO_STOP);
	usleep(200000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_FALSE(moves());
	/* The other one's is over: this is the last. */
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

TEST(timeout_of_a_hold_that_begins_while_the_thread_is_stopped_counts)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	EXPECT_EQ(0, stop_timeout(s, 2, 100));
	/* The thread may look now, and sees nothing that ends. */
	usleep(50000);
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_STOP));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_EQ(0, session_wait_stop(s, 1, false, 1, 10000));
	expect_unhurt(_metadata, &t);
}

TEST(timeout_that_is_set_while_the_thread_is_stopped_counts)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	EXPECT_EQ(0, stop_timeout(s, 1, 100));
	ASSERT_EQ(0, session_wait_stop(s, 1, false, 1, 10000));
	expect_unhurt(_metadata, &t);
}

TEST(timeout_that_is_taken_back_does_not_count)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	EXPECT_EQ(0, stop_timeout(s, 1, 2000));
	EXPECT_EQ(0, stop_timeout(s, 1, 0));
	usleep(2500000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

TEST(timeout_of_a_stop_at_a_deadly_signal_lets_it_kill)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT);

	EXPECT_EQ(0, stop_timeout(s, 1, 100));
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(1, session_stop_status(s, 1).stops);
}

TEST(timeout_of_an_engine_that_is_detached_is_refused)
{
	struct tracee t;
	struct session *s = stopped(_metadata, &t, 0);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(-ESRCH, stop_timeout(s, 1, 100));
	expect_unhurt(_metadata, &t);
}

TEST_HARNESS_MAIN
