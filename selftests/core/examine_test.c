// SPDX-License-Identifier: GPL-2.0
/* Looking into a thread that is stopped, and changing what is there. */
#include "signals.h"

#include <asm/prctl.h>
#include <elf.h>
#include <stddef.h>
#include <sys/user.h>

#ifndef NT_X86_XSTATE
#define NT_X86_XSTATE	0x202
#endif

/* Where the program puts what it has in its registers after the call. */
enum { AFTER_RBX = 40, AFTER_R12, AFTER_XMM7, AFTER_RAX };

#define MAGIC_RBX	0x1122334455667788L
#define MAGIC_R12	0x0badcafe12345678L
#define MAGIC_XMM7	0x4022000000000000L	/* 9.0 */

__asm__(".pushsection .text\n"
	".globl call_with_registers, behind_call\n"
	".type call_with_registers, @function\n"
	"call_with_registers:\n"
	"	push %rbx; push %r12\n"
	"	movabs $0x1122334455667788, %rbx\n"
	"	movabs $0x0badcafe12345678, %r12\n"
	"	movabs $0x4022000000000000, %rax\n"
	"	movq %rax, %xmm7\n"
	"	mov $110, %eax\n"
	"	syscall\n"
	"behind_call:\n"
	"	mov %rbx, (%rdi); mov %r12, 8(%rdi); movq %xmm7, 16(%rdi); mov %rax, 24(%rdi)\n"
	"	pop %r12; pop %rbx\n"
	"	ret\n"
	".size call_with_registers, . - call_with_registers\n"
	".popsection");
extern void call_with_registers(volatile long *after);
extern char behind_call[];

static void call(void)
{
	call_with_registers(&shared[AFTER_RBX]);
	shared[RESULT] = 1;
	run_until_told();
}

static struct session *at_call(struct __test_metadata *_metadata, struct tracee *t)
{
	struct session *s;

	*t = tracee_start(call);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(t);
	/* Its state says so a moment before the core does. */
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	return s;
}

static void expect_end(struct __test_metadata *_metadata, struct session *s,
		       const struct tracee *t)
{
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	expect_unhurt(_metadata, t);
}

/* When one may look. */

TEST(thread_that_the_engine_does_not_hold_is_not_examined)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	EXPECT_EQ(0, session_prepare_examine(s, 1));
	/* That another engine holds it may end at any moment. */
	EXPECT_EQ(-EINVAL, session_prepare_examine(s, 2));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(-EINVAL, session_prepare_examine(s, 1));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	EXPECT_EQ(-EINVAL, session_prepare_examine(s, 1));
	expect_unhurt(_metadata, &t);
}

static void block_in_read(void)
{
	int fds[2];
	char c;

	if (pipe(fds))
		return;
	ready();
	shared[RESULT] = read(fds[0], &c, 1);
}

TEST(thread_that_has_not_stopped_yet_is_not_examined)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, block_in_read, 0);

	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	EXPECT_EQ(-EINPROGRESS, session_control(s, 1, TEST_DO_STOP));
	EXPECT_EQ(-EAGAIN, session_prepare_examine(s, 1));
	tracee_kill(&t);
}

TEST(thread_of_another_engine_is_not_examined)
{
	struct tracee t, other;
	struct session *s = at_call(_metadata, &t);
	struct test_utrace_engine req = { .id = 1, .task_of = 2 };

	other = tracee_start(block_in_read);
	ASSERT_EQ(0, session_attach(s, other.pid, 2, 0, 0));
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_PREPARE_EXAMINE, &req));
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_FINISH_EXAMINE, &req));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(-ESRCH, session_prepare_examine(s, 1));
	EXPECT_EQ(-ESRCH, session_finish_examine(s, 1));
	tracee_kill(&other);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	expect_unhurt(_metadata, &t);
}

TEST(examination_over_which_the_thread_has_run_is_void)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(-EINVAL, session_finish_examine(s, 1));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	/* Another stop is not the same. */
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(-EAGAIN, session_finish_examine(s, 1));
	EXPECT_EQ(0, session_prepare_examine(s, 1));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

