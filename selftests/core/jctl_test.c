// SPDX-License-Identifier: GPL-2.0
/* JCTL: a process stops and goes on, as a shell asks it to. */
#include "signals.h"

enum { THREADS = 3, COUNT = 40, TIDS = 48 };

static void *thread_body(void *arg)
{
	long i = (long)arg;

	shared[TIDS + i] = syscall(SYS_gettid);
	__atomic_fetch_add(&shared[READY], 1, __ATOMIC_SEQ_CST);
	while (!shared[TOLD]) {
		shared[COUNT + i]++;
		shared[TURNS]++;
		usleep(100);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	long i;

	handle(SIGUSR1, 0);
	for (i = 1; i <= THREADS; i++)
		pthread_create(&thread[i - 1], NULL, thread_body, (void *)i);
	thread_body((void *)0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static struct session *trace_threads(struct __test_metadata *_metadata, struct tracee *t,
				     unsigned int events)
{
	struct session *s = session_open();
	int i;

	*t = tracee_start(threads);
	tracee_go(t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] == THREADS + 1));
	for (i = 0; i <= THREADS; i++)
		ASSERT_EQ(0, session_attach(s, shared[TIDS + i], 1, events, 0));
	return s;
}

static bool all_move(void)
{
	long before[THREADS + 1];
	int i;

	for (i = 0; i <= THREADS; i++)
		before[i] = shared[COUNT + i];
	for (i = 0; i <= THREADS; i++)
		if (!WAIT_FOR(shared[COUNT + i] != before[i]))
			return false;
	return true;
}

static void expect_each_thread(struct __test_metadata *_metadata, struct session *s, int type)
{
	int i;

	for (i = 0; i <= THREADS; i++) {
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, .tid = shared[TIDS + i],
				       VALUE(type)));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_JCTL, .tid = shared[TIDS + i],
					  VALUE(type)));
	}
}

static void expect_stopped(struct __test_metadata *_metadata, const struct tracee *t, int sig)
{
	int status;

	ASSERT_EQ(t->pid, waitpid(t->pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(sig, WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
	EXPECT_TRUE(wait_state(t->pid, 'T'));
	EXPECT_FALSE(moves());
}

static void expect_continued(struct __test_metadata *_metadata, const struct tracee *t)
{
	int status;

	ASSERT_EQ(t->pid, waitpid(t->pid, &status, WCONTINUED));
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_TRUE(runs());
}

#define TEST_BITS_JCTL		(TEST_BIT(JCTL) | TEST_BITS_SIGNALS)

TEST(every_thread_reports_that_it_stops_and_goes_on)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BIT(JCTL));
	int i;

	for (i = 0; i < 3; i++) {
		session_mark(s);
		kill(t.pid, SIGSTOP);
		expect_stopped(_metadata, &t, SIGSTOP);
		expect_each_thread(_metadata, s, CLD_STOPPED);
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL, VALUE(CLD_CONTINUED)));
		kill(t.pid, SIGCONT);
		expect_continued(_metadata, &t);
		expect_each_thread(_metadata, s, CLD_CONTINUED);
		EXPECT_TRUE(all_move());
		EXPECT_EQ(2 * (THREADS + 1), COUNT_EVENTS(s, .event = TEST_JCTL));
	}
	EXPECT_NONE_ATOMIC(s);
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(stop_by_each_signal_is_reported_and_seen_by_the_parent)
{
	static const int signals[] = { SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU };
	size_t i;

	for (i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		struct tracee t;
		struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

		ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_JCTL));
		kill(t.pid, signals[i]);
		expect_stopped(_metadata, &t, signals[i]);
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
		kill(t.pid, SIGCONT);
		expect_continued(_metadata, &t);
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_CONTINUED)));
		EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_JCTL));
		expect_unhurt(_metadata, &t);
		session_close(s);
	}
}

/* The stop signal first, then that it stops: nothing moves in between. */
TEST(signal_is_reported_before_the_stop_that_it_makes)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_JCTL));
	kill(t.pid, SIGTSTP);
	expect_stopped(_metadata, &t, SIGTSTP);
	EXPECT_LT(FIND_EVENT(s, .event = TEST_SIGNAL_STOP)->seq,
		  FIND_EVENT(s, .event = TEST_JCTL)->seq);
	tracee_kill(&t);
}

TEST(stop_is_reported_before_the_parent_sees_it)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(JCTL)));
	RULE(s, .id = 1, .event = TEST_JCTL, .nr = CLD_STOPPED,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_BLOCK);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL));
	usleep(20000);
	EXPECT_EQ(0, waitpid(t.pid, NULL, WUNTRACED | WNOHANG));
	session_open_gate(s);
	expect_stopped(_metadata, &t, SIGSTOP);
	tracee_kill(&t);
}

static void run_in_session_of_its_own(void)
{
	setsid();
	handle(SIGUSR1, 0);
	run_until_told();
}

TEST(orphaned_group_stops_by_sigstop_alone)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, run_in_session_of_its_own, TEST_BITS_JCTL);

	kill(t.pid, SIGTSTP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_STOP, VALUE(SIGTSTP)));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL));
	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_JCTL));
	kill(t.pid, SIGCONT);
	expect_unhurt(_metadata, &t);
}

