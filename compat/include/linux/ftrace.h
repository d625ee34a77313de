/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_FTRACE_H
#define _COMPAT_LINUX_FTRACE_H
#include_next <linux/ftrace.h>

/*
 * Before 6.5 the functions of these names take an address and no ftrace_ops;
 * what we want is called _multi. Its ftrace_free_filter() is left to the caller.
 * Delete when 6.1 goes.
 */
#ifdef UTRACE_HAVE_FTRACE_DIRECT_MULTI
static inline int utrace_unregister_ftrace_direct(struct ftrace_ops *ops, unsigned long addr,
						  bool free_filters)
{
	int err = unregister_ftrace_direct_multi(ops, addr);

	if (free_filters)
		ftrace_free_filter(ops);
	return err;
}

#define register_ftrace_direct(ops, addr)	register_ftrace_direct_multi(ops, addr)
#define unregister_ftrace_direct(ops, addr, free_filters) \
	utrace_unregister_ftrace_direct(ops, addr, free_filters)
#endif

/* Delete when 6.1 goes (6.3: new name). */
#ifdef ftrace_instruction_pointer_set
#define ftrace_regs_set_instruction_pointer(fregs, ip) \
	ftrace_instruction_pointer_set(fregs, ip)
#endif
#ifndef ftrace_regs_get_argument
#ifndef UTRACE_HAVE_FTRACE_REGS_GET_ARGUMENT
#define ftrace_regs_get_argument(fregs, n) \
	regs_get_kernel_argument(&(fregs)->regs, n)
#endif
#endif

#endif
