// SPDX-License-Identifier: GPL-2.0
/* Tracers that go: what becomes of whom they trace, or were just going to. */
#include "both.h"
#include "../core/coexist.h"
#include "../hold.h"
#include "../leased_exec.h"

#define NOBODY	65534
#define SETUID	"/var/tmp/ptrace-gone-sleep"

/* Of a tracer that another process looks at. */
enum { TRACER_GOES_ON = 1, CHILD, CHILD_GOES_ON, THREAD, RESULT, TRACER };

static void ask_to_be_traced(void)
{
	shared[RESULT] = 1;
	shared[RESULT] = trace(PTRACE_TRACEME, 0, 0, 0);
	for (;;)
		pause();
}

static void *exec_in_thread(void *unused)
{
	shared[THREAD] = gettid();
	exec_leased();
	return unused;
}

static void ask_while_another_thread_execs(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_in_thread, NULL) ||
	    !WAIT_FOR(shared[THREAD]) || !wait_for_leased_exec(shared[THREAD]))
		abort();
	ask_to_be_traced();
}

static void ask_when_told(void)
{
	while (!shared[CHILD_GOES_ON])
		breathe();
	ask_to_be_traced();
}

static void start_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		fn();
	shared[CHILD] = pid;
}

/* Not traced by anybody: no signal stops it. */
static bool dies_of_sigterm(pid_t pid)
{
	return kill(pid, SIGTERM) == 0 && wait_state(pid, 'Z');
}

/* The engine of who asks is attached when his tracer has let go of all that he knew. */
TEST(who_asks_a_tracer_that_dies_meanwhile_is_not_traced)
{
	int lease = lease_interpreter("/dev/null");
	pid_t tracer;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tracer = fork();
	if (tracer == 0) {
		if (enter())
			_exit(1);
		start_child(ask_while_another_thread_execs);
		pause();
	}
	ASSERT_TRUE(WAIT_FOR(shared[CHILD]));
	ASSERT_TRUE(wait_blocked_in(shared[CHILD], SYS_ptrace));
	kill(tracer, SIGKILL);
	ASSERT_EQ(SIGKILL, status_of(tracer));
	lease_end(lease);
	EXPECT_TRUE(wait_blocked_in(shared[CHILD], SYS_pause));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(dies_of_sigterm(shared[CHILD]));
}

/* Of a user who may not trace a set-uid program, which he becomes. */
static void enter_and_exec(int device)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1);
	if (enter_by(device))
		_exit(1);
	start_child(ask_when_told);
	while (!shared[TRACER_GOES_ON])
		breathe();
	execl(SETUID, SETUID, "1000", NULL);
	_exit(1);
}

static bool has_become(pid_t pid, const char *program)
{
	char line[256];

	return read_proc(pid, "cmdline", line, sizeof(line)) > 0 && !strcmp(line, program) &&
	       is_blocked_in(pid, SYS_clock_nanosleep);
}

TEST(who_asks_a_tracer_that_execs_a_setuid_program_meanwhile_is_not_traced)
{
	int device = open_device();
	pid_t tracer;

	ASSERT_GE(device, 0);
	ASSERT_EQ(0, system("cp /usr/bin/sleep " SETUID " && chmod 4755 " SETUID));
	stay_on(0);
	tracer = fork();
	if (tracer == 0)
		enter_and_exec(device);
	ASSERT_TRUE(WAIT_FOR(shared[CHILD]));
	put_on(shared[CHILD], 1);
	ASSERT_EQ(0, hold_at("security_ptrace_traceme", shared[CHILD]));
	shared[CHILD_GOES_ON] = 1;
	ASSERT_TRUE(wait_held());
	shared[TRACER_GOES_ON] = 1;
	ASSERT_TRUE(WAIT_FOR(has_become(tracer, SETUID)));
	ASSERT_EQ(0, hold_go());
	ASSERT_TRUE(wait_blocked_in(shared[CHILD], SYS_pause));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(dies_of_sigterm(shared[CHILD]));
}

/* ---- The signal that the tracee has stopped for ---- */

