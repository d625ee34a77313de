/* SPDX-License-Identifier: GPL-2.0 */
/*
 * To include: what the ways between kernel functions and C have in common. The
 * names of a module's begin with its @prefix.
 *
 * The original of a hooked function is entered past its call of ftrace. There
 * is no ENDBR at that place, so with kernel IBT an indirect jump would fault;
 * RET is not tracked.
 */
#include <linux/linkage.h>
#include <asm/ibt.h>
#include <asm/nospec-branch.h>
#include <asm/unwind_hints.h>

/* Where that is: struct utrace_hook.body. */
.macro BODY_ADDR prefix:req name:req
	.pushsection .bss
	.balign 8
SYM_DATA(\prefix\()_body_addr_\name, .quad 0)
	.popsection
.endm

/* Go on in the original, with the stack and registers of its own entry. */
.macro GO_ON prefix:req name:req
	pushq	\prefix\()_body_addr_\name(%rip)
	UNWIND_HINT_FUNC
	RET
.endm

/* <prefix>_body_<name>(): the original, for C that stands in for it; also by address. */
.macro BODY prefix:req name:req
	BODY_ADDR \prefix, \name
SYM_FUNC_START(\prefix\()_body_\name)
	ENDBR
	GO_ON	\prefix, \name
SYM_FUNC_END(\prefix\()_body_\name)
.endm

/* fn(args), which may change the arguments that are in registers. */
.macro CALL_WITH_ARGS fn:req
	pushq	%r9
	pushq	%r8
	pushq	%rcx
	pushq	%rdx
	pushq	%rsi
	pushq	%rdi
	movq	%rsp, %rdi
	subq	$8, %rsp
	call	\fn
	addq	$8, %rsp
	popq	%rdi
	popq	%rsi
	popq	%rdx
	popq	%rcx
	popq	%r8
	popq	%r9
.endm
