// SPDX-License-Identifier: GPL-2.0
/* Signals that end a process: when, which of its threads, and what ends it always. */
#include "signals.h"

/* How far it has come by when it is killed: at a point that a rule makes. */
static struct session *held_at_signal(struct __test_metadata *_metadata, struct tracee *t,
				      int sig, int setup, unsigned int what)
{
	struct session *s = trace_signal(_metadata, t, sig, setup);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP, .sleep_ms = 300,
	     .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_ONCE | TEST_UTRACE_LOG_END | what);
	kill(t->pid, sig);
	ASSERT_TRUE(WAIT_EVENT(s, .event = setup == SETUP_HANDLE ? TEST_SIGNAL :
								   TEST_SIGNAL_TERM));
	return s;
}

static void expect_kill_works(struct __test_metadata *_metadata, struct session *s,
			      const struct tracee *t)
{
	double begin = now();

	kill(t->pid, SIGKILL);
	expect_killed_by(_metadata, t, SIGKILL);
	EXPECT_LT((now() - begin) * 1000, 3000);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM, VALUE(SIGKILL)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_REPORT, VALUE(SIGKILL)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE, VALUE(SIGKILL)));
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(sigkill_is_never_reported_and_kills)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_SIG_ACTION);
	expect_kill_works(_metadata, s, &t);
}

TEST(sigkill_ends_a_stop_at_a_signal)
{
	struct tracee t;
	struct session *s = held_at_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE,
					   TEST_UTRACE_RETURN);

	ASSERT_TRUE(wait_state(t.pid, 't'));
	expect_kill_works(_metadata, s, &t);
}

TEST(sigkill_ends_a_stop_at_a_deadly_signal)
{
	struct tracee t;
	struct session *s = held_at_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT,
					   TEST_UTRACE_RETURN);

	ASSERT_TRUE(wait_state(t.pid, 't'));
	expect_kill_works(_metadata, s, &t);
}

TEST(sigkill_ends_a_stop_at_a_signal_that_is_held)
{
	struct tracee t;
	struct session *s = held_at_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE,
					   TEST_UTRACE_RETURN | TEST_UTRACE_SIG_HOLD |
					   TEST_UTRACE_SIG_ACTION);

	ASSERT_TRUE(wait_state(t.pid, 't'));
	expect_kill_works(_metadata, s, &t);
}

TEST(sigkill_kills_in_a_callback_that_sleeps)
{
	struct tracee t;
	struct session *s = held_at_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE,
					   TEST_UTRACE_SLEEP | TEST_UTRACE_RETURN);

	expect_kill_works(_metadata, s, &t);
	/* It has come to its end all the same. */
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SIGNAL, .flags = TEST_UTRACE_END));
}

TEST(sigkill_is_seen_by_a_callback_that_waits_killable)
{
	struct tracee t;
	struct session *s = held_at_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT,
					   TEST_UTRACE_BLOCK | TEST_UTRACE_SIG_ACTION);

	expect_kill_works(_metadata, s, &t);
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SIGNAL_TERM,
			       .flags = TEST_UTRACE_END | TEST_UTRACE_KILLED));
}

TEST(sigkill_kills_before_the_handler_that_is_reported)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SIGNAL | TEST_BIT(SIGNAL_HANDLER)));
	RULE(s, .id = 1, .event = TEST_SIGNAL_HANDLER, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	kill(t.pid, SIGUSR1);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	expect_kill_works(_metadata, s, &t);
}

/* The sender of a deadly signal does not kill: the report decides. */
TEST(deadly_signal_does_not_break_a_callback_before_it_is_reported)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_QUIESCE, .nr = 0,
	     .what = TEST_UTRACE_BLOCK | TEST_UTRACE_LOG_END | TEST_UTRACE_MATCH_NR |
		     TEST_UTRACE_ONCE);
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE, VALUE(0)));
	kill(t.pid, SIGTERM);
	usleep(20000);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	session_open_gate(s);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM, VALUE(SIGTERM)));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_QUIESCE,
				.flags = TEST_UTRACE_END | TEST_UTRACE_KILLED));
	expect_unhurt(_metadata, &t);
}

static void block_in_read(void)
{
	int fds[2];
	char c;

	if (pipe(fds))
		return;
	ready();
	shared[RESULT] = read(fds[0], &c, 1);
	shared[ERROR] = errno;
}

TEST(deadly_signal_kills_a_program_that_sleeps)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, block_in_read, TEST_BITS_SIGNALS);

	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM, VALUE(SIGTERM)));
}

TEST(deadly_signal_that_is_ignored_leaves_a_read_as_it_was)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, block_in_read, TEST_BITS_SIGNALS);

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM));
	EXPECT_TRUE(wait_blocked_in(t.pid, SYS_read));
	EXPECT_EQ(0, shared[ERROR]);
	tracee_kill(&t);
}

