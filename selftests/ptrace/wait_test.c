// SPDX-License-Identifier: GPL-2.0
/* wait4(2) and waitid(2): tracees and other children by one call. */
#include "both.h"

#include "../core/coexist.h"
#include "../hold.h"

#include <sys/resource.h>

static long wait_id(int which, pid_t pid, siginfo_t *info, int options, struct rusage *usage)
{
	long ret = syscall(SYS_waitid, which, pid, info, options, usage);

	return ret < 0 ? -errno : ret;
}

static long wait_4(pid_t pid, int *status, int options, struct rusage *usage)
{
	long ret = syscall(SYS_wait4, pid, status, options, usage);

	return ret < 0 ? -errno : ret;
}

static pid_t stopped_tracee(void)
{
	pid_t pid = idle_child();

	trace(PTRACE_SEIZE, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	return pid;
}

static pid_t child_that_exits(int code)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(code);
	return pid;
}

#define STOP	STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP)

BOTH(nobody_to_wait_for_is_echild)
{
	siginfo_t info;

	EXPECT_EQ(-ECHILD, wait_4(-1, NULL, __WALL, NULL));
	EXPECT_EQ(-ECHILD, wait_4(1, NULL, WNOHANG, NULL));
	EXPECT_EQ(-ECHILD, wait_id(P_ALL, 0, &info, WEXITED, NULL));
	EXPECT_EQ(-ESRCH, wait_4(INT32_MIN, NULL, 0, NULL));
}

BOTH(wrong_options_are_refused)
{
	pid_t pid = stopped_tracee();
	siginfo_t info;

	EXPECT_EQ(-EINVAL, wait_4(pid, NULL, 0x100, NULL));
	EXPECT_EQ(-EINVAL, wait_id(P_PID, pid, &info, 0, NULL));
	EXPECT_EQ(-EINVAL, wait_id(P_PID, pid, &info, WEXITED | 0x100, NULL));
	EXPECT_EQ(-EINVAL, wait_id(P_PID, 0, &info, WEXITED, NULL));
	EXPECT_EQ(-EINVAL, wait_id(77, pid, &info, WEXITED, NULL));
	EXPECT_EQ(-EBADF, wait_id(P_PIDFD, 500, &info, WEXITED, NULL));
	end_child(pid);
}

BOTH(stop_is_waited_for_once)
{
	pid_t pid = stopped_tracee();
	int status;

	EXPECT_EQ(STOP, status_of(pid));
	EXPECT_EQ(0, wait_4(pid, &status, __WALL | WNOHANG, NULL));
	EXPECT_EQ(0, wait_4(-1, &status, WNOHANG, NULL));
	end_child(pid);
}

BOTH(stop_that_nobody_waited_for_is_over_when_resumed)
{
	pid_t pid = stopped_tracee();
	int status;

	ASSERT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, wait_4(pid, &status, __WALL | WNOHANG, NULL));
	end_child(pid);
}

/* It has yet to run: on its CPU nobody does but who has killed it. */
BOTH(stop_is_over_when_the_tracee_is_killed)
{
	pid_t pid;
	long ret;
	int status;

	stay_on(0);
	pid = stopped_tracee();
	ASSERT_TRUE(wait_state(pid, 't'));
	be_first(true);
	kill(pid, SIGKILL);
	ret = wait_4(pid, &status, __WALL | WNOHANG, NULL);
	be_first(false);
	EXPECT_EQ(0, ret);
	EXPECT_EQ(SIGKILL, status_of(pid));
}

BOTH(other_children_are_waited_for_as_well)
{
	pid_t pid = stopped_tracee(), other;
	int status;

	EXPECT_EQ(STOP, status_of(pid));
	other = child_that_exits(8);
	EXPECT_EQ(other, wait_4(-1, &status, 0, NULL));
	EXPECT_EQ(EXITED(8), status);
	other = child_that_exits(9);
	EXPECT_EQ(other, wait_4(other, &status, __WALL, NULL));
	EXPECT_EQ(EXITED(9), status);
	EXPECT_EQ(0, wait_4(-1, &status, WNOHANG, NULL));
	end_child(pid);
	EXPECT_EQ(-ECHILD, wait_4(-1, &status, 0, NULL));
}

BOTH(waitid_tells_of_a_stop)
{
	pid_t pid = stopped_tracee();
	siginfo_t info = {};

	/* A tracee's stops are for anybody who waits. */
	EXPECT_EQ(0, wait_id(P_PID, pid, &info, WEXITED, NULL));
	EXPECT_EQ(SIGCHLD, info.si_signo);
	EXPECT_EQ(CLD_TRAPPED, info.si_code);
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(PTRACE_EVENT_STOP << 8 | SIGTRAP, info.si_status);
	EXPECT_EQ(getuid(), info.si_uid);
	memset(&info, 0x55, sizeof(info));
	EXPECT_EQ(0, wait_id(P_ALL, 0, &info, WSTOPPED | WNOHANG, NULL));
	EXPECT_EQ(0, info.si_signo);
	EXPECT_EQ(0, info.si_pid);
	end_child(pid);
}

