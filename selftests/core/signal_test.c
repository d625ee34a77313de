// SPDX-License-Identifier: GPL-2.0
/* SIGNAL and kin: when a signal is reported, and what an engine makes of it. */
#include "signals.h"

#include <sys/time.h>

/* How a signal is sent. */
enum via { KILL, TGKILL, QUEUE };

static void send_via(enum via via, pid_t pid, int sig)
{
	union sigval value = { .sival_int = 99 };

	if (via == TGKILL)
		syscall(SYS_tgkill, pid, pid, sig);
	else if (via == QUEUE)
		sigqueue(pid, sig, value);
	else
		kill(pid, sig);
}

static const int code_of[] = { [KILL] = SI_USER, [TGKILL] = SI_TKILL, [QUEUE] = SI_QUEUE };

/* Every way in which a program may have set up a signal. */
static const struct row {
	int sig, setup;
	unsigned int event, action;
} rows[] = {
	{ SIGUSR1, SETUP_HANDLE, TEST_SIGNAL, TEST_SIG_DELIVER },
	{ SIGTERM, SETUP_HANDLE, TEST_SIGNAL, TEST_SIG_DELIVER },
	{ SIGTSTP, SETUP_HANDLE, TEST_SIGNAL, TEST_SIG_DELIVER },
	{ SIGCHLD, SETUP_HANDLE, TEST_SIGNAL, TEST_SIG_DELIVER },
	{ SIGUSR1, SETUP_IGNORE, TEST_SIGNAL_IGN, TEST_SIG_IGN },
	{ SIGTERM, SETUP_IGNORE, TEST_SIGNAL_IGN, TEST_SIG_IGN },
	{ SIGCHLD, SETUP_DEFAULT, TEST_SIGNAL_IGN, TEST_SIG_IGN },
	{ SIGWINCH, SETUP_DEFAULT, TEST_SIGNAL_IGN, TEST_SIG_IGN },
	{ SIGCONT, SETUP_DEFAULT, TEST_SIGNAL_IGN, TEST_SIG_IGN },
	{ SIGSTOP, SETUP_DEFAULT, TEST_SIGNAL_STOP, TEST_SIG_STOP },
	{ SIGTSTP, SETUP_DEFAULT, TEST_SIGNAL_STOP, TEST_SIG_TSTP },
	{ SIGTTIN, SETUP_DEFAULT, TEST_SIGNAL_STOP, TEST_SIG_TSTP },
	{ SIGTTOU, SETUP_DEFAULT, TEST_SIGNAL_STOP, TEST_SIG_TSTP },
	{ SIGTERM, SETUP_DEFAULT, TEST_SIGNAL_TERM, TEST_SIG_TERM },
	{ SIGUSR2, SETUP_DEFAULT, TEST_SIGNAL_TERM, TEST_SIG_TERM },
	{ SIGALRM, SETUP_DEFAULT, TEST_SIGNAL_TERM, TEST_SIG_TERM },
	{ SIGQUIT, SETUP_DEFAULT, TEST_SIGNAL_CORE, TEST_SIG_CORE },
	{ SIGSEGV, SETUP_DEFAULT, TEST_SIGNAL_CORE, TEST_SIG_CORE },
};

/* Hold it at the report, and see that the report said what is to come. */
static struct session *stopped_at_signal(struct __test_metadata *_metadata, struct tracee *t,
					 const struct row *row, enum via via)
{
	const struct test_utrace_event *e;
	struct session *s = trace_signal(_metadata, t, row->sig, row->setup);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = row->sig, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR | TEST_UTRACE_RETURN |
		     TEST_UTRACE_ONCE);
	send_via(via, t->pid, row->sig);
	e = WAIT_EVENT(s, .event = row->event, VALUE(row->sig));
	if (!e) {
		TH_LOG("signal %d, set up %d: no event %u", row->sig, row->setup, row->event);
		ASSERT_TRUE(e);
	}
	EXPECT_EQ(row->action, e->values[2]);
	EXPECT_EQ(code_of[via], e->values[1]);
	EXPECT_EQ(getpid(), e->values[3]);
	if (via == QUEUE)
		EXPECT_EQ(99, (int)e->values[4]);
	EXPECT_EQ(0, e->flags);
	ASSERT_TRUE(wait_state(t->pid, 't'));
	return s;
}

