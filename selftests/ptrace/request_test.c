// SPDX-License-Identifier: GPL-2.0
/* Requests that look into a stopped tracee, and what is refused. */
#include "both.h"

#include <sys/mman.h>
#include <asm/ldt.h>

static long word = 0x1122334455667788;

static void work(void)
{
	volatile int i, sum = 0;

	for (i = 0; i < 100; i++)
		sum += i;
	shared[1] = sum;
	*(volatile long *)&word = 7;
	shared[2] = word;
	syscall(SYS_getppid);
}

BOTH(memory_is_read_and_written)
{
	pid_t pid = run_child(work);
	long seen = 0;

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_PEEKDATA, pid, (unsigned long)&word, (unsigned long)&seen));
	EXPECT_EQ(word, seen);
	EXPECT_EQ(0, trace(PTRACE_POKEDATA, pid, (unsigned long)&word, 99));
	EXPECT_EQ(0, trace(PTRACE_PEEKTEXT, pid, (unsigned long)&word, (unsigned long)&seen));
	EXPECT_EQ(99, seen);
	/* Ours is another. */
	EXPECT_EQ(0x1122334455667788, word);
	/* Where the program itself may not write. */
	EXPECT_EQ(0, trace(PTRACE_PEEKTEXT, pid, (unsigned long)work, (unsigned long)&seen));
	EXPECT_EQ(0, trace(PTRACE_POKETEXT, pid, (unsigned long)work, seen));
	EXPECT_EQ(-EIO, trace(PTRACE_PEEKDATA, pid, 8, (unsigned long)&seen));
	EXPECT_EQ(-EIO, trace(PTRACE_POKEDATA, pid, 8, 0));
	EXPECT_EQ(-EFAULT, trace(PTRACE_PEEKDATA, pid, (unsigned long)&word, 8));
	end_child(pid);
}

/* Of programs that may write to their own text nowhere, and a tracer that may. */
BOTH(memory_is_written_by_its_file)
{
	pid_t pid = run_child(work);
	char path[32], code[8];
	int fd;

	status_of(pid);
	snprintf(path, sizeof(path), "/proc/%d/mem", pid);
	fd = open(path, O_RDWR | O_CLOEXEC);
	ASSERT_GE(fd, 0);
	EXPECT_EQ(8, pread(fd, code, 8, (unsigned long)work));
	EXPECT_EQ(0, memcmp(code, (void *)work, 8));
	EXPECT_EQ(8, pwrite(fd, code, 8, (unsigned long)work));
	EXPECT_EQ(-1, pwrite(fd, code, 8, 8));
	end_child(pid);
	EXPECT_EQ(0, pread(fd, code, 8, (unsigned long)work));
	close(fd);
}

BOTH(registers_are_read_and_written)
{
	struct user_regs_struct regs, again;
	struct iovec iov = { &again, sizeof(again) };
	struct user_fpregs_struct fp;
	char xstate[16384];
	pid_t pid = run_child(work);
	long seen;

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs));
	regs.r15 = 0x1234567;
	EXPECT_EQ(0, trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs));
	EXPECT_EQ(0, trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
	EXPECT_EQ(sizeof(regs), iov.iov_len);
	EXPECT_EQ(0, memcmp(&regs, &again, sizeof(regs)));
	EXPECT_EQ(0, trace(PTRACE_PEEKUSER, pid, offsetof(struct user, regs.r15),
			   (unsigned long)&seen));
	EXPECT_EQ(0x1234567, seen);
	EXPECT_EQ(0, trace(PTRACE_POKEUSER, pid, offsetof(struct user, regs.r14), 0x765));
	again.r14 = 0;
	EXPECT_EQ(0, trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));
	EXPECT_EQ(0x765, again.r14);
	again.r14 = regs.r14;
	EXPECT_EQ(0, trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&iov));

	EXPECT_EQ(0, trace(PTRACE_GETFPREGS, pid, 0, (unsigned long)&fp));
	EXPECT_EQ(0, trace(PTRACE_SETFPREGS, pid, 0, (unsigned long)&fp));
	iov = (struct iovec){ xstate, sizeof(xstate) };
	EXPECT_EQ(0, trace(PTRACE_GETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov));
	EXPECT_GT(iov.iov_len, 512);
	EXPECT_EQ(0, trace(PTRACE_SETREGSET, pid, NT_X86_XSTATE, (unsigned long)&iov));
	iov = (struct iovec){ &again, sizeof(again) };
	EXPECT_EQ(-EINVAL, trace(PTRACE_GETREGSET, pid, 0xdead, (unsigned long)&iov));
	EXPECT_EQ(-EFAULT, trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, 8));
	EXPECT_EQ(-EFAULT, trace(PTRACE_GETREGS, pid, 0, 8));
	EXPECT_EQ(-EIO, trace(PTRACE_PEEKUSER, pid, 3, (unsigned long)&seen));
	EXPECT_EQ(-EIO, trace(PTRACE_PEEKUSER, pid, 4096, (unsigned long)&seen));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(7, shared[2]);
}

