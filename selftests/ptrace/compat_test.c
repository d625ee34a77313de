// SPDX-License-Identifier: GPL-2.0
/* 32-bit programs that are traced, and that trace. */
#include "both.h"
#include "../call32.h"

#include <linux/audit.h>

#define IA32_NR_EXIT	1
#define IA32_NR_WAITPID	7
#define IA32_NR_GETPID	20
#define IA32_NR_PTRACE	26
#define IA32_NR_GETPPID	64
#define IA32_NR_WAIT4	114
#define IA32_NR_WAITID	284

/* Registers as a 32-bit program has them. */
struct regs32 {
	uint32_t ebx, ecx, edx, esi, edi, ebp, eax, ds, es, fs, gs, orig_eax, eip, cs, eflags,
		 esp, ss;
};

/* siginfo_t as a 32-bit program has it; of a SIGCHLD, or a signal that was sent. */
struct siginfo32 {
	int32_t signo, error, code, pid;
	uint32_t uid;
	int32_t status;
	char rest[104];
};

#define PTRACE_GETREGS32	12
#define PTRACE_SETREGS32	13

/* ---- 32-bit tracees ---- */

/* What a 32-bit program does: getpid(), then exit(7). It has a stack, and flat segments. */
void code32(void);
void code32_end(void);
__asm__(".text\n.code32\n"
	"code32:\n"
	"	mov $0x2b, %ecx\n"
	"	mov %ecx, %ds\n"
	"	mov %ecx, %es\n"
	"	mov $20, %eax\n"
	"	int $0x80\n"
	"	mov $1, %eax\n"
	"	mov $7, %ebx\n"
	"	int $0x80\n"
	"code32_end:\n"
	".code64\n");

static void become_32(void)
{
	char *low = mmap(NULL, 8192, PROT_READ | PROT_WRITE | PROT_EXEC,
			 MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	memcpy(low, (const void *)(uintptr_t)code32,
	       (uintptr_t)code32_end - (uintptr_t)code32);
	__asm__ volatile("mov %0, %%rsp\n"
			 "pushq $0x23\n"
			 "pushq %1\n"
			 "lretq\n"
			 : : "r" (low + 8192), "r" ((uintptr_t)low) : "memory");
}

static struct regs32 regs32_of(pid_t pid, size_t *size)
{
	union {
		struct user_regs_struct all;
		struct regs32 of_32;
	} regs;
	struct iovec vec = { &regs, sizeof(regs) };

	trace(PTRACE_GETREGSET, pid, NT_PRSTATUS, (unsigned long)&vec);
	*size = vec.iov_len;
	return regs.of_32;
}

/* Until it enters this call of 32-bit code. */
static bool run_to_call32(pid_t pid, unsigned long nr, struct __ptrace_syscall_info *info)
{
	do {
		if (trace(PTRACE_SYSCALL, pid, 0, 0) ||
		    status_of(pid) != STOPPED(SIGTRAP | 0x80) ||
		    trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(*info), (unsigned long)info) <= 0)
			return false;
	} while (info->op != PTRACE_SYSCALL_INFO_ENTRY || info->arch != AUDIT_ARCH_I386 ||
		 info->entry.nr != nr);
	return true;
}

BOTH(registers_of_a_32_bit_tracee_are_32_bit)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid = run_child(become_32);
	struct iovec vec;
	struct regs32 regs;
	size_t size;

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	regs32_of(pid, &size);
	EXPECT_EQ(sizeof(struct user_regs_struct), size);
	ASSERT_TRUE(run_to_call32(pid, IA32_NR_GETPID, &info));
	regs = regs32_of(pid, &size);
	EXPECT_EQ(sizeof(regs), size);
	EXPECT_EQ(IA32_NR_GETPID, regs.orig_eax);
	EXPECT_EQ(0x23, regs.cs);
	EXPECT_EQ(info.instruction_pointer, regs.eip);
	EXPECT_EQ(info.stack_pointer, regs.esp);
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	EXPECT_EQ(pid, (pid_t)regs32_of(pid, &size).eax);
	ASSERT_TRUE(run_to_call32(pid, IA32_NR_EXIT, &info));
	EXPECT_EQ(7, info.entry.args[0]);
	regs = regs32_of(pid, &size);
	regs.ebx = 9;
	vec = (struct iovec){ &regs, sizeof(regs) };
	EXPECT_EQ(0, trace(PTRACE_SETREGSET, pid, NT_PRSTATUS, (unsigned long)&vec));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(9), status_of(pid));
}

