// SPDX-License-Identifier: GPL-2.0
/*
 * Engines that do what none should, test_misbehave.ko: their thread can always
 * be killed, others on it are not disturbed, nothing leaks, and the module goes.
 */
#include "coexist.h"

#include <limits.h>

#define PARAMETERS	"/sys/module/test_misbehave/parameters/"

/* In the order of include/linux/utrace.h. */
enum {
	QUIESCE, REAP, CLONE, EXEC, EXIT, DEATH, ENTRY, LEAVE, SIGNAL, SIGNAL_IGN,
	SIGNAL_STOP, SIGNAL_TERM, SIGNAL_CORE, SIGNAL_REPORT, SIGNAL_HANDLER, JCTL, REQUEST,
	NR_EVENTS
};
#define BIT(event)	(1L << (event))
#define ALL		(BIT(NR_EVENTS) - 1)
#define SIGNALS		(ALL & ~(BIT(SIGNAL) - 1) & ~BIT(JCTL) & ~BIT(REQUEST))

static int misbehave(const char *what, pid_t tid, long events, int arg)
{
	char text[128];

	snprintf(text, sizeof(text), "%s %d %#lx %d", what, tid, events, arg);
	return write_file(PARAMETERS "attach", text);
}

static int detach(pid_t tid)
{
	char text[16];

	snprintf(text, sizeof(text), "%d", tid);
	return write_file(PARAMETERS "detach", text);
}

static int parameter(const char *name)
{
	char path[96], *text;
	int n;

	snprintf(path, sizeof(path), PARAMETERS "%s", name);
	text = read_file(path);
	n = *text ? atoi(text) : -1;
	free(text);
	return n;
}

static bool is_refusal(int ret)
{
	return ret == -EBUSY || ret == -EWOULDBLOCK;
}

FIXTURE(misbehaving) { };
FIXTURE_SETUP(misbehaving)
{
	(void)self;
	unload("test_misbehave");
	ASSERT_EQ(0, load_with("test_misbehave", ""));
}
FIXTURE_TEARDOWN(misbehaving)
{
	/* Nobody is traced any more. The last reference may be on its way. */
	EXPECT_TRUE(WAIT_FOR(parameter("engines") == 0));
	EXPECT_TRUE(WAIT_FOR(module_refs("test_misbehave") == 0));
	EXPECT_FALSE(file_has("/proc/utrace/tasks", " misbehave "));
	EXPECT_EQ(0, unload("test_misbehave"));
}

/* The tracee: a life that has every event in it. */

enum { HANDLED, LIVED };

static void count_signal(int sig)
{
	(void)sig;
	shared[HANDLED]++;
}

static void live_until_exec(void)
{
	int i, status;
	pid_t pid;

	signal(SIGUSR1, count_signal);
	for (i = 0; i < 3; i++)
		syscall(SYS_getppid);
	syscall(SYS_tgkill, getpid(), getpid(), SIGUSR1);
	syscall(SYS_tgkill, getpid(), getpid(), SIGCHLD);
	pid = fork();
	if (pid == 0)
		_exit(3);
	if (waitpid(pid, &status, 0) != pid || status != 3 << 8)
		_exit(1);
	/* The test sends SIGCONT. */
	syscall(SYS_tgkill, getpid(), getpid(), SIGSTOP);
	shared[LIVED]++;
}

static void live(void)
{
	char *argv[] = { "true", NULL };

	live_until_exec();
	execve("/bin/true", argv, environ);
	_exit(1);
}

static void live_and_die_of_sigterm(void)
{
	live_until_exec();
	kill(getpid(), SIGTERM);
}

static void live_and_die_of_sigabrt(void)
{
	live_until_exec();
	kill(getpid(), SIGABRT);
}

static void call_for_ever(void)
{
	for (;;)
		syscall(SYS_getppid);
}

/* Of the lives, one that has the event. */
static void (*life_with(int event))(void)
{
	return event == SIGNAL_TERM ? live_and_die_of_sigterm :
	       event == SIGNAL_CORE ? live_and_die_of_sigabrt : live;
}

static int status_of(void (*life)(void))
{
	return life == live_and_die_of_sigterm ? SIGTERM :
	       life == live_and_die_of_sigabrt ? SIGABRT : 0;
}

