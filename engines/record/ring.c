// SPDX-License-Identifier: GPL-2.0
/*
 * The rings: reserve, write, commit.
 */
#include <linux/kcsan-checks.h>
#include <linux/percpu.h>
#include <linux/pid.h>
#include <linux/pagemap.h>
#include <linux/poll.h>
#include <linux/sched.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "record.h"

static u64 data_bytes(const struct record_session *session)
{
	return session->setup.ring_bytes;
}

/* Whose records follow, and when. */
static void put_task(struct record_ring *ring, const struct record_task *rt, u64 time)
{
	struct utrace_record_task *task;

	task = (void *)(ring->data + (ring->head & (data_bytes(rt->session) - 1)));
	task->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_TASK, 0, 0, sizeof(*task), 0);
	task->head.delta = 0;
	task->time = time;
	task->tid = task_pid_nr(rt->task);
	task->pid = task_tgid_nr(rt->task);
	memcpy(task->comm, rt->task->comm, sizeof(task->comm));
	ring->head += sizeof(*task);
}

/*
 * What the ring of this CPU takes before it can have a record of @bytes: room, a
 * TASK record. Entered and left with preemption off. Return: the ring, perhaps of
 * another CPU than before; NULL when there is no room: see record_find_room().
 */
static noinline struct record_ring *prepare(const struct record_task *rt, u32 bytes, u64 time,
					    enum record_when_full when_full)
{
	struct record_session *session = rt->session;
	struct record_ring *ring;
	bool new_task;
	u64 id, now;
	u32 total;

	for (;;) {
		ring = this_cpu_ptr(session->rings);
		/* A task that is late by an interrupt may find the clock before ours. */
		now = max(time, ring->time);
		id = READ_ONCE(rt->id);
		new_task = ring->task_id != id || now - ring->time > U32_MAX;
		total = bytes + (new_task ? sizeof(struct utrace_record_task) : 0);
		if (ring->head + total <= ring->limit)
			break;
		if (!record_find_room(session, ring, total, record_fits(session, bytes), when_full))
			return NULL;
		preempt_disable();
	}
	if (new_task) {
		put_task(ring, rt, now);
		ring->task_id = id;
		ring->time = now;
	}
	return ring;
}

/*
 * A record begins: now. From here to commit() preemption is off, and it is on
 * this CPU, unless reserve() has to wait.
 */
static __always_inline u64 begin(void)
{
	preempt_disable();
	return __record_clock();
}

/*
 * Room for a record of @bytes in the ring of this CPU. Return: the record, its
 * delta set, and its ring; NULL when there is no room, with preemption on.
 */
static __always_inline struct utrace_record *reserve(const struct record_task *rt, u32 bytes,
						     u64 time, enum record_when_full when_full,
						     struct record_ring **where)
{
	struct record_session *session = rt->session;
	struct utrace_record *record;
	struct record_ring *ring;
	u64 delta;

	ring = this_cpu_ptr(session->rings);
	/* What seems to be before the last one comes out as long after it. */
	delta = time - ring->time;
	if (unlikely(ring->task_id != READ_ONCE(rt->id) || delta > U32_MAX ||
		     ring->head + bytes > ring->limit)) {
		ring = prepare(rt, bytes, time, when_full);
		if (!ring)
			return NULL;
		delta = time > ring->time ? time - ring->time : 0;
	}
	record = (void *)(ring->data + (ring->head & (data_bytes(session) - 1)));
	record->delta = delta;
	ring->time += delta;
	*where = ring;
	return record;
}

/* What reserve() gave is a record now, or as much padding. */
static __always_inline void commit(struct record_session *session, struct record_ring *ring,
				   u32 bytes, bool is_record)
{
	struct utrace_record_ring *page = ring->page;
	u64 head = ring->head + bytes;
	bool wake;

	ring->head = head;
	WRITE_ONCE(page->records, page->records + is_record);
	/* The record before the position; pairs with the reader's acquire. */
	smp_store_release(&page->head, head);
	wake = head - READ_ONCE(ring->tail) >= session->setup.watermark;
	preempt_enable();
	if (unlikely(wake) && wq_has_sleeper(&session->wait))
		wake_up_interruptible_poll(&session->wait, EPOLLIN | EPOLLRDNORM);
}

/* What reserve() gave is not to be: the next one takes its place. */
static void abandon(struct record_ring *ring, const struct utrace_record *record)
{
	ring->time -= record->delta;
	preempt_enable();
}

