// SPDX-License-Identifier: GPL-2.0
/*
 * wait4(2) and waitid(2) of a process that has entered: its tracees and the
 * kernel's own children, by one call.
 *
 * The kernel's half is its own system call, which is made with WNOHANG as often
 * as there may be news. So everything about other children is as it always was,
 * to the last byte; ours only sleeps.
 *
 * A tracee that is a child, and leads its process, ends as a child. What is ours
 * comes first: a thread before the process that it was of.
 */
#include <linux/compat.h>
#include <linux/cred.h>
#include <linux/fcntl.h>
#include <linux/pid.h>
#include <linux/pid_namespace.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include <linux/user_namespace.h>
#include <linux/wait.h>
#include "ptrace.h"

/**
 * struct news - what there was to wait for
 * @link: Of whom, referenced; NULL: of none.
 * @nr: Its number.
 * @status: In the form of wait(2).
 * @exited: It is dead.
 */
struct news {
	struct pt_link *link;
	pid_t nr;
	int status;
	bool exited;
};

static bool __is_meant(const struct pt_wait *wait, const struct pt_link *link)
{
	lockdep_assert_held(&link->tracer->lock);
	if (wait->options & __WNOTHREAD && link->thread != current)
		return false;
	/* Dead, but its DEATH is still to come: the kernel is quicker with a child. */
	if (unlikely(link->tracee->task->exit_state) && pt_ends_as_child(link))
		return false;
	switch (wait->type) {
	case PIDTYPE_PID:
		return link->pid == wait->pid || (link->exited && pid_vnr(link->pid) == wait->nr);
	case PIDTYPE_PGID:
		if (link->pgrp)
			return link->pgrp == wait->pid;
		scoped_guard(rcu)
			return task_pgrp(link->tracee->task) == wait->pid;
		return false;
	default:
		return true;
	}
}

/*
 * As signal_wake_up(): who is killed is not stopped any more, though it has yet to
 * run. At its exit it is stopped all the same, dying as it is.
 */
static bool __is_over(const struct pt_link *link)
{
	struct task_struct *task = link->tracee->task;

	lockdep_assert_held(&link->tracer->lock);
	if (link->exited || link->status >> 16 == PTRACE_EVENT_EXIT)
		return false;
	return fatal_signal_pending(task) || READ_ONCE(task->signal->flags) & SIGNAL_GROUP_EXIT;
}

static bool __is_news(const struct pt_wait *wait, const struct pt_link *link)
{
	return (!link->exited || wait->options & WEXITED) && !__is_over(link) &&
	       __is_meant(wait, link);
}

static struct pt_link *__find_news(struct pt_tracer *tracer, const struct pt_wait *wait)
{
	struct pt_link *link;

	list_for_each_entry(link, &tracer->pending, pending)
		if (__is_news(wait, link))
			return link;
	return NULL;
}

static bool __has_any(struct pt_tracer *tracer, const struct pt_wait *wait)
{
	struct pt_link *link;

	list_for_each_entry(link, &tracer->links, of_tracer)
		/* The dead are for who waits for them. */
		if (__is_meant(wait, link) &&
		    (wait->options & WEXITED || !link->exited || list_empty(&link->pending)))
			return true;
	return false;
}

/* What is pending is told once, also when several threads wait. Return: it, referenced. */
static struct pt_link *__take(struct pt_link *link, bool keep)
{
	lockdep_assert_held(&link->tracer->lock);
	/* The dead are off the tracer's list with that. */
	if (!keep && link->exited && __pt_link_unlink(link))
		return link;
	if (!keep)
		list_del_init(&link->pending);
	refcount_inc(&link->refs);
	return link;
}

/* Return: 1: there are @news; 0: none yet; -ECHILD: none to come. */
static int take_news(struct pt_tracer *tracer, const struct pt_wait *wait, struct news *news)
{
	struct pt_link *link;

	guard(spinlock)(&tracer->lock);
	link = __find_news(tracer, wait);
	if (!link)
		return __has_any(tracer, wait) ? 0 : -ECHILD;
	WRITE_ONCE(tracer->in_a_row, tracer->in_a_row + 1);
	news->nr = pid_vnr(link->pid);
	news->status = link->status;
	news->exited = link->exited;
	news->link = __take(link, wait->options & WNOWAIT);
	return 1;
}

/* Tracees that never cease to stop do not keep the tracer from its other children. */
#define MAX_IN_A_ROW	16

static bool is_their_turn(struct pt_tracer *tracer)
{
	if (READ_ONCE(tracer->in_a_row) < MAX_IN_A_ROW)
		return false;
	WRITE_ONCE(tracer->in_a_row, 0);
	return true;
}

