/* SPDX-License-Identifier: GPL-2.0 */
#include "symbol_x86.S"

	.text
SYMBOL arch_ptrace
SYMBOL bpf_get_btf_vmlinux
SYMBOL btf_find_by_name_kind
SYMBOL btf_name_by_offset
SYMBOL compat_arch_ptrace
SYMBOL copy_siginfo_to_user
SYMBOL copy_siginfo_from_user
SYMBOL __copy_siginfo_to_user32
SYMBOL copy_siginfo_from_user32
SYMBOL do_send_sig_info
SYMBOL getrusage
SYMBOL pidfd_get_pid
SYMBOL ptrace_may_access
SYMBOL put_task_stack
SYMBOL security_ptrace_traceme
SYMBOL wait_task_inactive
SYMBOL wake_up_state

	.section .note.GNU-stack, "", @progbits