#define DEBUGREG(n)	offsetof(struct user, u_debugreg[n])

BOTH(debug_registers_watch_memory)
{
	pid_t pid = run_child(work);
	siginfo_t info = {};
	long seen;

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_POKEUSER, pid, DEBUGREG(0), (unsigned long)&word));
	/* Enabled, on writes of eight bytes. */
	ASSERT_EQ(0, trace(PTRACE_POKEUSER, pid, DEBUGREG(7), 1 | 1 << 16 | 2 << 18));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(TRAP_HWBKPT, info.si_code);
	EXPECT_EQ(0, trace(PTRACE_PEEKUSER, pid, DEBUGREG(6), (unsigned long)&seen));
	EXPECT_EQ(1, seen & 1);
	EXPECT_EQ(4950, shared[1]);
	EXPECT_EQ(0, shared[2]);
	EXPECT_EQ(0, trace(PTRACE_POKEUSER, pid, DEBUGREG(7), 0));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(7, shared[2]);
}

BOTH(debug_register_of_the_kernel_is_refused)
{
	pid_t pid = run_child(work);

	status_of(pid);
	EXPECT_EQ(-EIO, trace(PTRACE_POKEUSER, pid, DEBUGREG(4), 1));
	EXPECT_GT(0, trace(PTRACE_POKEUSER, pid, DEBUGREG(0), 0xffffffff81000000));
	end_child(pid);
}

BOTH(single_steps_are_single)
{
	pid_t pid = run_child(work);
	siginfo_t info = {};
	unsigned long rip, last = 0;
	int i, moved = 0;

	status_of(pid);
	for (i = 0; i < 200; i++) {
		ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGTRAP), status_of(pid));
		rip = regs_of(pid).rip;
		moved += rip != last;
		last = rip;
	}
	EXPECT_GT(moved, 150);
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(SIGTRAP, info.si_signo);
	EXPECT_EQ(TRAP_TRACE, info.si_code);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

/* From where it is in the middle of a call. */
static void expect_step_to_end_of_call(struct __test_metadata *_metadata, pid_t pid)
{
	unsigned long rip = regs_of(pid).rip;
	siginfo_t info = {};

	EXPECT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(rip, regs_of(pid).rip);
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(TRAP_BRKPT, info.si_code);
	/* And the next is one of an instruction. */
	EXPECT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_NE(rip, regs_of(pid).rip);
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(TRAP_TRACE, info.si_code);
}

BOTH(step_that_begins_at_an_entry_ends_with_the_call)
{
	pid_t pid = run_child(work);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	/* Its getpid(); the first exit is that of the kill() by which it has stopped. */
	do {
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	} while ((long)regs_of(pid).rax != -ENOSYS);
	expect_step_to_end_of_call(_metadata, pid);
	end_child(pid);
}