BOTH(wnowait_leaves_it)
{
	pid_t pid = stopped_tracee();
	siginfo_t info = {};
	int i;

	for (i = 0; i < 3; i++) {
		memset(&info, 0, sizeof(info));
		EXPECT_EQ(0, wait_id(P_PID, pid, &info, WSTOPPED | WNOWAIT, NULL));
		EXPECT_EQ(pid, info.si_pid);
	}
	EXPECT_EQ(STOP, status_of(pid));
	kill(pid, SIGKILL);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(0, wait_id(P_PID, pid, &info, WEXITED | WNOWAIT, NULL));
		EXPECT_EQ(CLD_KILLED, info.si_code);
		EXPECT_EQ(SIGKILL, info.si_status);
	}
	EXPECT_EQ(SIGKILL, status_of(pid));
}

BOTH(waitid_without_exited_leaves_the_dead)
{
	pid_t pid = stopped_tracee();
	siginfo_t info = {};

	status_of(pid);
	kill(pid, SIGKILL);
	ASSERT_TRUE(wait_state(pid, 'Z'));
	EXPECT_EQ(-ECHILD, wait_id(P_PID, pid, NULL, WSTOPPED | WNOHANG, NULL));
	EXPECT_EQ(0, wait_id(P_PID, pid, NULL, WEXITED, NULL));
	EXPECT_EQ(-ECHILD, wait_id(P_PID, pid, &info, WEXITED, NULL));
}

BOTH(waitid_without_a_siginfo_waits)
{
	pid_t pid = stopped_tracee(), other = child_that_exits(1);
	siginfo_t info = {};

	EXPECT_EQ(0, wait_id(P_PID, other, NULL, WEXITED, NULL));
	EXPECT_EQ(-ECHILD, wait_id(P_PID, other, NULL, WEXITED, NULL));
	EXPECT_EQ(0, wait_id(P_PID, pid, NULL, WSTOPPED, NULL));
	EXPECT_EQ(0, wait_id(P_PID, pid, &info, WSTOPPED | WNOHANG, NULL));
	EXPECT_EQ(0, info.si_pid);
	end_child(pid);
}

BOTH(process_group_and_pidfd_choose)
{
	pid_t pid = stopped_tracee(), other;
	siginfo_t info = {};
	int fd, status;

	ASSERT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(-ECHILD, wait_4(-getpid() - 100, &status, WNOHANG, NULL));
	EXPECT_EQ(pid, wait_4(0, &status, __WALL, NULL));
	EXPECT_EQ(STOP, status);
	other = child_that_exits(2);
	setpgid(pid, pid);
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	ASSERT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(other, wait_4(0, &status, __WALL, NULL));
	EXPECT_EQ(pid, wait_4(-pid, &status, __WALL, NULL));
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	EXPECT_EQ(0, wait_id(P_PGID, pid, &info, WSTOPPED, NULL));
	EXPECT_EQ(pid, info.si_pid);
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	fd = syscall(SYS_pidfd_open, pid, O_NONBLOCK);
	ASSERT_GT(fd, 0);
	memset(&info, 0, sizeof(info));
	ASSERT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(0, wait_id(P_PIDFD, fd, &info, WSTOPPED, NULL));
	EXPECT_EQ(pid, info.si_pid);
	EXPECT_EQ(-EAGAIN, wait_id(P_PIDFD, fd, &info, WSTOPPED, NULL));
	end_child(pid);
}

static void *wait_in_thread(void *arg)
{
	int status;

	shared[1] = wait_4((pid_t)(long)arg, &status, __WALL | __WNOTHREAD, NULL);
	shared[2] = wait_4((pid_t)(long)arg, &status, __WALL, NULL);
	shared[3] = status;
	return NULL;
}

BOTH(other_threads_wait_unless_they_say_wnothread)
{
	pid_t pid = stopped_tracee();
	pthread_t thread;

	pthread_create(&thread, NULL, wait_in_thread, (void *)(long)pid);
	pthread_join(thread, NULL);
	EXPECT_EQ(-ECHILD, shared[1]);
	EXPECT_EQ(pid, shared[2]);
	EXPECT_EQ(STOP, shared[3]);
	end_child(pid);
}

BOTH(rusage_is_told)
{
	pid_t pid = stopped_tracee();
	struct rusage usage;
	int status;

	memset(&usage, 0xff, sizeof(usage));
	EXPECT_EQ(pid, wait_4(pid, &status, __WALL, &usage));
	EXPECT_GT(usage.ru_minflt, 0);
	EXPECT_GE(usage.ru_utime.tv_sec, 0);
	EXPECT_GT(1000, usage.ru_utime.tv_sec);
	memset(&usage, 0xff, sizeof(usage));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, wait_4(pid, &status, __WALL, &usage));
	EXPECT_GT(usage.ru_minflt, 0);
}

BOTH(bad_addresses_are_efault)
{
	pid_t pid = stopped_tracee();

	ASSERT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(-EFAULT, wait_4(pid, (int *)8, __WALL, NULL));
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	EXPECT_EQ(-EFAULT, wait_id(P_PID, pid, (siginfo_t *)8, WSTOPPED, NULL));
	end_child(pid);
}