TEST(examination_over_which_a_sigkill_came_is_void)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	int ret;

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	kill(t.pid, SIGKILL);
	/* It has left its stop when this returns, or is about to. */
	ASSERT_TRUE(WAIT_FOR(state_of(t.pid) != 't'));
	ret = session_finish_examine(s, 1);
	EXPECT_TRUE(ret == -EAGAIN || ret == -ESRCH);
	expect_killed_by(_metadata, &t, SIGKILL);
	EXPECT_EQ(-ESRCH, session_finish_examine(s, 1));
	EXPECT_EQ(-ESRCH, session_prepare_examine(s, 1));
}

TEST(examination_is_not_void_because_another_engine_comes_and_goes)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	int i;

	for (i = 0; i < 20; i++) {
		ASSERT_EQ(0, session_prepare_examine(s, 1));
		ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
		EXPECT_EQ(0, session_control(s, 2, TEST_DO_STOP));
		EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_STOP_TIMEOUT, 2, 0, 100000));
		EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
		EXPECT_EQ(0, session_detach(s, 2));
		ASSERT_EQ(0, session_finish_examine(s, 1));
	}
	expect_end(_metadata, s, &t);
}

TEST(examination_finds_the_thread_off_its_cpu)
{
	int i;

	/* prepare() comes as soon as the stop is announced: often still on its CPU. */
	for (i = 0; i < 50; i++) {
		struct user_regs_struct regs;
		struct session *s;
		struct tracee t;

		memset((void *)shared, 0, 512);
		t = tracee_start(call);
		s = session_open();
		RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
		     .action = TEST_DO_STOP,
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE);
		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
		tracee_go(&t);
		ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, 10000));
		ASSERT_EQ(0, session_prepare_examine(s, 1));
		ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs,
							   sizeof(regs)));
		EXPECT_EQ(MAGIC_RBX, regs.rbx);
		EXPECT_EQ(0, session_finish_examine(s, 1));
		tracee_kill(&t);
		session_close(s);
	}
}

/* Registers. */

TEST(registers_of_a_stopped_thread_are_read)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	struct user_regs_struct regs;

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	EXPECT_EQ(MAGIC_RBX, regs.rbx);
	EXPECT_EQ(MAGIC_R12, regs.r12);
	EXPECT_EQ(SYS_getppid, regs.orig_rax);
	EXPECT_EQ((long)behind_call, regs.rip);
	EXPECT_EQ((long)&shared[AFTER_RBX], regs.rdi);
	expect_end(_metadata, s, &t);
	EXPECT_EQ(MAGIC_RBX, shared[AFTER_RBX]);
}

TEST(registers_of_a_stopped_thread_are_changed)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	struct user_regs_struct regs;

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	regs.rbx = 1234;
	regs.orig_rax = SYS_getpgrp;
	EXPECT_EQ(0, session_set_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	expect_end(_metadata, s, &t);
	EXPECT_EQ(1234, shared[AFTER_RBX]);
	EXPECT_EQ(MAGIC_R12, shared[AFTER_R12]);
	/* And the call is the one that was written there. */
	EXPECT_EQ(getpgrp(), shared[AFTER_RAX]);
}

TEST(part_of_the_registers_can_be_read_and_changed)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	struct user_regs_struct regs;
	/* r15, r14, r13, r12. */
	long part[4];

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	EXPECT_EQ(sizeof(part), session_get_regset(s, 1, NT_PRSTATUS, part, sizeof(part)));
	EXPECT_EQ(MAGIC_R12, part[3]);
	part[3] = 77;
	EXPECT_EQ(0, session_set_regset(s, 1, NT_PRSTATUS, part, sizeof(part)));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	EXPECT_EQ(77, regs.r12);
	EXPECT_EQ(MAGIC_RBX, regs.rbx);
	expect_end(_metadata, s, &t);
	EXPECT_EQ(77, shared[AFTER_R12]);
}

TEST(regset_that_is_not_there_or_does_not_fit_is_refused)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	long buf[128] = { 0 };

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	EXPECT_EQ(-EINVAL, session_get_regset(s, 1, 0x7654, buf, sizeof(buf)));
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, 0x7654, buf, sizeof(buf)));
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, NT_PRSTATUS, buf, 0));
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, NT_PRSTATUS, buf, 7));
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, NT_PRSTATUS, buf, sizeof(buf)));
	expect_end(_metadata, s, &t);
	EXPECT_EQ(MAGIC_RBX, shared[AFTER_RBX]);
}

