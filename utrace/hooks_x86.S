/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways between kernel functions and the C of this module.
 *
 * The original of a hooked function is entered past its call of ftrace. There
 * is no ENDBR at that place, so with kernel IBT an indirect jump would fault;
 * RET is not tracked.
 */
#include <linux/linkage.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

/* Go on in the original, with the stack and registers of its own entry. */
.macro GO_ON name:req
	pushq	utrace_body_addr_\name(%rip)
	UNWIND_HINT_FUNC
	RET
.endm

.macro BODY_ADDR name:req
	.pushsection .bss
	.balign 8
SYM_DATA(utrace_body_addr_\name, .quad 0)
	.popsection
.endm

/*
 * Redirected to instead of the function: call utrace_hook_<name>(args), then
 * go on in the original. Leaves no frame behind, so that a thread that sleeps
 * in the function, or never returns from it, does not keep the module.
 */
.macro STUB name:req
	BODY_ADDR \name
	.balign 16
SYM_FUNC_START(utrace_stub_\name)
	ENDBR
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	movq	%rsp, %rdi
	subq	$8, %rsp
	call	utrace_hook_\name
	addq	$8, %rsp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%r8
	popq	%r9
	GO_ON	\name
SYM_FUNC_END(utrace_stub_\name)
.endm

/* utrace_body_<name>(): the original, for C that stands in for the function. */
.macro BODY name:req
	BODY_ADDR \name
SYM_FUNC_START(utrace_body_\name)
	GO_ON	\name
SYM_FUNC_END(utrace_body_\name)
.endm

/*
 * Called by the function instead of ftrace: call utrace_hook_<name>() with its
 * arguments and return its result to the caller of the function. Aligned, for
 * ftrace takes an odd address for one to jump to (since 7.0).
 */
.macro TRAMPOLINE name:req
	BODY \name
	.balign 16
SYM_FUNC_START(utrace_trampoline_\name)
	ENDBR
	pushq	%rbp
	movq	%rsp, %rbp
	call	utrace_hook_\name
	popq	%rbp
	addq	$8, %rsp
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(utrace_trampoline_\name)
.endm

	.text
BODY user_disable_single_step
BODY wake_up_new_task
BODY dequeue_signal
BODY prepare_signal
BODY complete_signal
STUB kernel_clone
STUB security_bprm_creds_for_exec
STUB security_bprm_committing_creds
STUB proc_exec_connector
STUB do_exit
STUB exit_itimers
STUB proc_exit_connector
STUB release_task
STUB send_signal_locked
STUB get_signal
STUB force_sig_fault
STUB signal_setup_done
STUB do_signal_stop
TRAMPOLINE syscall_user_dispatch
TRAMPOLINE user_single_step_report

	.section .note.GNU-stack, "", @progbits