BOTH(step_past_a_call_that_is_not_made_is_one_instruction)
{
	pid_t pid = run_child(work);
	siginfo_t info = {};
	unsigned long rip;

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, trace(PTRACE_SYSEMU, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	rip = regs_of(pid).rip;
	ASSERT_EQ(0, trace(PTRACE_SYSEMU_SINGLESTEP, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_NE(rip, regs_of(pid).rip);
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(TRAP_TRACE, info.si_code);
	end_child(pid);
}

BOTH(step_that_begins_in_a_fork_ends_with_the_call)
{
	pid_t child, pid = stopped_in_fork(_metadata, 0, &child);

	expect_step_to_end_of_call(_metadata, pid);
	/* The child does not step. */
	EXPECT_EQ(0, trace(PTRACE_CONT, child, 0, 0));
	EXPECT_EQ(EXITED(3), status_of(child));
	end_child(pid);
}

static void exec_true(void)
{
	char *argv[] = { "true", NULL };

	execv("/bin/true", argv);
}

BOTH(step_that_begins_in_an_exec_ends_with_the_call)
{
	pid_t pid = run_child(exec_true);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACEEXEC));
	ASSERT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_EXEC, SIGTRAP), status_of(pid));
	expect_step_to_end_of_call(_metadata, pid);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(breakpoint_stops_with_sigtrap)
{
	unsigned long at = (unsigned long)work;
	struct user_regs_struct regs;
	pid_t pid = run_child(work);
	long old = 0;

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_PEEKTEXT, pid, at, (unsigned long)&old));
	EXPECT_EQ(0, trace(PTRACE_POKETEXT, pid, at, (old & ~0xffL) | 0xcc));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	regs = regs_of(pid);
	EXPECT_EQ(at + 1, regs.rip);
	regs.rip = at;
	EXPECT_EQ(0, trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs));
	EXPECT_EQ(0, trace(PTRACE_POKETEXT, pid, at, old));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(7, shared[2]);
}

static void getppid_once(void)
{
	shared[1] = syscall(SYS_getppid);
}

static void take_value(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	shared[1] = info->si_value.sival_int;
}

static void take_queued(void)
{
	struct sigaction sa = { .sa_sigaction = take_value, .sa_flags = SA_SIGINFO };
	union sigval value = { .sival_int = 5 };

	sigaction(SIGRTMIN, &sa, NULL);
	sigqueue(getpid(), SIGRTMIN, value);
}

BOTH(siginfo_can_be_changed)
{
	pid_t pid = run_child(take_queued);
	siginfo_t info = {};

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGRTMIN), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_GETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(5, info.si_value.sival_int);
	info.si_value.sival_int = 6;
	EXPECT_EQ(0, trace(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&info));
	EXPECT_EQ(-EFAULT, trace(PTRACE_SETSIGINFO, pid, 0, 8));
	trace(PTRACE_CONT, pid, 0, SIGRTMIN);
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(6, shared[1]);
}

static void take_info(int signal, siginfo_t *info, void *context)
{
	(void)context;
	shared[1] = signal;
	shared[2] = info->si_code;
	shared[3] = info->si_value.sival_int;
	shared[4] = info->si_pid;
}

static void take_usr1_or_usr2(void)
{
	struct sigaction sa = { .sa_sigaction = take_info, .sa_flags = SA_SIGINFO };

	sigaction(SIGUSR1, &sa, NULL);
	sigaction(SIGUSR2, &sa, NULL);
	raise(SIGUSR1);
}

/* At the stop for its SIGUSR1, of which the siginfo says then that it is a SIGUSR2. */
static pid_t turn_usr1_into_usr2(void)
{
	pid_t pid = run_child(take_usr1_or_usr2);
	siginfo_t info = { .si_signo = SIGUSR2, .si_code = SI_QUEUE, .si_value.sival_int = 6 };

	status_of(pid);
	trace(PTRACE_CONT, pid, 0, 0);
	return status_of(pid) == STOPPED(SIGUSR1) &&
	       !trace(PTRACE_SETSIGINFO, pid, 0, (unsigned long)&info) ? pid : -1;
}

BOTH(siginfo_is_taken_with_the_signal_that_it_is_of)
{
	pid_t pid = turn_usr1_into_usr2();

	ASSERT_GT(pid, 0);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGUSR2));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(SIGUSR2, shared[1]);
	EXPECT_EQ(SI_QUEUE, shared[2]);
	EXPECT_EQ(6, shared[3]);
}

BOTH(siginfo_of_another_signal_is_not_taken)
{
	pid_t pid = turn_usr1_into_usr2();

	ASSERT_GT(pid, 0);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, SIGUSR1));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(SIGUSR1, shared[1]);
	EXPECT_EQ(SI_USER, shared[2]);
	EXPECT_EQ(getpid(), shared[4]);
}