TEST(register_that_user_code_cannot_have_is_refused)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	struct user_regs_struct regs;

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	regs.cs = 0x10;	/* the kernel's */
	EXPECT_LT(session_set_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)), 0);
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	EXPECT_EQ(0x33, regs.cs);
	/* Flags that only the kernel sets are left out. */
	regs.eflags |= 3 << 12;
	session_set_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	EXPECT_EQ(0, regs.eflags & 3 << 12);
	expect_end(_metadata, s, &t);
}

TEST(floating_point_registers_are_read_and_changed)
{
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	struct user_fpregs_struct fp;
	long *xmm7 = (long *)&fp.xmm_space[7 * 4];

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	ASSERT_EQ(sizeof(fp), session_get_regset(s, 1, NT_PRFPREG, &fp, sizeof(fp)));
	EXPECT_EQ(MAGIC_XMM7, *xmm7);
	*xmm7 = 0x4014000000000000;
	EXPECT_EQ(0, session_set_regset(s, 1, NT_PRFPREG, &fp, sizeof(fp)));
	EXPECT_EQ(0, session_finish_examine(s, 1));
	expect_end(_metadata, s, &t);
	EXPECT_EQ(0x4014000000000000, shared[AFTER_XMM7]);
}

TEST(extended_state_is_read_and_changed)
{
	/* FXSAVE's area comes first, as in a struct user_fpregs_struct. */
	static long x[16384 / sizeof(long)];
	long *xmm7 = &x[(offsetof(struct user_fpregs_struct, xmm_space) + 7 * 16) / sizeof(*x)];
	struct tracee t;
	struct session *s = at_call(_metadata, &t);
	int size;

	EXPECT_EQ(0, session_prepare_examine(s, 1));
	size = session_get_regset(s, 1, NT_X86_XSTATE, x, sizeof(x));
	/* The machine has XSAVE: see the -cpu of vm/run. */
	ASSERT_GE(size, 576);
	EXPECT_EQ(MAGIC_XMM7, *xmm7);
	*xmm7 = 55;
	EXPECT_EQ(0, session_set_regset(s, 1, NT_X86_XSTATE, x, size));
	expect_end(_metadata, s, &t);
	EXPECT_EQ(55, shared[AFTER_XMM7]);
}

/* As the kernel does it, it would be written where nobody looks. */
TEST(thread_reads_its_own_registers_and_does_not_write_them)
{
	struct user_regs_struct regs;
	struct user_fpregs_struct fp;
	struct session *s = session_open();
	unsigned long fs_base = 0;

	ASSERT_EQ(0, session_attach(s, getpid(), 1, 0, 0));
	EXPECT_EQ(0, session_prepare_examine(s, 1));
	ASSERT_EQ(sizeof(regs), session_get_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	ASSERT_EQ(0, syscall(SYS_arch_prctl, ARCH_GET_FS, &fs_base));
	EXPECT_EQ(fs_base, regs.fs_base);
	EXPECT_EQ(SYS_ioctl, regs.orig_rax);
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, NT_PRSTATUS, &regs, sizeof(regs)));
	ASSERT_EQ(sizeof(fp), session_get_regset(s, 1, NT_PRFPREG, &fp, sizeof(fp)));
	EXPECT_EQ(-EINVAL, session_set_regset(s, 1, NT_PRFPREG, &fp, sizeof(fp)));
	EXPECT_EQ(0, session_finish_examine(s, 1));
}

/* Memory. */

static char *fresh, *hidden, *wide;

static void use_memory(void)
{
	call();
	shared[50] = *(volatile long *)fresh;
}

static struct session *with_memory(struct __test_metadata *_metadata, struct tracee *t)
{
	struct session *s;