static void expect_effect(struct __test_metadata *_metadata, const struct tracee *t,
			  const struct row *row)
{
	switch (row->action) {
	case TEST_SIG_DELIVER:
		EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
		EXPECT_EQ(row->sig, shared[SEEN_SIG]);
		expect_unhurt(_metadata, t);
		break;
	case TEST_SIG_IGN:
		expect_unhurt(_metadata, t);
		break;
	case TEST_SIG_STOP:
	case TEST_SIG_TSTP:
		EXPECT_TRUE(wait_state(t->pid, 'T'));
		kill(t->pid, SIGCONT);
		expect_unhurt(_metadata, t);
		break;
	default:
		expect_killed_by(_metadata, t, row->sig);
	}
}

static void each_row(struct __test_metadata *_metadata, enum via via)
{
	const struct row *row;

	for (row = rows; row < rows + sizeof(rows) / sizeof(*rows); row++) {
		struct tracee t;
		struct session *s = stopped_at_signal(_metadata, &t, row, via);

		EXPECT_EQ(0, shared[SEEN]);
		EXPECT_FALSE(moves());
		EXPECT_EQ('t', state_of(t.pid));
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
		expect_effect(_metadata, &t, row);
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = row->event, VALUE(row->sig)));
		EXPECT_NONE_ATOMIC(s);
		session_close(s);
	}
}

TEST_TIMEOUT(signal_to_the_process_is_reported_before_its_effect, 120)
{
	each_row(_metadata, KILL);
}

TEST_TIMEOUT(signal_to_the_thread_is_reported_before_its_effect, 120)
{
	each_row(_metadata, TGKILL);
}

TEST_TIMEOUT(queued_signal_is_reported_with_its_value, 120)
{
	each_row(_metadata, QUEUE);
}

TEST_TIMEOUT(any_signal_can_be_ignored, 120)
{
	const struct row *row;

	for (row = rows; row < rows + sizeof(rows) / sizeof(*rows); row++) {
		struct tracee t;
		struct session *s = trace_signal(_metadata, &t, row->sig, row->setup);

		RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
		     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_SIG_ACTION);
		kill(t.pid, row->sig);
		ASSERT_TRUE(WAIT_EVENT(s, .event = row->event, VALUE(row->sig)));
		expect_unhurt(_metadata, &t);
		EXPECT_EQ(0, shared[SEEN]);
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_HANDLER));
		session_close(s);
	}
}

/* What is set up counts when the signal is taken, not when it is sent. */
TEST(only_events_that_were_asked_for_are_reported)
{
	struct session *s;
	struct tracee t;

	memset((void *)shared, 0, 512);
	shared[SIG] = SIGUSR1;
	s = trace(_metadata, &t, set_up_and_run, TEST_BIT(SIGNAL_TERM));
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	kill(t.pid, SIGCHLD);
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_IGN));
}

TEST(signals_of_a_program_without_signal_events_are_as_ever)
{
	struct session *s;
	struct tracee t;

	memset((void *)shared, 0, 512);
	shared[SIG] = SIGUSR1;
	s = trace(_metadata, &t, set_up_and_run,
		  TEST_BITS_ALL & ~TEST_BITS_SIGNALS & ~TEST_BIT(JCTL));
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
}

/* Timers. */

static void alarm_by_itimer(void)
{
	struct itimerval once = { .it_value.tv_usec = 20000 };

	handle(SIGALRM, 0);
	ready();
	setitimer(ITIMER_REAL, &once, NULL);
	while (!shared[SEEN])
		shared[TURNS]++;
}

TEST(signal_of_setitimer_is_reported)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = trace(_metadata, &t, alarm_by_itimer, TEST_BITS_SIGNALS);

	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGALRM));
	ASSERT_TRUE(e);
	EXPECT_EQ(SI_KERNEL, e->values[1]);
	EXPECT_EQ(1, shared[SEEN]);
}

static void timer_of(int notify, long value, long period_us)
{
	struct sigevent ev = { .sigev_notify = notify, .sigev_signo = SIGUSR2 };
	struct itimerspec when = {
		.it_value.tv_nsec = 20000000, .it_interval.tv_nsec = period_us * 1000,
	};
	int id;

	ev.sigev_value.sival_ptr = (void *)value;
	if (notify == SIGEV_THREAD_ID)
		ev._sigev_un._tid = syscall(SYS_gettid);
	syscall(SYS_timer_create, CLOCK_MONOTONIC, &ev, &id);
	syscall(SYS_timer_settime, id, 0, &when, NULL);
}

