/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Functions that the kernel does not export, under their own names. By RET:
 * their ENDBR may have been sealed at boot, which RET does not care for.
 */
#include <linux/linkage.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

.macro SYMBOL name:req
	.pushsection .bss
	.balign 8
SYM_DATA(utrace_symbol_\name, .quad 0)
	.popsection
SYM_FUNC_START(\name)
	pushq	utrace_symbol_\name(%rip)
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(\name)
.endm

	.text
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
