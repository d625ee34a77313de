/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Kernel functions that are not exported to modules.
 *
 * The core calls them by their own names; symbols_x86.S defines those names in
 * our module, and jumps to what symbols.c has found. So do ptrace_symbols.c with
 * ptrace_symbols_x86.S for utrace_ptrace, and block_symbols.c with
 * block_symbols_x86.S for utrace_block. The one place where the sets are listed,
 * first of the core:
 *
 * bpf_get_btf_vmlinux		what functions are, see prototype.c
 * btf_name_by_offset
 * task_work_add		exported on Debian, by a patch of Debian's only
 * task_work_cancel_func	take back a work when the module goes
 * cgroup_enter_frozen		a stopped task counts as frozen, as in ptrace_stop()
 * cgroup_leave_frozen
 * ptrace_notify		a stop of a ptracer's, see syscall.c
 * ptrace_may_access		who may attach
 * wait_task_inactive		a stopped thread has left its CPU
 * put_task_stack		its registers stay in place while they are looked at
 * user_enable_single_step	as ptrace(2) steps a thread
 * user_enable_block_step
 * is_current_pgrp_orphaned	does SIGTSTP stop the process?
 *
 * of utrace_block:
 *
 * pidfd_prepare		a supervisor gets a pidfd of whom it has stopped
 *
 * and of utrace_ptrace:
 *
 * arch_ptrace			registers of a stopped thread, as ptrace(2) has them
 * bpf_get_btf_vmlinux		the layout of a struct, see seccomp.c
 * btf_find_by_name_kind
 * btf_name_by_offset
 * compat_arch_ptrace		... for a 32-bit tracer
 * copy_siginfo_to_user		their layouts, and that no byte of ours leaks
 * copy_siginfo_from_user
 * __copy_siginfo_to_user32
 * copy_siginfo_from_user32
 * do_send_sig_info		SIGCHLD, for the tracer's process
 * getrusage			what wait4(2) tells besides
 * pidfd_get_pid		waitid(P_PIDFD)
 * ptrace_may_access		memory of who may not be looked into
 * put_task_stack		its registers stay in place while they are looked at
 * security_ptrace_traceme	may the parent trace its child?
 * wait_task_inactive		a stopped thread has left its CPU
 * wake_up_state		a thread leaves a stop of its process for its tracer
 */
#ifndef _COMPAT_SYMBOLS_H
#define _COMPAT_SYMBOLS_H

/**
 * struct utrace_symbol - a function that is not exported
 * @name: Its name.
 * @addr: Gets its address.
 */
struct utrace_symbol {
	const char *name;
	unsigned long *addr;
};

int utrace_symbols_find(const struct utrace_symbol *symbols, unsigned int nr);
int utrace_symbols_init(void);

#endif
