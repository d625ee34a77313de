// SPDX-License-Identifier: GPL-2.0
/*
 * System calls that an engine does not want, told apart by a classic BPF
 * program over struct seccomp_data before anything else is done.
 *
 * Most programs ask for the number of the call and no more. What those say is
 * found out once for every number, as seccomp does, and kept in a table.
 *
 * A filter is set once, before its engine wants calls, and goes with the memory
 * of the engine: so the thread that walks its engines finds it without a lock.
 */
#include <linux/audit.h>
#include <linux/export.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/slab.h>
#include <asm/syscall.h>
#include "core.h"

static u32 arch_of(bool compat)
{
	return compat ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64;
}

static bool may_load(u32 k)
{
	return k < sizeof(struct seccomp_data) && IS_ALIGNED(k, 4);
}

/*
 * What the kernel has let pass is made for packets. Let pass what reads struct
 * seccomp_data, and turn those loads into the ones that BPF has for it.
 */
static int check(struct sock_filter *insns, unsigned int nr)
{
	struct sock_filter *insn;

	for (insn = insns; insn < insns + nr; insn++) {
		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (!may_load(insn->k))
				return -EINVAL;
			insn->code = BPF_LDX | BPF_W | BPF_ABS;
			break;
		case BPF_LD | BPF_W | BPF_LEN:
			insn->code = BPF_LD | BPF_IMM;
			insn->k = sizeof(struct seccomp_data);
			break;
		case BPF_LDX | BPF_W | BPF_LEN:
			insn->code = BPF_LDX | BPF_IMM;
			insn->k = sizeof(struct seccomp_data);
			break;
		default:
			/* Any other load is of a packet. */
			if (BPF_CLASS(insn->code) == BPF_LD || BPF_CLASS(insn->code) == BPF_LDX) {
				if (BPF_MODE(insn->code) != BPF_IMM &&
				    BPF_MODE(insn->code) != BPF_MEM)
					return -EINVAL;
			}
		}
	}
	return 0;
}

static bool load(u32 *a, u32 k, int nr, bool compat)
{
	if (k == offsetof(struct seccomp_data, nr))
		*a = nr;
	else if (k == offsetof(struct seccomp_data, arch))
		*a = arch_of(compat);
	else
		return false;
	return true;
}

static bool jumps(u16 op, u32 a, u32 k)
{
	switch (op) {
	case BPF_JEQ:
		return a == k;
	case BPF_JGE:
		return a >= k;
	case BPF_JGT:
		return a > k;
	default:
		return a & k;
	}
}

/* What the program says to this number, if it looks at nothing else. */
static enum utrace_verdict foresee(const struct sock_fprog_kern *fprog, int nr, bool compat)
{
	unsigned int pc;
	u32 a = 0;

	for (pc = 0; pc < fprog->len; pc++) {
		const struct sock_filter *insn = &fprog->filter[pc];

		switch (insn->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			if (!load(&a, insn->k, nr, compat))
				return UTRACE_VERDICT_ASK;
			break;
		case BPF_RET | BPF_K:
			return insn->k == SECCOMP_RET_ALLOW ? UTRACE_VERDICT_WANT :
							      UTRACE_VERDICT_SKIP;
		case BPF_JMP | BPF_JA:
			pc += insn->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
		case BPF_JMP | BPF_JGE | BPF_K:
		case BPF_JMP | BPF_JGT | BPF_K:
		case BPF_JMP | BPF_JSET | BPF_K:
			pc += jumps(BPF_OP(insn->code), a, insn->k) ? insn->jt : insn->jf;
			break;
		case BPF_ALU | BPF_AND | BPF_K:
			a &= insn->k;
			break;
		default:
			return UTRACE_VERDICT_ASK;
		}
	}
	return UTRACE_VERDICT_ASK;
}

static void foresee_all(struct utrace_syscall_filter *filter)
{
	const struct sock_fprog_kern *fprog = filter->prog->orig_prog;
	int compat, nr;

	for (compat = 0; compat < 2; compat++)
		for (nr = 0; nr < UTRACE_FILTER_NUMBERS; nr++)
			filter->verdicts[compat][nr] = foresee(fprog, nr, compat);
}

