// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: the file operations of /dev/utrace/block.
 */
#include <linux/audit.h>
#include <linux/fs.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include "../attach.h"
#include "block.h"

static void session_free(struct kref *refs)
{
	struct block_session *session = container_of(refs, struct block_session, refs);

	kfree(session->strings[0]);
	kfree(session->strings[1]);
	utrace_syscall_filter_put(session->filter);
	kfree(session);
}

/**
 * block_session_put() - let a reference to a session go
 * @session: The session.
 */
void block_session_put(struct block_session *session)
{
	kref_put(&session->refs, session_free);
}

static int block_open(struct inode *inode, struct file *file)
{
	struct block_session *session = kzalloc_obj(*session);

	if (!session)
		return -ENOMEM;
	kref_init(&session->refs);
	mutex_init(&session->ioctl);
	spin_lock_init(&session->lock);
	init_waitqueue_head(&session->wait);
	INIT_LIST_HEAD(&session->tasks);
	INIT_LIST_HEAD(&session->queue);
	file->private_data = session;
	return stream_open(inode, file);
}

static int block_close(struct inode *inode, struct file *file)
{
	struct block_session *session = file->private_data;

	/* 1. No task is added, none begins to wait, and who waits... */
	scoped_guard(spinlock, &session->lock)
		WRITE_ONCE(session->closed, true);
	/* 2. ...is woken, and goes as the session says. */
	block_detach_all(session);
	/* 3. Callbacks that still run have references of their own. */
	block_session_put(session);
	return 0;
}

static bool is_set_up(const struct block_session *session)
{
	/* Pairs with setup(). */
	return smp_load_acquire(&session->ready);
}

static bool is_fate(u32 fate)
{
	return fate == UTRACE_BLOCK_RELEASE || fate == UTRACE_BLOCK_KILL_IT;
}

static bool is_setup(const struct utrace_block_setup *setup)
{
	return setup->size == sizeof(*setup) && setup->version == UTRACE_BLOCK_VERSION &&
	       !setup->flags && setup->events &&
	       setup->events < UTRACE_BLOCK_EVENT(UTRACE_BLOCK_NR_KINDS) &&
	       is_fate(setup->on_timeout) && is_fate(setup->on_close) &&
	       setup->level >= UTRACE_BLOCK_MIN_LEVEL &&
	       setup->level <= UTRACE_BLOCK_MAX_LEVEL && setup->max_string <= SZ_4K &&
	       !memchr_inv(setup->reserved, 0, sizeof(setup->reserved));
}

static bool wants_strings(const struct block_session *session)
{
	unsigned int i;

	for (i = 0; i < 2; i++)
		if (session->strings[i] &&
		    memchr_inv(session->strings[i], 0, UTRACE_BLOCK_MAX_CALLS))
			return true;
	return false;
}

static int setup(struct block_session *session, struct utrace_block_setup __user *arg)
{
	struct utrace_block_setup setup;

	if (is_set_up(session))
		return -EBUSY;
	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	/* The other way round STRINGS says so. */
	if (!is_setup(&setup) || (!setup.max_string && wants_strings(session)))
		return -EINVAL;
	setup.event_bytes = sizeof(struct utrace_block_event);
	if (setup.max_string)
		setup.event_bytes += UTRACE_BLOCK_MAX_STRINGS *
			(sizeof(struct utrace_block_string) + ALIGN(setup.max_string, 8));
	if (copy_to_user(arg, &setup, sizeof(setup)))
		return -EFAULT;
	session->setup = setup;
	session->events = block_events(setup.events);
	/* Pairs with is_set_up(). */
	smp_store_release(&session->ready, true);
	return 0;
}

static bool has_attached(struct block_session *session)
{
	guard(spinlock)(&session->lock);
	return session->status.attached_ever;
}

