// SPDX-License-Identifier: GPL-2.0
/*
 * What a test asks for: the functions of <linux/utrace.h>, one by one.
 */
#include <linux/filter.h>
#include <linux/fs.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "session.h"

static long test_ioctl_attach(struct test_session *session, void __user *arg)
{
	struct test_utrace_attach req;
	struct task_struct *task;
	struct pid *pid;
	long ret = -ESRCH;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (!req.id || req.id > TEST_UTRACE_MAX_ID)
		return -EINVAL;
	/* Attached by another's data, the engine would be released twice. */
	if (req.match_id && req.attach_flags & UTRACE_ATTACH_CREATE &&
	    !(req.attach_flags & UTRACE_ATTACH_EXCLUSIVE))
		return -EINVAL;

	pid = find_get_pid(req.pid);
	if (!pid)
		return -ESRCH;
	task = get_pid_task(pid, PIDTYPE_PID);
	if (task) {
		ret = test_attach_task(session, pid, task, &req);
		put_task_struct(task);
	}
	put_pid(pid);
	return ret;
}

static long test_do_engine(struct test_engine *te, struct task_struct *task,
			   unsigned int cmd, const struct test_utrace_engine *req)
{
	struct utrace_engine *engine = te->engine;

	switch (cmd) {
	case TEST_UTRACE_IOC_SET_EVENTS:
		return utrace_set_events(task, engine, req->arg);
	case TEST_UTRACE_IOC_CONTROL:
		return utrace_control(task, engine, req->arg);
	case TEST_UTRACE_IOC_BARRIER:
		return utrace_barrier(task, engine);
	case TEST_UTRACE_IOC_BARRIER_KILLABLE:
		return utrace_barrier_killable(task, engine);
	case TEST_UTRACE_IOC_BARRIER_TIMEOUT:
		return utrace_barrier_timeout(task, engine, req->arg);
	case TEST_UTRACE_IOC_SET_SCOPE:
		return utrace_set_scope(task, engine, req->arg, req->depth);
	case TEST_UTRACE_IOC_STOP_TIMEOUT:
		return utrace_set_stop_timeout(task, engine, req->arg);
	case TEST_UTRACE_IOC_PREPARE_EXAMINE:
		return utrace_prepare_examine(task, engine, &te->examiner);
	case TEST_UTRACE_IOC_FINISH_EXAMINE:
		return utrace_finish_examine(task, engine, &te->examiner);
	case TEST_UTRACE_IOC_DETACH:
		test_engine_forget(te);
		return test_detach(task, engine);
	default:
		return -ENOTTY;
	}
}

static long test_ioctl_engine(struct test_session *session, unsigned int cmd,
			      void __user *arg)
{
	struct test_engine *te, *other = NULL;
	struct test_utrace_engine req;
	struct task_struct *task;
	long ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	te = test_engine_get(session, req.id, req.tid);
	if (!te)
		return -ENOENT;
	task = te->task;
	if (req.task_of) {
		other = test_engine_get(session, req.task_of, 0);
		if (other)
			task = other->task;
	}

	ret = test_do_engine(te, task, cmd, &req);

	if (other)
		utrace_engine_put(other->engine);
	utrace_engine_put(te->engine);
	return ret;
}

static long test_ioctl_filter(struct test_session *session, void __user *arg)
{
	struct utrace_syscall_filter *filter;
	struct test_utrace_filter req;
	struct sock_fprog program;
	struct test_engine *te;
	long ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	te = test_engine_get(session, req.id, 0);
	if (!te)
		return -ENOENT;
	program.len = req.nr;
	program.filter = (struct sock_filter __user *)u64_to_user_ptr(req.insns);
	filter = utrace_syscall_filter_create(&program);
	ret = PTR_ERR_OR_ZERO(filter);
	if (!ret) {
		ret = utrace_set_syscall_filter(te->task, te->engine, filter);
		utrace_syscall_filter_put(filter);
	}
	utrace_engine_put(te->engine);
	return ret;
}

/* Is it so? @status gets how it is. */
static bool test_stop_is(struct utrace_engine *engine, const struct test_utrace_stop *req,
			 struct utrace_stop_status *status)
{
	utrace_get_stop_status(engine, status);
	return status->stops >= req->stops && status->stopped == !!req->stopped;
}

static long test_wait_stop(struct utrace_engine *engine, const struct test_utrace_stop *req,
			   struct utrace_stop_status *status)
{
	long left = wait_event_interruptible_timeout(*utrace_stop_waitqueue(engine),
						     test_stop_is(engine, req, status),
						     msecs_to_jiffies(req->wait_ms));

	return left > 0 ? 0 : left ?: -ETIMEDOUT;
}