/**
 * utrace_syscall_filter_create() - make a filter of a program of user space's
 * @program: Instructions in user memory; as for seccomp(2), over struct
 *	seccomp_data. Wants a call if it returns SECCOMP_RET_ALLOW.
 *
 * Context: Process context; may sleep.
 * Return: the filter, with a reference for the caller, or
 *
 * * ERR_PTR(-EINVAL): no program that seccomp(2) would take
 * * ERR_PTR(-EFAULT): it is not there
 * * ERR_PTR(-ENOMEM)
 */
struct utrace_syscall_filter *utrace_syscall_filter_create(struct sock_fprog *program)
{
	struct utrace_syscall_filter *filter = kzalloc_obj(*filter);
	int err;

	if (!filter)
		return ERR_PTR(-ENOMEM);
	err = bpf_prog_create_from_user(&filter->prog, program, check, true);
	if (err) {
		kfree(filter);
		return ERR_PTR(err);
	}
	foresee_all(filter);
	refcount_set(&filter->refs, 1);
	return filter;
}
EXPORT_SYMBOL_GPL(utrace_syscall_filter_create);

/**
 * utrace_syscall_filter_put() - let a reference to a filter go
 * @filter: The filter, or NULL.
 *
 * Context: Any but hard interrupts; does not sleep.
 */
void utrace_syscall_filter_put(struct utrace_syscall_filter *filter)
{
	if (!filter || !refcount_dec_and_test(&filter->refs))
		return;
	bpf_prog_destroy(filter->prog);
	kfree(filter);
}
EXPORT_SYMBOL_GPL(utrace_syscall_filter_put);

/**
 * utrace_set_syscall_filter() - choose the system calls that an engine gets
 * @task: The engine's thread.
 * @engine: The engine; has not asked for SYSCALL_ENTRY or SYSCALL_EXIT yet.
 * @filter: The filter; the engine takes a reference of its own.
 *
 * The engine gets neither end of a call that @filter does not want. It judges
 * the call that the program makes: what other engines turn it into, or the
 * signal handlers in between, make no difference. report_quiesce() and a hold
 * go as without it.
 *
 * Context: Process context; does not sleep.
 * Return: 0, or
 *
 * * -EBUSY: has a filter already, or wants system calls already
 * * -ESRCH: detached, or not attached to @task
 */
int utrace_set_syscall_filter(struct task_struct *task, struct utrace_engine *engine,
			      struct utrace_syscall_filter *filter)
{
	struct utrace_task *ut = engine->ut;

	if (ut->task != task)
		return -ESRCH;
	guard(spinlock)(&ut->lock);
	if (engine->state > UTRACE_ENGINE_ATTACHED || ut->reaped)
		return -ESRCH;
	if (engine->filter || engine->events & UTRACE_EVENT_SYSCALL)
		return -EBUSY;
	refcount_inc(&filter->refs);
	WRITE_ONCE(engine->filter, filter);
	return 0;
}
EXPORT_SYMBOL_GPL(utrace_set_syscall_filter);

/**
 * utrace_filter_run() - ask the program itself
 * @filter: The filter.
 * @regs: The current thread's user registers, at entry.
 * @nr: Number of the call.
 */
bool utrace_filter_run(const struct utrace_syscall_filter *filter, struct pt_regs *regs, int nr)
{
	struct seccomp_data data = {
		.nr = nr,
		.arch = syscall_get_arch(current),
		.instruction_pointer = instruction_pointer(regs),
	};
	unsigned long args[6];

	syscall_get_arguments(current, regs, args);
	BUILD_BUG_ON(sizeof(args) != sizeof(data.args));
	memcpy(data.args, args, sizeof(args));
	return bpf_prog_run_pin_on_cpu(filter->prog, &data) == SECCOMP_RET_ALLOW;
}
