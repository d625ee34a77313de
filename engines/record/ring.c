// SPDX-License-Identifier: GPL-2.0
/*
 * The rings: room, commit, loss.
 */
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/timekeeping.h>
#include <linux/vmalloc.h>
#include "record.h"

/**
 * record_clock() - CLOCK_MONOTONIC, readable in any context
 */
u64 record_clock(void)
{
	return ktime_get_mono_fast_ns();
}

static u64 data_bytes(const struct record_session *session)
{
	return session->setup.ring_bytes;
}

/**
 * struct record_room - a record that is being written
 *
 * From reserve() to commit(); preemption is off.
 */
struct record_room {
	/** @ring: Where to. */
	struct record_ring *ring;
	/** @record: Where in there. */
	char *record;
	/** @delta: For its head. */
	u32 delta;
	/** @head: Position of @record. */
	u64 head;
};

static void *put_head(struct record_room *room, const struct record_session *session,
		      u32 info, u32 delta)
{
	struct utrace_record *head;

	head = (void *)(room->ring->data + (room->head & (data_bytes(session) - 1)));
	*head = (struct utrace_record){ .info = info, .delta = delta };
	room->head += UTRACE_RECORD_BYTES(info);
	return head;
}

static void put_pad(struct record_room *room, const struct record_session *session, u32 bytes)
{
	put_head(room, session, UTRACE_RECORD_INFO(UTRACE_RECORD_PAD, 0, 0, bytes, 0), 0);
}

static void put_lost(struct record_room *room, const struct record_session *session)
{
	struct utrace_record_lost *lost;

	lost = put_head(room, session,
			UTRACE_RECORD_INFO(UTRACE_RECORD_LOST, 0, 0, sizeof(*lost), 0), 0);
	lost->count = room->ring->pending_lost;
	room->ring->pending_lost = 0;
}

static void put_task(struct record_room *room, const struct record_task *rt, u64 time)
{
	struct utrace_record_task *task;

	task = put_head(room, rt->session,
			UTRACE_RECORD_INFO(UTRACE_RECORD_TASK, 0, 0, sizeof(*task), 0), 0);
	task->time = time;
	task->tid = task_pid_nr(current);
	task->pid = task_tgid_nr(current);
	memcpy(task->comm, current->comm, sizeof(task->comm));
}

static void lose(struct record_ring *ring)
{
	ring->pending_lost++;
	WRITE_ONCE(ring->page->lost, ++ring->lost);
}

/* What is reserved at once, or left at the end of the ring, has a length in 12 bits. */
static_assert(sizeof(struct utrace_record_call) + sizeof(struct utrace_record_call_wide) + 6 * 8 +
	      RECORD_STRINGS * (sizeof(struct utrace_record_string) + SZ_4K) +
	      sizeof(struct utrace_record_lost) + sizeof(struct utrace_record_task) <=
	      UTRACE_RECORD_MAX_BYTES);

/*
 * Room for a record of @bytes in the ring of this CPU, behind what has to come
 * first. Return: false when there is none; the record is lost, and counted.
 */
static bool reserve(struct record_room *room, const struct record_task *rt, u32 bytes, u64 time)
{
	struct record_session *session = rt->session;
	struct record_ring *ring;
	u64 size = data_bytes(session);
	u64 to_end, used;
	u32 total = bytes;
	u32 pad = 0;
	bool new_task;

	preempt_disable();
	ring = this_cpu_ptr(session->rings);
	/* A task that is late by an interrupt may find the clock before ours. */
	time = max(time, ring->time);
	new_task = ring->task_id != rt->id || time - ring->time > U32_MAX;
	if (unlikely(new_task))
		total += sizeof(struct utrace_record_task);
	if (unlikely(ring->pending_lost))
		total += sizeof(struct utrace_record_lost);

	to_end = size - (ring->head & (size - 1));
	if (unlikely(total > to_end))
		pad = to_end;
	/* Pairs with consume(): the reader has read before we overwrite. */
	used = ring->head - smp_load_acquire(&ring->tail);
	if (unlikely(total + pad > size - used)) {
		lose(ring);
		preempt_enable();
		return false;
	}

	room->ring = ring;
	room->head = ring->head;
	if (unlikely(pad))
		put_pad(room, session, pad);
	if (unlikely(ring->pending_lost))
		put_lost(room, session);
	room->delta = time - ring->time;
	if (unlikely(new_task)) {
		put_task(room, rt, time);
		ring->task_id = rt->id;
		room->delta = 0;
	}
	ring->time = time;
	room->record = ring->data + (room->head & (size - 1));
	return true;
}

