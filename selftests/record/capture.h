/* SPDX-License-Identifier: GPL-2.0 */
/* Calls that are described, and what the records of these carry. */
#ifndef _CAPTURE_H
#define _CAPTURE_H

#include "one_ring.h"

#define NR_SPECS	512
#define LENGTH		UTRACE_RECORD_LENGTH
#define FAULT		UTRACE_RECORD_DATA_FAULT
#define TRUNCATED	UTRACE_RECORD_DATA_TRUNCATED
#define OUT		UTRACE_RECORD_DATA_OUT

static struct utrace_record_call_spec specs[NR_SPECS];

static inline int describe(struct recorder *r, unsigned int abi, int nr,
		    struct utrace_record_call_spec spec)
{
	struct utrace_record_calls calls = {
		.abi = abi, .nr = NR_SPECS, .specs = (uintptr_t)specs,
	};
	int i;

	for (i = 0; i < NR_SPECS; i++)
		specs[i] = (struct utrace_record_call_spec){ .nr_args = 6 };
	specs[nr] = spec;
	return rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls);
}

#define EXPECT_DATA(d, want_arg, want_kind, want_flags, want_index, want_len)	do {	\
	ASSERT_TRUE(d);								\
	EXPECT_EQ(want_arg, (d)->arg);						\
	EXPECT_EQ(want_kind, (d)->kind);					\
	EXPECT_EQ(want_flags, (d)->flags);					\
	EXPECT_EQ(want_index, (d)->index);					\
	EXPECT_EQ(want_len, (d)->len);						\
	EXPECT_EQ(0, (d)->reserved);						\
} while (0)

#define EXPECT_BYTES(d, bytes)	EXPECT_EQ(0, memcmp((d) + 1, bytes, (d)->len))

static inline const struct utrace_record *record_of(struct __test_metadata *_metadata, int nr,
						    struct utrace_record_call_spec spec,
						    void (*fn)(void))
{
	struct recorder *r = start(_metadata);

	ASSERT_EQ(0, describe(r, UTRACE_RECORD_ABI_NATIVE, nr, spec));
	run(_metadata, r, fn, 0);
	return find(r, UTRACE_RECORD_CALL, nr);
}

#endif /* _CAPTURE_H */
