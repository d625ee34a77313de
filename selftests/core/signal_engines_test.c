// SPDX-License-Identifier: GPL-2.0
/* A signal that goes through the hands of several: engines, and a ptracer. */
#include "signals.h"

/* Engine 1 is called first. */
static struct session *trace_twice(struct __test_metadata *_metadata, struct tracee *t, int sig,
				   int setup)
{
	struct session *s = trace_signal(_metadata, t, sig, setup);

	ASSERT_EQ(0, session_attach(s, t->pid, 2, TEST_BITS_SIGNALS, 0));
	return s;
}

TEST(second_engine_sees_the_action_that_the_first_has_set)
{
	const struct test_utrace_event *first, *second;
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGTERM, SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM, .id = 2));
	first = FIND_EVENT(s, .event = TEST_SIGNAL_TERM, .id = 1);
	second = FIND_EVENT(s, .event = TEST_SIGNAL_TERM, .id = 2);
	ASSERT_TRUE(first);
	EXPECT_LT(first->seq, second->seq);
	EXPECT_EQ(TEST_SIG_TERM, first->values[2]);
	EXPECT_EQ(TEST_SIG_IGN, second->values[2]);
	expect_unhurt(_metadata, &t);
}

TEST(last_engine_decides)
{
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	RULE(s, .id = 2, .event = TEST_SIGNAL, .signal_action = TEST_SIG_DELIVER,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
}

TEST(second_engine_sees_the_signal_that_the_first_has_made)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .sig = SIGUSR1, .sig_code = SI_QUEUE,
	     .sig_value = 4711, .arg = 12, .what = TEST_UTRACE_SIG_REPLACE);
	kill(t.pid, SIGUSR1);
	e = WAIT_EVENT(s, .event = TEST_SIGNAL, .id = 2);
	ASSERT_TRUE(e);
	EXPECT_EQ(SIGUSR1, e->values[0]);
	EXPECT_EQ(SI_QUEUE, e->values[1]);
	EXPECT_EQ(12, e->values[3]);
	EXPECT_EQ(4711, e->values[4]);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(4711, shared[SEEN_VALUE]);
	expect_unhurt(_metadata, &t);
}

TEST(second_engine_sees_another_signal_that_the_first_has_made)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .sig = SIGUSR2, .sig_code = SI_USER,
	     .what = TEST_UTRACE_SIG_REPLACE);
	RULE(s, .id = 2, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .id = 2, .event = TEST_SIGNAL) ||
			     COUNT_EVENTS(s, .id = 2, .event = TEST_SIGNAL_TERM)));
	e = FIND_EVENT(s, .id = 2, .event = TEST_SIGNAL) ?:
	    FIND_EVENT(s, .id = 2, .event = TEST_SIGNAL_TERM);
	EXPECT_EQ(SIGUSR2, e->values[0]);
	expect_unhurt(_metadata, &t);
}

TEST(signal_waits_until_both_engines_have_let_go)
{
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	int id;

	for (id = 1; id <= 2; id++)
		RULE(s, .id = id, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
		     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, .id = 2));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
	usleep(20000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, shared[SEEN]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	expect_unhurt(_metadata, &t);
}

/* The first engine stops the thread at the signal, the second wants something, too. */
static struct session *stopped_with_wish(struct __test_metadata *_metadata, struct tracee *t,
					 int wish)
{
	struct session *s = trace_twice(_metadata, t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	RULE(s, .id = 2, .event = TEST_SIGNAL, .action = wish,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	kill(t->pid, SIGUSR1);
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	session_mark(s);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	return s;
}

TEST(step_that_was_wanted_at_a_signal_is_made_though_another_engine_stopped_there)
{
	struct tracee t;
	struct session *s = stopped_with_wish(_metadata, &t, TEST_DO_SINGLESTEP);

	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_CORE, .id = 2, VALUE(SIGTRAP)));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
}

/* Between the answer STOP and the stop itself there may be another engine. */
TEST(report_that_is_asked_for_before_the_thread_has_stopped_is_not_lost)
{
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	RULE(s, .id = 2, .event = TEST_SIGNAL, .what = TEST_UTRACE_BLOCK | TEST_UTRACE_ONCE);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, .id = 2));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	session_open_gate(s);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, .id = 1, VALUE(0)));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
}

TEST(report_that_one_answers_comes_after_the_stop_that_another_answers)
{
	static const unsigned int answers[] = { TEST_DO_REPORT, TEST_DO_INTERRUPT };
	unsigned int i;

	for (i = 0; i < 4; i++) {
		unsigned int stops = 1 + i % 2, reports = 2 - i % 2;
		struct tracee t;
		struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);

		RULE(s, .id = stops, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
		RULE(s, .id = reports, .event = TEST_SIGNAL, .action = answers[i / 2],
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
		kill(t.pid, SIGUSR1);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, .id = 2));
		ASSERT_TRUE(wait_state(t.pid, 't'));
		session_mark(s);
		EXPECT_EQ(0, session_control(s, stops, TEST_DO_RESUME));
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, .id = reports, VALUE(0)));
		EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
		expect_unhurt(_metadata, &t);
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
		session_close(s);
	}
}

