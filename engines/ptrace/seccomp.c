// SPDX-License-Identifier: GPL-2.0
/*
 * PTRACE_O_TRACESECCOMP and PTRACE_O_SUSPEND_SECCOMP.
 *
 * To the kernel a call that a filter wants traced (SECCOMP_RET_TRACE) is -ENOSYS
 * unless a ptracer of its own sees it. So we ask the filters before it does, at the
 * entry of the call, where a tracee may stop. When the kernel is about to ask them,
 * calls that a tracer was told of pass, as those that a ptracer was told of. It is
 * asked of everything else: we decide nothing else that filters say.
 *
 * For that __secure_computing() is redirected, while there is a tracer that has asked
 * for one of the options; otherwise nobody pays for it.
 */
#include <linux/bpf.h>
#include <linux/capability.h>
#include <linux/filter.h>
#include <linux/kernel.h>
#include <linux/mutex.h>
#include <linux/rcupdate.h>
#include <linux/seccomp.h>
#include <linux/workqueue.h>
#include <asm/syscall.h>
#include "../../compat/seccomp.h"
#include "../../utrace/hooks.h"
#include "ptrace.h"

void pt_stub___secure_computing(void);
extern unsigned long pt_body_addr___secure_computing;
int pt_seccomp_judge(void);

static struct utrace_hook hook = {
	.name = "__secure_computing",
	.to = pt_stub___secure_computing,
	.body = &pt_body_addr___secure_computing,
};

static struct utrace_hooks hooks = { &hook, 1 };

static DEFINE_MUTEX(bind_lock);
static bool bound;
/* Tracers that have asked for it. */
static atomic_t askers;
static struct utrace_seccomp_layout layout;
static bool layout_known;

static int __bind_for(struct pt_tracer *tracer, unsigned long options)
{
	lockdep_assert_held(&bind_lock);
	if (options & PTRACE_O_TRACESECCOMP && !layout_known) {
		if (utrace_seccomp_find(&layout))
			return -EINVAL;
		layout_known = true;
	}
	if (tracer->asked_for_seccomp)
		return 0;
	if (!bound) {
		int err = utrace_hooks_redirect(&hooks);

		if (err)
			return err;
		bound = true;
	}
	atomic_inc(&askers);
	tracer->asked_for_seccomp = true;
	return 0;
}

/* Killable: when a fault has shut ftrace down, unbind() keeps the lock for ever. */
static int bind_for(struct pt_tracer *tracer, unsigned long options)
{
	int err;

	if (mutex_lock_killable(&bind_lock))
		return -EINTR;
	err = __bind_for(tracer, options);
	mutex_unlock(&bind_lock);
	return err;
}

static void unbind(struct work_struct *work)
{
	guard(mutex)(&bind_lock);
	if (!bound || atomic_read(&askers))
		return;
	utrace_hooks_unredirect(&hooks);
	bound = false;
}

static DECLARE_WORK(unbind_work, unbind);

/** pt_seccomp_put() - a tracer is gone, and all that it traced */
void pt_seccomp_put(const struct pt_tracer *tracer)
{
	if (tracer->asked_for_seccomp && atomic_dec_and_test(&askers))
		schedule_work(&unbind_work);
}

/** pt_seccomp_exit() - nobody comes here any more, when synchronize_rcu_tasks() is done */
void pt_seccomp_exit(void)
{
	flush_work(&unbind_work);
}

/**
 * pt_check_options() - as check_ptrace_options()
 * @tracer: The current process.
 * @options: PTRACE_O_*, that it asks for.
 *
 * Context: Sleeps.
 * Return: 0; -EINVAL: there is no such option, or none on this kernel; -EPERM; -ENOMEM;
 * -EBUSY and others: __secure_computing() cannot be hooked, the log says why; -EINTR.
 */
