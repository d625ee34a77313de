// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
#include <linux/kprobes.h>
#include <linux/printk.h>
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
 * utrace_symbols_init() - find every function, or refuse
 *
 * By a kprobe that is never armed: it accepts any function of the kernel's
 * text and tells where it is. There is no kallsyms_lookup_name() for modules.
 *
 * Return: 0, or -ENOENT; the log has the name of what is missing.
 */
int __init utrace_symbols_init(void)
{
	static const struct {
		const char *name;
		unsigned long *addr;
	} symbols[] __initconst = {
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
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(symbols); i++) {
		struct kprobe probe = {
			.symbol_name = symbols[i].name,
			.flags = KPROBE_FLAG_DISABLED,
		};

		err = register_kprobe(&probe);
		if (err) {
			pr_err("this kernel has no function %s (%d)\n", symbols[i].name, err);
			return -ENOENT;
		}
		*symbols[i].addr = (unsigned long)probe.addr;
		unregister_kprobe(&probe);
	}
	return 0;
}