static void three_periods(void)
{
	handle(SIGUSR2, 0);
	timer_of(shared[SETUP], 77, 20000);
	ready();
	while (shared[SEEN] < 3)
		shared[TURNS]++;
}

/* The second and third period come only if the timer is armed again. */
static void expect_three_periods(struct __test_metadata *_metadata, int notify)
{
	const struct test_utrace_event *e;
	struct session *s;
	struct tracee t;

	shared[SETUP] = notify;
	s = trace(_metadata, &t, three_periods, TEST_BITS_SIGNALS);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGUSR2));
	ASSERT_TRUE(e);
	EXPECT_EQ(SI_TIMER, e->values[1]);
	EXPECT_EQ(77, e->values[4]);
	EXPECT_EQ(77, shared[SEEN_VALUE]);
	EXPECT_EQ(SI_TIMER, shared[SEEN_CODE]);
	EXPECT_GE(COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR2)), 3);
}

TEST(signal_of_a_timer_is_reported_and_the_timer_goes_on)
{
	expect_three_periods(_metadata, SIGEV_SIGNAL);
}

TEST(signal_of_a_timer_of_the_thread_is_reported_and_the_timer_goes_on)
{
	expect_three_periods(_metadata, SIGEV_THREAD_ID);
}

static void timer_until_told(void)
{
	handle(SIGUSR2, 0);
	timer_of(SIGEV_SIGNAL, 77, 20000);
	run_until_told();
}

TEST(timer_whose_signal_is_ignored_by_the_engine_goes_on)
{
	struct tracee t = tracee_start(timer_until_told);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SIGNAL), 0));
	tracee_go(&t);
	EXPECT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR2)) >= 3));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[SEEN]);
}

/* Change it. */

static void handle_two(void)
{
	handle(SIGUSR1, 0);
	handle(SIGUSR2, 0);
	run_until_told();
}

TEST(signal_that_replaces_another_comes_with_its_own_siginfo)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, handle_two, TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGUSR1,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_SIG_REPLACE,
	     .sig = SIGUSR2, .sig_code = SI_QUEUE, .sig_value = 1234, .arg = 4321);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(shared[SEEN]));
	EXPECT_EQ(SIGUSR2, shared[SEEN_SIG]);
	EXPECT_EQ(SI_QUEUE, shared[SEEN_CODE]);
	EXPECT_EQ(1234, shared[SEEN_VALUE]);
	EXPECT_EQ(4321, shared[SEEN_PID]);
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_EQ(SIGUSR2, FIND_EVENT(s, .event = TEST_SIGNAL_HANDLER)->values[0]);
}

TEST(siginfo_of_a_signal_can_be_changed)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, handle_two, TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGUSR1,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_SIG_REPLACE,
	     .sig = SIGUSR1, .sig_code = SI_QUEUE, .sig_value = -5, .arg = 1);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_FOR(shared[SEEN]));
	EXPECT_EQ(SIGUSR1, shared[SEEN_SIG]);
	EXPECT_EQ(SI_QUEUE, shared[SEEN_CODE]);
	EXPECT_EQ(-5, shared[SEEN_VALUE]);
	expect_unhurt(_metadata, &t);
}

TEST(signal_that_replaces_a_handled_one_does_what_the_program_set_up_for_it)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .sig = SIGTERM, .sig_code = SI_USER,
	     .what = TEST_UTRACE_SIG_REPLACE);
	kill(t.pid, SIGUSR1);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(signal_that_replaces_a_deadly_one_saves_the_program)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .sig = SIGUSR1, .sig_code = SI_QUEUE,
	     .sig_value = 3, .what = TEST_UTRACE_SIG_REPLACE);
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(SIGUSR1, shared[SEEN_SIG]);
	EXPECT_EQ(3, shared[SEEN_VALUE]);
	expect_unhurt(_metadata, &t);
}

/* Blocks the signal of its own accord; the engine makes one of a kind it does not. */
static void replaced_by_a_blocked_one(void)
{
	handle(SIGUSR1, 0);
	handle(SIGUSR2, 0);
	block(SIG_BLOCK, SIGUSR2);
	run_until_told();
	block(SIG_UNBLOCK, SIGUSR2);
	while (!shared[SEEN])
		;
}

TEST(signal_that_replaces_another_waits_while_the_program_blocks_it)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, replaced_by_a_blocked_one,
				  TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGUSR1,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_SIG_REPLACE,
	     .sig = SIGUSR2, .sig_code = SI_QUEUE, .sig_value = 8);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, shared[SEEN]);
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_EQ(8, shared[SEEN_VALUE]);
}