int pt_check_options(struct pt_tracer *tracer, unsigned long options)
{
	if (options & ~(unsigned long)PTRACE_O_MASK)
		return -EINVAL;
	if (options & PTRACE_O_SUSPEND_SECCOMP) {
		if (!IS_ENABLED(CONFIG_CHECKPOINT_RESTORE))
			return -EINVAL;
		if (!capable(CAP_SYS_ADMIN) || current->seccomp.mode != SECCOMP_MODE_DISABLED)
			return -EPERM;
	}
	if (options & (PTRACE_O_TRACESECCOMP | PTRACE_O_SUSPEND_SECCOMP))
		return bind_for(tracer, options);
	return 0;
}

/* As seccomp_run_filters(): the last that was added first, and the worst counts. */
static u32 run_filters(const struct seccomp_data *data)
{
	const struct seccomp_filter *filter = READ_ONCE(current->seccomp.filter);
	u32 ret = SECCOMP_RET_ALLOW;

	for (; filter; filter = utrace_seccomp_prev(&layout, filter)) {
		u32 one = bpf_prog_run_pin_on_cpu(utrace_seccomp_prog(&layout, filter), data);

		if ((s32)(one & SECCOMP_RET_ACTION_FULL) < (s32)(ret & SECCOMP_RET_ACTION_FULL))
			ret = one;
	}
	return ret;
}

/**
 * pt_seccomp_traces() - do the filters of the current thread want its call traced?
 * @regs: Its user registers, at the entry.
 * @message: Gets what the filter says besides.
 */
bool pt_seccomp_traces(struct pt_regs *regs, unsigned long *message)
{
	struct seccomp_data data = {
		.nr = syscall_get_nr(current, regs),
		.arch = syscall_get_arch(current),
		.instruction_pointer = instruction_pointer(regs),
	};
	unsigned long args[6];
	u32 ret;

	if (READ_ONCE(current->seccomp.mode) != SECCOMP_MODE_FILTER)
		return false;
	/* Pairs with seccomp_assign_mode(): the filter, then the mode. */
	smp_rmb();
	syscall_get_arguments(current, regs, args);
	BUILD_BUG_ON(sizeof(args) != sizeof(data.args));
	memcpy(data.args, args, sizeof(args));
	ret = run_filters(&data);
	*message = ret & SECCOMP_RET_DATA;
	return (ret & SECCOMP_RET_ACTION_FULL) == SECCOMP_RET_TRACE;
}

enum verdict {
	CALL_PASSES = 0,
	CALL_IS_SKIPPED = -1,
	ASK_THE_KERNEL = 1,
};

/* Have tracers been told of the call? For once only. */
static bool take_told(struct pt_tracee *tracee, bool *suspended)
{
	struct pt_link *link;
	bool told = false;

	guard(spinlock)(&tracee->lock);
	list_for_each_entry(link, &tracee->links, of_tracee) {
		if (READ_ONCE(link->options) & PTRACE_O_SUSPEND_SECCOMP)
			*suspended = true;
		told |= link->told_of_seccomp;
		link->told_of_seccomp = false;
	}
	return told;
}

/**
 * pt_seccomp_judge() - before __secure_computing() of a thread with an engine
 *
 * Does not sleep: nobody is in here when synchronize_rcu_tasks() has returned. Nor
 * are we below when the kernel waits for the answer of a supervisor.
 *
 * Return: enum verdict.
 */
int pt_seccomp_judge(void)
{
	struct pt_tracee *tracee __free(pt_tracee_put) = pt_tracee_get(current);
	struct pt_regs *regs = current_pt_regs();
	bool suspended = false, told;
	unsigned long message;

	if (!tracee)
		return ASK_THE_KERNEL;
	told = take_told(tracee, &suspended);
	if (suspended)
		return CALL_PASSES;
	if (!told)
		return ASK_THE_KERNEL;
	if (syscall_get_nr(current, regs) < 0)
		return CALL_IS_SKIPPED;
	/* Another call by now? It need not be traced again, but may be forbidden. */
	return pt_seccomp_traces(regs, &message) ? CALL_PASSES : ASK_THE_KERNEL;
}
