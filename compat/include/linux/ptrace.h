/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_PTRACE_H
#define _COMPAT_LINUX_PTRACE_H
#include_next <linux/ptrace.h>

/* Delete when 6.12 goes (6.16). */
#ifndef PTRACE_SET_SYSCALL_INFO
#define PTRACE_SET_SYSCALL_INFO		0x4212
#endif

#endif
