/* SPDX-License-Identifier: GPL-2.0 */
/* A tracee whose calls have numbers, and what these tell about a trace. */
#ifndef _NUMBERED_H
#define _NUMBERED_H

#include "recorder.h"

#define BLOCK(...)	SETUP(.policy = UTRACE_RECORD_POLICY_BLOCK, __VA_ARGS__)
#define OVERWRITE(...)	SETUP(.policy = UTRACE_RECORD_POLICY_OVERWRITE, __VA_ARGS__)

/* All arguments alike: a record that is of two calls shows. */
static inline void numbered_call(long n)
{
	syscall(SYS_getppid, n, n, n, n, n, n);
}

/* shared[0] calls; shared[1] is how many have returned. */
static inline void numbered(void)
{
	long n;

	stay_on(0);
	for (n = 0; n < shared[0]; n++) {
		numbered_call(n);
		shared[1] = n + 1;
	}
}

static inline void numbered_forever(void)
{
	shared[0] = 1L << 40;
	numbered();
}

/* What the numbers of the calls that were read tell. */
static struct {
	unsigned long long next, missing, told, untold, torn;
	unsigned int last_event;
} seen;

static inline void look_at_number(struct recorder *r, const struct utrace_record *rec)
{
	const struct utrace_record_call *call = (const void *)rec;
	unsigned long long n, args[6];

	(void)r;
	if (UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_EVENT)
		seen.last_event = UTRACE_RECORD_NR(rec->info);
	if (UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_LOST)
		seen.told += ((const struct utrace_record_lost *)rec)->count;
	if (!rec_is_call(rec, SYS_getppid))
		return;
	n = rec_arg(rec);
	memcpy(args, call + 1, sizeof(args));
	if (!(UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_WIDE))
		seen.torn += args[5] != n || args[3] != n;
	seen.missing += n - seen.next;
	seen.untold += n - seen.next != seen.told;
	seen.told = 0;
	seen.next = n + 1;
}

static inline struct recorder *attached(struct __test_metadata *_metadata, const struct tracee *t,
				 struct utrace_record_setup setup)
{
	struct recorder *r = rec_start_as(_metadata, setup);

	r->each = look_at_number;
	ASSERT_EQ(0, rec_attach(r, t->pid, 0));
	return r;
}

#endif /* _NUMBERED_H */
