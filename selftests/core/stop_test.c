// SPDX-License-Identifier: GPL-2.0
/* UTRACE_STOP: where a thread stops, who holds it, what ends it. */
#include "../session.h"

static void spin(void)
{
	for (;;)
		shared[0]++;
}

static void call_twice(void)
{
	shared[1] = syscall(SYS_getppid);
	shared[2] = 1;
	shared[3] = syscall(SYS_getpgrp);
	shared[4] = 1;
}

static void block_in_read(void)
{
	int fds[2];
	char c;

	if (pipe(fds))
		return;
	shared[0] = 1;
	shared[1] = read(fds[0], &c, 1);
}

static void fork_once(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_exit_group, 6);
	shared[1] = pid;
	waitpid(pid, &status, 0);
	shared[2] = status;
}

static void exec_true(void)
{
	char *argv[] = { "true", NULL };

	syscall(SYS_execve, "/bin/true", argv, environ);
	syscall(SYS_exit_group, 99);
}

static void exit_7(void)
{
	syscall(SYS_exit_group, 7);
}

/* It is stopped: the state says so, and nothing moves. */
static void expect_stopped(struct __test_metadata *_metadata, pid_t pid)
{
	long before;

	ASSERT_TRUE(wait_state(pid, 't'));
	before = shared[0];
	usleep(20000);
	EXPECT_EQ(before, shared[0]);
	EXPECT_EQ('t', state_of(pid));
}

/* SIGKILL ends it at once; a signal that it blocks or stops it does not. */
static void expect_killable(struct __test_metadata *_metadata, const struct tracee *t)
{
	double begin;
	int status;

	kill(t->pid, SIGCONT);
	kill(t->pid, SIGSTOP);
	usleep(20000);
	EXPECT_EQ('t', state_of(t->pid));
	begin = now();
	kill(t->pid, SIGKILL);
	status = tracee_end(t);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
	EXPECT_LT((now() - begin) * 1000, 2000);
}

static struct session *stopped_at(struct __test_metadata *_metadata, struct tracee *t,
				  void (*fn)(void), unsigned int event, int nr)
{
	struct session *s;

	*t = tracee_start(fn);
	s = session_open();
	RULE(s, .id = 1, .event = event, .nr = nr, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE |
		     (nr >= 0 ? TEST_UTRACE_MATCH_NR : 0));
	ASSERT_EQ(0, session_attach(s, t->pid, 1, 1U << event, 0));
	tracee_go(t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = event));
	expect_stopped(_metadata, t->pid);
	return s;
}

TEST(stop_at_entry_is_before_the_call)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, call_twice, TEST_SYSCALL_ENTRY,
				       SYS_getppid);

	EXPECT_EQ(0, shared[2]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpid(), shared[1]);
	/* Resumed, not asked to report: nothing is said twice. */
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
}

TEST(report_at_a_stop_at_entry_reports_the_entry_again_as_resumed)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, call_twice, TEST_SYSCALL_ENTRY,
				       SYS_getppid);

	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(QUIESCE)));
	session_mark(s);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_ABORT, .result = 4321);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid),
				  .flags = TEST_UTRACE_RESUMED));
	EXPECT_EQ(0, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp))->flags &
		     TEST_UTRACE_RESUMED);
	EXPECT_EQ(4321, shared[1]);
}

TEST(sigkill_ends_a_stop_at_entry_and_the_call_is_not_made)
{
	struct tracee t;

	stopped_at(_metadata, &t, call_twice, TEST_SYSCALL_ENTRY, SYS_getppid);
	expect_killable(_metadata, &t);
	EXPECT_EQ(0, shared[2]);
}

TEST(stop_at_exit_of_a_call_is_before_user_code)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, call_twice, TEST_SYSCALL_EXIT,
				       SYS_getppid);

	EXPECT_EQ(0, shared[2]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[4]);
}

TEST(sigkill_ends_a_stop_at_exit_of_a_call)
{
	struct tracee t;

	stopped_at(_metadata, &t, call_twice, TEST_SYSCALL_EXIT, SYS_getppid);
	expect_killable(_metadata, &t);
}

TEST(stop_at_exit_of_the_thread_holds_it_before_it_is_dead)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, exit_7, TEST_EXIT, -1);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
}

TEST(sigkill_ends_a_stop_at_exit_of_the_thread)
{
	struct tracee t;
	double begin;
	int status;
	pid_t pid;

	stopped_at(_metadata, &t, exit_7, TEST_EXIT, -1);
	begin = now();
	kill(t.pid, SIGKILL);
	while (!(pid = waitpid(t.pid, &status, WNOHANG)) && now() - begin < 3)
		breathe();
	ASSERT_EQ(t.pid, pid);
	/* exit_group(7) came first. */
	EXPECT_TRUE(WIFEXITED(status) ? WEXITSTATUS(status) == 7 : WTERMSIG(status) == SIGKILL);
}

TEST(stop_asked_in_exec_holds_before_the_new_program_runs)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, exec_true, TEST_EXEC, -1);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(sigkill_ends_a_stop_in_exec)
{
	struct tracee t;

	stopped_at(_metadata, &t, exec_true, TEST_EXEC, -1);
	expect_killable(_metadata, &t);
}