/* Return: the signal that it has stopped for. */
static int wait_for(pid_t pid, int options)
{
	siginfo_t info = {};

	return waitid(P_PID, pid, &info, options) ? -errno : info.si_status;
}

/* Until it is killed. It waits once, when it is told how. */
static pid_t start_tracer(pid_t pid)
{
	pid_t tracer = fork();

	if (tracer == 0) {
		if (trace(PTRACE_SEIZE, pid, 0, 0))
			_exit(1);
		shared[TRACER] = 1;
		while (!shared[TRACER_GOES_ON])
			breathe();
		shared[RESULT] = wait_for(pid, shared[TRACER_GOES_ON]);
		for (;;)
			pause();
	}
	return tracer;
}

static bool kill_tracer(pid_t tracer)
{
	return kill(tracer, SIGKILL) == 0 && status_of(tracer) == SIGKILL;
}

BOTH(signal_that_nobody_has_waited_for_is_taken)
{
	pid_t pid = idle_child(), tracer = start_tracer(pid);

	ASSERT_TRUE(WAIT_FOR(shared[TRACER]));
	kill(pid, SIGTERM);
	ASSERT_TRUE(wait_state(pid, 't'));
	ASSERT_TRUE(kill_tracer(tracer));
	EXPECT_TRUE(wait_state(pid, 'Z'));
	EXPECT_EQ(SIGTERM, end_child(pid));
}

/* Waited for in this way the signal is still there, or not. */
static void waited_for(struct __test_metadata *_metadata, int options, int end)
{
	pid_t pid = idle_child(), tracer = start_tracer(pid);

	ASSERT_TRUE(WAIT_FOR(shared[TRACER]));
	kill(pid, SIGTERM);
	shared[TRACER_GOES_ON] = options;
	ASSERT_TRUE(WAIT_FOR(shared[RESULT]));
	ASSERT_EQ(SIGTERM, shared[RESULT]);
	ASSERT_TRUE(kill_tracer(tracer));
	EXPECT_TRUE(WAIT_FOR(state_of(pid) == 'Z' || is_blocked_in(pid, SYS_pause)));
	EXPECT_EQ(end, end_child(pid));
}

BOTH(signal_that_was_only_looked_at_is_taken)
{
	waited_for(_metadata, WSTOPPED | WNOWAIT, SIGTERM);
}

BOTH(signal_that_was_waited_for_is_not)
{
	waited_for(_metadata, WSTOPPED, SIGKILL);
}

/* The tracer is gone before the tracee has run. */
BOTH(signal_that_it_was_resumed_with_is_taken)
{
	pid_t pid, tracer;

	stay_on(0);
	pid = idle_child();
	tracer = fork();
	if (tracer == 0) {
		trace(PTRACE_SEIZE, pid, 0, 0);
		kill(pid, SIGUSR1);
		status_of(pid);
		be_first(true);
		trace(PTRACE_CONT, pid, 0, SIGTERM);
		_exit(0);
	}
	EXPECT_EQ(EXITED(0), status_of(tracer));
	EXPECT_TRUE(wait_state(pid, 'Z'));
	EXPECT_EQ(SIGTERM, end_child(pid));
}

static void count(int signal)
{
	(void)signal;
	shared[RESULT]++;
}

static void count_signals(void)
{
	signal(SIGUSR1, count);
	for (;;)
		pause();
}

/* The link is off its lists, and the engine still there. */
TEST(signal_that_comes_while_the_tracer_goes_is_taken)
{
	struct tracee t = tracee_start(count_signals);
	pid_t tracer;

	tracee_go(&t);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_pause));
	ASSERT_EQ(0, enter());
	stay_on(0);
	put_on(t.pid, 0);
	tracer = start_tracer(t.pid);
	put_on(tracer, 1);
	ASSERT_TRUE(WAIT_FOR(shared[TRACER]));
	ASSERT_EQ(0, hold_at("utrace_attach_task", tracer));
	kill(tracer, SIGKILL);
	ASSERT_TRUE(wait_held());
	kill(t.pid, SIGUSR1);
	EXPECT_TRUE(WAIT_FOR(shared[RESULT]));
	EXPECT_EQ(0, hold_go());
	EXPECT_EQ(SIGKILL, status_of(tracer));
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
