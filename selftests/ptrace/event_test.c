// SPDX-License-Identifier: GPL-2.0
/* PTRACE_EVENT_*: what a tracee creates, execs, and how it ends. */
#include "both.h"
#include "../leased_exec.h"
#include "../threads.h"

#define CLONES	(PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE | \
		 PTRACE_O_TRACEVFORKDONE)

static void vfork_once(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(3);
	shared[1] = pid;
}

static void one_thread(void)
{
	thread_once(&shared[1]);
}

/* By clone3(2), which then may ask for no signal. */
static void create_sibling(void)
{
	uint64_t args[8] = { CLONE_PARENT };
	pid_t pid = syscall(SYS_clone3, args, sizeof(args));

	if (pid == 0)
		_exit(3);
	shared[1] = pid;
}

static void exec_true(void)
{
	execl("/bin/true", "true", NULL);
}

static void exit_5(void)
{
	_exit(5);
}

static void *exec_body(void *arg)
{
	(void)arg;
	shared[1] = syscall(SYS_gettid);
	execl("/bin/true", "true", NULL);
	return NULL;
}

static void exec_in_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_body, NULL);
	pause();
}

static void *pause_body(void *arg)
{
	(void)arg;
	shared[2] = syscall(SYS_gettid);
	while (!shared[3])
		usleep(1000);
	syscall(SYS_exit_group, 9);
	return NULL;
}

static void leader_exits(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, pause_body, NULL);
	syscall(SYS_exit, 4);
}

/* To the first stop, with these options. */
static pid_t start(void (*fn)(void), unsigned long options)
{
	pid_t pid = run_child(fn);

	status_of(pid);
	trace(PTRACE_SETOPTIONS, pid, 0, options);
	trace(PTRACE_CONT, pid, 0, 0);
	return pid;
}

BOTH(fork_is_told_and_the_child_traced)
{
	pid_t pid = start(fork_once, CLONES), child;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP), status_of(pid));
	child = message_of(pid);
	EXPECT_GT(child, 0);
	/* It begins with a SIGSTOP. */
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGCHLD), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGCHLD));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(child, shared[1]);
}

BOTH(vfork_is_told_before_the_parent_waits)
{
	pid_t pid = start(vfork_once, CLONES), child;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_VFORK, SIGTRAP), status_of(pid));
	child = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_VFORK_DONE, SIGTRAP), status_of(pid));
	EXPECT_EQ(child, message_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGCHLD), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGCHLD));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(child, shared[1]);
}

BOTH(clone_is_told_and_the_thread_traced)
{
	pid_t pid = start(one_thread, CLONES), tid;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	tid = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(tid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, tid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(tid));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(tid, shared[1]);
}

static bool has_ended(pid_t tid)
{
	char state = state_of(tid);

	return !state || state == 'Z';
}

BOTH(thread_that_has_ended_is_waited_for_by_its_number)
{
	pid_t pid = start(one_thread, CLONES), tid;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	tid = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(tid));
	EXPECT_EQ(0, trace(PTRACE_CONT, tid, 0, 0));
	ASSERT_TRUE(WAIT_FOR(has_ended(tid)));
	EXPECT_EQ(EXITED(0), status_of(tid));
	end_child(pid);
}

/* It has its parent's exit signal, SIGCHLD, and is no fork all the same. */
BOTH(sibling_is_told_as_a_clone)
{
	pid_t pid = start(create_sibling, PTRACE_O_TRACECLONE), child;

	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	child = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(child, shared[1]);
}

BOTH(seized_children_begin_with_an_event)
{
	struct tracee t = tracee_start(fork_once);
	pid_t child;

	ASSERT_EQ(0, trace(PTRACE_SEIZE, t.pid, 0, CLONES));
	tracee_go(&t);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP), status_of(t.pid));
	child = message_of(t.pid);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	end_child(t.pid);
}

BOTH(children_are_not_traced_without_the_option)
{
	pid_t pid = start(fork_once, 0);

	EXPECT_EQ(STOPPED(SIGCHLD), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGCHLD));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(-1, waitpid(-1, NULL, __WALL));
}

BOTH(exec_is_told)
{
	pid_t pid = start(exec_true, PTRACE_O_TRACEEXEC);

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_EXEC, SIGTRAP), status_of(pid));
	EXPECT_EQ(pid, message_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(exec_without_the_option_traps)
{
	pid_t pid = start(exec_true, 0);
	siginfo_t info = {};

	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(SI_USER, info.si_code);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(exec_in_a_thread_takes_the_leaders_place)
{
	pid_t pid = start(exec_in_thread, CLONES | PTRACE_O_TRACEEXEC), tid;
	int status;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	tid = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(tid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, tid, 0, 0));
	/* The leader that was is not heard of any more. */
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_EXEC, SIGTRAP), status_of(pid));
	EXPECT_EQ(tid, message_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(pid, waitpid(-1, &status, __WALL));
	EXPECT_EQ(EXITED(0), status);
	EXPECT_EQ(-1, waitpid(-1, &status, __WALL));
}

/* Of the stop that it is in. */
static int op_of(pid_t pid)
{
	struct __ptrace_syscall_info info = { .op = 0xff };

	trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info);
	return info.op;
}

/*
 * From an event in a call whose entry the tracer did not want. And the next stop is
 * an entry again.
 */