static int filter(struct block_session *session, const struct utrace_block_filter __user *arg)
{
	struct utrace_syscall_filter *made;
	struct utrace_block_filter filter;

	if (copy_from_user(&filter, arg, sizeof(filter)))
		return -EFAULT;
	if (filter.reserved)
		return -EINVAL;
	if (session->filter || has_attached(session))
		return -EBUSY;
	made = engine_filter_create(filter.insns, filter.nr);
	if (IS_ERR(made))
		return PTR_ERR(made);
	session->filter = made;
	return 0;
}

static int strings(struct block_session *session, const struct utrace_block_strings __user *arg)
{
	struct utrace_block_strings strings;
	bool compat;

	if (copy_from_user(&strings, arg, sizeof(strings)))
		return -EFAULT;
	compat = strings.arch == AUDIT_ARCH_I386;
	if ((!compat && strings.arch != AUDIT_ARCH_X86_64) || strings.reserved ||
	    strings.nr >= UTRACE_BLOCK_MAX_CALLS || strings.args > 0x3f ||
	    hweight32(strings.args) > UTRACE_BLOCK_MAX_STRINGS)
		return -EINVAL;
	if (has_attached(session))
		return -EBUSY;
	/* Without a length there is nothing to capture. */
	if (is_set_up(session) && !session->setup.max_string)
		return -EINVAL;
	if (!session->strings[compat])
		session->strings[compat] = kzalloc(UTRACE_BLOCK_MAX_CALLS, GFP_KERNEL);
	if (!session->strings[compat])
		return -ENOMEM;
	session->strings[compat][strings.nr] = strings.args;
	return 0;
}

static bool is_attached(void *data, struct task_struct *task)
{
	return block_is_attached(data, task);
}

static int attach_to(void *session, struct task_struct *task, u32 flags)
{
	return block_attach(session, task, flags & UTRACE_BLOCK_FOLLOW, false);
}

static const struct engine_attacher attacher = {
	.is_attached = is_attached,
	.attach = attach_to,
};

static int attach(struct block_session *session, const struct utrace_block_task __user *arg)
{
	struct utrace_block_task req;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.flags & ~(UTRACE_BLOCK_FOLLOW | UTRACE_BLOCK_PROCESS) || req.pid <= 0)
		return -EINVAL;
	return engine_attach_pid(&attacher, session, req.pid, req.flags & UTRACE_BLOCK_PROCESS,
				 req.flags);
}

/* A task of the session, of the process of @task; referenced. */
static struct task_struct *next_of_process(struct block_session *session, struct task_struct *task)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	list_for_each_entry(bt, &session->tasks, entry)
		if (same_thread_group(bt->task, task))
			return get_task_struct(bt->task);
	return NULL;
}

static int detach_process(struct block_session *session, struct task_struct *task)
{
	int err = -ESRCH;

	for (;;) {
		struct task_struct *thread __free(put_task) = next_of_process(session, task);

		if (!thread)
			return err;
		/* Or it has died just now. */
		block_detach(session, thread);
		err = 0;
	}
}

static int detach(struct block_session *session, const struct utrace_block_task __user *arg)
{
	struct task_struct *task __free(put_task) = NULL;
	struct utrace_block_task req;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.flags & ~UTRACE_BLOCK_PROCESS || req.pid <= 0)
		return -EINVAL;
	task = engine_find_task(req.pid);
	if (!task)
		return -ESRCH;
	if (req.flags & UTRACE_BLOCK_PROCESS)
		return detach_process(session, task);
	return block_detach(session, task);
}

static int valid(struct block_session *session, const u64 __user *arg)
{
	u64 cookie;

	if (copy_from_user(&cookie, arg, sizeof(cookie)))
		return -EFAULT;
	guard(spinlock)(&session->lock);
	return __block_find(session, cookie) ? 0 : -ENOENT;
}

