// SPDX-License-Identifier: GPL-2.0
/* A tracee stops, and goes on: attaching, signals, stops of the process, calls. */
#include "both.h"

static void nothing(void)
{
}

static void take_signals(int signal)
{
	shared[1] += signal;
}

static void raise_usr1(void)
{
	signal(SIGUSR1, take_signals);
	signal(SIGUSR2, take_signals);
	raise(SIGUSR1);
}

static void ask_twice(void)
{
	shared[1] = syscall(SYS_getppid);
	shared[2] = syscall(SYS_getppid);
}

static void raise_chld(void)
{
	raise(SIGCHLD);
}

static void stop_itself(void)
{
	raise(SIGTSTP);
	shared[1] = 1;
}

BOTH(traceme_stops_at_a_signal_and_ends_as_a_child)
{
	pid_t pid = run_child(nothing);

	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ('t', state_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(-1, status_of(pid));
	EXPECT_EQ(ECHILD, errno);
}

BOTH(attach_stops_with_sigstop)
{
	pid_t pid = idle_child();
	siginfo_t info;

	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(SIGSTOP, info.si_signo);
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

/* Its thread, as /proc/PID/status has it. */
static long tracer_of(pid_t pid)
{
	char *path, *text, *field;
	long tracer;

	if (asprintf(&path, "/proc/%d/status", pid) < 0)
		abort();
	text = read_file(path);
	field = strstr(text, "\nTracerPid:\t");
	tracer = field ? strtol(field + strlen("\nTracerPid:\t"), &field, 10) : -1;
	/* Nothing is lost behind it. */
	if (!field || *field != '\n' || !strstr(field, "\nnonvoluntary_ctxt_switches:"))
		tracer = -1;
	free(text);
	free(path);
	return tracer;
}

BOTH(status_names_the_tracer)
{
	pid_t pid = idle_child();
	int i;

	ASSERT_LT(9, getpid());
	EXPECT_EQ(0, tracer_of(pid));
	EXPECT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	for (i = 0; i < 100; i++)
		ASSERT_EQ(getpid(), tracer_of(pid));
	EXPECT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	status_of(pid);
	EXPECT_EQ(getpid(), tracer_of(pid));
	EXPECT_EQ(0, tracer_of(getpid()));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_EQ(0, tracer_of(pid));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(seize_does_not_stop_and_interrupt_does)
{
	pid_t pid = idle_child();
	int status;

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	EXPECT_EQ(0, waitpid(pid, &status, __WALL | WNOHANG));
	EXPECT_EQ(-ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(signal_stops_before_it_is_taken)
{
	pid_t pid = run_child(raise_usr1);
	siginfo_t info;

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGUSR1), status_of(pid));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(SIGUSR1, info.si_signo);
	EXPECT_EQ(pid, info.si_pid);
	trace(PTRACE_CONT, pid, 0, SIGUSR1);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(SIGUSR1, shared[1]);
}

BOTH(signal_can_be_dropped)
{
	pid_t pid = run_child(raise_usr1);

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGUSR1), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(0, shared[1]);
}

BOTH(signal_can_be_another)
{
	pid_t pid = run_child(raise_usr1);

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGUSR1), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGUSR2);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(SIGUSR2, shared[1]);
}

BOTH(ignored_signal_is_shown)
{
	pid_t pid = run_child(raise_chld);

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGCHLD), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGCHLD);
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(deadly_signal_kills_when_its_tracer_says_so)
{
	pid_t pid = idle_child();

	trace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGTERM);
	EXPECT_EQ(STOPPED(SIGTERM), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGTERM);
	EXPECT_EQ(SIGTERM, status_of(pid));
}

BOTH(sigkill_ends_a_stopped_tracee)
{
	pid_t pid = run_child(nothing);

	status_of(pid);
	kill(pid, SIGKILL);
	EXPECT_EQ(SIGKILL, status_of(pid));
	EXPECT_EQ(-ESRCH, trace(PTRACE_CONT, pid, 0, 0));
}