TEST(sigcont_during_the_report_of_the_stop_leaves_the_process_running)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(JCTL)));
	RULE(s, .id = 1, .event = TEST_JCTL, .nr = CLD_STOPPED,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_BLOCK);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	kill(t.pid, SIGCONT);
	session_open_gate(s);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_CONTINUED)));
	EXPECT_NE('T', state_of(t.pid));
	expect_unhurt(_metadata, &t);
}

TEST(sigcont_during_the_report_of_the_signal_leaves_the_process_running)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_JCTL));
	RULE(s, .id = 1, .event = TEST_SIGNAL_STOP, .what = TEST_UTRACE_BLOCK);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_STOP));
	kill(t.pid, SIGCONT);
	session_open_gate(s);
	expect_unhurt(_metadata, &t);
}

/* One thread is late; the others wait for it, and go on without having stopped. */
TEST(sigcont_while_one_thread_is_in_its_report_leaves_all_running)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BIT(JCTL));

	RULE(s, .id = 1, .event = TEST_JCTL, .nr = CLD_STOPPED,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_BLOCK | TEST_UTRACE_ONCE);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	EXPECT_EQ(0, waitpid(t.pid, NULL, WUNTRACED | WNOHANG));
	kill(t.pid, SIGCONT);
	session_open_gate(s);
	EXPECT_TRUE(all_move());
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(process_stops_only_when_the_last_thread_has_reported)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BIT(JCTL));

	RULE(s, .id = 1, .event = TEST_JCTL, .nr = CLD_STOPPED,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_BLOCK | TEST_UTRACE_ONCE);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	usleep(20000);
	EXPECT_EQ(0, waitpid(t.pid, NULL, WUNTRACED | WNOHANG));
	session_open_gate(s);
	expect_stopped(_metadata, &t, SIGSTOP);
	expect_each_thread(_metadata, s, CLD_STOPPED);
	kill(t.pid, SIGCONT);
	EXPECT_TRUE(all_move());
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(sigkill_ends_a_stopped_process_and_is_not_reported_as_continued)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BIT(JCTL) | TEST_BIT(DEATH));

	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL, VALUE(CLD_CONTINUED)));
	EXPECT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .event = TEST_DEATH) == THREADS + 1));
}

TEST(sigkill_ends_a_report_of_job_control)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BIT(JCTL));

	RULE(s, .id = 1, .event = TEST_JCTL, .what = TEST_UTRACE_BLOCK);
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
}

TEST(stopped_process_is_resumed_after_a_detach)
{
	struct tracee t;
	struct session *s = trace_threads(_metadata, &t, TEST_BITS_JCTL);

	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	session_close(s);
	usleep(20000);
	EXPECT_EQ('T', state_of(t.pid));
	kill(t.pid, SIGCONT);
	expect_continued(_metadata, &t);
	EXPECT_TRUE(all_move());
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

/* An engine's own stop and that of the process do not know of each other. */
TEST(stop_of_the_process_waits_for_an_engine_that_holds_it)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(JCTL)));
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	kill(t.pid, SIGSTOP);
	usleep(20000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_stopped(_metadata, &t, SIGSTOP);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	kill(t.pid, SIGCONT);
	expect_unhurt(_metadata, &t);
}

TEST(stop_answered_to_continued_holds_the_thread)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(JCTL)));
	RULE(s, .id = 1, .event = TEST_JCTL, .nr = CLD_CONTINUED, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_RETURN);
	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	kill(t.pid, SIGCONT);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_FALSE(moves());
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

TEST(handler_of_sigcont_runs_after_the_stop)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGCONT, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_JCTL));
	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	EXPECT_EQ(0, shared[SEEN]);
	kill(t.pid, SIGCONT);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGCONT)));
	expect_unhurt(_metadata, &t);
}

TEST(sigcont_that_an_engine_ignores_has_continued_the_process)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGCONT, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_JCTL));
	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGSTOP);
	expect_stopped(_metadata, &t, SIGSTOP);
	kill(t.pid, SIGCONT);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGCONT)));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(stop_without_jctl_events_is_as_ever)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	int i;

	for (i = 0; i < 10; i++) {
		kill(t.pid, SIGSTOP);
		expect_stopped(_metadata, &t, SIGSTOP);
		kill(t.pid, SIGCONT);
		expect_continued(_metadata, &t);
	}
	EXPECT_EQ(10, COUNT_EVENTS(s, .event = TEST_SIGNAL_STOP));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL));
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_sees_the_stop_as_ever_and_nothing_is_reported)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	int status;

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(JCTL)));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_EXITKILL));
	kill(t.pid, SIGSTOP);
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	EXPECT_EQ(SIGSTOP, WSTOPSIG(status));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, SIGSTOP));
	/* The stop of the group, and the ptracer who listens. */
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	EXPECT_EQ(SIGSTOP, WSTOPSIG(status));
	EXPECT_EQ(PTRACE_EVENT_STOP, status >> 16);
	ASSERT_EQ(0, ptrace(PTRACE_LISTEN, t.pid, 0, 0));
	EXPECT_FALSE(moves());
	kill(t.pid, SIGCONT);
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	EXPECT_EQ(PTRACE_EVENT_STOP, status >> 16);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_JCTL, VALUE(CLD_STOPPED)));
	expect_unhurt(_metadata, &t);
}

TEST_HARNESS_MAIN
