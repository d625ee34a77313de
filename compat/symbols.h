/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions that are not exported to modules.
 *
 * The core calls them by their own names; symbols_x86.S defines those names in
 * our module, and jumps to what symbols.c has found. The one place where the
 * set is listed:
 *
 * task_work_add		exported on Debian, by a patch of Debian's only
 * task_work_cancel_func	take back a work when the module goes
 * cgroup_enter_frozen		a stopped task counts as frozen, as in ptrace_stop()
 * cgroup_leave_frozen
 * ptrace_notify		a stop of a ptracer's, see syscall.c
 * ptrace_may_access		who may attach
 * wait_task_inactive		a stopped thread has left its CPU
 * put_task_stack		its registers stay in place while they are looked at
 * user_enable_single_step	as ptrace(2) steps a thread
 * user_enable_block_step
 * is_current_pgrp_orphaned	does SIGTSTP stop the process?
 */
#ifndef _COMPAT_SYMBOLS_H
#define _COMPAT_SYMBOLS_H

int utrace_symbols_init(void);

#endif
