// SPDX-License-Identifier: GPL-2.0
/*
 * Events to the supervisor, verdicts from it.
 *
 * Nothing is held while user memory is touched or anybody waits: what is
 * copied is a copy already, or has a reference.
 */
#include <linux/pid_namespace.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "block.h"

/* The next event as the caller sees it. Return: false when there is none. */
static bool take(struct block_session *session, struct utrace_block_event *event,
		 struct block_strings **strings)
{
	struct pid_namespace *ns = task_active_pid_ns(current);
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = list_first_entry_or_null(&session->queue, struct block_task, queue);
	if (!bt)
		return false;
	list_del_init(&bt->queue);
	*event = bt->event;
	event->pid = task_tgid_nr_ns(bt->task, ns);
	event->tid = task_pid_nr_ns(bt->task, ns);
	if (event->kind == UTRACE_BLOCK_CLONE)
		event->args[0] = pid_nr_ns(bt->child, ns);
	*strings = bt->strings;
	if (*strings)
		refcount_inc(&(*strings)->refs);
	return true;
}

/* It could not be copied: somebody else may have better luck. */
static void put_back(struct block_session *session, u64 cookie)
{
	struct block_task *bt;

	scoped_guard(spinlock, &session->lock) {
		bt = __block_find(session, cookie);
		if (bt)
			list_add(&bt->queue, &session->queue);
	}
	wake_up_interruptible_poll(&session->wait, EPOLLIN | EPOLLRDNORM);
}

static bool copy_out(void __user *to, const struct utrace_block_event *event,
		     const struct block_strings *strings)
{
	if (copy_to_user(to, event, sizeof(*event)))
		return false;
	return !strings || !copy_to_user(to + sizeof(*event), strings->data, strings->bytes);
}

/* Return: how many, or -EFAULT. */
static int take_all(struct block_session *session, const struct utrace_block_recv *recv)
{
	struct utrace_block_event event;
	struct block_strings *strings;
	bool copied = true;
	u32 n;

	for (n = 0; n < recv->nr && take(session, &event, &strings); n++) {
		copied = copy_out(u64_to_user_ptr(recv->events + (u64)n * recv->stride), &event,
				  strings);
		block_strings_put(strings);
		if (!copied) {
			put_back(session, event.cookie);
			break;
		}
	}
	return n || copied ? n : -EFAULT;
}

/* Who sees the last one leave is woken for that, and looks again. */
static bool is_deserted(const struct block_session *session)
{
	return READ_ONCE(session->status.attached_ever) && !READ_ONCE(session->status.attached);
}

static bool has_event(const struct block_session *session)
{
	return !list_empty_careful(&session->queue);
}

static int check_recv(const struct block_session *session, const struct utrace_block_recv *recv)
{
	if (!recv->nr || recv->nr > UTRACE_BLOCK_MAX_BATCH)
		return -EINVAL;
	if (recv->stride < session->setup.event_bytes || recv->stride % 8)
		return -EMSGSIZE;
	return 0;
}

/* Return: how many; -EAGAIN, -ERESTARTSYS, -EFAULT. */
static int recv_some(struct block_session *session, const struct utrace_block_recv *recv,
		     bool wait)
{
	int n;

	for (;;) {
		n = take_all(session, recv);
		if (n || is_deserted(session))
			return n;
		if (!wait)
			return -EAGAIN;
		/* One of several that wait is enough: an event is received once. */
		if (wait_event_interruptible_exclusive(session->wait,
						       has_event(session) || is_deserted(session)))
			return -ERESTARTSYS;
	}
}

/**
 * block_recv() - UTRACE_BLOCK_IOC_RECV
 * @session: The session.
 * @arg: Its argument.
 * @wait: For the first event.
 */
int block_recv(struct block_session *session, struct utrace_block_recv __user *arg, bool wait)
{
	struct utrace_block_recv recv;
	int n;

	if (copy_from_user(&recv, arg, sizeof(recv)))
		return -EFAULT;
	n = check_recv(session, &recv);
	if (!n)
		n = recv_some(session, &recv, wait);
	if (n < 0)
		return n;
	return put_user(n, &arg->nr);
}

