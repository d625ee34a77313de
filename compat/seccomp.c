// SPDX-License-Identifier: GPL-2.0
#include <linux/bpf.h>
#include <linux/btf.h>
#include <linux/err.h>
#include <linux/string.h>
#include "seccomp.h"

static bool find_member(const struct btf *btf, const struct btf_type *type, const char *name,
			u32 *offset)
{
	const struct btf_member *member;
	u32 i;

	for_each_member(i, type, member) {
		if (strcmp(btf_name_by_offset(btf, member->name_off), name))
			continue;
		*offset = __btf_member_bit_offset(type, member) / 8;
		return true;
	}
	return false;
}

/**
 * utrace_seccomp_find() - how this kernel keeps filters
 * @layout: Is written.
 *
 * Context: Process context; sleeps.
 * Return: 0; -EOPNOTSUPP: it has no BTF, or no such struct.
 */
int utrace_seccomp_find(struct utrace_seccomp_layout *layout)
{
	const struct btf_type *type;
	const struct btf *btf = bpf_get_btf_vmlinux();
	s32 id;

	if (IS_ERR_OR_NULL(btf))
		return -EOPNOTSUPP;
	id = btf_find_by_name_kind(btf, "seccomp_filter", BTF_KIND_STRUCT);
	if (id < 0)
		return -EOPNOTSUPP;
	type = btf_type_by_id(btf, id);
	if (!find_member(btf, type, "prev", &layout->prev) ||
	    !find_member(btf, type, "prog", &layout->prog))
		return -EOPNOTSUPP;
	return 0;
}