TEST(stop_asked_in_clone_holds_the_parent_and_the_child_runs)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, fork_once, TEST_CLONE, -1);
	pid_t child = FIND_EVENT(s, .event = TEST_CLONE)->values[0];

	EXPECT_EQ(0, shared[1]);
	EXPECT_TRUE(wait_state(child, 'Z'));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(child, shared[1]);
	EXPECT_EQ(6, WEXITSTATUS(shared[2]));
}

TEST(sigkill_ends_a_stop_asked_in_clone)
{
	struct tracee t;

	stopped_at(_metadata, &t, fork_once, TEST_CLONE, -1);
	expect_killable(_metadata, &t);
}

TEST(control_stops_a_task_that_runs_user_code)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;
	int i, ret;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	for (i = 0; i < 20; i++) {
		before = shared[0];
		ASSERT_TRUE(WAIT_FOR(shared[0] != before));
		ret = session_control(s, 1, TEST_DO_STOP);
		EXPECT_TRUE(ret == 0 || ret == -EINPROGRESS);
		ASSERT_TRUE(wait_state(t.pid, 't'));
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_STOP));
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	}
	session_control(s, 1, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	expect_killable(_metadata, &t);
}

TEST(stop_answered_by_quiesce_lasts)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	RULE(s, .id = 1, .event = TEST_QUIESCE, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	expect_stopped(_metadata, t.pid);
	before = shared[0];
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	tracee_kill(&t);
}

TEST(quiesce_that_does_not_answer_stop_lets_go)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_mark(s);
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE));
	before = shared[0];
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	EXPECT_NE('t', state_of(t.pid));
	tracee_kill(&t);
}

TEST(control_stop_does_not_break_a_sleep)
{
	struct tracee t = tracee_start(block_in_read);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(-EINPROGRESS, session_control(s, 1, TEST_DO_STOP));
	usleep(50000);
	EXPECT_TRUE(is_blocked_in(t.pid, SYS_read));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, WTERMSIG(tracee_end(&t)));
}

TEST(task_runs_only_when_both_holders_have_let_go)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	session_control(s, 2, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_stopped(_metadata, t.pid);
	before = shared[0];
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	tracee_kill(&t);
}

TEST(detach_of_a_holder_lets_go_of_its_hold_only)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	session_control(s, 2, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	EXPECT_EQ(0, session_detach(s, 1));
	expect_stopped(_metadata, t.pid);
	before = shared[0];
	EXPECT_EQ(0, session_detach(s, 2));
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	tracee_kill(&t);
}

TEST(closing_the_session_releases_what_it_held)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	before = shared[0];
	session_close(s);
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	EXPECT_EQ('R', state_of(t.pid));
	tracee_kill(&t);
}

TEST(session_of_a_killed_tracer_releases_what_it_held)
{
	struct tracee t = tracee_start(spin);
	long before;
	pid_t tracer;
	int status;

	tracer = fork();
	if (tracer == 0) {
		struct session *s = session_open();

		if (session_attach(s, t.pid, 1, 0, 0))
			_exit(1);
		session_control(s, 1, TEST_DO_STOP);
		for (;;)
			pause();
	}
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	before = shared[0];
	kill(tracer, SIGKILL);
	waitpid(tracer, &status, 0);
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	tracee_kill(&t);
}

static void on_signal(int sig)
{
	shared[5] = sig;
}

static void spin_with_handler(void)
{
	signal(SIGTERM, on_signal);
	spin();
}

TEST(signal_with_a_handler_does_not_break_a_stop)
{
	struct tracee t = tracee_start(spin_with_handler);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	kill(t.pid, SIGTERM);
	expect_stopped(_metadata, t.pid);
	EXPECT_EQ(0, shared[5]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[5] == SIGTERM));
	tracee_kill(&t);
}

TEST(sigterm_that_kills_does_not_break_a_stop)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	int status;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	kill(t.pid, SIGTERM);
	usleep(20000);
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	status = tracee_end(&t);
	EXPECT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM);
}

/* An init, and who wants to kill it from inside of its namespace. */
enum { KILL = 10, KILLED };

static void init_that_spins(void)
{
	if (fork() == 0) {
		while (!shared[KILL])
			breathe();
		shared[KILLED] = kill(1, SIGKILL) ? -1 : 1;
		_exit(0);
	}
	spin();
}

TEST(sigkill_that_an_init_ignores_ends_none_of_its_stops)
{
	struct tracee exiting, t;
	/* While there is one like this, we look at every SIGKILL ourselves. */
	struct session *s = stopped_at(_metadata, &exiting, exit_7, TEST_EXIT, -1);
	long before;

	ASSERT_EQ(0, unshare(CLONE_NEWPID));
	t = tracee_start(init_that_spins);
	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 2, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	shared[KILL] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[KILLED]));
	EXPECT_EQ(1, shared[KILLED]);
	expect_stopped(_metadata, t.pid);
	before = shared[0];
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[0] != before));
	/* Nor one that comes later. */
	session_control(s, 2, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	/* From outside it is one. */
	expect_killable(_metadata, &t);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&exiting)));
}

TEST(stopped_tasks_do_not_count_as_load)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	char line[128];

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	session_control(s, 1, TEST_DO_STOP);
	expect_stopped(_metadata, t.pid);
	ASSERT_GT(read_proc(t.pid, "status", line, sizeof(line)), 0);
	EXPECT_TRUE(strstr(line, "t (tracing stop)"));
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
