// SPDX-License-Identifier: GPL-2.0
/* EXIT, DEATH, REAP: the end of a thread. */
#include "../session.h"

static void exit_7(void)
{
	syscall(SYS_exit_group, 7);
}

static void die_of_sigterm(void)
{
	signal(SIGTERM, SIG_DFL);
	syscall(SYS_kill, syscall(SYS_getpid), SIGTERM);
}

static void wait_for_the_end(void)
{
	for (;;)
		pause();
}

static void *short_thread(void *arg)
{
	(void)arg;
	shared[1] = syscall(SYS_gettid);
	return NULL;
}

static void join_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, short_thread, NULL);
	pthread_join(thread, NULL);
	syscall(SYS_exit_group, 3);
}

static void *endless_thread(void *arg)
{
	(void)arg;
	shared[1] = syscall(SYS_gettid);
	for (;;)
		pause();
	return NULL;
}

static void exit_with_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, endless_thread, NULL);
	while (!shared[1])
		sched_yield();
	syscall(SYS_exit_group, 9);
}

static void ignore_children_and_fork(void)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 4);
	shared[1] = pid;
	/* Returns when the last child is gone: -ECHILD. */
	shared[2] = syscall(SYS_wait4, -1, 0, 0, 0);
	shared[3] = errno;
}

TEST(exit_is_reported_with_the_status_of_wait)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXIT));
	e = FIND_EVENT(s, .event = TEST_EXIT);
	ASSERT_TRUE(e);
	EXPECT_EQ(7 << 8, e->values[0]);
	EXPECT_EQ(7 << 8, e->values[1]);
	EXPECT_EQ(1, e->values[2]);	/* memory and files are there */
	EXPECT_EQ(0, e->flags & TEST_UTRACE_NOT_CURRENT);
	EXPECT_NONE_ATOMIC(s);
}

TEST(exit_by_a_signal_is_reported_with_the_signal)
{
	struct tracee t = tracee_start(die_of_sigterm);
	struct session *s = session_open();
	const struct test_utrace_event *e;
	int status;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	tracee_go(&t);
	status = tracee_end(&t);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
	e = FIND_EVENT(s, .event = TEST_EXIT);
	ASSERT_TRUE(e);
	EXPECT_EQ(SIGTERM, e->values[0]);
}

TEST(exit_by_sigkill_is_reported)
{
	struct tracee t = tracee_start(wait_for_the_end);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT) | TEST_BIT(DEATH), 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_pause));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(tracee_end(&t)));
	e = FIND_EVENT(s, .event = TEST_EXIT);
	ASSERT_TRUE(e);
	EXPECT_EQ(SIGKILL, e->values[0]);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
}

/* It runs the works of the thread, which has yet to begin to exit in earnest. */
TEST(ptracer_that_stops_the_thread_at_its_exit_brings_no_report_after_exit)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	int status;

	RULE(s, .id = 1, .event = TEST_EXIT, .what = TEST_UTRACE_RETURN,
	     .action = TEST_DO_STOP);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE) | TEST_BIT(EXIT), 0));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_TRACEEXIT | PTRACE_O_EXITKILL));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_EXIT));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	session_mark(s);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, 0));
	EXPECT_EQ(SIGTRAP | PTRACE_EVENT_EXIT << 8, status >> 8);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_QUIESCE, VALUE(0)));
}

TEST(changed_exit_code_is_what_wait_returns)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	/* The engines are called in the order in which they were attached. */
	RULE(s, .id = 1, .event = TEST_EXIT, .what = TEST_UTRACE_SET_CODE, .result = 42 << 8);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(EXIT), 0));
	tracee_go(&t);
	EXPECT_EQ(42, WEXITSTATUS(tracee_end(&t)));
	e = FIND_EVENT(s, .event = TEST_EXIT, .id = 2);
	ASSERT_TRUE(e);
	EXPECT_EQ(7 << 8, e->values[0]);
	EXPECT_EQ(42 << 8, e->values[1]);
}

