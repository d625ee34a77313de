// SPDX-License-Identifier: GPL-2.0
/* utrace_barrier() and its variants: they wait for a callback, and for what else? */
#include "signals.h"

static void getppid_forever(void)
{
	ready();
	for (;;) {
		syscall(SYS_getppid);
		shared[TURNS]++;
	}
}

/* A callback that runs until the gate opens. */
static struct session *in_callback(struct __test_metadata *_metadata, struct tracee *t)
{
	struct session *s;

	*t = tracee_start(getppid_forever);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_BLOCK | TEST_UTRACE_MATCH_NR | TEST_UTRACE_LOG_END |
		     TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
	return s;
}

static bool has_ended(struct session *s)
{
	return FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END);
}

/* Another process waits; RESULT is what it got, ERROR that it has got it. */
static pid_t waiter(struct session *s, unsigned long cmd, unsigned int arg)
{
	pid_t pid = fork();

	if (pid == 0) {
		handle(SIGUSR1, 0);
		ready();
		shared[RESULT] = session_engine(s, cmd, 1, 0, arg);
		shared[ERROR] = 1;
		_exit(0);
	}
	return pid;
}

static pid_t waiter_that_waits(struct __test_metadata *_metadata, struct session *s,
			       unsigned long cmd, unsigned int arg)
{
	pid_t pid;

	shared[READY] = 0;
	pid = waiter(s, cmd, arg);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	ASSERT_TRUE(WAIT_FOR(state_of(pid) == 'S' || state_of(pid) == 'D'));
	EXPECT_EQ(0, shared[ERROR]);
	return pid;
}

static const unsigned long variants[] = {
	TEST_UTRACE_IOC_BARRIER, TEST_UTRACE_IOC_BARRIER_KILLABLE,
	TEST_UTRACE_IOC_BARRIER_TIMEOUT,
};
#define NVARIANTS	(sizeof(variants) / sizeof(*variants))

TEST(every_barrier_waits_for_the_callback_that_runs)
{
	size_t i;

	for (i = 0; i < NVARIANTS; i++) {
		struct session *s;
		struct tracee t;
		pid_t pid;

		memset((void *)shared, 0, 512);
		s = in_callback(_metadata, &t);
		pid = waiter_that_waits(_metadata, s, variants[i], 20000);
		usleep(20000);
		EXPECT_EQ(0, shared[ERROR]);
		EXPECT_FALSE(has_ended(s));
		session_open_gate(s);
		ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
		EXPECT_EQ(0, shared[RESULT]);
		EXPECT_TRUE(has_ended(s));
		waitpid(pid, NULL, 0);
		tracee_kill(&t);
		session_close(s);
	}
}

TEST(barrier_without_a_callback_returns_at_once)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	size_t i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	tracee_go(&t);
	for (i = 0; i < NVARIANTS; i++)
		EXPECT_EQ(0, session_engine(s, variants[i], 1, 0, 0));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_DETACH));
	for (i = 0; i < NVARIANTS; i++)
		EXPECT_EQ(-ESRCH, session_engine(s, variants[i], 1, 0, 0));
	tracee_kill(&t);
}

TEST(barrier_says_that_the_engine_is_detached_by_then)
{
	size_t i;

	for (i = 0; i < NVARIANTS; i++) {
		struct session *s;
		struct tracee t;
		pid_t pid;

		memset((void *)shared, 0, 512);
		s = in_callback(_metadata, &t);
		EXPECT_EQ(-EINPROGRESS, session_control(s, 1, TEST_DO_DETACH));
		pid = waiter_that_waits(_metadata, s, variants[i], 20000);
		session_open_gate(s);
		ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
		EXPECT_EQ(-ESRCH, shared[RESULT]);
		waitpid(pid, NULL, 0);
		tracee_kill(&t);
		session_close(s);
	}
}

TEST(barrier_is_broken_by_a_signal)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);
	pid_t pid = waiter_that_waits(_metadata, s, TEST_UTRACE_IOC_BARRIER, 0);

	kill(pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(-EINTR, shared[RESULT]);
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_FALSE(has_ended(s));
	tracee_kill(&t);
}

TEST(killable_barrier_is_not_broken_by_a_signal)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);
	pid_t pid = waiter_that_waits(_metadata, s, TEST_UTRACE_IOC_BARRIER_KILLABLE, 0);

	kill(pid, SIGUSR1);
	usleep(50000);
	EXPECT_EQ(0, shared[ERROR]);
	EXPECT_EQ(0, shared[SEEN]);
	session_open_gate(s);
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_TRUE(has_ended(s));
	tracee_kill(&t);
}

TEST(killable_barrier_is_broken_by_sigkill)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);
	pid_t pid = waiter_that_waits(_metadata, s, TEST_UTRACE_IOC_BARRIER_KILLABLE, 0);
	int status;

	kill(pid, SIGKILL);
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(SIGKILL, WTERMSIG(status));
	EXPECT_EQ(0, shared[ERROR]);
	EXPECT_FALSE(has_ended(s));
	tracee_kill(&t);
}

TEST(barrier_with_a_timeout_gives_up_and_the_callback_still_runs)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);
	double begin = now();

	EXPECT_EQ(-ETIMEDOUT, session_engine(s, TEST_UTRACE_IOC_BARRIER_TIMEOUT, 1, 0, 100));
	EXPECT_GE((now() - begin) * 1000, 80);
	EXPECT_LT((now() - begin) * 1000, 5000);
	EXPECT_EQ(-ETIMEDOUT, session_engine(s, TEST_UTRACE_IOC_BARRIER_TIMEOUT, 1, 0, 0));
	EXPECT_FALSE(has_ended(s));
	EXPECT_FALSE(moves());
	session_open_gate(s);
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_BARRIER_TIMEOUT, 1, 0, 20000));
	EXPECT_TRUE(has_ended(s));
	tracee_kill(&t);
}

TEST(barrier_with_a_timeout_is_not_broken_by_a_signal)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);
	pid_t pid = waiter_that_waits(_metadata, s, TEST_UTRACE_IOC_BARRIER_TIMEOUT, 20000);

	kill(pid, SIGUSR1);
	usleep(50000);
	EXPECT_EQ(0, shared[ERROR]);
	session_open_gate(s);
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_EQ(0, shared[RESULT]);
	tracee_kill(&t);
}

TEST(barrier_of_one_engine_does_not_wait_for_another)
{
	struct tracee t;
	struct session *s = in_callback(_metadata, &t);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_BARRIER_KILLABLE, 2, 0, 0));
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_BARRIER_TIMEOUT, 2, 0, 10000));
	EXPECT_FALSE(has_ended(s));
	tracee_kill(&t);
}

/* It ends with a callback, not when the thread is idle: the next may have begun. */
TEST(barrier_ends_though_the_next_callback_has_begun)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	for (i = 0; i < 1000; i++)
		EXPECT_EQ(0, session_engine(s, variants[i % NVARIANTS], 1, 0, 20000));
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