static void on_alarm(int signal)
{
	(void)signal;
	shared[5]++;
}

BOTH(signal_interrupts_a_wait)
{
	struct sigaction sa = { .sa_handler = on_alarm };
	pid_t pid = stopped_tracee();
	int status;

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	EXPECT_EQ(-EINTR, wait_4(pid, &status, __WALL, NULL));
	EXPECT_EQ(1, shared[5]);
	end_child(pid);
}

static void on_alarm_kill(int signal)
{
	(void)signal;
	shared[5]++;
	kill(shared[6], SIGKILL);
}

BOTH(wait_is_restarted_after_a_signal)
{
	struct sigaction sa = { .sa_handler = on_alarm_kill, .sa_flags = SA_RESTART };
	pid_t pid = stopped_tracee();
	int status;

	status_of(pid);
	shared[6] = pid;
	trace(PTRACE_CONT, pid, 0, 0);
	sigaction(SIGALRM, &sa, NULL);
	alarm(1);
	EXPECT_EQ(pid, wait_4(pid, &status, __WALL, NULL));
	EXPECT_EQ(SIGKILL, status);
	EXPECT_EQ(1, shared[5]);
}

BOTH(sleeping_wait_sees_a_child_that_begins_to_be_traced)
{
	pid_t pid = fork();
	int status;

	if (pid == 0) {
		usleep(100000);
		trace(PTRACE_TRACEME, 0, 0, 0);
		raise(SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(pid, wait_4(-1, &status, 0, NULL));
	EXPECT_EQ(STOPPED(SIGUSR1), status);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(untraced_children_stop_and_continue_as_ever)
{
	pid_t pid = idle_child();
	int status;

	kill(pid, SIGSTOP);
	EXPECT_EQ(pid, wait_4(pid, &status, WUNTRACED, NULL));
	EXPECT_EQ(STOPPED(SIGSTOP), status);
	kill(pid, SIGCONT);
	EXPECT_EQ(pid, wait_4(pid, &status, WCONTINUED, NULL));
	EXPECT_TRUE(WIFCONTINUED(status));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

/* As when they stop without end: more stops wait than anybody looks at. */
BOTH(stops_of_tracees_do_not_hide_the_end_of_a_child)
{
	pid_t tracees[40], child = fork();
	int i, status;

	if (child == 0)
		_exit(7);
	for (i = 0; i < 40; i++) {
		tracees[i] = stopped_tracee();
		ASSERT_TRUE(wait_state(tracees[i], 't'));
	}
	ASSERT_TRUE(wait_state(child, 'Z'));
	for (i = 0; i < 20; i++)
		if (wait_4(-1, &status, __WALL, NULL) == child)
			break;
	EXPECT_LT(i, 20);
	EXPECT_EQ(EXITED(7), status);
	for (i = 0; i < 40; i++)
		kill(tracees[i], SIGKILL);
}

/* Two threads of a tracer that is not the parent; the second waits when it is told to. */
enum { FIRST = 1, FIRST_GOES_ON, FIRST_HAS, SECOND_GOES_ON, SECOND_HAS };

static void *wait_first(void *unused)
{
	shared[FIRST] = gettid();
	while (!shared[FIRST_GOES_ON])
		breathe();
	shared[FIRST_HAS] = wait_4(-1, NULL, __WALL, NULL);
	return unused;
}

static void wait_in_two_threads(pid_t pid)
{
	pthread_t thread;

	if (trace(PTRACE_SEIZE, pid, 0, 0) || pthread_create(&thread, NULL, wait_first, NULL))
		_exit(1);
	while (!shared[SECOND_GOES_ON])
		breathe();
	shared[SECOND_HAS] = wait_4(-1, NULL, __WALL | WNOHANG, NULL);
	pause();
}

/* The first has found it, and was not yet done when an end was taken in two steps. */
TEST(end_is_told_to_one_of_two_threads_that_wait)
{
	pid_t pid, tracer;

	ASSERT_EQ(0, enter());
	stay_on(0);
	pid = idle_child();
	tracer = fork();
	if (tracer == 0)
		wait_in_two_threads(pid);
	ASSERT_TRUE(WAIT_FOR(shared[FIRST]));
	put_on(shared[FIRST], 1);
	kill(pid, SIGKILL);
	ASSERT_TRUE(wait_state(pid, 'Z'));
	ASSERT_EQ(0, hold_at("pt_link_unlink", shared[FIRST]));
	shared[FIRST_GOES_ON] = 1;
	ASSERT_TRUE(WAIT_FOR(is_held() || shared[FIRST_HAS]));
	shared[SECOND_GOES_ON] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[SECOND_HAS]));
	EXPECT_EQ(-ECHILD, shared[SECOND_HAS]);
	EXPECT_EQ(0, hold_go());
	EXPECT_TRUE(WAIT_FOR(shared[FIRST_HAS]));
	EXPECT_EQ(pid, shared[FIRST_HAS]);
}

TEST_HARNESS_MAIN