TEST(deadly_signals_one_after_the_other_are_each_reported)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT);
	int i;

	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	for (i = 1; i <= 100; i++) {
		kill(t.pid, i % 2 ? SIGTERM : SIGUSR2);
		ASSERT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM) == (size_t)i));
	}
	expect_unhurt(_metadata, &t);
}

/* Stopped at it. */

static struct session *stopped_at(struct __test_metadata *_metadata, struct tracee *t, int sig)
{
	struct session *s = trace_signal(_metadata, t, sig, SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	kill(t->pid, sig);
	ASSERT_TRUE(wait_state(t->pid, 't'));
	EXPECT_FALSE(moves());
	return s;
}

TEST(resume_at_a_deadly_signal_lets_it_kill)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, SIGTERM);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_killed_by(_metadata, &t, SIGTERM);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
}

TEST(detach_at_a_deadly_signal_lets_it_kill)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, SIGTERM);

	EXPECT_EQ(0, session_detach(s, 1));
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(end_of_the_tracer_at_a_deadly_signal_lets_it_kill)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, SIGQUIT);

	session_close(s);
	expect_killed_by(_metadata, &t, SIGQUIT);
}

TEST(detach_with_a_deadly_signal_still_queued_lets_it_kill)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGTERM, SETUP_DEFAULT);

	/* Comes after the stop, so nobody has reported it yet. */
	RULE(s, .id = 1, .event = TEST_QUIESCE, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	kill(t.pid, SIGTERM);
	usleep(20000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, session_detach(s, 1));
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(core_pattern_of_a_signal_that_dumps_core_is_as_without_us)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, SIGQUIT);
	int status;

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	status = tracee_end(&t);
	EXPECT_EQ(SIGQUIT, WTERMSIG(status));

	/* Untraced, in the same surroundings. */
	memset((void *)shared, 0, 512);
	shared[SIG] = SIGQUIT;
	shared[SETUP] = SETUP_DEFAULT;
	t = tracee_start(set_up_and_run);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	kill(t.pid, SIGQUIT);
	EXPECT_EQ(status, tracee_end(&t));
}

/* More than one thread. */

enum { THREADS = 3, COUNT = 40, TIDS = 48, SEEN_BY = 56 };

static void note_thread(int sig)
{
	int i;

	(void)sig;
	for (i = 0; i <= THREADS; i++)
		if (shared[TIDS + i] == syscall(SYS_gettid))
			__atomic_fetch_add(&shared[SEEN_BY + i], 1, __ATOMIC_SEQ_CST);
}

static void *thread_body(void *arg)
{
	long i = (long)arg;

	shared[TIDS + i] = syscall(SYS_gettid);
	/* shared[SETUP]: the only one that takes SIGUSR1. */
	if (i == shared[SETUP])
		block(SIG_UNBLOCK, SIGUSR1);
	__atomic_fetch_add(&shared[READY], 1, __ATOMIC_SEQ_CST);
	while (!shared[TOLD]) {
		shared[COUNT + i]++;
		usleep(100);
	}
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	long i;

	signal(SIGUSR1, note_thread);
	block(SIG_BLOCK, SIGUSR1);
	for (i = 1; i <= THREADS; i++)
		pthread_create(&thread[i - 1], NULL, thread_body, (void *)i);
	thread_body((void *)0);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

/* Engine 1 on the threads of @first to @last alone. */
static struct session *trace_threads(struct __test_metadata *_metadata, struct tracee *t,
				     int first, int last, unsigned int events)
{
	struct session *s = session_open();
	int i;

	*t = tracee_start(threads);
	tracee_go(t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] == THREADS + 1));
	for (i = first; i <= last; i++)
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

TEST(signal_to_the_process_is_reported_if_the_traced_thread_takes_it)
{
	struct session *s;
	struct tracee t;

	shared[SETUP] = 2;
	s = trace_threads(_metadata, &t, 2, 2, TEST_BITS_SIGNALS);
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN_BY + 2] == 1));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL, .tid = shared[TIDS + 2]));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(signal_to_the_process_is_not_reported_if_another_thread_takes_it)
{
	struct session *s;
	struct tracee t;

	shared[SETUP] = 1;
	s = trace_threads(_metadata, &t, 2, 2, TEST_BITS_SIGNALS);
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[SEEN_BY + 1] == 1));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	EXPECT_EQ(0, shared[SEEN_BY + 2]);
}