static void expect_exit_and_entry(struct __test_metadata *_metadata, pid_t pid, long nr,
				  long result)
{
	EXPECT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, op_of(pid));
	EXPECT_EQ(nr, (long)regs_of(pid).orig_rax);
	EXPECT_EQ(result, (long)regs_of(pid).rax);
	EXPECT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, op_of(pid));
}

BOTH(fork_that_was_entered_unseen_is_seen_to_return)
{
	pid_t child, pid = stopped_in_fork(_metadata, PTRACE_O_TRACESYSGOOD, &child);

	expect_exit_and_entry(_metadata, pid, SYS_clone, child);
	kill(child, SIGKILL);
	end_child(pid);
}

BOTH(clone_that_was_entered_unseen_is_seen_to_return)
{
	pid_t pid = start(one_thread, CLONES | PTRACE_O_TRACESYSGOOD), tid;

	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	tid = message_of(pid);
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(tid));
	expect_exit_and_entry(_metadata, pid, regs_of(pid).orig_rax, tid);
	kill(pid, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(tid));
	EXPECT_EQ(SIGKILL, status_of(pid));
}

BOTH(vfork_that_was_entered_unseen_is_seen_to_return)
{
	pid_t pid = start(vfork_once, PTRACE_O_TRACEVFORK | PTRACE_O_TRACESYSGOOD), child;

	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_VFORK, SIGTRAP), status_of(pid));
	child = message_of(pid);
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(child));
	EXPECT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, op_of(pid));
	EXPECT_EQ(child, (long)regs_of(pid).rax);
	end_child(pid);
}

BOTH(exec_that_was_entered_unseen_is_seen_to_return)
{
	pid_t pid = start(exec_true, PTRACE_O_TRACEEXEC | PTRACE_O_TRACESYSGOOD);

	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_EXEC, SIGTRAP), status_of(pid));
	expect_exit_and_entry(_metadata, pid, SYS_execve, 0);
	end_child(pid);
}

static void exec_leased_in_thread(void)
{
	shared[1] = gettid();
	exec_leased();
}

/* Return: as of a shell. */
static int seize_and_stop(pid_t tid, pid_t pid)
{
	if (trace(PTRACE_SEIZE, tid, 0, 0))
		return 1;
	if (trace(PTRACE_INTERRUPT, pid, 0, 0))
		return 2;
	return status_of(pid) == STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP) ? 0 : 3;
}

BOTH(thread_that_execs_when_it_is_attached_to_has_its_leaders_number)
{
	int lease = lease_interpreter("/usr/bin/tail");
	pid_t pid = fork(), tracer;

	if (pid == 0) {
		threads_forever(1, exec_leased_in_thread);
		pause();
	}
	ASSERT_TRUE(WAIT_FOR(shared[1]));
	ASSERT_TRUE(wait_for_leased_exec(shared[1]));
	tracer = fork();
	if (tracer == 0)
		_exit(seize_and_stop(shared[1], pid));
	ASSERT_TRUE(wait_blocked_in(tracer, SYS_ptrace));
	lease_end(lease);
	EXPECT_EQ(EXITED(0), status_of(tracer));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(exit_is_told_with_its_status)
{
	pid_t pid = start(exit_5, PTRACE_O_TRACEEXIT);

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_EXIT, SIGTRAP), status_of(pid));
	EXPECT_EQ(EXITED(5), message_of(pid));
	/* Everything is still there. */
	EXPECT_NE(0, regs_of(pid).rip);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(5), status_of(pid));
}

BOTH(leader_that_exits_first_is_waited_for_last)
{
	pid_t pid = start(leader_exits, CLONES), tid;
	int i, status;

	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_CLONE, SIGTRAP), status_of(pid));
	tid = message_of(pid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(tid));
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_CONT, tid, 0, 0);
	ASSERT_TRUE(wait_state(pid, 'Z'));
	for (i = 0; i < 20; i++)
		breathe();
	EXPECT_EQ(0, waitpid(pid, &status, __WALL | WNOHANG));
	shared[3] = 1;
	EXPECT_EQ(tid, waitpid(-1, &status, __WALL));
	EXPECT_EQ(EXITED(9), status);
	EXPECT_EQ(pid, waitpid(-1, &status, __WALL));
	EXPECT_EQ(EXITED(9), status);
}

/* Somebody else's child ends for its tracer, too. */
BOTH(death_of_somebody_elses_child_is_told)
{
	pid_t tracer, pid = idle_child();
	int status;

	tracer = fork();
	if (tracer == 0) {
		if (trace(PTRACE_SEIZE, pid, 0, 0))
			_exit(1);
		shared[1] = 1;
		status = status_of(pid);
		if (status != STOPPED(SIGTERM) || trace(PTRACE_CONT, pid, 0, SIGTERM))
			_exit(2);
		status = status_of(pid);
		_exit(status == SIGTERM && waitpid(-1, NULL, __WALL) < 0 ? 0 : 3);
	}
	ASSERT_TRUE(WAIT_FOR(shared[1]));
	kill(pid, SIGTERM);
	EXPECT_EQ(EXITED(0), status_of(tracer));
	EXPECT_EQ(SIGTERM, status_of(pid));
}

TEST_HARNESS_MAIN