/* Its wait status, or -1: it does not end by itself. */
static int end_soon(const struct tracee *t)
{
	int status = -1;

	WAIT_FOR((state_of(t->pid) == 'T' && kill(t->pid, SIGCONT)) ||
		 waitpid(t->pid, &status, WNOHANG) != 0);
	return status & ~WCOREFLAG;
}

static bool ends_with_sigkill(const struct tracee *t, int *status)
{
	*status = -1;
	kill(t->pid, SIGKILL);
	return WAIT_FOR(waitpid(t->pid, status, WNOHANG) != 0);
}

static bool dies_of_sigkill(const struct tracee *t)
{
	int status;

	return ends_with_sigkill(t, &status) && status == SIGKILL;
}

/* Two engines that behave: one attached before the other kind, one after it. */

static struct session *session_around(struct __test_metadata *_metadata,
				      const struct tracee *t, const char *what,
				      long events, int arg)
{
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BITS_ALL & ~TEST_BIT(QUIESCE), 0));
	ASSERT_EQ(0, misbehave(what, t->pid, events, arg));
	ASSERT_EQ(0, session_attach(s, t->pid, 2, TEST_BITS_ALL & ~TEST_BIT(QUIESCE), 0));
	return s;
}

static void both_have_seen_all(struct __test_metadata *_metadata, struct session *s,
			       const struct tracee *t, bool exec)
{
	unsigned int id;

	for (id = 1; id <= 2; id++) {
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .id = id));
		EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .id = id,
					  .tid = t->pid, VALUE(SYS_getppid)));
		EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, .id = id,
					  .tid = t->pid, VALUE(SYS_getppid)));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_CLONE, .id = id));
		EXPECT_EQ(exec, COUNT_EVENTS(s, .event = TEST_EXEC, .id = id));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXIT, .id = id));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .id = id));
	}
	EXPECT_NONE_ATOMIC(s);
	session_close(s);
}

/* A life in such company, from which it takes no harm. */
static void live_with(struct __test_metadata *_metadata, const char *what, long events,
		      int arg, void (*life)(void))
{
	struct tracee t = tracee_start(life);
	struct session *s = session_around(_metadata, &t, what, events, arg);
	int status;

	shared[HANDLED] = shared[LIVED] = 0;
	tracee_go(&t);
	status = end_soon(&t);
	if (status != status_of(life))
		TH_LOG("%s %#lx %d", what, events, arg);
	EXPECT_EQ(status_of(life), status);
	EXPECT_EQ(1, shared[HANDLED]);
	EXPECT_EQ(1, shared[LIVED]);
	if (status == -1)
		EXPECT_TRUE(dies_of_sigkill(&t));
	else
		both_have_seen_all(_metadata, s, &t, life == live);
	close(t.go);
}

TEST_F_TIMEOUT(misbehaving, garbage_answers_are_taken_for_resume, 120)
{
	static const int answers[] = { -1, 7, 100, INT_MAX, INT_MIN };
	unsigned int i;

	for (i = 0; i < sizeof(answers) / sizeof(*answers); i++)
		live_with(_metadata, "garbage", ALL & ~SIGNALS, answers[i], live);
	EXPECT_GT(parameter("callbacks"), 0);
}

/* What becomes of the program nobody knows. It ends, at the latest by SIGKILL. */
TEST_F_TIMEOUT(misbehaving, garbage_signals_leave_a_thread_that_can_be_killed, 120)
{
	/* 8 makes SIGKILL of every signal, 18 makes SIGSTOP. */
	static const int numbers[] = { -1, 6, 8, 18, 1000, INT_MAX, INT_MIN };
	unsigned int i;

	for (i = 0; i < sizeof(numbers) / sizeof(*numbers); i++) {
		struct tracee t = tracee_start(live);
		double end = now() + 2;
		int status = -1;

		ASSERT_EQ(0, misbehave("garbage", t.pid, ALL, numbers[i]));
		tracee_go(&t);
		while (now() < end && waitpid(t.pid, &status, WNOHANG) == 0)
			kill(t.pid, SIGCONT);
		/* What it makes up may end it just now, by another signal. */
		if (status == -1)
			EXPECT_TRUE(ends_with_sigkill(&t, &status));
		close(t.go);
	}
}