/* The kernel's own call, as of kernels_wait4(). Return: its; or as take_news(). */
static long look(struct pt_tracer *tracer, const struct pt_wait *wait, struct news *news,
		 long (*kernels)(const struct pt_wait *wait))
{
	long ours = take_news(tracer, wait, news), theirs;

	if (ours > 0)
		return ours;
	theirs = kernels(wait);
	return theirs == -ECHILD ? ours : theirs;
}

static long wait_for_news(struct pt_tracer *tracer, const struct pt_wait *wait,
			  struct news *news, long (*kernels)(const struct pt_wait *wait))
{
	DEFINE_WAIT_FUNC(entry, woken_wake_function);
	wait_queue_head_t *queue = &current->signal->wait_chldexit;
	long ret;

	if (is_their_turn(tracer)) {
		ret = kernels(wait);
		if (ret && ret != -ECHILD)
			return ret;
	}
	if (wait->options & WNOHANG)
		return look(tracer, wait, news, kernels);
	/* A tracee that was woken just now has often been quicker than its tracer. */
	ret = take_news(tracer, wait, news);
	if (ret > 0)
		return ret;
	add_wait_queue(queue, &entry);
	while (!(ret = look(tracer, wait, news, kernels))) {
		ret = -ERESTARTSYS;
		if (signal_pending(current))
			break;
		wait_woken(&entry, TASK_INTERRUPTIBLE, MAX_SCHEDULE_TIMEOUT);
	}
	remove_wait_queue(queue, &entry);
	return ret;
}

static int put_rusage(const struct pt_wait *wait, const struct rusage *usage)
{
	struct compat_rusage small = {
		.ru_utime = { usage->ru_utime.tv_sec, usage->ru_utime.tv_usec },
		.ru_stime = { usage->ru_stime.tv_sec, usage->ru_stime.tv_usec },
		.ru_maxrss = usage->ru_maxrss,
		.ru_ixrss = usage->ru_ixrss,
		.ru_idrss = usage->ru_idrss,
		.ru_isrss = usage->ru_isrss,
		.ru_minflt = usage->ru_minflt,
		.ru_majflt = usage->ru_majflt,
		.ru_nswap = usage->ru_nswap,
		.ru_inblock = usage->ru_inblock,
		.ru_oublock = usage->ru_oublock,
		.ru_msgsnd = usage->ru_msgsnd,
		.ru_msgrcv = usage->ru_msgrcv,
		.ru_nsignals = usage->ru_nsignals,
		.ru_nvcsw = usage->ru_nvcsw,
		.ru_nivcsw = usage->ru_nivcsw,
	};

	if (wait->compat)
		return copy_to_user(wait->rusage, &small, sizeof(small)) ? -EFAULT : 0;
	return copy_to_user(wait->rusage, usage, sizeof(*usage)) ? -EFAULT : 0;
}

static int tell_rusage(const struct pt_wait *wait, const struct news *news)
{
	struct rusage usage;

	if (!wait->rusage)
		return 0;
	if (news->exited)
		return put_rusage(wait, &news->link->rusage);
	getrusage(news->link->tracee->task, RUSAGE_BOTH, &usage);
	return put_rusage(wait, &usage);
}

/* ---- wait4(2) ---- */

static long kernels_wait4(const struct pt_wait *wait)
{
	return wait->original(wait->once);
}

static void choose(struct pt_wait *wait, pid_t nr)
{
	if (nr == -1) {
		wait->type = PIDTYPE_MAX;
	} else if (nr > 0) {
		wait->type = PIDTYPE_PID;
		wait->nr = nr;
		wait->pid = find_get_pid(nr);
	} else {
		wait->type = PIDTYPE_PGID;
		wait->pid = nr ? find_get_pid(-nr) : get_task_pid(current, PIDTYPE_PGID);
	}
}

/**
 * pt_wait4() - wait4(2)
 * @tracer: The current process.
 * @wait: What for; without @type and @pid.
 * @nr: Whom for.
 */
long pt_wait4(struct pt_tracer *tracer, struct pt_wait *wait, pid_t nr)
{
	struct news news = {};
	long ret;

	/* What is wrong with the call, the kernel says. */
	if (wait->options & ~(WNOHANG | WUNTRACED | WEXITED | WCONTINUED |
			      __WNOTHREAD | __WCLONE | __WALL) || nr == INT_MIN)
		return wait->original(wait->once);
	choose(wait, nr);
	ret = wait_for_news(tracer, wait, &news, kernels_wait4);
	put_pid(wait->pid);
	if (!news.link)
		return ret;
	ret = news.nr;
	if (wait->status && put_user(news.status, wait->status))
		ret = -EFAULT;
	if (ret > 0)
		ret = tell_rusage(wait, &news) ?: ret;
	pt_link_put(news.link);
	return ret;
}