/* The process whose task is stopped with a cookie, referenced; or NULL. */
static struct pid *find_process(struct block_session *session, u64 cookie)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	bt = __block_find(session, cookie);
	return bt ? get_task_pid(bt->task, PIDTYPE_TGID) : NULL;
}

static int pidfd(struct block_session *session, const u64 __user *arg)
{
	struct file *file;
	struct pid *pid;
	u64 cookie;
	int fd;

	if (copy_from_user(&cookie, arg, sizeof(cookie)))
		return -EFAULT;
	pid = find_process(session, cookie);
	if (!pid)
		return -ENOENT;
	fd = pidfd_prepare(pid, 0, &file);
	put_pid(pid);
	if (fd >= 0)
		fd_install(fd, file);
	return fd;
}

static int status(struct block_session *session, struct utrace_block_status __user *arg)
{
	struct utrace_block_status status;

	scoped_guard(spinlock, &session->lock)
		status = session->status;
	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

/* Those that change the session, one at a time. */
static long configure(struct block_session *session, unsigned int cmd, void __user *user)
{
	lockdep_assert_held(&session->ioctl);
	switch (cmd) {
	case UTRACE_BLOCK_IOC_SETUP:
		return setup(session, user);
	case UTRACE_BLOCK_IOC_FILTER:
		return filter(session, user);
	case UTRACE_BLOCK_IOC_STRINGS:
		return strings(session, user);
	case UTRACE_BLOCK_IOC_ATTACH:
		return is_set_up(session) ? attach(session, user) : -ENXIO;
	default:
		return -ENOTTY;
	}
}

static long block_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct block_session *session = file->private_data;
	bool wait = !(file->f_flags & O_NONBLOCK);
	void __user *user = (void __user *)arg;
	long ret;

	switch (cmd) {
	case UTRACE_BLOCK_IOC_SETUP:
	case UTRACE_BLOCK_IOC_FILTER:
	case UTRACE_BLOCK_IOC_STRINGS:
	case UTRACE_BLOCK_IOC_ATTACH:
		/* ATTACH may wait for an exec: who comes next is not to be stuck. */
		if (mutex_lock_interruptible(&session->ioctl))
			return -EINTR;
		ret = configure(session, cmd, user);
		mutex_unlock(&session->ioctl);
		return ret;
	case UTRACE_BLOCK_IOC_STATUS:
		return status(session, user);
	}
	if (!is_set_up(session))
		return _IOC_TYPE(cmd) == UTRACE_BLOCK_IOC_MAGIC ? -ENXIO : -ENOTTY;
	switch (cmd) {
	case UTRACE_BLOCK_IOC_DETACH:
		return detach(session, user);
	case UTRACE_BLOCK_IOC_RECV:
		return block_recv(session, user, wait);
	case UTRACE_BLOCK_IOC_SEND:
		return block_send(session, user);
	case UTRACE_BLOCK_IOC_EXCHANGE:
		return block_exchange(session, user, wait);
	case UTRACE_BLOCK_IOC_VALID:
		return valid(session, user);
	case UTRACE_BLOCK_IOC_PIDFD:
		return pidfd(session, user);
	case UTRACE_BLOCK_IOC_MEMORY:
		return block_memory(session, user);
	case UTRACE_BLOCK_IOC_ADDFD:
		return block_addfd(session, user);
	default:
		return -ENOTTY;
	}
}

static __poll_t block_poll(struct file *file, struct poll_table_struct *wait)
{
	struct block_session *session = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &session->wait, wait);
	if (!is_set_up(session))
		return EPOLLERR;
	guard(spinlock)(&session->lock);
	if (!list_empty(&session->queue))
		events |= EPOLLIN | EPOLLRDNORM;
	if (session->status.attached_ever && !session->status.attached)
		events |= EPOLLHUP;
	return events;
}

const struct file_operations block_fops = {
	.owner = THIS_MODULE,
	.open = block_open,
	.release = block_close,
	.unlocked_ioctl = block_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.poll = block_poll,
};