static long test_ioctl_stop(struct test_session *session, unsigned int cmd, void __user *arg)
{
	struct utrace_stop_status status;
	struct test_utrace_stop req;
	struct test_engine *te;
	long ret = 0;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	te = test_engine_get(session, req.id, req.tid);
	if (!te)
		return -ENOENT;
	if (cmd == TEST_UTRACE_IOC_WAIT_STOP)
		ret = test_wait_stop(te->engine, &req, &status);
	else
		utrace_get_stop_status(te->engine, &status);
	utrace_engine_put(te->engine);

	req.stops = status.stops;
	req.stopped = status.stopped;
	static_assert(sizeof(req.resumed_by) == sizeof(status.resumed_by));
	memcpy(req.resumed_by, status.resumed_by, sizeof(req.resumed_by));
	if (copy_to_user(arg, &req, sizeof(req)))
		return -EFAULT;
	return ret;
}

static long test_do_data(struct task_struct *task, unsigned int cmd,
			 const struct test_utrace_data *req, void *buf)
{
	switch (cmd) {
	case TEST_UTRACE_IOC_GET_REGSET:
		return utrace_get_regset(task, req->note, buf, req->size);
	case TEST_UTRACE_IOC_SET_REGSET:
		return utrace_set_regset(task, req->note, buf, req->size);
	case TEST_UTRACE_IOC_READ_MEMORY:
		return utrace_read_memory(task, req->addr, buf, req->size);
	default:
		return utrace_write_memory(task, req->addr, buf, req->size);
	}
}

static long test_ioctl_data(struct test_session *session, unsigned int cmd, void __user *arg)
{
	struct test_utrace_data req;
	struct test_engine *te;
	void *buf;
	long ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	if (req.size > 4 * PAGE_SIZE)
		return -EINVAL;
	te = test_engine_get(session, req.id, req.tid);
	if (!te)
		return -ENOENT;

	buf = kmalloc(req.size, GFP_KERNEL);
	if (!buf) {
		ret = -ENOMEM;
	} else if (copy_from_user(buf, u64_to_user_ptr(req.buf), req.size)) {
		ret = -EFAULT;
	} else {
		ret = test_do_data(te->task, cmd, &req, buf);
		/* What was only written comes back as it went. */
		if (copy_to_user(u64_to_user_ptr(req.buf), buf, req.size))
			ret = -EFAULT;
	}
	kfree(buf);
	utrace_engine_put(te->engine);
	return ret;
}

static long test_ioctl_rule(struct test_session *session, void __user *arg)
{
	struct test_utrace_rule rule;

	if (copy_from_user(&rule, arg, sizeof(rule)))
		return -EFAULT;
	guard(spinlock)(&session->log_lock);
	if (session->nr_rules == TEST_UTRACE_MAX_RULES)
		return -ENOSPC;
	session->rules[session->nr_rules++] = rule;
	return 0;
}

static long test_ioctl_status(struct test_session *session, void __user *arg)
{
	struct test_utrace_status status = {
		.engines = atomic_read(&session->nr_engines),
		.lost = READ_ONCE(session->lost),
	};

	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

/**
 * test_ioctl() - do what a test asks for
 * @file: The session.
 * @cmd: TEST_UTRACE_IOC_*.
 * @arg: Its argument.
 */
long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test_session *session = file->private_data;
	void __user *user = (void __user *)arg;

	switch (cmd) {
	case TEST_UTRACE_IOC_ATTACH:
		return test_ioctl_attach(session, user);
	case TEST_UTRACE_IOC_RULE:
		return test_ioctl_rule(session, user);
	case TEST_UTRACE_IOC_CLEAR_RULES:
		spin_lock(&session->log_lock);
		session->nr_rules = 0;
		spin_unlock(&session->log_lock);
		return 0;
	case TEST_UTRACE_IOC_GO:
		atomic_inc(&session->opened);
		wake_up_all(&session->gate);
		return 0;
	case TEST_UTRACE_IOC_STATUS:
		return test_ioctl_status(session, user);
	case TEST_UTRACE_IOC_STOP_STATUS:
	case TEST_UTRACE_IOC_WAIT_STOP:
		return test_ioctl_stop(session, cmd, user);
	case TEST_UTRACE_IOC_GET_REGSET:
	case TEST_UTRACE_IOC_SET_REGSET:
	case TEST_UTRACE_IOC_READ_MEMORY:
	case TEST_UTRACE_IOC_WRITE_MEMORY:
		return test_ioctl_data(session, cmd, user);
	case TEST_UTRACE_IOC_SET_FILTER:
		return test_ioctl_filter(session, user);
	case TEST_UTRACE_IOC_REQUEST:
		return test_ioctl_request(user);
	default:
		return test_ioctl_engine(session, cmd, user);
	}
}