BOTH(kill_request_kills)
{
	pid_t pid = run_child(nothing);

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_KILL, pid, 0, 0));
	EXPECT_EQ(SIGKILL, status_of(pid));
}

/* Both ends of the next @nr; anything else in between is let pass. */
static bool at_call(pid_t pid, int expected, long nr)
{
	int status;

	do {
		if (trace(PTRACE_SYSCALL, pid, 0, 0))
			return false;
		status = status_of(pid);
	} while (status == expected && (long)regs_of(pid).orig_rax != nr);
	return status == expected;
}

BOTH(calls_stop_at_both_ends)
{
	pid_t pid = run_child(ask_twice);

	status_of(pid);
	ASSERT_TRUE(at_call(pid, STOPPED(SIGTRAP), SYS_getppid));
	EXPECT_EQ(-ENOSYS, (long)regs_of(pid).rax);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(getpid(), (long)regs_of(pid).rax);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(getpid(), shared[2]);
}

BOTH(tracesysgood_tells_calls_from_traps)
{
	pid_t pid = run_child(ask_twice);

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_TRUE(at_call(pid, STOPPED(SIGTRAP | 0x80), SYS_getppid));
	trace(PTRACE_SYSCALL, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	end_child(pid);
}

BOTH(call_can_be_changed_and_its_result)
{
	pid_t pid = run_child(ask_twice);
	struct user_regs_struct regs;

	status_of(pid);
	ASSERT_TRUE(at_call(pid, STOPPED(SIGTRAP), SYS_getppid));
	regs = regs_of(pid);
	regs.orig_rax = SYS_getpid;
	EXPECT_EQ(0, trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs));
	trace(PTRACE_SYSCALL, pid, 0, 0);
	status_of(pid);
	EXPECT_EQ(pid, (long)regs_of(pid).rax);
	ASSERT_TRUE(at_call(pid, STOPPED(SIGTRAP), SYS_getppid));
	regs = regs_of(pid);
	regs.orig_rax = -1;
	trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
	trace(PTRACE_SYSCALL, pid, 0, 0);
	status_of(pid);
	regs = regs_of(pid);
	EXPECT_EQ(-ENOSYS, (long)regs.rax);
	regs.rax = 4242;
	trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(pid, shared[1]);
	EXPECT_EQ(4242, shared[2]);
}

BOTH(sysemu_skips_the_call)
{
	pid_t pid = run_child(ask_twice);
	struct user_regs_struct regs;

	status_of(pid);
	ASSERT_TRUE(at_call(pid, STOPPED(SIGTRAP), SYS_getppid));
	trace(PTRACE_SYSCALL, pid, 0, 0);
	status_of(pid);
	trace(PTRACE_SYSEMU, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	regs = regs_of(pid);
	EXPECT_EQ(SYS_getppid, regs.orig_rax);
	regs.rax = 77;
	trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(77, shared[2]);
}

BOTH(group_stop_is_told_and_continued)
{
	pid_t pid = run_child(stop_itself);

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTSTP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	/* Not the signal: the stop that it makes. */
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(-EINVAL, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&(siginfo_t){}));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(1, shared[1]);
}

static int signo_of(pid_t pid)
{
	siginfo_t info = {};

	trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info);
	return info.si_signo;
}

BOTH(siginfo_of_a_group_stop_is_of_its_signal)
{
	pid_t pid = idle_child();

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	kill(pid, SIGTTIN);
	ASSERT_EQ(STOPPED(SIGTTIN), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGTTIN));
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTTIN), status_of(pid));
	EXPECT_EQ(SIGTTIN, signo_of(pid));
	ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	EXPECT_EQ(SIGTRAP, signo_of(pid));
	end_child(pid);
}

