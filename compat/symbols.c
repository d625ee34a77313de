// SPDX-License-Identifier: GPL-2.0
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/kernel.h>
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
 * Return: 0, or -ENOENT; the log has the name of what is missing.
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
