/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A function that the kernel does not export, under its own name; for symbols_x86.S
 * and those of engines. By RET: its ENDBR may have been sealed at boot, which
 * RET does not care for.
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
