/* SPDX-License-Identifier: GPL-2.0 */
#include "symbol_x86.S"

	.text
SYMBOL pidfd_prepare

	.section .note.GNU-stack, "", @progbits
