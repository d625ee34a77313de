/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The filters of a task: what kernel/seccomp.c keeps to itself. Where it has them in
 * struct seccomp_filter differs, and the kernel's BTF says it.
 */
#ifndef _COMPAT_SECCOMP_H
#define _COMPAT_SECCOMP_H

#include <linux/compiler.h>
#include <linux/types.h>

struct bpf_prog;
struct seccomp_filter;

/**
 * struct utrace_seccomp_layout - offsets in struct seccomp_filter
 * @prev: Of the filter that was there before.
 * @prog: Of the program.
 */
struct utrace_seccomp_layout {
	u32 prev;
	u32 prog;
};

int utrace_seccomp_find(struct utrace_seccomp_layout *layout);

static inline const struct seccomp_filter *
utrace_seccomp_prev(const struct utrace_seccomp_layout *layout, const struct seccomp_filter *filter)
{
	return READ_ONCE(*(struct seccomp_filter **)((char *)filter + layout->prev));
}

static inline const struct bpf_prog *
utrace_seccomp_prog(const struct utrace_seccomp_layout *layout, const struct seccomp_filter *filter)
{
	return READ_ONCE(*(struct bpf_prog **)((char *)filter + layout->prog));
}

#endif
