// SPDX-License-Identifier: GPL-2.0
/* Signals, and the life of tasks. */
#include "supervisor.h"
#include "../hold.h"
#include "../suid.h"

static void count_signal(int signo)
{
	shared[signo]++;
}

static void take_two(void)
{
	signal(SIGUSR1, count_signal);
	signal(SIGUSR2, count_signal);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGTERM);
	shared[0] = 1;
}

TEST(signal_is_taken_replaced_or_dropped)
{
	struct tracee t = tracee_start(take_two);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = SIGNAL), NULL, 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_SIGNAL, SIGUSR1);
	EXPECT_EQ(SI_USER, s->event.args[0]);
	EXPECT_EQ(t.pid, s->event.args[1]);
	EXPECT_EQ(0, shared[SIGUSR1]);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_REPLACE, .nr = SIGUSR2));
	EXPECT_EVENT(s, UTRACE_BLOCK_SIGNAL, SIGTERM);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_REPLACE, .nr = 0));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[SIGUSR1]);
	EXPECT_EQ(1, shared[SIGUSR2]);
	EXPECT_EQ(1, shared[0]);
}

TEST(signal_that_runs_on_has_its_effect)
{
	struct tracee t = tracee_start(take_two);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = SIGNAL), NULL, 0);

	tracee_go(&t);
	let_run(_metadata, s);
	EXPECT_EQ(SIGTERM, tracee_end(&t));
	EXPECT_EQ(1, shared[SIGUSR1]);
	EXPECT_EQ(0, shared[0]);
}

static void fork_one(void)
{
	pid_t pid = syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
	int status;

	if (pid == 0) {
		shared[1] = syscall(SYS_getppid);
		syscall(SYS_exit_group, 5);
	}
	shared[2] = pid;
	syscall(SYS_wait4, pid, &status, 0, NULL);
	shared[3] = status;
}

TEST(child_is_caught_before_its_first_instruction)
{
	struct tracee t = tracee_start(fork_one);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = START | EXIT), NULL,
					 UTRACE_BLOCK_FOLLOW);
	int child;

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_START, 0);
	child = s->event.tid;
	EXPECT_NE(t.pid, child);
	EXPECT_TRUE(wait_state(child, 't'));
	EXPECT_TRUE(WAIT_FOR(shared[2] == child));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EVENT(s, UTRACE_BLOCK_EXIT, 0);
	EXPECT_EQ(child, s->event.tid);
	EXPECT_EQ(5 << 8, s->event.result);
	EXPECT_EQ(t.pid, shared[1]);
	/* Another status than its own. */
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = 6 << 8));
	EXPECT_EVENT(s, UTRACE_BLOCK_EXIT, 0);
	EXPECT_EQ(t.pid, s->event.tid);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(6 << 8, shared[3]);
}

TEST(child_of_a_followed_task_is_asked_about_its_first_call)
{
	struct tracee t = tracee_start(fork_one);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid),
					 UTRACE_BLOCK_FOLLOW);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_NE(t.pid, s->event.tid);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = 9));
	let_run(_metadata, s);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(9, shared[1]);
	EXPECT_EQ(2, sup_status(s).attached_ever);
}

TEST(parent_is_held_at_clone_and_only_it_without_follow)
{
	struct tracee t = tracee_start(fork_one);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = CLONE), NULL, 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_CLONE, 0);
	EXPECT_EQ(t.pid, s->event.tid);
	EXPECT_GT(s->event.args[0], 0);
	EXPECT_EQ(0, s->event.args[1] & 0x100);
	/* The child runs, the parent does not. */
	EXPECT_TRUE(WAIT_FOR(shared[1] == t.pid));
	EXPECT_EQ(0, shared[2]);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(s->event.args[0], shared[2]);
	EXPECT_EQ(1, sup_status(s).attached_ever);
}

