// SPDX-License-Identifier: GPL-2.0
#include <linux/kernel.h>
#include "symbols.h"

extern unsigned long utrace_symbol_arch_ptrace;
extern unsigned long utrace_symbol_bpf_get_btf_vmlinux;
extern unsigned long utrace_symbol_btf_find_by_name_kind;
extern unsigned long utrace_symbol_btf_name_by_offset;
extern unsigned long utrace_symbol_compat_arch_ptrace;
extern unsigned long utrace_symbol_copy_siginfo_to_user;
extern unsigned long utrace_symbol_copy_siginfo_from_user;
extern unsigned long utrace_symbol___copy_siginfo_to_user32;
extern unsigned long utrace_symbol_copy_siginfo_from_user32;
extern unsigned long utrace_symbol_do_send_sig_info;
extern unsigned long utrace_symbol_getrusage;
extern unsigned long utrace_symbol_pidfd_get_pid;
extern unsigned long utrace_symbol_ptrace_may_access;
extern unsigned long utrace_symbol_put_task_stack;
extern unsigned long utrace_symbol_security_ptrace_traceme;
extern unsigned long utrace_symbol_wait_task_inactive;
extern unsigned long utrace_symbol_wake_up_state;

/**
 * utrace_symbols_init() - find every function, or refuse
 *
 * Return: 0; -ENOENT: one is missing, the log has its name; -ENOMEM.
 */
int __init utrace_symbols_init(void)
{
	static const struct utrace_symbol symbols[] __initconst = {
		{ "arch_ptrace", &utrace_symbol_arch_ptrace },
		{ "bpf_get_btf_vmlinux", &utrace_symbol_bpf_get_btf_vmlinux },
		{ "btf_find_by_name_kind", &utrace_symbol_btf_find_by_name_kind },
		{ "btf_name_by_offset", &utrace_symbol_btf_name_by_offset },
		{ "compat_arch_ptrace", &utrace_symbol_compat_arch_ptrace },
		{ "copy_siginfo_to_user", &utrace_symbol_copy_siginfo_to_user },
		{ "copy_siginfo_from_user", &utrace_symbol_copy_siginfo_from_user },
		{ "__copy_siginfo_to_user32", &utrace_symbol___copy_siginfo_to_user32 },
		{ "copy_siginfo_from_user32", &utrace_symbol_copy_siginfo_from_user32 },
		{ "do_send_sig_info", &utrace_symbol_do_send_sig_info },
		{ "getrusage", &utrace_symbol_getrusage },
		{ "pidfd_get_pid", &utrace_symbol_pidfd_get_pid },
		{ "ptrace_may_access", &utrace_symbol_ptrace_may_access },
		{ "put_task_stack", &utrace_symbol_put_task_stack },
		{ "security_ptrace_traceme", &utrace_symbol_security_ptrace_traceme },
		{ "wait_task_inactive", &utrace_symbol_wait_task_inactive },
		{ "wake_up_state", &utrace_symbol_wake_up_state },
	};

	return utrace_symbols_find(symbols, ARRAY_SIZE(symbols));
}