/* memcpy() for the little that most calls have: what is copied is whole words. */
static __always_inline char *put_words(char *to, const void *from, u32 bytes)
{
	const char *from_end = from + bytes;
	char *end = to + bytes;
	long at = -(long)bytes;

	if (unlikely(bytes > 128)) {
		memcpy(to, from, bytes);
		return end;
	}
	/* Up to zero: four instructions for a word. */
	for (; at; at += 8)
		*(u64 *)(end + at) = *(const u64 *)(from_end + at);
	return end;
}

#define CALL_FLAG(flag)	UTRACE_RECORD_INFO(0, 0, flag, 0, 0)

/*
 * The call that a task is in. Each value is read once: of another task's call
 * they may change under our eyes, but the record must not become longer than
 * what was reserved.
 *
 * Return: false when there is no room, or the call is not @calls any more.
 */
static __always_inline bool write_call(struct record_task *rt, u32 flags, long result,
				       enum record_when_full when_full, u32 calls)
{
	bool is_own = when_full == RECORD_BY_POLICY;
	u64 now = begin();
	u64 duration = now - READ_ONCE(rt->start);
	u32 captured = READ_ONCE(rt->data_bytes);
	u32 nr_args = READ_ONCE(rt->nr_args);
	int nr = READ_ONCE(rt->nr);
	u32 bytes = sizeof(struct utrace_record_call) + 8 * nr_args + captured;
	u32 info = UTRACE_RECORD_INFO(UTRACE_RECORD_CALL, nr_args, flags, 0, nr & 0x3ff);
	struct utrace_record_call *call;
	struct record_ring *ring;
	bool is_same = true;
	char *to;

	info |= CALL_FLAG(READ_ONCE(rt->compat) * UTRACE_RECORD_CALL_COMPAT);
	if (unlikely(result != (s32)result || duration > U32_MAX || nr < 0 || nr >= 0x400)) {
		/* On another CPU it may be a little earlier than it was. */
		if ((s64)duration < 0)
			duration = 0;
		bytes += sizeof(struct utrace_record_call_wide);
		info |= CALL_FLAG(UTRACE_RECORD_CALL_WIDE);
	}

	if (!is_own) {
		/* Pairs with record_call_ends(): the lengths are those of one call. */
		smp_rmb();
		if (READ_ONCE(rt->calls) != calls || !record_fits(rt->session, bytes)) {
			preempt_enable();
			return true;
		}
	}
	call = (void *)reserve(rt, bytes, now, when_full, &ring);
	/* Not before: as long as it waits for room, nobody knows of the call. */
	if (is_own)
		record_call_ends(rt);
	if (!call)
		return false;
	call->duration = duration;
	call->result = result;
	to = (char *)(call + 1);
	if (info & CALL_FLAG(UTRACE_RECORD_CALL_WIDE)) {
		struct utrace_record_call_wide *full = (void *)to;

		full->result = result;
		full->duration = duration;
		full->nr = nr;
		to += sizeof(*full);
	}
	if (nr_args | captured) {
		to = put_words(to, rt->args, 8 * nr_args);
		put_words(to, rt->data, captured);
		if (captured)
			info |= CALL_FLAG(UTRACE_RECORD_CALL_DATA);
	}
	if (!is_own) {
		/* Pairs with record_call_ends(): has it ended, it is recorded, or about to be. */
		smp_rmb();
		is_same = READ_ONCE(rt->calls) == calls;
	}
	if (!is_same)
		info = UTRACE_RECORD_PAD;
	call->head.info = info | UTRACE_RECORD_INFO(0, 0, 0, bytes, 0);
	commit(rt->session, ring, bytes, is_same);
	return true;
}

/**
 * record_write_call() - write the call that the current task has returned from
 * @rt: The current task.
 * @result: What it returned.
 *
 * Return: UTRACE_RESUME: the last thing that a callback does.
 */
enum utrace_resume_action record_write_call(struct record_task *rt, long result)
{
	write_call(rt, 0, result, RECORD_BY_POLICY, 0);
	return UTRACE_RESUME;
}

/**
 * record_write_unfinished() - write the call that the current task dies in
 * @rt: The current task.
 */
void record_write_unfinished(struct record_task *rt)
{
	write_call(rt, UTRACE_RECORD_CALL_UNFINISHED, 0, RECORD_BY_POLICY, 0);
}

/**
 * record_write_in_flight() - write the call that another task is in
 * @rt: The task.
 *
 * Return: 0: it is written, too large, or there is none; -ENOSPC.
 */
