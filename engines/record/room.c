// SPDX-License-Identifier: GPL-2.0
/*
 * Room in a ring, by policy, and what is lost.
 *
 * A writer comes here only when it has reached the limit of what the last one
 * found: once in a lap, or in a sub-buffer; and while records are missing that
 * the ring has yet to tell of.
 */
#include <linux/align.h>
#include <linux/minmax.h>
#include <linux/percpu.h>
#include "record.h"

static u64 data_bytes(const struct record_session *session)
{
	return session->setup.ring_bytes;
}

static bool is_overwritten(const struct record_session *session)
{
	return session->setup.policy == UTRACE_RECORD_POLICY_OVERWRITE;
}

static u64 subbuffer_bytes(const struct record_session *session)
{
	return data_bytes(session) / UTRACE_RECORD_SUBBUFFERS;
}

/**
 * record_fits() - can a ring of the session hold such a record at all?
 * @session: The session.
 * @bytes: Its size.
 *
 * With what may have to come before it, so that it will not be refused later.
 */
bool record_fits(const struct record_session *session, u32 bytes)
{
	u64 most = is_overwritten(session) ? subbuffer_bytes(session) : data_bytes(session);

	bytes += sizeof(struct utrace_record_lost) + sizeof(struct utrace_record_task);
	return bytes <= most;
}

/*
 * A record that takes no time, shown at once: when the writer waits now, the
 * reader must be able to give back whatever is in its way.
 */
static void *put(const struct record_session *session, struct record_ring *ring,
		 enum utrace_record_type type, u32 bytes)
{
	struct utrace_record *head;

	head = (void *)(ring->data + (ring->head & (data_bytes(session) - 1)));
	*head = (struct utrace_record){ .info = UTRACE_RECORD_INFO(type, 0, 0, bytes, 0) };
	ring->head += bytes;
	return head;
}

static void show(struct record_ring *ring)
{
	/* The record before the position; pairs with the reader's acquire. */
	smp_store_release(&ring->page->head, ring->head);
}

static void pad(const struct record_session *session, struct record_ring *ring, u64 to)
{
	if (ring->head == to)
		return;
	put(session, ring, UTRACE_RECORD_PAD, to - ring->head);
	show(ring);
}

static void tell_lost(const struct record_session *session, struct record_ring *ring)
{
	struct utrace_record_lost *lost;

	lost = put(session, ring, UTRACE_RECORD_LOST, sizeof(*lost));
	lost->count = ring->pending_lost;
	ring->pending_lost = 0;
	show(ring);
}

static void lose(struct record_ring *ring)
{
	ring->pending_lost++;
	WRITE_ONCE(ring->page->lost, ++ring->lost);
	/* Whoever comes next has to tell. */
	ring->limit = ring->head;
}

static bool find_behind_reader(const struct record_session *session, struct record_ring *ring,
			       u32 bytes, u64 tail)
{
	u64 size = data_bytes(session);
	u64 end = tail + size;
	u64 lap_end = ALIGN_DOWN(ring->head, size) + size;

	ring->limit = min(end, lap_end);
	if (bytes <= ring->limit - ring->head)
		return true;
	if (end < lap_end)
		return false;
	/* Free to the end of the lap, but not enough: a record does not wrap. */
	pad(session, ring, lap_end);
	ring->limit = end;
	return bytes <= ring->limit - ring->head;
}

static u64 *records_at(const struct record_session *session, struct record_ring *ring, u64 begin)
{
	return &ring->records_at[begin / subbuffer_bytes(session) % UTRACE_RECORD_SUBBUFFERS];
}

static void next_subbuffer(const struct record_session *session, struct record_ring *ring)
{
	u64 bytes = subbuffer_bytes(session);

	pad(session, ring, ring->end);
	ring->end += bytes;
	if (ring->end - ring->tail > data_bytes(session)) {
		WRITE_ONCE(ring->tail, ring->tail + bytes);
		WRITE_ONCE(ring->page->overwritten, *records_at(session, ring, ring->tail));
		WRITE_ONCE(ring->page->tail, ring->tail);
		/* Pairs with the read barrier of who takes a snapshot. */
		smp_wmb();
	}
	*records_at(session, ring, ring->head) = ring->page->records;
	/* So that it can be read from here on: a TASK record comes first. */
	ring->task_id = 0;
}

static bool find(const struct record_session *session, struct record_ring *ring, u32 bytes,
		 u64 tail)
{
	if (ring->pending_lost)
		bytes += sizeof(struct utrace_record_lost);
	if (is_overwritten(session)) {
		if (bytes > ring->end - ring->head)
			next_subbuffer(session, ring);
		ring->limit = ring->end;
	} else if (!find_behind_reader(session, ring, bytes, tail)) {
		/* What would fit has to tell, too. */
		if (ring->pending_lost)
			ring->limit = ring->head;
		return false;
	}
	if (ring->pending_lost)
		tell_lost(session, ring);
	return true;
}

/**
 * record_find_room() - there is no room up to the limit
 * @session: The session.
 * @ring: The ring of this CPU; preemption is off, and on when this returns.
 * @bytes: How much is needed in one piece.
 * @fits: It is not too much: record_fits().
 * @when_full: What if there is none.
 *
 * Return: true: try again, on whatever CPU that is now; false: if @when_full is
 * RECORD_BY_POLICY, the record is lost, and counted.
 */
bool record_find_room(struct record_session *session, struct record_ring *ring, u32 bytes,
		      bool fits, enum record_when_full when_full)
{
	/* Pairs with consume(): the reader has read before we overwrite. */
	u64 tail = smp_load_acquire(&ring->tail);

	if (fits && find(session, ring, bytes, tail)) {
		preempt_enable();
		return true;
	}
	if (when_full == RECORD_OR_NOT) {
		preempt_enable();
		return false;
	}
	if (fits && session->setup.policy == UTRACE_RECORD_POLICY_BLOCK) {
		preempt_enable();
		if (record_wait_for_room(session, ring, tail))
			return true;
		preempt_disable();
		ring = this_cpu_ptr(session->rings);
	}
	lose(ring);
	preempt_enable();
	return false;
}