BOTH(step_of_a_32_bit_tracee_is_one_instruction)
{
	struct __ptrace_syscall_info info = {};
	pid_t pid = run_child(become_32);
	uint32_t eip;
	size_t size;

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_TRUE(run_to_call32(pid, IA32_NR_GETPID, &info));
	eip = regs32_of(pid, &size).eip;
	/* Back from the call, then two that are five bytes long. */
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(eip, regs32_of(pid, &size).eip);
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(eip + 5, regs32_of(pid, &size).eip);
	ASSERT_EQ(0, trace(PTRACE_SINGLESTEP, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP), status_of(pid));
	EXPECT_EQ(eip + 10, regs32_of(pid, &size).eip);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(7), status_of(pid));
}

/* Of 64-bit code: one by each entry into the kernel. */
static void call_by_both(void)
{
	shared[1] = call32(IA32_NR_GETPPID, 0, 0, NULL);
	shared[2] = syscall(SYS_getppid);
}

BOTH(each_call_is_told_with_its_abi)
{
	struct __ptrace_syscall_info info = {};
	struct user_regs_struct regs;
	pid_t pid = run_child(call_by_both);

	status_of(pid);
	ASSERT_EQ(0, trace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_TRUE(run_to_call32(pid, IA32_NR_GETPPID, &info));
	/* Another one, which is looked for in the same table. */
	regs = regs_of(pid);
	regs.orig_rax = IA32_NR_GETPID;
	ASSERT_EQ(0, trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs));
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	ASSERT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	EXPECT_EQ(AUDIT_ARCH_I386, info.arch);
	EXPECT_EQ(pid, info.exit.rval);
	ASSERT_EQ(0, trace(PTRACE_SYSCALL, pid, 0, 0));
	ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status_of(pid));
	ASSERT_GT(trace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), (unsigned long)&info), 0);
	EXPECT_EQ(AUDIT_ARCH_X86_64, info.arch);
	EXPECT_EQ(SYS_getppid, info.entry.nr);
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(pid, shared[1]);
	EXPECT_EQ(getpid(), shared[2]);
}

/* ---- 32-bit tracers ---- */

/* All that it points to is in here: each has as much as it may need. */
static struct low {
	uint32_t word[16];
	struct regs32 regs;
	struct siginfo32 info;
	int32_t status;
	/* In 32 bits: 18 of 4 bytes. Behind it nothing is written. */
	uint32_t rusage[18], behind;
} *low;

static long trace32(long request, pid_t pid, unsigned long addr, const void *data)
{
	return call32_5(IA32_NR_PTRACE, request, pid, (const void *)addr, data, NULL);
}

static int status32_of(pid_t pid)
{
	low->status = -1;
	return call32_5(IA32_NR_WAIT4, pid, (uintptr_t)&low->status, (void *)(long)__WALL, NULL,
			NULL) == pid ? low->status : -1;
}

/* Whose memory has the same addresses. */
static pid_t run_child32(void (*fn)(void))
{
	low = (struct low *)low_page();
	return run_child(fn);
}

static void wait_for_signal(void)
{
	raise(SIGUSR1);
}