	fresh = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	hidden = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	/* Three pages, and nothing behind them. */
	wide = mmap(NULL, 4 * 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap(wide + 3 * 4096, 4096);
	memset(wide, 'w', 2 * 4096);
	*t = tracee_start(use_memory);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(t);
	/* Its state says so a moment before the core does. */
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	return s;
}

TEST(page_that_was_never_touched_is_read_and_written)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	long word = -1;

	EXPECT_EQ(0, session_read_memory(s, 1, (unsigned long)fresh, &word, sizeof(word)));
	EXPECT_EQ(0, word);
	word = 0x5566;
	EXPECT_EQ(0, session_write_memory(s, 1, (unsigned long)fresh, &word, sizeof(word)));
	expect_end(_metadata, s, &t);
	EXPECT_EQ(0x5566, shared[50]);
	/* It was theirs, not ours. */
	EXPECT_EQ(0, *(volatile long *)fresh);
}

TEST(page_that_the_thread_cannot_read_is_read_and_written)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	long word = 9;

	EXPECT_EQ(0, session_write_memory(s, 1, (unsigned long)hidden + 16, &word, sizeof(word)));
	word = 0;
	EXPECT_EQ(0, session_read_memory(s, 1, (unsigned long)hidden + 16, &word, sizeof(word)));
	EXPECT_EQ(9, word);
	expect_end(_metadata, s, &t);
}

TEST(program_text_is_changed_for_this_process_alone)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	unsigned char insn, trap = 0xcc;

	EXPECT_EQ(0, session_read_memory(s, 1, (unsigned long)behind_call, &insn, 1));
	EXPECT_EQ(*(unsigned char *)behind_call, insn);
	EXPECT_EQ(0, session_write_memory(s, 1, (unsigned long)behind_call, &trap, 1));
	EXPECT_EQ(insn, *(unsigned char *)behind_call);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_killed_by(_metadata, &t, SIGTRAP);
}

TEST(memory_over_several_pages_is_read_and_written)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	static char buf[2 * 4096];
	size_t i, wrong = 0;

	EXPECT_EQ(0, session_read_memory(s, 1, (unsigned long)wide + 100, buf, sizeof(buf)));
	for (i = 0; i < sizeof(buf); i++)
		wrong += buf[i] != (i < sizeof(buf) - 100 ? 'w' : 0);
	EXPECT_EQ(0, wrong);
	memset(buf, 'x', sizeof(buf));
	EXPECT_EQ(0, session_write_memory(s, 1, (unsigned long)wide + 4000, buf, sizeof(buf)));
	memset(buf, 0, sizeof(buf));
	EXPECT_EQ(0, session_read_memory(s, 1, (unsigned long)wide + 4000, buf, sizeof(buf)));
	for (i = 0; i < sizeof(buf); i++)
		wrong += buf[i] != 'x';
	EXPECT_EQ(0, wrong);
	expect_end(_metadata, s, &t);
}

TEST(memory_that_is_not_there_is_an_error)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	static char buf[2 * 4096];
	long word;

	EXPECT_EQ(-EFAULT, session_read_memory(s, 1, 0x1000, &word, sizeof(word)));
	EXPECT_EQ(-EFAULT, session_write_memory(s, 1, 0x1000, &word, sizeof(word)));
	EXPECT_EQ(-EFAULT, session_read_memory(s, 1, -4096UL, &word, sizeof(word)));
	/* Not all of it is there. */
	EXPECT_EQ(-EFAULT, session_read_memory(s, 1, (unsigned long)wide + 2 * 4096, buf,
					       sizeof(buf)));
	EXPECT_EQ(-EFAULT, session_write_memory(s, 1, (unsigned long)wide + 2 * 4096, buf,
						sizeof(buf)));
	expect_end(_metadata, s, &t);
}

TEST(memory_of_a_dead_process_is_an_error)
{
	struct tracee t;
	struct session *s = with_memory(_metadata, &t);
	long word;

	kill(t.pid, SIGKILL);
	ASSERT_TRUE(wait_state(t.pid, 'Z'));
	EXPECT_EQ(-EFAULT, session_read_memory(s, 1, (unsigned long)fresh, &word, sizeof(word)));
	expect_killed_by(_metadata, &t, SIGKILL);
}

TEST_HARNESS_MAIN