/* ---- waitid(2) ---- */

/* Of no address of user space: as far as it is written, there was a child. */
#define NOWHERE	(-PAGE_SIZE)

/* Return: 1: a child, of which everything has been said; or as take_news(). */
static long kernels_waitid(const struct pt_wait *wait)
{
	long ret;
	int signo;

	if (wait->info) {
		ret = wait->original(wait->once);
		if (ret)
			return ret;
		if (get_user(signo, (int __user *)wait->info))
			return -EFAULT;
		return !!signo;
	}
	/* It does not say whether there was one; but what the rusage is for, it does. */
	*wait->once_rusage = wait->compat ? (u32)NOWHERE : NOWHERE;
	ret = wait->original(wait->once);
	return ret == -EFAULT ? 1 : ret;
}

static int choose_by(struct pt_wait *wait, int which, pid_t nr)
{
	unsigned int flags = 0;

	switch (which) {
	case P_ALL:
		wait->type = PIDTYPE_MAX;
		return 0;
	case P_PID:
		wait->type = PIDTYPE_PID;
		wait->nr = nr;
		wait->pid = find_get_pid(nr);
		return nr > 0 ? 0 : -EINVAL;
	case P_PGID:
		wait->type = PIDTYPE_PGID;
		wait->pid = nr ? find_get_pid(nr) : get_task_pid(current, PIDTYPE_PGID);
		return nr >= 0 ? 0 : -EINVAL;
	case P_PIDFD:
		wait->type = PIDTYPE_PID;
		wait->pid = nr >= 0 ? pidfd_get_pid(nr, &flags) : ERR_PTR(-EINVAL);
		if (IS_ERR(wait->pid)) {
			int err = PTR_ERR(wait->pid);

			wait->pid = NULL;
			return err;
		}
		/* Nothing to wait for is an error there: see pt_waitid(). */
		if (flags & O_NONBLOCK && !(wait->options & WNOHANG)) {
			wait->options |= WNOHANG;
			return 1;
		}
		return 0;
	default:
		return -EINVAL;
	}
}

/* No more than waitid(2) writes. */
#define PUT_INFO(from, to)						\
	(put_user((from)->si_signo, &(to)->si_signo) ?:			\
	 put_user(0, &(to)->si_errno) ?:				\
	 put_user((from)->si_code, &(to)->si_code) ?:			\
	 put_user((from)->si_pid, &(to)->si_pid) ?:			\
	 put_user((from)->si_uid, &(to)->si_uid) ?:			\
	 put_user((from)->si_status, &(to)->si_status))

static int put_info(const struct pt_wait *wait, const struct news *news)
{
	int status = news->status;
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = SIGCHLD;
	info.si_pid = news->nr;
	info.si_uid = from_kuid_munged(current_user_ns(), task_uid(news->link->tracee->task));
	if (!news->exited) {
		info.si_code = CLD_TRAPPED;
		info.si_status = status >> 8;
	} else if (status & 0x7f) {
		info.si_code = status & 0x80 ? CLD_DUMPED : CLD_KILLED;
		info.si_status = status & 0x7f;
	} else {
		info.si_code = CLD_EXITED;
		info.si_status = status >> 8;
	}
	if (!wait->info)
		return 0;
	if (wait->compat)
		return PUT_INFO(&info, (struct compat_siginfo __user *)wait->info);
	return PUT_INFO(&info, (struct siginfo __user *)wait->info);
}

/**
 * pt_waitid() - waitid(2)
 * @tracer: The current process.
 * @wait: What for; without @type and @pid.
 * @which: P_*.
 * @nr: Whom for.
 *
 * Without @info, a child's rusage is not told.
 */
long pt_waitid(struct pt_tracer *tracer, struct pt_wait *wait, int which, pid_t nr)
{
	int again = choose_by(wait, which, nr);
	struct news news = {};
	long ret;

	if (again < 0 || !(wait->options & (WEXITED | WSTOPPED | WCONTINUED)) ||
	    wait->options & ~(WNOHANG | WNOWAIT | WEXITED | WSTOPPED | WCONTINUED |
			      __WNOTHREAD | __WCLONE | __WALL)) {
		put_pid(wait->pid);
		return wait->original(wait->once);
	}
	ret = wait_for_news(tracer, wait, &news, kernels_waitid);
	put_pid(wait->pid);
	if (!news.link)
		return ret > 0 ? 0 : ret ?: again ? -EAGAIN : 0;
	ret = tell_rusage(wait, &news) ?: put_info(wait, &news);
	pt_link_put(news.link);
	return ret;
}