/* The tracee is quicker than the tracer that lets it take the signal, or not. */
BOTH(stop_of_the_process_lasts_however_soon_it_comes)
{
	pid_t pid = idle_child();
	int i;

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	for (i = 0; i < 300; i++) {
		kill(pid, SIGSTOP);
		ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
		ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGSTOP));
		ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
		ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
		kill(pid, SIGCONT);
		ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
		ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGCONT), status_of(pid));
		ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	}
	end_child(pid);
}

BOTH(listen_hears_of_sigcont)
{
	pid_t pid = idle_child();
	int status;

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	kill(pid, SIGSTOP);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	EXPECT_EQ(-ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(0, waitpid(pid, &status, __WALL | WNOHANG));
	kill(pid, SIGCONT);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGCONT), status_of(pid));
	trace(PTRACE_CONT, pid, 0, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

BOTH(listen_ends_by_interrupt)
{
	pid_t pid = idle_child();

	trace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	status_of(pid);
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	ASSERT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	end_child(pid);
}

BOTH(stopped_process_can_be_seized)
{
	pid_t pid = idle_child();
	int status;

	kill(pid, SIGSTOP);
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGCONT), status_of(pid));
	end_child(pid);
}

BOTH(sigcont_does_not_resume_what_its_tracer_holds)
{
	pid_t pid = run_child(stop_itself);
	int i, status;

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	status_of(pid);
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	kill(pid, SIGCONT);
	for (i = 0; i < 50; i++)
		breathe();
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(0, waitpid(pid, &status, __WALL | WNOHANG));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGCONT), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(detach_leaves_a_stopped_process_stopped)
{
	pid_t pid = idle_child();

	trace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	status_of(pid);
	trace(PTRACE_CONT, pid, 0, SIGSTOP);
	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

BOTH(detach_can_leave_a_signal)
{
	pid_t pid = idle_child();

	trace(PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGUSR1);
	EXPECT_EQ(STOPPED(SIGUSR1), status_of(pid));
	EXPECT_EQ(-EIO, trace(PTRACE_DETACH, pid, 0, 100));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, SIGTERM));
	EXPECT_EQ(SIGTERM, status_of(pid));
}

/* Nobody has sent it the SIGSTOP by which ATTACH, or its first stop, was told. */
BOTH(detach_from_the_stop_of_attach_can_stop_the_process)
{
	pid_t pid = idle_child();
	int status;

	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, SIGSTOP));
	EXPECT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	EXPECT_EQ(STOPPED(SIGSTOP), status);
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(stop_of_attach_can_become_one_of_the_process)
{
	pid_t pid = idle_child();
	siginfo_t info;

	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGSTOP));
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(-EINVAL, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(first_stop_of_a_child_can_become_one_of_the_process)
{
	pid_t child, pid = stopped_in_fork(_metadata, 0, &child);

	EXPECT_EQ(0, trace(PTRACE_DETACH, child, 0, SIGSTOP));
	EXPECT_TRUE(wait_state(child, 'T'));
	kill(child, SIGKILL);
	end_child(pid);
}

/* As gdb, which attaches to one that is stopped already, and quits. */
BOTH(detach_stops_a_process_again_that_a_signal_has_stopped)
{
	pid_t pid = idle_child();
	int status;

	kill(pid, SIGSTOP);
	ASSERT_EQ(pid, waitpid(pid, &status, WUNTRACED));
	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	syscall(SYS_tgkill, pid, pid, SIGSTOP);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&(siginfo_t){}));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

/* A tracee that runs, though its process is stopped. */
static bool run_in_group_stop(pid_t pid)
{
	kill(pid, SIGSTOP);
	return status_of(pid) == STOPPED(SIGSTOP) &&
	       !trace(PTRACE_CONT, pid, 0, SIGSTOP) &&
	       status_of(pid) == STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP) &&
	       !trace(PTRACE_CONT, pid, 0, 0) && wait_blocked_in(pid, SYS_pause);
}

