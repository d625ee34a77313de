// SPDX-License-Identifier: GPL-2.0
/*
 * A task asks, and waits for the verdict.
 *
 * It waits in its callback, by utrace_callback_stop(). UTRACE_STOP would stop it
 * when all engines have had their report: sessions of one task would decide all
 * at once on what the program wanted, none on what another has made of it; and
 * to put a verdict into effect it would have to be reported once more. At EXIT a
 * thread may be dying already, so there it is utrace_callback_wait().
 */
#include <linux/atomic.h>
#include <linux/hash.h>
#include <linux/jiffies.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include "block.h"

static u64 new_cookie(void)
{
	static atomic64_t last = ATOMIC64_INIT(0);

	return atomic64_inc_return(&last);
}

static struct hlist_head *bucket(struct block_session *session, u64 cookie)
{
	return &session->stopped[hash_64(cookie, BLOCK_HASH_BITS)];
}

/**
 * __block_find() - the task that is stopped with this cookie
 * @session: Where to look.
 * @cookie: The cookie.
 *
 * Return: the task, which has no verdict and does not go on while the lock is
 * held; or NULL.
 */
struct block_task *__block_find(struct block_session *session, u64 cookie)
{
	struct block_task *bt;

	lockdep_assert_held(&session->lock);
	hlist_for_each_entry(bt, bucket(session, cookie), hash)
		if (bt->event.cookie == cookie)
			return bt;
	return NULL;
}

/**
 * __block_wake() - let a task look whether it is to wait on
 * @bt: The task.
 */
void __block_wake(struct block_task *bt)
{
	/* It may be gone when the lock is. */
	lockdep_assert_held(&bt->session->lock);
	wake_up_interruptible_sync(&bt->wait);
}

static void __end(struct block_task *bt)
{
	lockdep_assert_held(&bt->session->lock);
	if (hlist_unhashed(&bt->hash))
		return;
	hlist_del_init(&bt->hash);
	list_del_init(&bt->queue);
	bt->session->status.blocked--;
}

/**
 * __block_answered() - there is a verdict
 * @bt: The task, from __block_find().
 */
void __block_answered(struct block_task *bt)
{
	lockdep_assert_held(&bt->session->lock);
	__end(bt);
	WRITE_ONCE(bt->answered, true);
	__block_wake(bt);
}

/**
 * __block_released() - a task is to go on without a verdict, now and for good
 * @bt: The task; need not be stopped.
 */
void __block_released(struct block_task *bt)
{
	lockdep_assert_held(&bt->session->lock);
	/* Nobody is to find it from here on, though it may take its time to go on. */
	__end(bt);
	WRITE_ONCE(bt->released, true);
	__block_wake(bt);
}

/**
 * block_strings_put() - let a reference to captured strings go
 * @strings: The strings, or NULL.
 */
void block_strings_put(struct block_strings *strings)
{
	if (strings && refcount_dec_and_test(&strings->refs))
		kfree(strings);
}

static bool is_over(const struct block_task *bt)
{
	return READ_ONCE(bt->answered) || READ_ONCE(bt->released) ||
	       READ_ONCE(bt->session->closed);
}

static bool may_look(void *data)
{
	const struct block_task *bt = data;

	return is_over(bt) || READ_ONCE(bt->addfd);
}

/* Return: as utrace_callback_stop(). */
static int wait_for_verdict(struct block_task *bt)
{
	unsigned long timeout = msecs_to_jiffies(bt->session->setup.timeout_ms);
	unsigned long end = jiffies + timeout;
	int err;

	do {
		long left = timeout ? (long)(end - jiffies) : MAX_SCHEDULE_TIMEOUT;

		if (left <= 0)
			return -ETIME;
		if (bt->event.kind == UTRACE_BLOCK_EXIT)
			err = utrace_callback_wait(&bt->wait, may_look, bt, left);
		else
			err = utrace_callback_stop(&bt->wait, may_look, bt, left);
		block_addfd_serve(bt);
	} while (!err && !is_over(bt));
	return err;
}

static bool __begin(struct block_task *bt)
{
	struct block_session *session = bt->session;

	lockdep_assert_held(&session->lock);
	if (is_over(bt))
		return false;
	bt->event.cookie = new_cookie();
	list_add_tail(&bt->queue, &session->queue);
	hlist_add_head(&bt->hash, bucket(session, bt->event.cookie));
	session->status.blocked++;
	session->status.events++;
	return true;
}

/* Nobody has decided. What the session said is what happens. */
static void decide(struct block_task *bt, int err)
{
	struct block_session *session = bt->session;
	u32 fate = UTRACE_BLOCK_RELEASE;

	/* One that dies in an exec of its process is not to take that along. */
	if (err == -EINTR)
		return;
	if (READ_ONCE(session->closed))
		fate = session->setup.on_close;
	else if (err == -ETIME)
		fate = session->setup.on_timeout;
	if (fate == UTRACE_BLOCK_KILL_IT)
		bt->verdict.action = UTRACE_BLOCK_KILL;
}

static void end(struct block_task *bt, int err)
{
	struct block_session *session = bt->session;

	guard(spinlock)(&session->lock);
	__block_addfd_cancel(bt);
	if (bt->answered)
		return;
	__end(bt);
	if (err == -ETIME)
		session->status.timeouts++;
	decide(bt, err);
}

/**
 * block_ask() - ask for a verdict, and wait for it
 * @bt: The current task; @bt->event has what is particular to the event.
 * @kind: What has happened.
 * @regs: Its user registers.
 *
 * Sets @bt->verdict, with @bt->snapshots: somebody's, or RUN, or KILL if the
 * session says so when there is none. KILL has been done.
 */
void block_ask(struct block_task *bt, enum utrace_block_kind kind, struct pt_regs *regs)
{
	struct block_session *session = bt->session;
	struct utrace_block_event *event = &bt->event;
	bool asked;

	event->size = sizeof(*event);
	event->strings = bt->strings ? bt->strings->bytes : 0;
	event->kind = kind;
	event->arch = syscall_get_arch(current);
	event->ip = instruction_pointer(regs);
	event->sp = user_stack_pointer(regs);
	bt->verdict = (struct utrace_block_verdict){ };
	bt->answered = false;

	scoped_guard(spinlock, &session->lock)
		asked = __begin(bt);
	if (asked) {
		wake_up_interruptible_sync_poll(&session->wait, EPOLLIN | EPOLLRDNORM);
		end(bt, wait_for_verdict(bt));
	} else {
		decide(bt, 0);
	}
	block_strings_put(bt->strings);
	bt->strings = NULL;
	if (bt->verdict.action == UTRACE_BLOCK_KILL)
		send_sig(SIGKILL, current, 1);
}