int record_write_in_flight(struct record_task *rt)
{
	/* Pairs with record_call_begins(). */
	u32 calls = smp_load_acquire(&rt->calls);
	bool written;

	if (!(calls & 1))
		return 0;
	/* Reading what its task may change: it is thrown away then. */
	kcsan_nestable_atomic_begin();
	written = write_call(rt, UTRACE_RECORD_CALL_UNFINISHED, UTRACE_RECORD_IN_PROGRESS,
			     RECORD_OR_NOT, calls);
	kcsan_nestable_atomic_end();
	return written ? 0 : -ENOSPC;
}

/**
 * record_write_event() - write an event of the current task
 * @rt: The current task.
 * @kind: What happened.
 * @value: By kind.
 * @data: struct utrace_record_data and bytes, one after the other.
 * @data_bytes: Size of @data.
 * @when_full: What if there is no room.
 *
 * Return: false when there was none.
 */
bool record_write_event(struct record_task *rt, enum utrace_record_event_kind kind, u64 value,
			const void *data, u32 data_bytes, enum record_when_full when_full)
{
	u32 bytes = sizeof(struct utrace_record_event) + data_bytes;
	struct utrace_record_event *event;
	struct record_ring *ring;

	event = (void *)reserve(rt, bytes, begin(), when_full, &ring);
	if (!event)
		return false;
	event->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_EVENT, 0, 0, bytes, kind);
	event->value = value;
	memcpy(event + 1, data, data_bytes);
	commit(rt->session, ring, bytes, true);
	return true;
}

/**
 * record_write_stack() - write a user call chain of the current task
 * @rt: The current task.
 * @flags: UTRACE_RECORD_STACK_*.
 * @cookie: What joins it to what it is of.
 * @top: What the stack pointer points to.
 * @addresses: The chain.
 * @nr: How many addresses.
 *
 * Return: false when there was no room.
 */
bool record_write_stack(struct record_task *rt, u32 flags, u64 cookie, u64 top,
			const u64 *addresses, u32 nr)
{
	u32 bytes = sizeof(struct utrace_record_stack) + nr * sizeof(*addresses);
	struct utrace_record_stack *stack;
	struct record_ring *ring;

	stack = (void *)reserve(rt, bytes, begin(), RECORD_BY_POLICY, &ring);
	if (!stack)
		return false;
	stack->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_STACK, 0, flags, bytes, 0);
	stack->cookie = cookie;
	stack->top = top;
	memcpy(stack + 1, addresses, nr * sizeof(*addresses));
	commit(rt->session, ring, bytes, true);
	return true;
}

/* How often to begin again with pages that were not there. */
#define MAX_RESTARTS	2

/**
 * record_write_large() - write a large buffer of the current task
 * @rt: The current task.
 * @cookie: What joins it to its call.
 * @from: Where the buffer is.
 * @len: How much of it.
 *
 * With one copy, and so with preemption off: what is not resident is faulted in
 * with nothing held, and the copy begun again. Somebody may take the pages away
 * each time, so not for ever.
 */
enum record_large record_write_large(struct record_task *rt, u64 cookie, u64 from, u32 len)
{
	const char __user *user = (const char __user *)(unsigned long)from;
	u32 bytes = sizeof(struct utrace_record_large) + ALIGN(len, 8);
	struct utrace_record_large *large;
	struct record_ring *ring;
	unsigned long left;
	int restarts;
	u64 *last;

	if (!access_ok(user, len))
		return RECORD_LARGE_FAULT;
	for (restarts = 0; restarts <= MAX_RESTARTS; restarts++) {
		large = (void *)reserve(rt, bytes, begin(), RECORD_BY_POLICY, &ring);
		if (!large)
			return RECORD_LARGE_LOST;
		/* The padding. */
		last = (u64 *)((char *)large + bytes) - 1;
		*last = 0;
		pagefault_disable();
		left = raw_copy_from_user(large + 1, user, len);
		pagefault_enable();
		if (!left) {
			large->head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_LARGE, 0, 0, bytes, 0);
			large->cookie = cookie;
			large->len = len;
			large->reserved = 0;
			commit(rt->session, ring, bytes, true);
			return RECORD_LARGE_WRITTEN;
		}
		abandon(ring, &large->head);
		if (fault_in_readable(user + len - left, left))
			break;
	}
	return RECORD_LARGE_FAULT;
}

/**
 * record_rings_readable() - is a ring past the watermark, or waited for?
 * @session: The session.
 */
bool record_rings_readable(struct record_session *session)
{
	u32 watermark = READ_ONCE(session->blocked_now) ? 1 : session->setup.watermark;
	int cpu;

	for_each_possible_cpu(cpu) {
		struct record_ring *ring = per_cpu_ptr(session->rings, cpu);

		if (READ_ONCE(ring->page->head) - READ_ONCE(ring->tail) >= watermark)
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
		init_waitqueue_head(&ring->room);
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
