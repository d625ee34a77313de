// SPDX-License-Identifier: GPL-2.0
/*
 * The stopped task's memory, by vector, and files for it.
 */
#include <linux/fcntl.h>
#include <linux/mm.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "block.h"

/**
 * struct access - of a stopped task's memory
 */
struct access {
	/** @session: That has stopped it. */
	struct block_session *session;
	/** @cookie: Of the stop. */
	u64 cookie;
	/** @task: Referenced. */
	struct task_struct *task;
	/** @write: Or read. */
	bool write;
	/** @page: For what is on its way. */
	char *page;
};

/* The task that is stopped with this cookie, referenced; or NULL. */
static struct task_struct *find_task(struct block_session *session, u64 cookie)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = __block_find(session, cookie);
	return bt ? get_task_struct(bt->task) : NULL;
}

static bool is_stopped(const struct access *access)
{
	guard(spinlock)(&access->session->lock);
	return __block_find(access->session, access->cookie);
}

/*
 * The task may be let go at any moment, then exec a program that its supervisor
 * may not look into, and have that one's memory: but not while we read the lock.
 */
static int access_page(const struct access *access, u64 addr, u32 len)
{
	struct rw_semaphore *lock = &access->task->signal->exec_update_lock;
	int err = -ENOENT;

	if (down_read_killable(lock))
		return -EINTR;
	if (is_stopped(access))
		err = access->write ?
			utrace_write_memory(access->task, addr, access->page, len) :
			utrace_read_memory(access->task, addr, access->page, len);
	up_read(lock);
	return err == -EFAULT ? -EIO : err;
}

/* The supervisor's memory may take any time to come, so it is not under the lock. */
static int copy_piece(const struct access *access, u64 addr, void __user *user, u32 len)
{
	int err;

	if (access->write && copy_from_user(access->page, user, len))
		return -EFAULT;
	err = access_page(access, addr, len);
	if (!err && !access->write && copy_to_user(user, access->page, len))
		return -EFAULT;
	return err;
}

static int copy_range(const struct access *access, const struct utrace_block_range *range)
{
	void __user *user = u64_to_user_ptr(range->buf);
	u64 at;
	int err = 0;

	for (at = 0; at < range->len && !err; at += PAGE_SIZE)
		err = copy_piece(access, range->addr + at, user + at,
				 min_t(u64, range->len - at, PAGE_SIZE));
	return err;
}

static int copy_ranges(const struct access *access, const struct utrace_block_memory *memory,
		       u32 *done)
{
	const struct utrace_block_range __user *vector = u64_to_user_ptr(memory->vector);
	struct utrace_block_range range;
	int err;

	for (*done = 0; *done < memory->nr; ++*done) {
		if (copy_from_user(&range, &vector[*done], sizeof(range)))
			return -EFAULT;
		if (range.len > SZ_1M)
			return -EINVAL;
		err = copy_range(access, &range);
		/* What was read of a task that runs is of no moment in particular. */
		if (!is_stopped(access))
			return -ENOENT;
		if (err)
			return err;
		if (fatal_signal_pending(current))
			return -EINTR;
	}
	return 0;
}

/**
 * block_memory() - UTRACE_BLOCK_IOC_MEMORY
 * @session: The session.
 * @arg: Its argument.
 */
int block_memory(struct block_session *session, struct utrace_block_memory __user *arg)
{
	struct task_struct *task __free(put_task) = NULL;
	struct utrace_block_memory memory;
	struct access access;
	u32 done;
	int err;

	if (copy_from_user(&memory, arg, sizeof(memory)))
		return -EFAULT;
	if (!memory.nr || memory.nr > UTRACE_BLOCK_MAX_RANGES ||
	    memory.flags & ~UTRACE_BLOCK_WRITE || memory.reserved)
		return -EINVAL;
	task = find_task(session, memory.cookie);
	if (!task)
		return -ENOENT;
	access = (struct access){
		.session = session, .cookie = memory.cookie, .task = task,
		.write = memory.flags & UTRACE_BLOCK_WRITE,
		.page = (char *)__get_free_page(GFP_KERNEL),
	};
	if (!access.page)
		return -ENOMEM;
	err = copy_ranges(&access, &memory, &done);
	free_page((unsigned long)access.page);
	return put_user(done, &arg->done) ?: err;
}

/* A task takes the file itself: only it may change its table without ado. */

static struct block_addfd *take_addfd(struct block_task *bt)
{
	struct block_addfd *addfd;

	guard(spinlock)(&bt->session->lock);
	addfd = bt->addfd;
	WRITE_ONCE(bt->addfd, NULL);
	return addfd;
}

/**
 * block_addfd_serve() - take the file that somebody has for us
 * @bt: The current task.
 */
void block_addfd_serve(struct block_task *bt)
{
	struct block_addfd *addfd;

	if (likely(!READ_ONCE(bt->addfd)))
		return;
	addfd = take_addfd(bt);
	if (!addfd)
		return;
	addfd->result = receive_fd(addfd->file, NULL, addfd->flags);
	complete(&addfd->done);
}

/**
 * __block_addfd_cancel() - the task goes on, and takes no file any more
 * @bt: The current task.
 */
void __block_addfd_cancel(struct block_task *bt)
{
	struct block_addfd *addfd = bt->addfd;

	lockdep_assert_held(&bt->session->lock);
	if (!addfd)
		return;
	WRITE_ONCE(bt->addfd, NULL);
	addfd->result = -ENOENT;
	complete(&addfd->done);
}

static int offer(struct block_session *session, u64 cookie, struct block_addfd *addfd)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = __block_find(session, cookie);
	if (!bt)
		return -ENOENT;
	if (bt->event.kind == UTRACE_BLOCK_EXIT)
		return -EOPNOTSUPP;
	if (bt->addfd)
		return -EBUSY;
	WRITE_ONCE(bt->addfd, addfd);
	__block_wake(bt);
	return 0;
}

/* Return: false when the task has taken it, or will not. */
static bool withdraw(struct block_session *session, u64 cookie, struct block_addfd *addfd)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = __block_find(session, cookie);
	if (!bt || bt->addfd != addfd)
		return false;
	WRITE_ONCE(bt->addfd, NULL);
	return true;
}

static int give(struct block_session *session, u64 cookie, struct block_addfd *addfd)
{
	int err = offer(session, cookie, addfd);

	if (err)
		return err;
	if (wait_for_completion_interruptible(&addfd->done)) {
		if (withdraw(session, cookie, addfd))
			return -ERESTARTSYS;
		wait_for_completion(&addfd->done);
	}
	return addfd->result;
}

/**
 * block_addfd() - UTRACE_BLOCK_IOC_ADDFD
 * @session: The session.
 * @arg: Its argument.
 */
int block_addfd(struct block_session *session, struct utrace_block_addfd __user *arg)
{
	struct utrace_block_addfd req;
	struct block_addfd addfd = { };
	int fd;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.flags & ~O_CLOEXEC || req.reserved)
		return -EINVAL;
	addfd.file = fget(req.fd);
	if (!addfd.file)
		return -EBADF;
	addfd.flags = req.flags;
	init_completion(&addfd.done);
	fd = give(session, req.cookie, &addfd);
	fput(addfd.file);
	return fd < 0 ? fd : put_user(fd, &arg->new_fd);
}