BOTH(interrupt_of_who_runs_in_a_group_stop_is_one_of_it)
{
	pid_t pid = idle_child();

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	ASSERT_TRUE(run_in_group_stop(pid));
	ASSERT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	EXPECT_EQ(SIGSTOP, signo_of(pid));
	/* So one can listen for its end. */
	ASSERT_EQ(0, trace(PTRACE_LISTEN, pid, 0, 0));
	kill(pid, SIGCONT);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGCONT), status_of(pid));
	end_child(pid);
}

BOTH(detach_stops_a_process_again_that_an_interrupt_has_stopped)
{
	pid_t pid = idle_child();

	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	ASSERT_TRUE(run_in_group_stop(pid));
	ASSERT_EQ(0, trace(PTRACE_INTERRUPT, pid, 0, 0));
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

BOTH(process_stops_again_when_its_tracer_exits)
{
	pid_t tracer, pid = idle_child();

	tracer = fork();
	if (tracer == 0)
		_exit(trace(PTRACE_SEIZE, pid, 0, 0) || !run_in_group_stop(pid));
	EXPECT_EQ(EXITED(0), status_of(tracer));
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

/* A tracer of its own, which ends in the middle of it. */
static void tracer_ends(pid_t pid, unsigned long options, bool killed)
{
	pid_t tracer = fork();

	if (tracer == 0) {
		if (trace(PTRACE_SEIZE, pid, 0, options) || trace(PTRACE_INTERRUPT, pid, 0, 0))
			_exit(1);
		status_of(pid);
		if (killed)
			raise(SIGKILL);
		_exit(0);
	}
	status_of(tracer);
}

BOTH(tracee_goes_on_when_its_tracer_exits)
{
	pid_t pid = idle_child();

	tracer_ends(pid, 0, false);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

BOTH(tracee_goes_on_when_its_tracer_is_killed)
{
	pid_t pid = idle_child();

	tracer_ends(pid, 0, true);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

BOTH(exitkill_takes_the_tracee_with_its_tracer)
{
	pid_t pid = idle_child();

	tracer_ends(pid, PTRACE_O_EXITKILL, true);
	EXPECT_EQ(SIGKILL, status_of(pid));
}

static volatile int nr_chld;

static void count_chld(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	shared[8] = info->si_code;
	shared[9] = info->si_pid;
	shared[10] = info->si_status;
	nr_chld++;
}

BOTH(tracer_gets_a_sigchld_for_each_stop)
{
	struct sigaction sa = { .sa_sigaction = count_chld, .sa_flags = SA_SIGINFO | SA_RESTART };
	pid_t pid = idle_child();

	sigaction(SIGCHLD, &sa, NULL);
	trace(PTRACE_SEIZE, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP), status_of(pid));
	EXPECT_EQ(1, nr_chld);
	EXPECT_EQ(CLD_STOPPED, shared[8]);
	EXPECT_EQ(pid, shared[9]);
	EXPECT_EQ(0, shared[10]);
	trace(PTRACE_CONT, pid, 0, 0);
	kill(pid, SIGUSR1);
	/* First: the kernel's loses its status when it has been waited for. */
	EXPECT_TRUE(WAIT_FOR(nr_chld == 2));
	EXPECT_EQ(STOPPED(SIGUSR1), status_of(pid));
	EXPECT_EQ(CLD_TRAPPED, shared[8]);
	EXPECT_EQ(SIGUSR1, shared[10]);
	sa.sa_flags |= SA_NOCLDSTOP;
	sigaction(SIGCHLD, &sa, NULL);
	trace(PTRACE_CONT, pid, 0, 0);
	trace(PTRACE_INTERRUPT, pid, 0, 0);
	status_of(pid);
	EXPECT_EQ(2, nr_chld);
	end_child(pid);
}

TEST_HARNESS_MAIN