TEST(deadly_signal_is_reported_once_if_all_threads_are_traced)
{
	struct session *s;
	struct tracee t;

	s = trace_threads(_metadata, &t, 0, THREADS, TEST_BITS_SIGNALS);
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	kill(t.pid, SIGTERM);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM));
	EXPECT_TRUE(all_move());
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(deadly_signal_to_a_traced_thread_ends_all_when_it_is_let_go)
{
	struct session *s;
	struct tracee t;

	s = trace_threads(_metadata, &t, 2, 2, TEST_BITS_SIGNALS);
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	syscall(SYS_tgkill, t.pid, shared[TIDS + 2], SIGTERM);
	ASSERT_TRUE(wait_state(shared[TIDS + 2], 't'));
	/* The others do not know yet. */
	EXPECT_TRUE(WAIT_FOR(shared[COUNT + 1] > 10));
	EXPECT_NE('Z', state_of(t.pid));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(deadly_signal_to_an_untraced_thread_ends_one_that_is_in_a_callback)
{
	struct session *s;
	struct tracee t;

	s = trace_threads(_metadata, &t, 2, 2, TEST_BIT(QUIESCE) | TEST_BIT(SYSCALL_ENTRY));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_BLOCK);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	kill(t.pid, SIGTERM);
	expect_killed_by(_metadata, &t, SIGTERM);
}

TEST(deadly_signal_waits_for_the_report_while_another_thread_is_in_a_callback)
{
	struct session *s;
	struct tracee t;

	s = trace_threads(_metadata, &t, 0, THREADS, TEST_BITS_SIGNALS | TEST_BIT(SYSCALL_ENTRY));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY,
	     .what = TEST_UTRACE_BLOCK | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	kill(t.pid, SIGTERM);
	/* One of the other three takes it, or the one in the callback after that. */
	usleep(20000);
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY,
				.flags = TEST_UTRACE_END | TEST_UTRACE_KILLED));
	session_open_gate(s);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY,
				.flags = TEST_UTRACE_END | TEST_UTRACE_KILLED));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	EXPECT_TRUE(all_move());
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(end_of_the_process_ends_a_thread_that_is_stopped_at_a_signal)
{
	struct session *s;
	struct tracee t;

	s = trace_threads(_metadata, &t, 2, 2, TEST_BITS_SIGNALS);
	RULE(s, .id = 1, .event = TEST_SIGNAL_TERM, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	syscall(SYS_tgkill, t.pid, shared[TIDS + 2], SIGTERM);
	ASSERT_TRUE(wait_state(shared[TIDS + 2], 't'));
	/* As exit_group() and execve() do: a SIGKILL for every thread. */
	syscall(SYS_tgkill, t.pid, shared[TIDS + 1], SIGUSR2);
	expect_killed_by(_metadata, &t, SIGUSR2);
}

/* The init of a pid namespace. */

static void namespace_of_its_own(void)
{
	pid_t init, child;

	/* Not vfork-like: the child is its own process, with our memory copied. */
	init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);
	if (init == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		shared[RESULT] = syscall(SYS_getpid);
		ready();
		while (shared[TOLD] < 1)
			shared[TURNS]++;
		child = fork();
		if (child == 0) {
			syscall(SYS_kill, 1, SIGTERM);
			syscall(SYS_kill, 1, SIGKILL);
			syscall(SYS_exit_group, 0);
		}
		waitpid(child, NULL, 0);
		shared[ERROR] = 1;
		while (shared[TOLD] < 2)
			shared[TURNS]++;
		syscall(SYS_exit_group, 9);
	}
	shared[SIG] = init;
	waitpid(init, (int *)&shared[SETUP], 0);
}

TEST(init_of_a_pid_namespace_is_not_killed_from_inside)
{
	struct tracee t = tracee_start(namespace_of_its_own);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] && shared[SIG]));
	ASSERT_EQ(1, shared[RESULT]);
	ASSERT_EQ(0, session_attach(s, shared[SIG], 1, TEST_BITS_SIGNALS, 0));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[ERROR]));
	EXPECT_TRUE(runs());
	/* Nor does SIGTERM from outside, which does nothing without a handler. */
	kill(shared[SIG], SIGTERM);
	EXPECT_TRUE(runs());
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(9, WEXITSTATUS(shared[SETUP]));
}

TEST(init_of_a_pid_namespace_is_killed_from_outside)
{
	struct tracee t = tracee_start(namespace_of_its_own);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] && shared[SIG]));
	ASSERT_EQ(0, session_attach(s, shared[SIG], 1, TEST_BITS_SIGNALS, 0));
	kill(shared[SIG], SIGKILL);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(WIFSIGNALED(shared[SETUP]));
	EXPECT_EQ(SIGKILL, WTERMSIG(shared[SETUP]));
}

TEST_HARNESS_MAIN