BOTH(tracer_of_32_bits_reads_and_writes_words)
{
	pid_t pid = run_child32(wait_for_signal);
	unsigned long addr = (unsigned long)&low->word[0];

	ASSERT_EQ(STOPPED(SIGSTOP), status32_of(pid));
	EXPECT_EQ(0, trace32(PTRACE_POKEDATA, pid, addr, (void *)0x12345678ul));
	EXPECT_EQ(0, trace32(PTRACE_POKEDATA, pid, addr + 4, (void *)0x9abcdef0ul));
	EXPECT_EQ(0, trace32(PTRACE_POKEDATA, pid, addr + 1, (void *)0xffffffful));
	low->word[9] = 0x77777777;
	EXPECT_EQ(0, trace32(PTRACE_PEEKDATA, pid, addr, &low->word[8]));
	EXPECT_EQ(0xffffff78, low->word[8]);
	/* No more than one. */
	EXPECT_EQ(0x77777777, low->word[9]);
	EXPECT_EQ(0, trace32(PTRACE_PEEKTEXT, pid, addr + 4, &low->word[8]));
	EXPECT_EQ(0x9abcde0f, low->word[8]);
	EXPECT_EQ(-EFAULT, trace32(PTRACE_PEEKDATA, pid, addr, NULL));
	EXPECT_EQ(-EIO, trace32(PTRACE_PEEKDATA, pid, 8, &low->word[8]));
	EXPECT_EQ(-EIO, trace32(PTRACE_POKEDATA, pid, 8, NULL));
	end_child(pid);
}

