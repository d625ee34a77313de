// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/export.h>
#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/slab.h>
#include "symbols.h"

extern unsigned long utrace_symbol_task_work_add;
extern unsigned long utrace_symbol_task_work_cancel_func;
extern unsigned long utrace_symbol_cgroup_enter_frozen;
extern unsigned long utrace_symbol_cgroup_leave_frozen;
extern unsigned long utrace_symbol_ptrace_notify;
extern unsigned long utrace_symbol_wait_task_inactive;
extern unsigned long utrace_symbol_put_task_stack;
extern unsigned long utrace_symbol_ptrace_may_access;
extern unsigned long utrace_symbol_is_current_pgrp_orphaned;
extern unsigned long utrace_symbol_user_enable_block_step;
extern unsigned long utrace_symbol_user_enable_single_step;

/**
 * utrace_symbols_find() - where functions of the kernel are
 * @symbols: Their names. What their @addr point to is written.
 * @nr: How many.
 *
 * By kprobes that are never armed: they accept any function of the kernel's text
 * and tell where it is; where it calls ftrace, if it does so first. There is no
 * kallsyms_lookup_name() for modules. They go together, for that waits for RCU.
 *
 * Return: 0; -ENOENT: one is missing, the log has its name; -ENOMEM.
 */
int utrace_symbols_find(const struct utrace_symbol *symbols, unsigned int nr)
{
	struct kprobe *probes = kcalloc(nr, sizeof(*probes), GFP_KERNEL);
	struct kprobe **registered = kcalloc(nr, sizeof(*registered), GFP_KERNEL);
	unsigned int i;
	int err = -ENOMEM;

	if (!probes || !registered)
		goto free;
	for (i = 0; i < nr; i++) {
		probes[i].symbol_name = symbols[i].name;
		probes[i].flags = KPROBE_FLAG_DISABLED;
		err = register_kprobe(&probes[i]);
		if (err) {
			pr_err("this kernel has no function %s (%d)\n", symbols[i].name, err);
			err = -ENOENT;
			break;
		}
		*symbols[i].addr = (unsigned long)probes[i].addr;
		registered[i] = &probes[i];
	}
	unregister_kprobes(registered, i);
free:
	kfree(registered);
	kfree(probes);
	return err;
}
EXPORT_SYMBOL_GPL(utrace_symbols_find);

/**
 * utrace_symbols_init() - find every function, or refuse
 *
 * Return: 0; -ENOENT: one is missing, the log has its name; -ENOMEM.
 */
int __init utrace_symbols_init(void)
{
	static const struct utrace_symbol symbols[] __initconst = {
		{ "task_work_add", &utrace_symbol_task_work_add },
		{ "task_work_cancel_func", &utrace_symbol_task_work_cancel_func },
		{ "cgroup_enter_frozen", &utrace_symbol_cgroup_enter_frozen },
		{ "cgroup_leave_frozen", &utrace_symbol_cgroup_leave_frozen },
		{ "ptrace_notify", &utrace_symbol_ptrace_notify },
		{ "wait_task_inactive", &utrace_symbol_wait_task_inactive },
		{ "put_task_stack", &utrace_symbol_put_task_stack },
		{ "ptrace_may_access", &utrace_symbol_ptrace_may_access },
		{ "is_current_pgrp_orphaned", &utrace_symbol_is_current_pgrp_orphaned },
		{ "user_enable_block_step", &utrace_symbol_user_enable_block_step },
		{ "user_enable_single_step", &utrace_symbol_user_enable_single_step },
	};

	return utrace_symbols_find(symbols, ARRAY_SIZE(symbols));
}