TEST(engine_that_leaves_in_the_report_of_a_signal_does_not_disturb_the_other)
{
	unsigned int leaver;

	for (leaver = 1; leaver <= 2; leaver++) {
		struct tracee t;
		struct session *s = trace_twice(_metadata, &t, SIGTERM, SETUP_DEFAULT);

		RULE(s, .id = leaver, .event = TEST_SIGNAL_TERM,
		     .what = TEST_UTRACE_DETACH_SELF);
		RULE(s, .id = 3 - leaver, .event = TEST_SIGNAL_TERM,
		     .signal_action = TEST_SIG_IGN, .what = TEST_UTRACE_SIG_ACTION);
		kill(t.pid, SIGTERM);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM, .id = 3 - leaver));
		expect_unhurt(_metadata, &t);
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM, .id = leaver));
		session_close(s);
	}
}

TEST(every_event_of_a_signal_calls_the_engine_attached_first_first)
{
	static const unsigned int events[] = { TEST_SIGNAL, TEST_SIGNAL_HANDLER,
					       TEST_SIGNAL_IGN, TEST_SIGNAL_REPORT };
	struct tracee t;
	struct session *s = trace_twice(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	size_t i;

	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_HANDLER, .id = 2));
	kill(t.pid, SIGCHLD);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_IGN, .id = 2));
	session_control(s, 1, TEST_DO_INTERRUPT);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_REPORT, .id = 2));
	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		ASSERT_TRUE(FIND_EVENT(s, .event = events[i], .id = 1));
		EXPECT_EQ(1, FIND_EVENT(s, .event = events[i])->id);
	}
	expect_unhurt(_metadata, &t);
	EXPECT_NONE_ATOMIC(s);
}

/* A ptracer, this process. */

static struct session *seized(struct __test_metadata *_metadata, struct tracee *t, int sig,
			      int setup)
{
	struct session *s = trace_signal(_metadata, t, sig, setup);

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t->pid, 0, PTRACE_O_EXITKILL));
	return s;
}

static void expect_ptrace_stop(struct __test_metadata *_metadata, const struct tracee *t,
			       int sig, siginfo_t *info)
{
	int status;

	ASSERT_EQ(t->pid, waitpid(t->pid, &status, __WALL));
	ASSERT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(sig, WSTOPSIG(status));
	ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, t->pid, 0, info));
	EXPECT_EQ(sig, info->si_signo);
}

static void detach_ptrace(struct __test_metadata *_metadata, const struct tracee *t)
{
	int status;

	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t->pid, 0, 0));
	ASSERT_EQ(t->pid, waitpid(t->pid, &status, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t->pid, 0, 0));
}

TEST(ptracer_sees_a_signal_after_the_engines)
{
	siginfo_t info;
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .what = TEST_UTRACE_BLOCK | TEST_UTRACE_LOG_END);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
	usleep(20000);
	EXPECT_EQ(0, waitpid(t.pid, NULL, __WALL | WNOHANG));
	session_open_gate(s);
	expect_ptrace_stop(_metadata, &t, SIGUSR1, &info);
	EXPECT_EQ(getpid(), info.si_pid);
	EXPECT_EQ(SI_USER, info.si_code);
	EXPECT_EQ(0, shared[SEEN]);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, SIGUSR1));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	detach_ptrace(_metadata, &t);
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_sees_what_engines_have_made_of_a_signal)
{
	siginfo_t info;
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .sig = SIGUSR1, .sig_code = SI_QUEUE,
	     .sig_value = 31, .arg = 9, .what = TEST_UTRACE_SIG_REPLACE);
	kill(t.pid, SIGTERM);
	expect_ptrace_stop(_metadata, &t, SIGUSR1, &info);
	EXPECT_EQ(SI_QUEUE, info.si_code);
	EXPECT_EQ(31, (long)info.si_value.sival_ptr);
	EXPECT_EQ(9, info.si_pid);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, SIGUSR1));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(31, shared[SEEN_VALUE]);
	detach_ptrace(_metadata, &t);
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_does_not_see_a_signal_that_an_engine_ignores)
{
	siginfo_t info;
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM));
	kill(t.pid, SIGUSR1);
	/* The next one is the first that it sees. */
	expect_ptrace_stop(_metadata, &t, SIGUSR1, &info);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, shared[SEEN]);
	detach_ptrace(_metadata, &t);
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_changes_a_signal_that_engines_have_seen)
{
	siginfo_t info;
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	kill(t.pid, SIGTERM);
	expect_ptrace_stop(_metadata, &t, SIGTERM, &info);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, SIGUSR1));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM, VALUE(SIGTERM)));
	EXPECT_EQ(SIGUSR1, FIND_EVENT(s, .event = TEST_SIGNAL_HANDLER)->values[0]);
	detach_ptrace(_metadata, &t);
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_sees_a_deadly_signal_and_lets_it_kill)
{
	siginfo_t info;
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	kill(t.pid, SIGTERM);
	expect_ptrace_stop(_metadata, &t, SIGTERM, &info);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, SIGTERM));
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(sigkill_ends_a_stop_at_a_signal_under_a_ptracer)
{
	struct tracee t;
	struct session *s = seized(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
}

TEST_HARNESS_MAIN