/* Does the action have these fields? Those that it does not have are zero. */
static bool is_verdict(const struct utrace_block_verdict *v)
{
	bool changes = v->action == UTRACE_BLOCK_CHANGE;
	int i;

	if (v->flags & ~(changes ? UTRACE_BLOCK_NR | (UTRACE_BLOCK_NR - 1) : 0))
		return false;
	if (v->nr && !(v->flags & UTRACE_BLOCK_NR) && v->action != UTRACE_BLOCK_REPLACE)
		return false;
	for (i = 0; i < 6; i++)
		if (v->args[i] && !(v->flags & UTRACE_BLOCK_ARG(i)))
			return false;
	if (v->result && v->action != UTRACE_BLOCK_RESULT)
		return false;
	if ((v->nr_snapshots || v->snapshots) && !changes)
		return false;
	switch (v->action) {
	case UTRACE_BLOCK_REPLACE:
		return v->nr >= 0 && v->nr <= _NSIG && v->nr != SIGKILL;
	case UTRACE_BLOCK_RUN:
	case UTRACE_BLOCK_CHANGE:
	case UTRACE_BLOCK_RESULT:
	case UTRACE_BLOCK_KILL:
		return true;
	default:
		return false;
	}
}

static bool kind_has_action(u32 kind, u32 action)
{
	switch (action) {
	case UTRACE_BLOCK_CHANGE:
		return kind == UTRACE_BLOCK_ENTRY;
	case UTRACE_BLOCK_RESULT:
		return kind == UTRACE_BLOCK_ENTRY || kind == UTRACE_BLOCK_RETURN ||
		       kind == UTRACE_BLOCK_EXIT;
	case UTRACE_BLOCK_REPLACE:
		return kind == UTRACE_BLOCK_SIGNAL;
	default:
		return true;
	}
}

/* Takes @snapshots if all is well. */
static int answer(struct block_session *session, const struct utrace_block_verdict *verdict,
		  struct block_snapshots *snapshots)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = __block_find(session, verdict->cookie);
	if (!bt)
		return -ENOENT;
	if (!list_empty(&bt->queue))
		return -EINPROGRESS;
	if (!kind_has_action(bt->event.kind, verdict->action))
		return -EOPNOTSUPP;
	bt->verdict = *verdict;
	bt->snapshots = snapshots;
	__block_answered(bt);
	return 0;
}

static int send_one(struct block_session *session, const void __user *from)
{
	struct block_snapshots *snapshots = NULL;
	struct utrace_block_verdict verdict;
	int err;

	if (copy_from_user(&verdict, from, sizeof(verdict)))
		return -EFAULT;
	if (!is_verdict(&verdict))
		return -EINVAL;
	if (verdict.nr_snapshots) {
		snapshots = block_snapshots_read(&verdict);
		if (IS_ERR(snapshots))
			return PTR_ERR(snapshots);
	}
	err = answer(session, &verdict, snapshots);
	if (err)
		kfree(snapshots);
	return err;
}

static int send_all(struct block_session *session, const struct utrace_block_send *send,
		    u32 __user *done)
{
	int err = 0;
	u32 n;

	for (n = 0; n < send->nr && !err; n += !err)
		err = send_one(session, u64_to_user_ptr(send->verdicts +
					(u64)n * sizeof(struct utrace_block_verdict)));
	return put_user(n, done) ?: err;
}

/**
 * block_send() - UTRACE_BLOCK_IOC_SEND
 * @session: The session.
 * @arg: Its argument.
 */
int block_send(struct block_session *session, struct utrace_block_send __user *arg)
{
	struct utrace_block_send send;

	if (copy_from_user(&send, arg, sizeof(send)))
		return -EFAULT;
	if (!send.nr || send.nr > UTRACE_BLOCK_MAX_BATCH)
		return -EINVAL;
	return send_all(session, &send, &arg->done);
}

/**
 * block_exchange() - UTRACE_BLOCK_IOC_EXCHANGE
 * @session: The session.
 * @arg: Its argument.
 * @wait: For the first event.
 */
int block_exchange(struct block_session *session, struct utrace_block_exchange __user *arg,
		   bool wait)
{
	struct utrace_block_exchange both;
	int n, err;

	if (copy_from_user(&both, arg, sizeof(both)))
		return -EFAULT;
	if (both.send.nr > UTRACE_BLOCK_MAX_BATCH)
		return -EINVAL;
	/* What is wrong with the second half is found before the first is done. */
	err = check_recv(session, &both.recv) ?: send_all(session, &both.send, &arg->send.done);
	if (err)
		return err;
	n = recv_some(session, &both.recv, wait);
	/* A restart would send them again. */
	if (n == -ERESTARTSYS && both.send.nr)
		n = 0;
	if (n < 0)
		return n;
	return put_user(n, &arg->recv.nr);
}
