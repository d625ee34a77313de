/* SPDX-License-Identifier: GPL-2.0 */
/* A trace on one CPU: what is in its ring, and in a record. */
#ifndef _ONE_RING_H
#define _ONE_RING_H

#include "recorder.h"

/* All on one CPU: the records of a program are in one ring, in order. */
static inline struct recorder *start(struct __test_metadata *_metadata)
{
	stay_on(0);
	return rec_start(_metadata, 1 << 20);
}

static inline void run(struct __test_metadata *_metadata, struct recorder *r,
		       void (*fn)(void), unsigned int flags)
{
	struct tracee t = tracee_start(fn);

	ASSERT_EQ(0, rec_attach(r, t.pid, flags));
	tracee_go(&t);
	tracee_end(&t);
	ASSERT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
}

static inline const void *find(struct recorder *r, enum utrace_record_type type, unsigned int nr)
{
	const struct ring *ring = &r->rings[0];
	unsigned long long at = 0;

	while (at < ring->page->head) {
		const struct utrace_record *rec = (const void *)(ring->data + at);

		if (UTRACE_RECORD_TYPE(rec->info) == type && UTRACE_RECORD_NR(rec->info) == nr)
			return rec;
		at += UTRACE_RECORD_BYTES(rec->info);
	}
	return NULL;
}

/* Where its data begin. */
static inline size_t fixed_bytes(const struct utrace_record *rec)
{
	size_t bytes;

	if (UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_EVENT)
		return sizeof(struct utrace_record_event);
	bytes = sizeof(struct utrace_record_call) + 8 * UTRACE_RECORD_NARGS(rec->info);
	if (UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_WIDE)
		bytes += sizeof(struct utrace_record_call_wide);
	return bytes;
}

static inline const struct utrace_record_data *nth_data(const struct utrace_record *rec,
							unsigned int n)
{
	size_t at = fixed_bytes(rec);

	while (at < UTRACE_RECORD_BYTES(rec->info)) {
		const struct utrace_record_data *d = (const void *)((const char *)rec + at);

		if (!n--)
			return d;
		at += sizeof(*d) + (d->len + 7) / 8 * 8;
	}
	return NULL;
}

#endif /* _ONE_RING_H */