static void detach_in_each(struct __test_metadata *_metadata, const char *what)
{
	int event;

	for (event = 0; event < NR_EVENTS; event++) {
		int before = parameter("callbacks");

		live_with(_metadata, what, BIT(event), 0, life_with(event));
		EXPECT_TRUE(WAIT_FOR(parameter("engines") == 0));
		EXPECT_EQ(0, parameter("answer"));
		/* These are made on request; nobody has asked. */
		if (event == QUIESCE || event == SIGNAL_REPORT || event == REQUEST)
			continue;
		if (parameter("callbacks") == before)
			TH_LOG("no callback for event %d", event);
		EXPECT_LT(before, parameter("callbacks"));
	}
	live_with(_metadata, what, ALL, 0, live);
}

TEST_F_TIMEOUT(misbehaving, detach_by_answer_in_every_callback, 180)
{
	detach_in_each(_metadata, "detach_by_answer");
}

TEST_F_TIMEOUT(misbehaving, detach_by_call_in_every_callback, 180)
{
	detach_in_each(_metadata, "detach_by_call");
}

static void wait_for_ever(void)
{
	pause();
}

TEST_F_TIMEOUT(misbehaving, attach_to_oneself_and_another_in_every_callback, 120)
{
	struct tracee other = tracee_start(wait_for_ever);
	int event;

	for (event = 0; event < NR_EVENTS; event++)
		live_with(_metadata, "attach", BIT(event), other.pid, life_with(event));
	live_with(_metadata, "attach", ALL, other.pid, live);
	/* Only its passengers are left: they go with the first thing it does. */
	EXPECT_GT(parameter("engines"), 0);
	tracee_go(&other);
	tracee_kill(&other);
	EXPECT_TRUE(WAIT_FOR(parameter("engines") == 0));
}

TEST_F_TIMEOUT(misbehaving, stop_for_ever_in_every_callback_ends_with_sigkill, 120)
{
	int event;

	for (event = 0; event < NR_EVENTS; event++) {
		void (*life)(void) = life_with(event);
		struct tracee t = tracee_start(life);
		int status;

		ASSERT_EQ(0, misbehave("stop", t.pid, BIT(event), 0));
		tracee_go(&t);
		/* Dead is beyond stopping. */
		EXPECT_TRUE(WAIT_FOR((state_of(t.pid) == 'T' && kill(t.pid, SIGCONT)) ||
				     state_of(t.pid) == 't' || state_of(t.pid) == 'Z'));
		switch (event) {
		case QUIESCE:
		case SIGNAL_REPORT:
		case REQUEST:
		case DEATH:
		case REAP:
			EXPECT_EQ('Z', state_of(t.pid));
			EXPECT_EQ(0, end_soon(&t));
			break;
		default:
			if (state_of(t.pid) != 't')
				TH_LOG("event %d: state %c", event, state_of(t.pid));
			EXPECT_EQ('t', state_of(t.pid));
			EXPECT_TRUE(is_refusal(unload("test_misbehave")));
			EXPECT_TRUE(ends_with_sigkill(&t, &status));
			/* At EXIT it has its status. */
			EXPECT_EQ(event == EXIT ? 0 : SIGKILL, status);
		}
		close(t.go);
		EXPECT_TRUE(WAIT_FOR(parameter("engines") == 0));
	}
}