/* The signal of the row is taken with another action; how does it end? */
static struct session *force(struct __test_metadata *_metadata, struct tracee *t, int sig,
			     int setup, unsigned int action)
{
	struct session *s = trace_signal(_metadata, t, sig, setup);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = sig, .signal_action = action,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR | TEST_UTRACE_SIG_ACTION);
	kill(t->pid, sig);
	return s;
}

TEST(term_of_a_signal_that_does_not_kill_ends_the_process_with_sigterm)
{
	struct tracee t;

	force(_metadata, &t, SIGWINCH, SETUP_HANDLE, TEST_SIG_TERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(0, shared[SEEN]);
}

static void handle_and_block_all_else(void)
{
	sigset_t set;

	handle(SIGUSR1, 0);
	sigfillset(&set);
	sigdelset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	run_until_told();
}

TEST(core_of_a_signal_ends_the_process_though_it_blocks_sigquit)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, handle_and_block_all_else, TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_CORE,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGUSR1);
	expect_killed_by(_metadata, &t, SIGQUIT);
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(term_of_an_ignored_signal_ends_the_process_with_sigterm)
{
	struct tracee t;

	force(_metadata, &t, SIGCHLD, SETUP_DEFAULT, TEST_SIG_TERM);
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(core_of_a_signal_that_does_not_kill_ends_the_process_with_sigquit)
{
	struct tracee t;

	force(_metadata, &t, SIGWINCH, SETUP_IGNORE, TEST_SIG_CORE);
	expect_killed_by(_metadata, &t, SIGQUIT);
}

TEST(term_of_a_handled_signal_ends_the_process)
{
	struct tracee t;
	int status;

	force(_metadata, &t, SIGUSR1, SETUP_HANDLE, TEST_SIG_TERM);
	status = tracee_end(&t);
	ASSERT_TRUE(WIFSIGNALED(status));
	EXPECT_TRUE(WTERMSIG(status) == SIGTERM || WTERMSIG(status) == SIGUSR1);
	EXPECT_EQ(0, shared[SEEN]);
}

static void expect_stopped_by(struct __test_metadata *_metadata, const struct tracee *t, int sig)
{
	int status;

	ASSERT_EQ(t->pid, waitpid(t->pid, &status, WUNTRACED));
	EXPECT_TRUE(WIFSTOPPED(status));
	EXPECT_EQ(sig, WIFSTOPPED(status) ? WSTOPSIG(status) : -1);
	EXPECT_EQ('T', state_of(t->pid));
	EXPECT_FALSE(moves());
	kill(t->pid, SIGCONT);
	expect_unhurt(_metadata, t);
}

TEST(stop_of_a_handled_signal_stops_the_process_with_sigstop)
{
	struct tracee t;

	force(_metadata, &t, SIGUSR1, SETUP_HANDLE, TEST_SIG_STOP);
	expect_stopped_by(_metadata, &t, SIGSTOP);
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(stop_of_a_deadly_signal_stops_the_process)
{
	struct tracee t;

	force(_metadata, &t, SIGTERM, SETUP_DEFAULT, TEST_SIG_STOP);
	expect_stopped_by(_metadata, &t, SIGSTOP);
}

TEST(tstp_of_a_signal_stops_a_process_of_a_group_with_a_parent)
{
	struct tracee t;

	force(_metadata, &t, SIGUSR1, SETUP_HANDLE, TEST_SIG_TSTP);
	expect_stopped_by(_metadata, &t, SIGSTOP);
}

static void run_in_session_of_its_own(void)
{
	setsid();
	handle(SIGUSR1, 0);
	run_until_told();
}

TEST(tstp_of_a_signal_does_nothing_in_an_orphaned_group)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, run_in_session_of_its_own, TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_TSTP,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(0, shared[SEEN]);
}

/* Its way back is the same in the program, a copy of us. */
static struct raw_sigaction way_back(void)
{
	handle(SIGUSR2, 0);
	return raw_sigaction_of(SIGUSR2);
}

/* An engine runs a handler that the program has not set. */
static struct session *other_handler(struct __test_metadata *_metadata, struct tracee *t,
				     int sig, int setup, unsigned int event)
{
	struct session *s = trace_signal(_metadata, t, sig, setup);
	struct raw_sigaction raw = way_back();

	RULE(s, .id = 1, .event = event, .nr = sig, .handler = (unsigned long)on_other,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_SIG_HANDLER | TEST_UTRACE_ONCE,
	     .handler_flags = raw.flags, .handler_restorer = raw.restorer);
	kill(t->pid, sig);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN_OTHER] == 1));
	EXPECT_EQ(sig, shared[SEEN_SIG]);
	EXPECT_EQ(0, shared[SEEN]);
	EXPECT_TRUE(runs());
	return s;
}