BOTH(pending_signals_and_the_mask_are_shown)
{
	struct __ptrace_peeksiginfo_args args = { .nr = 4, .flags = 0 };
	pid_t pid = run_child(work);
	unsigned long mask = 0;
	siginfo_t infos[4];

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_GETSIGMASK, pid, 8, (unsigned long)&mask));
	EXPECT_EQ(0, mask);
	mask = 1UL << (SIGUSR2 - 1);
	EXPECT_EQ(0, trace(PTRACE_SETSIGMASK, pid, 8, (unsigned long)&mask));
	EXPECT_EQ(-EINVAL, trace(PTRACE_GETSIGMASK, pid, 4, (unsigned long)&mask));
	syscall(SYS_tgkill, pid, pid, SIGUSR2);
	EXPECT_EQ(1, trace(PTRACE_PEEKSIGINFO, pid, (unsigned long)&args, (unsigned long)infos));
	EXPECT_EQ(SIGUSR2, infos[0].si_signo);
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(EXITED(0), status_of(pid));
}

BOTH(syscall_info_tells_both_ends)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid = run_child(work);

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	EXPECT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	EXPECT_EQ(PTRACE_SYSCALL_INFO_NONE, info.op);
	do {
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
		memset(&info, 0, sizeof(info));
		ASSERT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getppid);
	EXPECT_EQ(80, trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	EXPECT_EQ(0xc000003e, info.arch);
	EXPECT_EQ(regs_of(pid).rip, info.instruction_pointer);
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(33, trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
	EXPECT_EQ(getpid(), info.exit.rval);
	EXPECT_EQ(0, info.exit.is_error);
	/* What does not fit is left out. */
	EXPECT_EQ(33, trace(PTRACE_GET_SYSCALL_INFO, pid, 4, (unsigned long)&info));
	EXPECT_EQ(-EFAULT, trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), 8));
	end_child(pid);
}

/* Of 6.16; the headers that we are built with may be older. */
#define SET_SYSCALL_INFO	0x4212

