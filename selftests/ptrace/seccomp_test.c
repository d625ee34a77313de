// SPDX-License-Identifier: GPL-2.0
/* Calls that a filter of the tracee wants traced, and filters that are suspended. */
#include "both.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>

#define SECCOMP_STOP	STOPPED_EVENT(PTRACE_EVENT_SECCOMP, SIGTRAP)
#define MESSAGE		0x1234

/* getppid() is to be traced, getsid() is forbidden. */
static void filter_calls(void)
{
	struct sock_filter filter[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRACE | MESSAGE),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getsid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EDOM),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { sizeof(filter) / sizeof(filter[0]), filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program))
		_exit(98);
}

static long result(long ret)
{
	return ret < 0 ? -errno : ret;
}

static void call(void)
{
	filter_calls();
	shared[1] = result(syscall(SYS_getppid));
	shared[2] = result(syscall(SYS_getsid, 0));
}

/* A kernel without BTF does not say where its filters are. */
static bool can_trace_filters(void)
{
	return !access("/sys/kernel/btf/vmlinux", F_OK);
}

#define NEEDS_BTF()								\
do {										\
	if (!can_trace_filters())						\
		SKIP(return, "no BTF");						\
} while (0)

/* As far as the stop, by @how. */
static pid_t to_the_stop(unsigned long options, long how)
{
	pid_t pid = run_child(call);

	status_of(pid);
	if (trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | options))
		abort();
	trace(how, pid, 0, 0);
	return pid;
}

BOTH(traced_call_stops_with_its_message)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid;

	NEEDS_BTF();
	pid = to_the_stop(0, PTRACE_CONT);
	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	EXPECT_EQ(MESSAGE, message_of(pid));
	EXPECT_EQ(84, trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_SECCOMP, info.op);
	EXPECT_EQ(SYS_getppid, info.seccomp.nr);
	EXPECT_EQ(MESSAGE, info.seccomp.ret_data);
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(-EDOM, shared[2]);
}

/* getppid() becomes call @nr; for a negative one the program gets @ret. */
static pid_t make_it(struct __test_metadata *_metadata, long nr, long ret)
{
	pid_t pid = to_the_stop(0, PTRACE_CONT);
	struct user_regs_struct regs;

	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	regs = regs_of(pid);
	regs.orig_rax = nr;
	regs.rax = ret;
	EXPECT_EQ(0, trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	return pid;
}

BOTH(traced_call_becomes_another)
{
	NEEDS_BTF();
	EXPECT_EQ(make_it(_metadata, SYS_getpid, -ENOSYS), shared[1]);
}

BOTH(traced_call_does_not_become_a_forbidden_one)
{
	NEEDS_BTF();
	make_it(_metadata, SYS_getsid, -ENOSYS);
	EXPECT_EQ(-EDOM, shared[1]);
}

BOTH(traced_call_is_skipped)
{
	NEEDS_BTF();
	make_it(_metadata, -1, 4242);
	EXPECT_EQ(4242, shared[1]);
}

BOTH(traced_call_stops_between_its_ends)
{
	pid_t pid;
	int i;

	NEEDS_BTF();
	pid = to_the_stop(PTRACE_O_TRACESYSGOOD, PTRACE_SYSCALL);
	do {
		ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
		i = regs_of(pid).orig_rax;
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	} while (i != SYS_getppid);
	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(getpid(), regs_of(pid).rax);
	end_child(pid);
}

/* As strace --seccomp-bpf does: there is no entry, but an exit. */
BOTH(exit_comes_after_a_traced_call_when_asked_for_there)
{
	pid_t pid;

	NEEDS_BTF();
	pid = to_the_stop(PTRACE_O_TRACESYSGOOD, PTRACE_CONT);
	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(getpid(), regs_of(pid).rax);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(getpid(), shared[1]);
}

BOTH(traced_call_is_none_without_the_option)
{
	pid_t pid = run_child(call);

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(-ENOSYS, shared[1]);
}

static void call_in_child(void)
{
	int status;
	pid_t pid;

	filter_calls();
	pid = fork();
	if (pid == 0) {
		shared[1] = result(syscall(SYS_getppid));
		_exit(0);
	}
	waitpid(pid, &status, 0);
	shared[3] = pid;
}

BOTH(traced_call_of_a_child_stops)
{
	pid_t pid, child;

	NEEDS_BTF();
	pid = run_child(call_in_child);
	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESECCOMP | PTRACE_O_TRACEFORK));
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP), status_of(pid));
	child = message_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(child));
	trace(PTRACE_CONT, child, 0, 0);
	ASSERT_EQ(SECCOMP_STOP, status_of(child));
	trace(PTRACE_CONT, child, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(child));
	EXPECT_EQ(pid, shared[1]);
	end_child(pid);
}