static void commit(struct record_room *room, struct record_session *session, u32 bytes)
{
	struct record_ring *ring = room->ring;
	bool wake;

	ring->head = room->head + bytes;
	WRITE_ONCE(ring->page->records, ++ring->records);
	/* The record before the position; pairs with the reader's acquire. */
	smp_store_release(&ring->page->head, ring->head);
	wake = ring->head - READ_ONCE(ring->tail) >= session->setup.watermark;
	preempt_enable();
	if (unlikely(wake) && wq_has_sleeper(&session->wait))
		wake_up_interruptible_poll(&session->wait, EPOLLIN | EPOLLRDNORM);
}

static bool fits(const struct record_task *rt, long result, u64 duration)
{
	return result == (s32)result && duration <= U32_MAX && rt->nr >= 0 && rt->nr < 0x400;
}

/**
 * record_write_call() - write the call that the current task was in
 * @rt: The current task.
 * @finished: It has returned.
 * @result: What, if so.
 */
void record_write_call(struct record_task *rt, bool finished, long result)
{
	struct utrace_record_call *call;
	u64 now = record_clock();
	u64 duration = now - rt->start;
	bool wide = !fits(rt, result, duration);
	u32 bytes = sizeof(*call) + 8 * rt->nr_args + rt->strings_bytes;
	struct record_room room;
	u32 flags = 0;
	char *to;

	if (wide) {
		bytes += sizeof(struct utrace_record_call_wide);
		flags |= UTRACE_RECORD_CALL_WIDE;
	}
	if (rt->compat)
		flags |= UTRACE_RECORD_CALL_COMPAT;
	if (rt->strings_bytes)
		flags |= UTRACE_RECORD_CALL_STRINGS;
	if (!finished)
		flags |= UTRACE_RECORD_CALL_UNFINISHED;

	if (!reserve(&room, rt, bytes, now))
		return;
	call = (void *)room.record;
	call->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_CALL, rt->nr_args, flags, bytes,
					     rt->nr & 0x3ff);
	call->head.delta = room.delta;
	call->duration = duration;
	call->result = result;
	to = (char *)(call + 1);
	if (wide) {
		struct utrace_record_call_wide *full = (void *)to;

		full->result = result;
		full->duration = duration;
		full->nr = rt->nr;
		to += sizeof(*full);
	}
	memcpy(to, rt->args, 8 * rt->nr_args);
	memcpy(to + 8 * rt->nr_args, rt->strings, rt->strings_bytes);
	commit(&room, rt->session, bytes);
}

/**
 * record_write_event() - write an event of the current task
 * @rt: The current task.
 * @kind: What happened.
 * @value: By kind.
 */
void record_write_event(struct record_task *rt, enum utrace_record_event_kind kind, u64 value)
{
	struct utrace_record_event *event;
	struct record_room room;

	if (!reserve(&room, rt, sizeof(*event), record_clock()))
		return;
	event = (void *)room.record;
	event->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_EVENT, 0, 0, sizeof(*event), kind);
	event->head.delta = room.delta;
	event->value = value;
	commit(&room, rt->session, sizeof(*event));
}

/**
 * record_rings_readable() - is a ring past the watermark?
 * @session: The session.
 */
bool record_rings_readable(struct record_session *session)
{
	int cpu;

	for_each_possible_cpu(cpu) {
		struct record_ring *ring = per_cpu_ptr(session->rings, cpu);

		if (READ_ONCE(ring->page->head) - READ_ONCE(ring->tail) >=
		    session->setup.watermark)
			return true;
	}
	return false;
}

static void free_rings(struct record_ring __percpu *rings)
{
	int cpu;

	if (!rings)
		return;
	for_each_possible_cpu(cpu)
		vfree(per_cpu_ptr(rings, cpu)->page);
	free_percpu(rings);
}

/**
 * record_rings_alloc() - make the rings of a session
 * @session: The session; its setup says how large.
 *
 * Return: 0 or -ENOMEM.
 */
int record_rings_alloc(struct record_session *session)
{
	struct record_ring __percpu *rings = alloc_percpu(struct record_ring);
	int cpu;

	if (!rings)
		return -ENOMEM;
	for_each_possible_cpu(cpu) {
		struct record_ring *ring = per_cpu_ptr(rings, cpu);

		ring->page = vmalloc_user(session->setup.map_bytes);
		if (!ring->page) {
			free_rings(rings);
			return -ENOMEM;
		}
		ring->data = (char *)ring->page + PAGE_SIZE;
		ring->page->data_offset = PAGE_SIZE;
		ring->page->data_bytes = session->setup.ring_bytes;
	}
	/* Pairs with is_set_up(). */
	smp_store_release(&session->rings, rings);
	return 0;
}

/**
 * record_rings_free() - free the rings of a session
 * @session: The session; no task is attached.
 */
void record_rings_free(struct record_session *session)
{
	free_rings(session->rings);
}
