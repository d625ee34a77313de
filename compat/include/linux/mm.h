/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_MM_H
#define _COMPAT_LINUX_MM_H
#include_next <linux/mm.h>

/* Delete when 6.1 goes (6.3). */
#ifndef UTRACE_HAVE_VM_FLAGS_MOD
static inline void vm_flags_mod(struct vm_area_struct *vma, vm_flags_t set, vm_flags_t clear)
{
	vma->vm_flags |= set;
	vma->vm_flags &= ~clear;
}
#endif

#endif
