/* SPDX-License-Identifier: GPL-2.0 */
#include "symbol_x86.S"

	.text
SYMBOL bpf_get_btf_vmlinux
SYMBOL btf_name_by_offset
SYMBOL task_work_add
SYMBOL task_work_cancel_func
SYMBOL cgroup_enter_frozen
SYMBOL cgroup_leave_frozen
SYMBOL ptrace_notify
SYMBOL wait_task_inactive
SYMBOL put_task_stack
SYMBOL ptrace_may_access
SYMBOL is_current_pgrp_orphaned
SYMBOL user_enable_block_step
SYMBOL user_enable_single_step

	.section .note.GNU-stack, "", @progbits
