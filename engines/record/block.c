// SPDX-License-Identifier: GPL-2.0
/*
 * The BLOCK policy: who finds no room waits for the reader.
 *
 * In a callback, with nothing held, so that nobody else waits because of it: a
 * reader, or a supplier of pages, that is traced itself goes on. A reader that
 * waits for the task in turn is refused when it attaches, see
 * UTRACE_ATTACH_CONTROLLER.
 */
#include <linux/jiffies.h>
#include <linux/percpu.h>
#include <linux/poll.h>
#include "record.h"

/**
 * struct blocked - a task that waits
 */
struct blocked {
	/** @session: Of the ring. */
	struct record_session *session;
	/** @ring: The full one. */
	struct record_ring *ring;
	/** @tail: Where the reader was when it was full. */
	u64 tail;
};

static bool has_moved(const struct blocked *blocked)
{
	return READ_ONCE(blocked->ring->tail) != blocked->tail;
}

static bool is_hopeless(const struct record_session *session)
{
	return READ_ONCE(session->gave_up) || READ_ONCE(session->closed);
}

static bool is_over(void *data)
{
	const struct blocked *blocked = data;

	return has_moved(blocked) || is_hopeless(blocked->session);
}

/**
 * record_release_blocked() - let every task that waits look again
 * @session: The session; gave_up or closed is set.
 */
void record_release_blocked(struct record_session *session)
{
	int cpu;

	if (!session->rings)
		return;
	for_each_possible_cpu(cpu)
		wake_up_all(&per_cpu_ptr(session->rings, cpu)->room);
}

/* The reader has not come since @since. */
static void give_up(struct record_session *session, unsigned long since)
{
	scoped_guard(spinlock, &session->lock) {
		if (session->gave_up || time_after(session->consumed, since))
			return;
		WRITE_ONCE(session->gave_up, true);
		session->timeouts++;
	}
	record_release_blocked(session);
}

static void wait(struct blocked *blocked)
{
	struct record_session *session = blocked->session;
	unsigned long patience = msecs_to_jiffies(session->setup.block_timeout_ms);
	unsigned long since = jiffies;
	unsigned long consumed;
	int err;

	if (!patience) {
		/* Whatever ended it: the caller looks what has become of the ring. */
		err = utrace_callback_wait(&blocked->ring->room, is_over, blocked,
					   MAX_SCHEDULE_TIMEOUT);
		return;
	}
	do {
		consumed = READ_ONCE(session->consumed);
		if (time_after(consumed, since))
			since = consumed;
		if (time_after_eq(jiffies, since + patience)) {
			give_up(session, since);
			return;
		}
		err = utrace_callback_wait(&blocked->ring->room, is_over, blocked,
					   since + patience - jiffies);
	} while (err == -ETIME);
}

/**
 * record_wait_for_room() - wait until the reader gives room back
 * @session: The session.
 * @ring: The ring that was full.
 * @tail: Where its reader was then.
 *
 * Return: true: there may be room; false: the record is to be lost: SIGKILL, a
 * reader that does not come, or the session is closed.
 */
bool record_wait_for_room(struct record_session *session, struct record_ring *ring, u64 tail)
{
	struct blocked blocked = { .session = session, .ring = ring, .tail = tail };
	u64 begin = record_clock();

	if (is_hopeless(session))
		return false;
	scoped_guard(spinlock, &session->lock) {
		session->blocked++;
		WRITE_ONCE(session->blocked_now, session->blocked_now + 1);
	}
	/* Whatever its watermark: it is needed now. */
	wake_up_interruptible_poll(&session->wait, EPOLLIN | EPOLLRDNORM);
	wait(&blocked);
	scoped_guard(spinlock, &session->lock) {
		WRITE_ONCE(session->blocked_now, session->blocked_now - 1);
		session->blocked_ns += record_clock() - begin;
	}
	return has_moved(&blocked);
}

/**
 * record_reader_came() - the reader has given room back
 * @session: The session.
 * @ring: In which ring.
 */
void record_reader_came(struct record_session *session, struct record_ring *ring)
{
	if (session->setup.policy != UTRACE_RECORD_POLICY_BLOCK)
		return;
	scoped_guard(spinlock, &session->lock) {
		WRITE_ONCE(session->consumed, jiffies);
		WRITE_ONCE(session->gave_up, false);
	}
	if (wq_has_sleeper(&ring->room))
		wake_up_all(&ring->room);
}
