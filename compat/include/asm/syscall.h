/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_ASM_SYSCALL_H
#define _COMPAT_ASM_SYSCALL_H
#include_next <asm/syscall.h>

/* Delete when 6.12 goes (6.16). */
#ifndef UTRACE_HAVE_SYSCALL_SET_NR
static inline void syscall_set_nr(struct task_struct *task, struct pt_regs *regs, int nr)
{
	regs->orig_ax = nr;
}

static inline void syscall_set_arguments(struct task_struct *task, struct pt_regs *regs,
					 const unsigned long *args)
{
	if (IS_ENABLED(CONFIG_IA32_EMULATION) && task_thread_info(task)->status & TS_COMPAT) {
		regs->bx = args[0];
		regs->cx = args[1];
		regs->dx = args[2];
		regs->si = args[3];
		regs->di = args[4];
		regs->bp = args[5];
	} else {
		regs->di = args[0];
		regs->si = args[1];
		regs->dx = args[2];
		regs->r10 = args[3];
		regs->r8 = args[4];
		regs->r9 = args[5];
	}
}
#endif

#endif
