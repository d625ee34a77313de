/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Ways between the system calls that are wrapped and the C of this module, as in
 * utrace/hooks_x86.S.
 */
#include <linux/linkage.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

/* The call itself, past the hook. Called by its address, too. */
.macro BODY name:req
	.pushsection .bss
	.balign 8
SYM_DATA(pt_body_addr_\name, .quad 0)
	.popsection
SYM_FUNC_START(pt_body_\name)
	ENDBR
	pushq	pt_body_addr_\name(%rip)
	UNWIND_HINT_FUNC
	RET
SYM_FUNC_END(pt_body_\name)
.endm

/*
 * Redirected to instead of the call: pt_wrap_<name>(regs, tracer) if the process
 * has entered, else go on in the original. That leaves no frame of ours behind:
 * who has not entered does not keep the module.
 */
.macro WRAP name:req
	BODY \name
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
	BODY \name
	.balign 16
SYM_FUNC_START(pt_stub_\name)
	ENDBR
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	movq	%rsp, %rdi
	subq	$8, %rsp
	call	pt_adjust_\name
	addq	$8, %rsp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%r8
	popq	%r9
	jmp	pt_body_\name
SYM_FUNC_END(pt_stub_\name)
.endm

	.text
/*
 * The same for __secure_computing(), by what pt_seccomp_judge() says: more than
 * zero is for the kernel, which is told nothing that it does not find again.
 */
BODY __secure_computing
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

ADJUST access_remote_vm
WRAP __x64_sys_ptrace
WRAP __x64_sys_wait4
WRAP __x64_sys_waitid
WRAP __ia32_compat_sys_ptrace
WRAP __ia32_compat_sys_wait4
WRAP __ia32_compat_sys_waitid
WRAP __ia32_sys_waitpid

	.section .note.GNU-stack, "", @progbits
