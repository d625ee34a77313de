// SPDX-License-Identifier: GPL-2.0
/* PID namespaces: each tracer knows a task by the number that it has in its own. */
#include "both.h"

#define FORK_STOP	STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP)

/* Process 1 of a namespace of its own. Its end tells how: 0, or the line that failed. */
static int in_namespace(int (*init)(void))
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (unshare(CLONE_NEWPID))
			_exit(255);
		pid = fork();
		if (pid == 0)
			_exit(init());
		waitpid(pid, &status, 0);
		_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 254);
	}
	waitpid(pid, &status, 0);
	return status;
}

#define CHECK(condition)							\
do {										\
	if (!(condition))							\
		return __LINE__;						\
} while (0)

static int trace_inside(void)
{
	siginfo_t info = {};
	pid_t pid = run_child(fork_once);

	CHECK(getpid() == 1 && pid == 2);
	CHECK(waitid(P_PID, 2, &info, WSTOPPED | WNOWAIT) == 0 && info.si_pid == 2);
	CHECK(status_of(2) == STOPPED(SIGSTOP));
	CHECK(trace(PTRACE_SETOPTIONS, 2, 0, PTRACE_O_TRACEFORK) == 0);
	CHECK(trace(PTRACE_CONT, 2, 0, 0) == 0);
	CHECK(status_of(2) == FORK_STOP && message_of(2) == 3);
	CHECK(status_of(3) == STOPPED(SIGSTOP));
	CHECK(trace(PTRACE_CONT, 3, 0, 0) == 0 && trace(PTRACE_CONT, 2, 0, 0) == 0);
	CHECK(status_of(3) == EXITED(3));
	CHECK(waitpid(-1, &info.si_status, __WALL) == 2);
	return 0;
}

BOTH(tracer_in_a_namespace_has_the_numbers_of_that)
{
	EXPECT_EQ(0, in_namespace(trace_inside));
}

static int trace_out(void)
{
	/* The test itself, and who has forked us: they have no number here. */
	CHECK(trace(PTRACE_SEIZE, getppid(), 0, 0) == -ESRCH);
	CHECK(trace(PTRACE_SEIZE, shared[1], 0, 0) == -ESRCH);
	CHECK(waitpid(shared[1], NULL, __WALL | WNOHANG) == -1 && errno == ECHILD);
	return 0;
}

BOTH(nobody_outside_of_the_namespace_is_traced)
{
	shared[1] = getpid();
	ASSERT_LT(10, getpid());
	EXPECT_EQ(0, in_namespace(trace_out));
}

static void fork_into_namespace(void)
{
	if (unshare(CLONE_NEWPID))
		_exit(255);
	fork_once();
}

/* The first that is created in it is number 1 there, and to us what it is here. */
BOTH(tracer_outside_has_its_own_numbers)
{
	pid_t child, pid = run_child(fork_into_namespace);

	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK));
	ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(FORK_STOP, status_of(pid));
	child = message_of(pid);
	EXPECT_LT(pid, child);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(child));
	EXPECT_EQ(-ESRCH, trace(PTRACE_CONT, 1, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	/* Of its child, which is dead. */
	EXPECT_EQ(STOPPED(SIGCHLD), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGCHLD));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

static void note_sender(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	shared[3] = info->si_pid;
}

/* A signal that the tracer makes another is the tracer's: a stranger, in there. */
static int take_signal(void)
{
	struct sigaction act = { .sa_sigaction = note_sender, .sa_flags = SA_SIGINFO };
	int status;
	pid_t pid;

	sigaction(SIGUSR2, &act, NULL);
	shared[3] = -1;
	/* Not itself: an init ignores what it has no handler for. */
	pid = fork();
	if (pid == 0) {
		raise(SIGUSR1);
		_exit(0);
	}
	waitpid(pid, &status, 0);
	return status;
}

static void signal_in_namespace(void)
{
	_exit(in_namespace(take_signal));
}

BOTH(sender_of_a_changed_signal_has_no_number_inside)
{
	pid_t pid = run_child(signal_in_namespace), next;
	int status;

	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEFORK));
	ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	while ((next = waitpid(-1, &status, __WALL)) > 0) {
		int sig = WIFSTOPPED(status) ? WSTOPSIG(status) : 0;

		if (!sig)
			continue;
		/* Of us or of ptrace, not of the program. */
		if (sig == SIGTRAP || sig == SIGSTOP)
			sig = 0;
		EXPECT_EQ(0, trace(PTRACE_CONT, next, 0, sig == SIGUSR1 ? SIGUSR2 : sig));
	}
	EXPECT_EQ(0, shared[3]);
}

TEST_HARNESS_MAIN