TEST_F(misbehaving, stop_for_ever_ends_when_the_engine_is_detached)
{
	struct tracee t = tracee_start(live);

	ASSERT_EQ(0, misbehave("stop", t.pid, ALL & ~SIGNALS, 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, detach(t.pid));
	EXPECT_EQ(0, end_soon(&t));
	EXPECT_EQ(1, shared[LIVED]);
}

TEST_F(misbehaving, last_references_that_go_in_release_go_one_after_the_other)
{
	struct tracee t = tracee_start(live);

	ASSERT_EQ(0, misbehave("chain", t.pid, ALL, 0));
	EXPECT_EQ(4, parameter("engines"));
	tracee_go(&t);
	EXPECT_EQ(0, end_soon(&t));
	EXPECT_TRUE(WAIT_FOR(parameter("engines") == 0));
	EXPECT_GT(parameter("callbacks"), 0);
}

TEST_F_TIMEOUT(misbehaving, sleep_of_ten_seconds_in_a_callback_delays_nobody_else, 90)
{
	struct tracee sleeper = tracee_start(call_for_ever), other = tracee_start(live);
	double begin = now();

	ASSERT_EQ(0, misbehave("sleep", sleeper.pid, BIT(ENTRY), 10000));
	tracee_go(&sleeper);
	ASSERT_TRUE(wait_state(sleeper.pid, 'D'));
	/* Another task, all of it; the list; a look at its state. */
	tracee_go(&other);
	EXPECT_EQ(0, end_soon(&other));
	EXPECT_TRUE(file_has("/proc/utrace/tasks", " misbehave "));
	EXPECT_EQ('D', state_of(sleeper.pid));
	EXPECT_TRUE(dies_of_sigkill(&sleeper));
	EXPECT_GE((now() - begin) * 1000, 9900);
	EXPECT_EQ(1, parameter("callbacks"));
}

TEST_F_TIMEOUT(misbehaving, module_stays_while_a_thread_sleeps_in_its_callback, 90)
{
	struct tracee t = tracee_start(call_for_ever);

	ASSERT_EQ(0, misbehave("sleep", t.pid, BIT(ENTRY), 5000));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 'D'));
	EXPECT_TRUE(is_refusal(unload("test_misbehave")));
	EXPECT_TRUE(is_refusal(unload("utrace")));
	/* Detached, and still inside. */
	EXPECT_EQ(-EINPROGRESS, detach(t.pid));
	EXPECT_TRUE(is_refusal(unload("test_misbehave")));
	EXPECT_EQ('D', state_of(t.pid));
	/* When it returns nothing is left to wait for, and the thread goes on. */
	EXPECT_TRUE(WAIT_FOR(module_refs("test_misbehave") == 0));
	EXPECT_EQ(0, unload("test_misbehave"));
	EXPECT_EQ(0, waitpid(t.pid, NULL, WNOHANG));
	EXPECT_EQ('R', state_of(t.pid));
	EXPECT_TRUE(dies_of_sigkill(&t));
	EXPECT_EQ(0, load_with("test_misbehave", ""));
}

TEST_F_TIMEOUT(misbehaving, barrier_in_ones_own_callback_returns_at_once, 90)
{
	double begin = now();

	live_with(_metadata, "barrier", ALL & ~BIT(REAP), 0, live);
	EXPECT_GT(parameter("callbacks"), 0);
	EXPECT_EQ(0, parameter("answer"));
	EXPECT_LT(now() - begin, PATIENCE);
}

TEST_F(misbehaving, two_that_wait_for_each_other_end_with_a_sigkill)
{
	struct tracee a, b;

	/* lockdep sees that they might, and checks nothing from then on. */
	if (!access("/proc/lockdep", F_OK) && !getenv("EXPECT_RED"))
		SKIP(return, "lockdep is right about this: in selftests/vm/red");
	a = tracee_start(call_for_ever);
	b = tracee_start(call_for_ever);
	ASSERT_EQ(0, misbehave("barrier_other", a.pid, BIT(ENTRY), b.pid));
	ASSERT_EQ(0, misbehave("barrier_other", b.pid, BIT(ENTRY), a.pid));
	tracee_go(&a);
	tracee_go(&b);
	/* They may have to meet some times before both are inside. */
	WAIT_FOR(parameter("callbacks") > 1000 ||
		 (state_of(a.pid) == 'D' && state_of(b.pid) == 'D'));
	EXPECT_TRUE(dies_of_sigkill(&a));
	EXPECT_TRUE(dies_of_sigkill(&b));
}

/* The thread does nothing else, but dies. */
TEST_F(misbehaving, a_signal_put_back_for_ever_ends_with_sigkill)
{
	struct tracee t = tracee_start(live);

	ASSERT_EQ(0, misbehave("hold", t.pid, SIGNALS, 0));
	tracee_go(&t);
	EXPECT_TRUE(WAIT_FOR(parameter("callbacks") > 100));
	EXPECT_EQ(0, shared[HANDLED]);
	EXPECT_TRUE(dies_of_sigkill(&t));
}

TEST_F(misbehaving, a_signal_that_was_put_back_comes_when_the_engine_is_detached)
{
	struct tracee t = tracee_start(live);

	ASSERT_EQ(0, misbehave("hold", t.pid, SIGNALS, 0));
	tracee_go(&t);
	EXPECT_TRUE(WAIT_FOR(parameter("callbacks") > 100));
	EXPECT_EQ(0, shared[HANDLED]);
	/* -EINPROGRESS: it is in a callback as good as always. */
	detach(t.pid);
	EXPECT_EQ(0, end_soon(&t));
	EXPECT_EQ(1, shared[HANDLED]);
	EXPECT_EQ(1, shared[LIVED]);
}

TEST_HARNESS_MAIN
