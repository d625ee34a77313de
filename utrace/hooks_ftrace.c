// SPDX-License-Identifier: GPL-2.0
/*
 * The mechanism: ftrace, in two ways.
 *
 * Redirecting (IPMODIFY): goes with the function tracer, kprobes, and BPF
 * trampolines on the same function; livepatch and we exclude each other.
 * Direct: one user for a function; nobody else needs those two.
 *
 * Both are PERMANENT: kernel.ftrace_enabled=0 is refused while we are loaded.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/ftrace.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "core.h"
#include "hooks.h"

static struct utrace_hook *redirected;
static unsigned int nr_redirected;

static __always_inline bool wanted(const struct utrace_hook *hook, struct ftrace_regs *fregs)
{
	if (hook->when)
		return atomic_read(hook->when);
	return utrace_task_marked(current) ||
	       (hook->task_arg &&
		utrace_task_marked((void *)ftrace_regs_get_argument(fregs, 0)));
}

/*
 * Runs at the entry of every redirected function for every task, preemption
 * off: a mark, or nothing. No function of this module is entered without one.
 */
static void notrace redirect(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	unsigned int i;

	for (i = 0; i < nr_redirected; i++) {
		const struct utrace_hook *hook = &redirected[i];

		if (hook->addr != ip)
			continue;
		if (wanted(hook, fregs))
			ftrace_regs_set_instruction_pointer(fregs, (unsigned long)hook->to);
		return;
	}
}

static struct ftrace_ops redirect_ops = {
	.func = redirect,
	.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
};

/**
 * utrace_hook_find() - look a hook's function up
 * @hook: Gets its @addr and the address behind @body.
 *
 * Return: 0; -ENOENT: the kernel has no such function, or it cannot be hooked.
 */
int utrace_hook_find(struct utrace_hook *hook)
{
	/* Never armed: it only finds the place where the function calls ftrace. */
	struct kprobe probe = { .symbol_name = hook->name, .flags = KPROBE_FLAG_DISABLED };
	int err = register_kprobe(&probe);

	if (err) {
		pr_err("this kernel has no function %s to hook (%d)\n", hook->name, err);
		return -ENOENT;
	}
	hook->addr = (unsigned long)probe.addr;
	*hook->body = hook->addr + MCOUNT_INSN_SIZE;
	unregister_kprobe(&probe);
	return 0;
}

static const char *reason(int err)
{
	switch (err) {
	case -EBUSY: /* The kernel says the same for all three. */
		return "in use by a livepatch or by a direct call, or kernel.ftrace_enabled is 0";
	case -EINVAL:
		return "this kernel was built without its call of ftrace";
	case -ENODEV:
		return "ftrace has been shut down by a fault";
	default:
		return "ftrace refused";
	}
}

static int cannot_hook(const struct utrace_hook *hook, int err)
{
	pr_err("cannot hook %s (%d): %s\n", hook->name, err, reason(err));
	return err;
}

/**
 * utrace_hooks_redirect() - bind all redirecting hooks
 * @hooks: The hooks, found before.
 * @nr: How many.
 *
 * One ftrace user for all: binding and unbinding wait for RCU once. If that
 * fails they are tried alone, to have a name for what stands in the way.
 */
int utrace_hooks_redirect(struct utrace_hook *hooks, unsigned int nr)
{
	unsigned int i;
	int err;

	redirected = hooks;
	nr_redirected = nr;
	for (i = 0; i < nr; i++) {
		err = ftrace_set_filter_ip(&redirect_ops, hooks[i].addr, 0, i == 0);
		if (err) {
			cannot_hook(&hooks[i], err);
			goto free_filter;
		}
	}
	err = register_ftrace_function(&redirect_ops);
	if (!err)
		return 0;

	/* Which one? Try them alone. */
	for (i = 0; i < nr; i++) {
		if (ftrace_set_filter_ip(&redirect_ops, hooks[i].addr, 0, 1))
			continue;
		if (register_ftrace_function(&redirect_ops)) {
			cannot_hook(&hooks[i], err);
			break;
		}
		unregister_ftrace_function(&redirect_ops);
	}
free_filter:
	ftrace_free_filter(&redirect_ops);
	return err;
}

/*
 * A fault of ftrace, anybody's, shuts it down for good: it changes no call any
 * more, so that ours keep leading here, and a module cannot refuse to go. The
 * one thing that does not crash the machine is not to go.
 */
static void stay_if_hooked(int err)
{
	if (!err)
		return;
	pr_emerg("ftrace has been shut down by a fault (%d): this module cannot go\n", err);
	for (;;) {
		set_current_state(TASK_IDLE);
		schedule();
	}
}

/**
 * utrace_hooks_unredirect() - unbind all redirecting hooks
 */
void utrace_hooks_unredirect(void)
{
	stay_if_hooked(unregister_ftrace_function(&redirect_ops));
	ftrace_free_filter(&redirect_ops);
}

/**
 * utrace_hook_direct() - bind a direct hook
 * @hook: The hook, found before.
 */
int utrace_hook_direct(struct utrace_hook *hook)
{
	struct ftrace_ops *ops = kzalloc_obj(*ops);
	int err;

	if (!ops)
		return -ENOMEM;
	ops->flags = FTRACE_OPS_FL_PERMANENT;
	err = ftrace_set_filter_ip(ops, hook->addr, 0, 0);
	if (!err)
		err = register_ftrace_direct(ops, (unsigned long)hook->to);
	if (err) {
		ftrace_free_filter(ops);
		kfree(ops);
		return cannot_hook(hook, err);
	}
	hook->ops = ops;
	return 0;
}

/**
 * utrace_hook_undirect() - unbind a direct hook
 * @hook: The hook.
 */
void utrace_hook_undirect(struct utrace_hook *hook)
{
	stay_if_hooked(unregister_ftrace_direct(hook->ops, (unsigned long)hook->to, true));
	kfree(hook->ops);
}