BOTH(tracer_of_32_bits_has_registers_of_32_bits)
{
	pid_t pid = run_child32(become_32);

	ASSERT_EQ(STOPPED(SIGSTOP), status32_of(pid));
	ASSERT_EQ(0, trace32(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACESYSGOOD));
	do {
		ASSERT_EQ(0, trace32(PTRACE_SYSCALL, pid, 0, NULL));
		ASSERT_EQ(STOPPED(SIGTRAP | 0x80), status32_of(pid));
		ASSERT_EQ(0, trace32(PTRACE_GETREGS32, pid, 0, &low->regs));
	} while (low->regs.cs != 0x23 || low->regs.orig_eax != IA32_NR_EXIT);
	EXPECT_EQ(7, low->regs.ebx);
	EXPECT_EQ(0, trace32(PTRACE_PEEKUSER, pid, offsetof(struct regs32, orig_eax),
			     &low->word[0]));
	EXPECT_EQ(IA32_NR_EXIT, low->word[0]);
	low->regs.ebx = 8;
	EXPECT_EQ(0, trace32(PTRACE_SETREGS32, pid, 0, &low->regs));
	EXPECT_EQ(0, trace32(PTRACE_POKEUSER, pid, offsetof(struct regs32, ebx), (void *)11));
	EXPECT_EQ(0, trace32(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EQ(EXITED(11), status32_of(pid));
}

BOTH(tracer_of_32_bits_has_a_siginfo_of_32_bits)
{
	pid_t pid = run_child32(wait_for_signal);

	ASSERT_EQ(STOPPED(SIGSTOP), status32_of(pid));
	ASSERT_EQ(0, trace32(PTRACE_CONT, pid, 0, NULL));
	ASSERT_EQ(STOPPED(SIGUSR1), status32_of(pid));
	EXPECT_EQ(0, trace32(PTRACE_GETSIGINFO, pid, 0, &low->info));
	EXPECT_EQ(SIGUSR1, low->info.signo);
	EXPECT_EQ(SI_TKILL, low->info.code);
	EXPECT_EQ(pid, low->info.pid);
	EXPECT_EQ(-EFAULT, trace32(PTRACE_GETSIGINFO, pid, 0, NULL));
	low->info.signo = SIGTERM;
	EXPECT_EQ(0, trace32(PTRACE_SETSIGINFO, pid, 0, &low->info));
	memset(&low->info, 0, sizeof(low->info));
	EXPECT_EQ(0, trace32(PTRACE_GETSIGINFO, pid, 0, &low->info));
	EXPECT_EQ(SIGTERM, low->info.signo);
	EXPECT_EQ(pid, low->info.pid);
	EXPECT_EQ(0, trace32(PTRACE_CONT, pid, 0, NULL));
	EXPECT_EQ(EXITED(0), status32_of(pid));
}

BOTH(tracer_of_32_bits_has_an_event_message_of_32_bits)
{
	pid_t child, pid = run_child32(fork_once);

	ASSERT_EQ(STOPPED(SIGSTOP), status32_of(pid));
	ASSERT_EQ(0, trace32(PTRACE_SETOPTIONS, pid, 0, (void *)PTRACE_O_TRACEFORK));
	ASSERT_EQ(0, trace32(PTRACE_CONT, pid, 0, NULL));
	ASSERT_EQ(STOPPED_EVENT(PTRACE_EVENT_FORK, SIGTRAP), status32_of(pid));
	low->word[1] = 0x77777777;
	EXPECT_EQ(0, trace32(PTRACE_GETEVENTMSG, pid, 0, &low->word[0]));
	EXPECT_EQ(0x77777777, low->word[1]);
	child = low->word[0];
	EXPECT_EQ(STOPPED(SIGSTOP), status32_of(child));
	EXPECT_EQ(-EFAULT, trace32(PTRACE_GETEVENTMSG, pid, 0, NULL));
	end_child(child);
	end_child(pid);
}

BOTH(tracer_of_32_bits_waits_by_waitid)
{
	pid_t pid = run_child32(wait_for_signal);

	low->behind = 0x77777777;
	ASSERT_EQ(0, call32_5(IA32_NR_WAITID, P_PID, pid, &low->info,
			      (void *)(long)(WSTOPPED | __WALL), low->rusage));
	EXPECT_EQ(SIGCHLD, low->info.signo);
	EXPECT_EQ(CLD_TRAPPED, low->info.code);
	EXPECT_EQ(pid, low->info.pid);
	EXPECT_EQ(SIGSTOP, low->info.status);
	EXPECT_EQ(0x77777777, low->behind);
	/* There is none any more: all is zero, as far as it is written. */
	ASSERT_EQ(0, call32_5(IA32_NR_WAITID, P_PID, pid, &low->info,
			      (void *)(long)(WSTOPPED | WNOHANG | __WALL), NULL));
	EXPECT_EQ(0, low->info.signo);
	EXPECT_EQ(0, low->info.pid);
	EXPECT_EQ(-ECHILD, call32_5(IA32_NR_WAITID, P_PID, getpid(), &low->info,
				    (void *)(long)WSTOPPED, NULL));
	end_child(pid);
}

BOTH(tracer_of_32_bits_waits_by_waitpid_and_wait4)
{
	pid_t pid = run_child32(wait_for_signal);

	low->status = -1;
	ASSERT_EQ(pid, call32(IA32_NR_WAITPID, pid, (uintptr_t)&low->status,
			      (void *)(long)__WALL));
	EXPECT_EQ(STOPPED(SIGSTOP), low->status);
	EXPECT_EQ(0, call32(IA32_NR_WAITPID, -1, (uintptr_t)&low->status,
			    (void *)(long)(__WALL | WNOHANG)));
	ASSERT_EQ(0, trace32(PTRACE_CONT, pid, 0, NULL));
	memset(low->rusage, 0, sizeof(low->rusage));
	low->behind = 0x77777777;
	ASSERT_EQ(pid, call32_5(IA32_NR_WAIT4, -1, (uintptr_t)&low->status,
				(void *)(long)__WALL, low->rusage, NULL));
	EXPECT_EQ(STOPPED(SIGUSR1), low->status);
	/* ru_maxrss, in KiB: it has memory. */
	EXPECT_GT(low->rusage[4], 0);
	EXPECT_EQ(0x77777777, low->behind);
	end_child(pid);
	EXPECT_EQ(-ECHILD, call32(IA32_NR_WAITPID, -1, (uintptr_t)&low->status, NULL));
}

BOTH(tracer_of_32_bits_has_errors_of_its_own)
{
	pid_t pid = run_child32(wait_for_signal);

	ASSERT_EQ(STOPPED(SIGSTOP), status32_of(pid));
	EXPECT_EQ(-EIO, trace32(0x7777, pid, 0, NULL));
	EXPECT_EQ(-EINVAL, trace32(PTRACE_SETOPTIONS, pid, 0, (void *)0x40000000ul));
	EXPECT_EQ(-EIO, trace32(PTRACE_CONT, pid, 0, (void *)1000));
	EXPECT_EQ(-ESRCH, trace32(PTRACE_CONT, getpid(), 0, NULL));
	EXPECT_EQ(-EIO, trace32(PTRACE_PEEKUSER, pid, 3, &low->word[0]));
	EXPECT_EQ(0, trace32(PTRACE_DETACH, pid, 0, (void *)SIGKILL));
	EXPECT_EQ(SIGKILL, status32_of(pid));
}

TEST_HARNESS_MAIN