BOTH(killed_in_the_stop_it_makes_no_call)
{
	pid_t pid;

	NEEDS_BTF();
	pid = to_the_stop(0, PTRACE_CONT);
	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	EXPECT_EQ(SIGKILL, end_child(pid));
	EXPECT_EQ(0, shared[1]);
}

BOTH(filters_are_suspended)
{
	pid_t pid = run_child(call);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_SUSPEND_SECCOMP));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(getsid(0), shared[2]);
}

BOTH(filters_are_in_force_again_after_a_detach)
{
	pid_t pid = run_child(call);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_SUSPEND_SECCOMP));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(-ENOSYS, shared[1]);
	EXPECT_EQ(-EDOM, shared[2]);
}

BOTH(who_has_filters_himself_suspends_none)
{
	pid_t pid = idle_child();

	filter_calls();
	EXPECT_EQ(-EPERM, trace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP));
	end_child(pid);
}

BOTH(suspending_filters_takes_a_capability)
{
	pid_t pid = idle_child();

	if (setresuid(65534, 65534, 65534))
		abort();
	EXPECT_EQ(-EPERM, trace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP));
}

/* In the same sleep another is told of a stop of its own, and of none of the call. */
TEST(second_tracer_comes_and_goes_in_the_stop)
{
	pid_t pid, other;
	int status;

	NEEDS_BTF();
	ASSERT_EQ(0, enter());
	pid = to_the_stop(0, PTRACE_CONT);
	ASSERT_EQ(SECCOMP_STOP, status_of(pid));
	other = fork();
	if (other == 0) {
		/* A second tracer, while the first holds it. */
		if (trace(PTRACE_SEIZE, pid, 0, PTRACE_O_TRACESECCOMP) ||
		    trace(PTRACE_INTERRUPT, pid, 0, 0))
			_exit(1);
		if (status_of(pid) != STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP))
			_exit(2);
		_exit(trace(PTRACE_DETACH, pid, 0, 0) ? 3 : 0);
	}
	waitpid(other, &status, 0);
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(getpid(), shared[1]);
}

static bool kernel_is_redirected(void)
{
	char *text = read_file("/sys/kernel/tracing/enabled_functions");
	bool is = strstr(text, "__secure_computing (");

	free(text);
	return is;
}

/* A hook in a function that everybody with a filter comes through. */
TEST(kernel_is_redirected_while_there_is_a_tracer_that_asked)
{
	int i, fds[2], status;
	pid_t tracer;
	char c;

	ASSERT_EQ(0, pipe2(fds, O_CLOEXEC));
	for (i = 0; i < 2; i++) {
		/* Who asked before is gone, and the hook a moment later. */
		ASSERT_TRUE(WAIT_FOR(!kernel_is_redirected()));
		tracer = fork();
		if (tracer == 0) {
			pid_t pid;

			if (enter())
				_exit(1);
			pid = idle_child();
			if (trace(PTRACE_SEIZE, pid, 0, PTRACE_O_SUSPEND_SECCOMP))
				_exit(2);
			c = kernel_is_redirected();
			if (trace(PTRACE_INTERRUPT, pid, 0, 0) || status_of(pid) < 0 ||
			    trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_SUSPEND_SECCOMP) ||
			    trace(PTRACE_SETOPTIONS, pid, 0, 0) || write(fds[1], &c, 1) != 1)
				_exit(3);
			for (;;)
				pause();
		}
		ASSERT_EQ(1, read(fds[0], &c, 1));
		EXPECT_TRUE(c);
		kill(tracer, SIGKILL);
		waitpid(tracer, &status, 0);
		EXPECT_TRUE(WAIT_FOR(!kernel_is_redirected()));
	}
}

TEST_HARNESS_MAIN
