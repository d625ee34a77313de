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

#include <linux/export.h>
#include <linux/ftrace.h>
#include <linux/printk.h>
#include <linux/slab.h>
#include "core.h"
#include "hooks.h"
#include "symbols.h"

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
 * off: a mark, or nothing. No function of a module of ours is entered without one.
 */
static void notrace redirect(unsigned long ip, unsigned long parent_ip,
			     struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
	const struct utrace_hooks *hooks = container_of(ops, struct utrace_hooks, ops);
	unsigned int i;

	for (i = 0; i < hooks->nr; i++) {
		const struct utrace_hook *hook = &hooks->hooks[i];

		if (hook->addr != ip)
			continue;
		if (wanted(hook, fregs))
			ftrace_regs_set_instruction_pointer(fregs, (unsigned long)hook->to);
		return;
	}
}

/**
 * utrace_hooks_find() - look the functions of hooks up
 * @hooks: Get their @addr and the addresses behind @body.
 * @nr: How many.
 *
 * Return: 0; -ENOENT: the kernel has no such function, -EOPNOTSUPP: it is another one, the
 * log has its name; -ENOMEM.
 */
int utrace_hooks_find(struct utrace_hook *hooks, unsigned int nr)
{
	struct utrace_symbol *symbols = kcalloc(nr, sizeof(*symbols), GFP_KERNEL);
	unsigned int i;
	int err;

	if (!symbols)
		return -ENOMEM;
	for (i = 0; i < nr; i++)
		symbols[i] = (struct utrace_symbol){ hooks[i].name, &hooks[i].addr };
	err = utrace_symbols_find(symbols, nr);
	for (i = 0; !err && i < nr; i++)
		*hooks[i].body = hooks[i].addr + MCOUNT_INSN_SIZE;
	kfree(symbols);
	return err ?: utrace_prototypes_check(hooks, nr);
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
 * utrace_hooks_redirect() - bind redirecting hooks, all or none
 * @hooks: The hooks. Its @ops is written.
 *
 * One ftrace user for all: binding and unbinding wait for RCU once. If that
 * fails they are tried alone, to have a name for what stands in the way.
 *
 * Return: 0, or an error; the log has the name of the function and the reason.
 */
int utrace_hooks_redirect(struct utrace_hooks *hooks)
{
	struct ftrace_ops *ops = &hooks->ops;
	unsigned int i;
	int err;

	err = utrace_hooks_find(hooks->hooks, hooks->nr);
	if (err)
		return err;
	/* Anew: ftrace_free_filter() leaves pointers to what it freed (6.12 and before). */
	*ops = (struct ftrace_ops){
		.func = redirect,
		.flags = FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_PERMANENT,
	};
	for (i = 0; i < hooks->nr; i++) {
		err = ftrace_set_filter_ip(ops, hooks->hooks[i].addr, 0, i == 0);
		if (err) {
			cannot_hook(&hooks->hooks[i], err);
			goto free_filter;
		}
	}
	err = register_ftrace_function(ops);
	if (!err)
		return 0;

	/* Which one? Try them alone. */
	for (i = 0; i < hooks->nr; i++) {
		if (ftrace_set_filter_ip(ops, hooks->hooks[i].addr, 0, 1))
			continue;
		if (register_ftrace_function(ops)) {
			cannot_hook(&hooks->hooks[i], err);
			break;
		}
		unregister_ftrace_function(ops);
	}
free_filter:
	ftrace_free_filter(ops);
	return err;
}
EXPORT_SYMBOL_GPL(utrace_hooks_redirect);

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
 * utrace_hooks_unredirect() - unbind redirecting hooks
 * @hooks: The hooks. Who was sent on by them may still be on the way.
 */
void utrace_hooks_unredirect(struct utrace_hooks *hooks)
{
	stay_if_hooked(unregister_ftrace_function(&hooks->ops));
	ftrace_free_filter(&hooks->ops);
}
EXPORT_SYMBOL_GPL(utrace_hooks_unredirect);

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