TEST(exit_of_every_thread_is_reported_once)
{
	struct tracee t = tracee_start(exit_with_a_thread);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(9, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXIT, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXIT, .tid = shared[1]));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = shared[1]));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REAP, .tid = shared[1]));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .flags = TEST_UTRACE_GROUP_DEAD));
	EXPECT_NONE_ATOMIC(s);
}

TEST(exit_may_sleep_and_wait_waits)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	double begin;

	RULE(s, .id = 1, .event = TEST_EXIT, .what = TEST_UTRACE_SLEEP, .sleep_ms = 100);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	begin = now();
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_GE((now() - begin) * 1000, 80);
}

TEST(death_is_reported_of_a_zombie_with_its_signal)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(DEATH) | TEST_BIT(REAP), 0));
	tracee_go(&t);
	e = WAIT_EVENT(s, .event = TEST_DEATH);
	ASSERT_TRUE(e);
	EXPECT_EQ(SIGCHLD, e->values[0]);
	EXPECT_TRUE(e->flags & TEST_UTRACE_GROUP_DEAD);
	EXPECT_TRUE(wait_state(t.pid, 'Z'));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REAP));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH));
	EXPECT_NONE_ATOMIC(s);
}

TEST(death_of_a_thread_has_no_signal)
{
	struct tracee t = tracee_start(join_a_thread);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(3, WEXITSTATUS(tracee_end(&t)));
	e = WAIT_EVENT(s, .event = TEST_DEATH, .tid = shared[1]);
	ASSERT_TRUE(e);
	EXPECT_EQ(-1, e->values[0]);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_GROUP_DEAD);
}

TEST(reap_comes_when_the_parent_has_waited_and_is_the_last)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
	ASSERT_TRUE(wait_state(t.pid, 'Z'));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REAP));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	e = WAIT_EVENT(s, .event = TEST_REAP);
	ASSERT_TRUE(e);
	EXPECT_EQ(1, e->values[0]);
	EXPECT_EQ(s->nr - 1, e - s->events);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REAP));
	EXPECT_NONE_ATOMIC(s);
}

TEST(reap_comes_after_a_death_callback_that_sleeps)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();
	unsigned long long death;
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_DEATH, .what = TEST_UTRACE_SLEEP, .sleep_ms = 100);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(DEATH) | TEST_BIT(REAP), 0));
	tracee_go(&t);
	/* The parent may be told, and reap, before the report ends. */
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	e = WAIT_EVENT(s, .event = TEST_REAP);
	ASSERT_TRUE(e);
	death = FIND_EVENT(s, .event = TEST_DEATH)->time;
	EXPECT_GE(e->time - death, 80000000);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REAP));
}

TEST(reap_may_sleep)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_REAP, .sleep_ms = 100,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(REAP), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .flags = TEST_UTRACE_END));
	EXPECT_NONE_ATOMIC(s);
}

TEST(death_that_answers_detach_gets_no_reap)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_DEATH, .what = TEST_UTRACE_RETURN,
	     .action = TEST_DO_DETACH);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(DEATH) | TEST_BIT(REAP), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(DEATH) | TEST_BIT(REAP), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .id = 2));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REAP, .id = 1));
}

TEST(task_that_reaps_itself_reports_death_then_reap)
{
	struct tracee t = tracee_start(ignore_children_and_fork);
	struct session *s = session_open();
	const struct test_utrace_event *e;
	unsigned long long death;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[2]);
	EXPECT_EQ(ECHILD, shared[3]);
	e = WAIT_EVENT(s, .event = TEST_REAP, .tid = shared[1]);
	ASSERT_TRUE(e);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = shared[1]));
	e = FIND_EVENT(s, .event = TEST_DEATH, .tid = shared[1]);
	death = e->seq;
	EXPECT_EQ(-1, e->values[0]);
	EXPECT_LT(death, FIND_EVENT(s, .event = TEST_REAP, .tid = shared[1])->seq);
	EXPECT_NONE_ATOMIC(s);
}

TEST(engine_is_released_after_reap)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP));
	EXPECT_TRUE(WAIT_FOR(session_detach(s, 1) == -ESRCH || session_status(s).engines == 0));
	EXPECT_TRUE(WAIT_FOR(session_status(s).engines == 0));
}

TEST_HARNESS_MAIN