TEST(handler_of_the_engine_runs_instead_of_the_programs_and_once)
{
	struct tracee t;

	other_handler(_metadata, &t, SIGUSR1, SETUP_HANDLE, TEST_SIGNAL);
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(1, shared[SEEN_OTHER]);
	expect_unhurt(_metadata, &t);
}

TEST(handler_of_the_engine_runs_for_a_deadly_signal_which_stays_deadly)
{
	struct tracee t;

	other_handler(_metadata, &t, SIGTERM, SETUP_DEFAULT, TEST_SIGNAL_TERM);
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(1, shared[SEEN_OTHER]);
}

TEST(handler_of_the_engine_runs_for_an_ignored_signal_which_stays_ignored)
{
	struct tracee t;

	other_handler(_metadata, &t, SIGCHLD, SETUP_IGNORE, TEST_SIGNAL_IGN);
	kill(t.pid, SIGCHLD);
	EXPECT_TRUE(runs());
	EXPECT_EQ(1, shared[SEEN_OTHER]);
	expect_unhurt(_metadata, &t);
}

TEST(signal_that_is_held_is_reported_again_with_all_that_it_has)
{
	union sigval value = { .sival_int = 65 };
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_SIG_HOLD | TEST_UTRACE_SIG_ACTION |
		     TEST_UTRACE_ONCE);
	sigqueue(t.pid, SIGUSR1, value);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, shared[SEEN]);
	session_mark(s);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(shared[SEEN]));
	EXPECT_EQ(65, (int)shared[SEEN_VALUE]);
	EXPECT_EQ(SI_QUEUE, shared[SEEN_CODE]);
	EXPECT_EQ(getpid(), shared[SEEN_PID]);
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
	e = FIND_EVENT(s, .event = TEST_SIGNAL, VALUE(SIGUSR1));
	ASSERT_TRUE(e);
	EXPECT_EQ(65, (int)e->values[4]);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
}

TEST(signal_that_is_held_is_done_besides)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .what = TEST_UTRACE_SIG_HOLD | TEST_UTRACE_ONCE);
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 2));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(2, shared[SEEN]);
	EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
}

TEST(deadly_signal_that_is_held_kills_in_the_end)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .action = TEST_DO_STOP,
	     .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_SIG_HOLD | TEST_UTRACE_SIG_ACTION |
		     TEST_UTRACE_ONCE);
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, session_detach(s, 1));
	expect_killed_by(_metadata, &t, SIGTERM);
}

/* Make one up. */

TEST(interrupt_reports_that_there_is_no_signal_yet)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_REPORT, VALUE(0)));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_REPORT));
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(signal_made_up_by_an_engine_runs_the_handler)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL_REPORT, .sig = SIGUSR1, .sig_code = SI_QUEUE,
	     .sig_value = 17, .arg = 5, .what = TEST_UTRACE_SIG_REPLACE | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	ASSERT_TRUE(WAIT_FOR(shared[SEEN]));
	EXPECT_EQ(SIGUSR1, shared[SEEN_SIG]);
	EXPECT_EQ(17, shared[SEEN_VALUE]);
	EXPECT_EQ(5, shared[SEEN_PID]);
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
}

TEST(signal_made_up_by_an_engine_runs_the_handler_that_it_comes_with)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_DEFAULT);
	struct raw_sigaction raw = way_back();

	RULE(s, .id = 1, .event = TEST_SIGNAL_REPORT, .sig = SIGUSR1, .sig_code = SI_QUEUE,
	     .sig_value = 23, .handler = (unsigned long)on_other, .handler_flags = raw.flags,
	     .handler_restorer = raw.restorer,
	     .what = TEST_UTRACE_SIG_REPLACE | TEST_UTRACE_SIG_HANDLER | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	ASSERT_TRUE(WAIT_FOR(shared[SEEN_OTHER] == 1));
	EXPECT_EQ(23, shared[SEEN_VALUE]);
	EXPECT_TRUE(runs());
	/* For this one only. */
	kill(t.pid, SIGUSR1);
	expect_killed_by(_metadata, &t, SIGUSR1);
	EXPECT_EQ(1, shared[SEEN_OTHER]);
}

