/* SPDX-License-Identifier: GPL-2.0 */
/* Ways between kernel functions and the C of this module. */
#include "calling_x86.S"

/*
 * Redirected to instead of the function: call utrace_hook_<name>(args), then
 * go on in the original. Leaves no frame behind, so that a thread that sleeps
 * in the function, or never returns from it, does not keep the module.
 */
.macro STUB name:req
	BODY_ADDR utrace, \name
	.balign 16
SYM_FUNC_START(utrace_stub_\name)
	ENDBR
	CALL_WITH_ARGS utrace_hook_\name
	GO_ON	utrace, \name
SYM_FUNC_END(utrace_stub_\name)
.endm

/*
 * Called by the function instead of ftrace: call utrace_hook_<name>() with its
 * arguments and return its result to the caller of the function. Aligned, for
 * ftrace takes an odd address for one to jump to (since 7.0).
 */
.macro TRAMPOLINE name:req
	BODY utrace, \name
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
BODY utrace, user_disable_single_step
BODY utrace, wake_up_new_task
BODY utrace, dequeue_signal
BODY utrace, prepare_signal
BODY utrace, complete_signal
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