BOTH(syscall_info_changes_the_call_and_its_result)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid = run_child(getppid_once);

	status_of(pid);
	if (trace(SET_SYSCALL_INFO, pid, 0, 0) == -EIO)
		SKIP(end_child(pid); return, "a request that this kernel does not have");
	EXPECT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	/* In no stop of a call. */
	EXPECT_EQ(-EINVAL, trace(SET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	do {
		ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
		ASSERT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	} while (info.op != PTRACE_SYSCALL_INFO_ENTRY || info.entry.nr != SYS_getppid);
	EXPECT_EQ(-EINVAL, trace(SET_SYSCALL_INFO, pid, 8, (unsigned long)&info));
	EXPECT_EQ(-EFAULT, trace(SET_SYSCALL_INFO, pid, sizeof(info), 8));
	info.op = PTRACE_SYSCALL_INFO_EXIT;
	EXPECT_EQ(-EINVAL, trace(SET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	info.op = PTRACE_SYSCALL_INFO_ENTRY;
	info.entry.nr = 1UL << 32;
	EXPECT_EQ(-ERANGE, trace(SET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	info.entry.nr = SYS_getpgid;
	info.entry.args[0] = 4194303;
	EXPECT_EQ(0, trace(SET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	EXPECT_EQ(SYS_getpgid, regs_of(pid).orig_rax);
	EXPECT_EQ(4194303, regs_of(pid).rdi);
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	ASSERT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	EXPECT_EQ(-ESRCH, info.exit.rval);
	info.exit.is_error = 0;
	info.exit.rval = 4242;
	EXPECT_EQ(0, trace(SET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(4242, shared[1]);
}

BOTH(thread_area_is_shown)
{
	pid_t pid = run_child(work);
	struct user_desc desc;

	status_of(pid);
	EXPECT_EQ(0, trace(PTRACE_GET_THREAD_AREA, pid, 12, (unsigned long)&desc));
	EXPECT_EQ(-EIO, trace(PTRACE_GET_THREAD_AREA, pid, -1, (unsigned long)&desc));
	end_child(pid);
}

BOTH(what_cannot_be_traced_is_refused)
{
	pid_t pid = idle_child();

	EXPECT_EQ(-ESRCH, trace(PTRACE_ATTACH, 4194303, 0, 0));
	EXPECT_EQ(-ESRCH, trace(PTRACE_SEIZE, 4194303, 0, 0));
	EXPECT_EQ(-EPERM, trace(PTRACE_ATTACH, getpid(), 0, 0));
	/* kthreadd */
	EXPECT_EQ(-EPERM, trace(PTRACE_ATTACH, 2, 0, 0));
	EXPECT_EQ(-EIO, trace(PTRACE_SEIZE, pid, 8, 0));
	EXPECT_EQ(-EIO, trace(PTRACE_SEIZE, pid, 0, 1UL << 31));
	/* Not traced. */
	EXPECT_EQ(-ESRCH, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(-ESRCH, trace(PTRACE_GETREGS, pid, 0, 0));
	ASSERT_EQ(0, trace(PTRACE_SEIZE, pid, 0, 0));
	EXPECT_EQ(-EPERM, trace(PTRACE_SEIZE, pid, 0, 0));
	EXPECT_EQ(-EPERM, trace(PTRACE_ATTACH, pid, 0, 0));
	end_child(pid);
}

BOTH(what_a_stopped_tracee_is_not_for_is_refused)
{
	pid_t pid = run_child(work);

	status_of(pid);
	EXPECT_EQ(-EIO, trace(PTRACE_CONT, pid, 0, 65));
	EXPECT_EQ(-EIO, trace(PTRACE_CONT, pid, 0, -1));
	/* Not seized. */
	EXPECT_EQ(-EIO, trace(PTRACE_INTERRUPT, pid, 0, 0));
	EXPECT_EQ(-EIO, trace(PTRACE_LISTEN, pid, 0, 0));
	EXPECT_EQ(-EINVAL, trace(PTRACE_SETOPTIONS, pid, 0, 1UL << 31));
	EXPECT_EQ(-EIO, trace(0x7777, pid, 0, 0));
	end_child(pid);
}

BOTH(dead_tracee_is_not_there)
{
	pid_t pid = run_child(work);

	status_of(pid);
	kill(pid, SIGKILL);
	ASSERT_TRUE(wait_state(pid, 'Z'));
	EXPECT_EQ(-ESRCH, trace(PTRACE_GETREGS, pid, 0, 0));
	EXPECT_EQ(-EPERM, trace(PTRACE_SEIZE, pid, 0, 0));
	EXPECT_EQ(SIGKILL, status_of(pid));
}

static void *other_thread(void *arg)
{
	shared[3] = trace(PTRACE_CONT, (pid_t)(long)arg, 0, 0);
	return NULL;
}

BOTH(only_the_thread_that_attached_makes_requests)
{
	pid_t pid = run_child(work);
	pthread_t thread;

	status_of(pid);
	pthread_create(&thread, NULL, other_thread, (void *)(long)pid);
	pthread_join(thread, NULL);
	EXPECT_EQ(-ESRCH, shared[3]);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
}

static void *sleep_long(void *arg)
{
	(void)arg;
	pause();
	return NULL;
}

TEST(enter_is_for_a_process_with_one_thread)
{
	struct utrace_ptrace_enter enter_with = { .size = 4 };
	pthread_t thread;
	int fd = open(UTRACE_PTRACE_DEVICE, O_RDWR);

	EXPECT_EQ(-1, ioctl(fd, UTRACE_PTRACE_IOC_ENTER, &enter_with));
	EXPECT_EQ(EINVAL, errno);
	enter_with = (struct utrace_ptrace_enter){ .size = sizeof(enter_with), .flags = 1 };
	EXPECT_EQ(-1, ioctl(fd, UTRACE_PTRACE_IOC_ENTER, &enter_with));
	EXPECT_EQ(EINVAL, errno);
	EXPECT_EQ(-1, ioctl(fd, UTRACE_PTRACE_IOC_ENTER, 8));
	EXPECT_EQ(EFAULT, errno);
	EXPECT_EQ(-1, ioctl(fd, 0x1234));
	EXPECT_EQ(ENOTTY, errno);
	pthread_create(&thread, NULL, sleep_long, NULL);
	EXPECT_EQ(-EBUSY, enter());
}

TEST(enter_twice_is_once)
{
	EXPECT_EQ(0, enter());
	EXPECT_EQ(0, enter());
}

TEST_HARNESS_MAIN