TEST(signal_made_up_by_an_engine_waits_while_the_program_blocks_it)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, replaced_by_a_blocked_one,
				  TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL_REPORT, .sig = SIGUSR2, .sig_code = SI_QUEUE,
	     .sig_value = 8, .what = TEST_UTRACE_SIG_REPLACE | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_REPORT));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, shared[SEEN]);
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_EQ(8, shared[SEEN_VALUE]);
}

TEST(signal_made_up_by_an_engine_ends_the_process)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL_REPORT, .sig = SIGTERM, .sig_code = SI_USER,
	     .what = TEST_UTRACE_SIG_REPLACE | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	expect_killed_by(_metadata, &t, SIGTERM);
}

static int pipe_fds[2];

static void read_pipe(void)
{
	char c;

	handle(SIGUSR1, 0);
	ready();
	shared[RESULT] = read(pipe_fds[0], &c, 1);
	shared[ERROR] = errno;
}

TEST(signal_made_up_by_an_engine_interrupts_a_read)
{
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, pipe(pipe_fds));
	s = trace(_metadata, &t, read_pipe, TEST_BITS_SIGNALS);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	RULE(s, .id = 1, .event = TEST_SIGNAL_REPORT, .sig = SIGUSR1, .sig_code = SI_USER,
	     .what = TEST_UTRACE_SIG_REPLACE | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[RESULT]);
	EXPECT_EQ(EINTR, shared[ERROR]);
	EXPECT_EQ(1, shared[SEEN]);
}

TEST(interrupt_without_a_signal_leaves_a_read_as_it_was)
{
	struct session *s;
	struct tracee t;
	int i;

	ASSERT_EQ(0, pipe(pipe_fds));
	s = trace(_metadata, &t, read_pipe, TEST_BITS_SIGNALS);
	for (i = 0; i < 5; i++) {
		ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
		session_mark(s);
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_INTERRUPT));
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_REPORT));
	}
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(1, write(pipe_fds[1], "x", 1));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[RESULT]);
}

/* The frame is there, the handler has not begun. */
TEST(handler_is_reported_before_its_first_instruction)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(SIGNAL) | TEST_BIT(SIGNAL_HANDLER)));
	RULE(s, .id = 1, .event = TEST_SIGNAL_HANDLER, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGUSR1);
	e = WAIT_EVENT(s, .event = TEST_SIGNAL_HANDLER, VALUE(SIGUSR1));
	ASSERT_TRUE(e);
	EXPECT_EQ((long)on_signal, e->values[6]);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, shared[SEEN]);
	EXPECT_LT(FIND_EVENT(s, .event = TEST_SIGNAL)->seq,
		  FIND_EVENT(s, .event = TEST_SIGNAL_HANDLER)->seq);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	expect_unhurt(_metadata, &t);
}

/* Blocked signals. */

static void block_until_told(void)
{
	handle(SIGUSR1, 0);
	block(SIG_BLOCK, SIGUSR1);
	run_until_told();
	block(SIG_UNBLOCK, SIGUSR1);
	shared[RESULT] = shared[SEEN];
}

TEST(blocked_signal_is_reported_when_it_is_unblocked)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, block_until_told, TEST_BITS_SIGNALS);

	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, VALUE(0)));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
	EXPECT_EQ(1, shared[RESULT]);
}

/* Reported again. */

TEST(report_at_a_signal_reports_it_again_as_resumed)
{
	struct tracee t;
	struct session *s = stopped_at_signal(_metadata, &t, &rows[0], KILL);

	session_mark(s);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, shared[SEEN]);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR1),
				  .flags = TEST_UTRACE_RESUMED));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGUSR1)));
}

TEST(action_can_be_changed_when_a_signal_is_reported_again)
{
	struct tracee t;
	/* SIGTERM, by default. */
	struct session *s = stopped_at_signal(_metadata, &t, &rows[13], KILL);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM, .flags = TEST_UTRACE_RESUMED));
}

TEST(engine_reads_memory_in_the_report_of_a_signal)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	shared[40] = 0x1234567890;
	RULE(s, .id = 1, .event = TEST_SIGNAL, .what = TEST_UTRACE_PEEK,
	     .value = (unsigned long)&shared[40]);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL));
	EXPECT_EQ(0x1234567890, FIND_EVENT(s, .event = TEST_SIGNAL)->values[7]);
	expect_unhurt(_metadata, &t);
}

TEST_HARNESS_MAIN
