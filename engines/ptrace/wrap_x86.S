/* SPDX-License-Identifier: GPL-2.0 */
/* Ways between the system calls that are wrapped and the C of this module. */
#include "../../utrace/calling_x86.S"

/*
 * Redirected to instead of the call: pt_wrap_<name>(regs, tracer) if the process
 * has entered, else go on in the original. That leaves no frame of ours behind:
 * who has not entered does not keep the module.
 */
.macro WRAP name:req
	BODY pt, \name
	.balign 16
SYM_FUNC_START(pt_stub_\name)
	ENDBR
	pushq	%rdi
	call	pt_tracer_current
	popq	%rdi
	testq	%rax, %rax
	jz	pt_body_\name
	movq	%rax, %rsi
	jmp	pt_wrap_\name
SYM_FUNC_END(pt_stub_\name)
.endm

/*
 * Redirected to as well: pt_adjust_<name>(args), which may change the arguments,
 * then go on in the original.
 */
.macro ADJUST name:req
	BODY pt, \name
	.balign 16
SYM_FUNC_START(pt_stub_\name)
	ENDBR
	CALL_WITH_ARGS pt_adjust_\name
	jmp	pt_body_\name
SYM_FUNC_END(pt_stub_\name)
.endm

	.text
/* Redirected to instead of proc_pid_status(): pt_status(its arguments, tracee) for a tracee. */
BODY pt, proc_pid_status
	.balign 16
SYM_FUNC_START(pt_stub_proc_pid_status)
	ENDBR
	pushq	%rdi
	pushq	%rsi
	pushq	%rdx
	pushq	%rcx
	subq	$8, %rsp
	movq	%rcx, %rdi
	call	pt_status_enter
	addq	$8, %rsp
	popq	%rcx
	popq	%rdx
	popq	%rsi
	popq	%rdi
	testq	%rax, %rax
	jz	pt_body_proc_pid_status
	movq	%rax, %r8
	jmp	pt_status
SYM_FUNC_END(pt_stub_proc_pid_status)

ADJUST access_remote_vm
WRAP __x64_sys_ptrace
WRAP __x64_sys_wait4
WRAP __x64_sys_waitid
WRAP __ia32_compat_sys_ptrace
WRAP __ia32_compat_sys_wait4
WRAP __ia32_compat_sys_waitid
WRAP __ia32_sys_waitpid

/*
 * Redirected to as well: by what pt_seccomp_judge() says back to the caller or, if it
 * is more than zero, on in the kernel, which is told nothing that it does not find
 * again.
 */
BODY pt, __secure_computing
	.balign 16
SYM_FUNC_START(pt_stub___secure_computing)
	ENDBR
	pushq	%rdi
	call	pt_seccomp_judge
	popq	%rdi
	testl	%eax, %eax
	jg	pt_body___secure_computing
	RET
SYM_FUNC_END(pt_stub___secure_computing)

	.section .note.GNU-stack, "", @progbits