TEST(clone_comes_before_the_call_returns)
{
	struct tracee t = tracee_start(fork_one);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = CLONE | RETURN),
					 ONLY(SYS_clone), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_CLONE, 0);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EVENT(s, UTRACE_BLOCK_RETURN, SYS_clone);
	EXPECT_EQ(0, RUN(s));
	let_run(_metadata, s);
	EXPECT_EQ(0, tracee_end(&t));
}

static void exec_true(void)
{
	char *argv[] = { "true", NULL };

	execve("/bin/true", argv, environ);
}

TEST(new_program_is_held_before_it_runs)
{
	struct tracee t = tracee_start(exec_true);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = EXEC), NULL, 0);
	char path[64], exe[256] = "";

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_EXEC, 0);
	snprintf(path, sizeof(path), "/proc/%d/exe", t.pid);
	EXPECT_GT(readlink(path, exe, sizeof(exe) - 1), 0);
	EXPECT_TRUE(strstr(exe, "/true"));
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(new_program_is_killed_before_it_runs)
{
	struct tracee t = tracee_start(exec_true);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = EXEC), NULL, 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_EXEC, 0);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_KILL));
	EXPECT_EQ(SIGKILL, tracee_end(&t));
}

static void *call_getppid(void *arg)
{
	syscall(SYS_getppid);
	shared[1] = 1;
	return arg;
}

static void exec_with_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, call_getppid, NULL);
	while (!shared[0])
		sched_yield();
	exec_true();
}

TEST(stopped_thread_does_not_keep_its_process_from_exec)
{
	struct tracee t = tracee_start(exec_with_a_thread);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid),
					 UTRACE_BLOCK_FOLLOW);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	shared[0] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-ENOENT, RUN(s));
	EXPECT_EQ(0, shared[1]);
}

static void spin_threads(void)
{
	pthread_t thread;
	int i;

	for (i = 0; i < 3; i++)
		pthread_create(&thread, NULL, call_getppid, NULL);
	while (!shared[0])
		sched_yield();
	pthread_join(thread, NULL);
}

TEST(whole_process_is_attached_and_detached)
{
	struct tracee t = tracee_start(spin_threads);
	struct supervisor *s = sup_open();

	ASSERT_EQ(0, sup_setup(s, SETUP()));
	ASSERT_EQ(0, FILTER(s, SYS_getppid));
	ASSERT_EQ(0, sup_attach(s, t.pid, UTRACE_BLOCK_PROCESS | UTRACE_BLOCK_FOLLOW));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(sup_status(s).blocked == 3));
	EXPECT_EQ(4, sup_status(s).attached);
	EXPECT_EQ(0, sup_detach(s, t.pid, UTRACE_BLOCK_PROCESS));
	EXPECT_EQ(0, sup_status(s).attached);
	shared[0] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, sup_status(s).blocked);
}

TEST(session_learns_of_an_exec_that_takes_its_task_away)
{
	struct supervisor *s = sup_open();
	struct tracee t;

	ASSERT_EQ(0, sup_setup(s, SETUP()));
	ASSERT_EQ(0, FILTER(s, SYS_getppid));
	ASSERT_TRUE(become_somebody());
	t = tracee_start(exec_suid);
	ASSERT_EQ(0, sup_attach(s, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(WAIT_FOR(sup_status(s).attached == 0));
	EXPECT_EQ(0, sup_recv(s));
}

static void fork_on_cpu_0(void)
{
	stay_on(0);
	fork_one();
}

/* What would be used after it is freed, only KASAN sees. */
TEST(session_may_end_while_it_attaches_a_child)
{
	struct tracee t = tracee_start(fork_on_cpu_0);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getuid),
					 UTRACE_BLOCK_FOLLOW);

	stay_on(1);
	ASSERT_EQ(0, hold_at("utrace_set_events", t.pid));
	tracee_go(&t);
	ASSERT_TRUE(wait_held());
	EXPECT_EQ(2, sup_status(s).attached);
	sup_close(s);
	EXPECT_EQ(0, hold_go());
	tracee_end(&t);
}

TEST_HARNESS_MAIN
