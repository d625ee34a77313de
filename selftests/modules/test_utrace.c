// SPDX-License-Identifier: GPL-2.0
/*
 * The engine that the tests steer; selftests/test_utrace.h is its interface.
 *
 * Who keeps what alive: a session lives as long as its file or one of its
 * engines. An engine's data, struct test_engine, lives until its release().
 * The session's list owns one reference to every engine on it.
 */
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/kref.h>
#include <linux/ktime.h>
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/poll.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include <linux/uaccess.h>
#include <linux/utrace.h>

#include "../test_utrace.h"

/**
 * struct test_session - an open file
 */
struct test_session {
	/** @ref: One for the file, one per engine. */
	struct kref ref;
	/** @nr_engines: Engines whose release() has not run. */
	atomic_t nr_engines;

	/** @lock: Protects @engines and @closed. */
	struct mutex lock;
	/** @engines: struct test_engine, each with a reference to its engine. */
	struct list_head engines;
	/** @closed: The file is gone, @engines stays empty. */
	bool closed;

	/** @log_lock: Protects what follows; innermost. */
	spinlock_t log_lock;
	/** @rules: The first that fits counts. */
	struct test_utrace_rule rules[TEST_UTRACE_MAX_RULES];
	/** @nr_rules: How many there are. */
	unsigned int nr_rules;
	/** @head: Events ever logged. */
	u64 head;
	/** @tail: Events ever read. */
	u64 tail;
	/** @lost: Events that found no room. */
	u32 lost;
	/** @log: Ring of TEST_UTRACE_MAX_EVENTS. */
	struct test_utrace_event *log;

	/** @readers: Wait for @head to move. */
	wait_queue_head_t readers;
};

/**
 * struct test_engine - data of one engine; does not change once it is attached
 */
struct test_engine {
	/** @session: Referenced. */
	struct test_session *session;
	/** @task: Referenced. */
	struct task_struct *task;
	/** @engine: Valid while @entry is on the list of the session. */
	struct utrace_engine *engine;
	/** @entry: In the list of the session, or empty. */
	struct list_head entry;
	/** @id: The test's name for it. */
	u32 id;
	/** @flags: TEST_UTRACE_*. */
	u32 flags;
	/** @events: What it asks for when it is attached. */
	u32 events;
	/** @tid: Thread ID of @task, also when that is gone. */
	pid_t tid;
};

static void test_session_free(struct kref *ref)
{
	struct test_session *session = container_of(ref, struct test_session, ref);

	kvfree(session->log);
	kfree(session);
}

/* The log and the rules. */

static void test_log(struct test_engine *te, const struct test_utrace_event *event)
{
	struct test_session *session = te->session;
	struct test_utrace_event *slot;

	spin_lock(&session->log_lock);
	if (session->head - session->tail < TEST_UTRACE_MAX_EVENTS) {
		slot = &session->log[session->head % TEST_UTRACE_MAX_EVENTS];
		*slot = *event;
		slot->seq = session->head++;
		slot->time = ktime_get_ns();
	} else {
		session->lost++;
	}
	spin_unlock(&session->log_lock);

	wake_up_interruptible(&session->readers);
}

static bool test_take_rule(struct test_engine *te, const struct test_utrace_event *event,
			   struct test_utrace_rule *taken)
{
	struct test_session *session = te->session;
	unsigned int i;

	guard(spinlock)(&session->log_lock);
	for (i = 0; i < session->nr_rules; i++) {
		struct test_utrace_rule *rule = &session->rules[i];

		if (rule->id != te->id || rule->event != event->event)
			continue;
		if (rule->what & TEST_UTRACE_MATCH_NR && rule->nr != event->values[0])
			continue;
		*taken = *rule;
		if (rule->what & TEST_UTRACE_ONCE) {
			session->nr_rules--;
			memmove(rule, rule + 1, (session->nr_rules - i) * sizeof(*rule));
		}
		return true;
	}
	return false;
}

/* Callbacks. */

static u32 test_context(struct test_engine *te)
{
	u32 flags = 0;

	if (in_atomic() || irqs_disabled() || rcu_preempt_depth() || !rcu_is_watching())
		flags |= TEST_UTRACE_IN_ATOMIC;
	if (te->task != current)
		flags |= TEST_UTRACE_NOT_CURRENT;
	return flags;
}

#define TEST_EVENT(te, which, prior)						\
	{ .event = _UTRACE_EVENT_##which, .id = (te)->id, .tid = (te)->tid,	\
	  .flags = test_context(te), .action = (int)(prior) }

/* What fits every callback; the caller does what needs its own arguments. */
static enum utrace_resume_action test_callback(struct utrace_engine *engine,
					       struct test_utrace_event *event,
					       struct test_utrace_rule *rule)
{
	struct test_engine *te = engine->data;
	u64 word;

	if (!test_take_rule(te, event, rule)) {
		memset(rule, 0, sizeof(*rule));
		test_log(te, event);
		return UTRACE_RESUME;
	}

	if (rule->what & TEST_UTRACE_PEEK) {
		event->values[7] = -EFAULT;
		if (!copy_from_user(&word, u64_to_user_ptr(rule->value), sizeof(word)))
			event->values[7] = word;
	}
	test_log(te, event);

	if (rule->what & TEST_UTRACE_SLEEP)
		msleep(rule->sleep_ms);
	event->values[7] = 0;
	if (rule->what & TEST_UTRACE_SET_EVENTS)
		event->values[7] = utrace_set_events(te->task, engine, rule->events);
	if (rule->what & TEST_UTRACE_DETACH_SELF)
		event->values[7] = utrace_control(te->task, engine, UTRACE_DETACH);
	if (rule->what & TEST_UTRACE_BARRIER)
		event->values[7] = utrace_barrier(te->task, engine);
	if (rule->what & TEST_UTRACE_LOG_END) {
		event->flags |= TEST_UTRACE_END;
		test_log(te, event);
	}
	return rule->what & TEST_UTRACE_RETURN ? rule->action : UTRACE_RESUME;
}

static enum utrace_resume_action test_quiesce(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      unsigned long event)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  QUIESCE, action);
	struct test_utrace_rule rule;

	rec.values[0] = event;
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_syscall_entry(enum utrace_resume_action action,
						    struct utrace_engine *engine,
						    struct utrace_syscall *call)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  SYSCALL_ENTRY, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;
	unsigned long args[6];
	int i;

	rec.values[0] = utrace_syscall_nr(call);
	utrace_syscall_get_arguments(call, args);
	for (i = 0; i < 6; i++)
		rec.values[1 + i] = args[i];
	if (call->resumed)
		rec.flags |= TEST_UTRACE_RESUMED;
	if (utrace_syscall_aborted(call))
		rec.flags |= TEST_UTRACE_ABORTED;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_ABORT)
		utrace_syscall_abort(call, rule.result);
	if (rule.what & TEST_UTRACE_SET_NR)
		utrace_syscall_set_nr(call, rule.new_nr);
	if (rule.what & TEST_UTRACE_SET_ARG)
		utrace_syscall_set_argument(call, rule.arg, rule.value);
	return ret;
}

static enum utrace_resume_action test_syscall_exit(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   struct utrace_syscall *call)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  SYSCALL_EXIT, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;

	rec.values[0] = call->entry_nr;
	rec.values[1] = utrace_syscall_result(call);
	rec.values[2] = utrace_syscall_nr(call);
	if (utrace_syscall_aborted(call))
		rec.flags |= TEST_UTRACE_ABORTED;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_SET_RESULT)
		utrace_syscall_set_result(call, rule.result);
	return ret;
}

static int test_attach_child(struct test_engine *parent, struct task_struct *child);

static enum utrace_resume_action test_clone(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    unsigned long clone_flags,
					    struct task_struct *child)
{
	struct test_engine *te = engine->data;
	struct test_utrace_event rec = TEST_EVENT(te, CLONE, action);
	struct test_utrace_rule rule;

	rec.values[0] = task_pid_nr(child);
	rec.values[1] = clone_flags;
	if (te->flags & TEST_UTRACE_INHERIT)
		rec.values[2] = test_attach_child(te, child);
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_exec(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   const struct linux_binprm *bprm,
					   struct pt_regs *regs)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  EXEC, action);
	struct test_utrace_rule rule;

	rec.values[1] = !!bprm;
	rec.values[2] = regs == task_pt_regs(current);
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_exit(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   long orig_code, long *code)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  EXIT, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;

	rec.values[0] = orig_code;
	rec.values[1] = *code;
	rec.values[2] = current->mm && current->files;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_SET_CODE)
		*code = rule.result;
	return ret;
}

static enum utrace_resume_action test_death(struct utrace_engine *engine,
					    bool group_dead, int signal)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  DEATH, -1);
	struct test_utrace_rule rule;

	rec.values[0] = signal;
	if (group_dead)
		rec.flags |= TEST_UTRACE_GROUP_DEAD;
	return test_callback(engine, &rec, &rule);
}

static void test_reap(struct utrace_engine *engine, struct task_struct *task)
{
	struct test_engine *te = engine->data;
	struct test_utrace_event rec = TEST_EVENT(te, REAP, -1);
	struct test_utrace_rule rule;

	rec.values[0] = task == te->task;
	test_callback(engine, &rec, &rule);
}

static void test_release(void *data)
{
	struct test_engine *te = data;

	put_task_struct(te->task);
	atomic_dec(&te->session->nr_engines);
	kref_put(&te->session->ref, test_session_free);
	kfree(te);
}

static const struct utrace_engine_ops test_ops = {
	.owner			= THIS_MODULE,
	.name			= "test",
	.report_quiesce		= test_quiesce,
	.report_syscall_entry	= test_syscall_entry,
	.report_syscall_exit	= test_syscall_exit,
	.report_clone		= test_clone,
	.report_exec		= test_exec,
	.report_exit		= test_exit,
	.report_death		= test_death,
	.report_reap		= test_reap,
	.release		= test_release,
};

static const struct utrace_engine_ops test_ops_no_death = {
	.owner			= THIS_MODULE,
	.name			= "test_no_death",
	.report_quiesce		= test_quiesce,
	.report_syscall_entry	= test_syscall_entry,
	.report_syscall_exit	= test_syscall_exit,
	.release		= test_release,
};

static enum utrace_resume_action empty_syscall(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       struct utrace_syscall *call)
{
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops empty_ops = {
	.owner			= THIS_MODULE,
	.name			= "test_empty",
	.report_syscall_entry	= empty_syscall,
	.report_syscall_exit	= empty_syscall,
	.release		= test_release,
};

/* Attach and detach. */

static const struct utrace_engine_ops *test_ops_of(u32 flags)
{
	if (flags & TEST_UTRACE_EMPTY)
		return &empty_ops;
	if (flags & TEST_UTRACE_NO_DEATH)
		return &test_ops_no_death;
	return &test_ops;
}

static struct test_engine *test_engine_new(struct test_session *session,
					   struct task_struct *task, u32 id, u32 flags,
					   u32 events)
{
	struct test_engine *te = kzalloc(sizeof(*te), GFP_KERNEL);

	if (!te)
		return NULL;
	te->session = session;
	te->id = id;
	te->flags = flags;
	te->events = events;
	te->task = task;
	te->tid = task_pid_nr(task);
	INIT_LIST_HEAD(&te->entry);
	get_task_struct(task);
	kref_get(&session->ref);
	atomic_inc(&session->nr_engines);
	return te;
}

/*
 * Hand the caller's reference to the list. The thread may be in a callback of
 * the engine already: it finds everything but @engine and @entry in place.
 */
static int test_engine_publish(struct test_engine *te, struct utrace_engine *engine)
{
	struct test_session *session = te->session;

	guard(mutex)(&session->lock);
	if (session->closed)
		return -ESHUTDOWN;
	te->engine = engine;
	list_add_tail(&te->entry, &session->engines);
	return 0;
}

static int test_detach(struct task_struct *task, struct utrace_engine *engine)
{
	int ret = utrace_control(task, engine, UTRACE_DETACH);

	if (ret == -EINPROGRESS)
		ret = utrace_barrier(task, engine);
	return ret;
}

/* @te is new: what fails here has never been on a list. */
static int test_start(struct test_engine *te, struct utrace_engine *engine)
{
	struct task_struct *task = te->task;
	int ret = 0;

	if (!(te->flags & TEST_UTRACE_NO_EVENTS))
		ret = utrace_set_events(task, engine, te->events);
	if (!ret)
		ret = test_engine_publish(te, engine);
	if (ret) {
		test_detach(task, engine);
		utrace_engine_put(engine);
	}
	return ret;
}

static int test_attach_child(struct test_engine *parent, struct task_struct *child)
{
	struct utrace_engine *engine;
	struct test_engine *te;

	te = test_engine_new(parent->session, child, parent->id, parent->flags,
			     parent->events);
	if (!te)
		return -ENOMEM;
	engine = utrace_attach_task(child, UTRACE_ATTACH_CREATE, test_ops_of(te->flags), te);
	if (IS_ERR(engine)) {
		test_release(te);
		return PTR_ERR(engine);
	}
	return test_start(te, engine);
}

/* With a reference to the engine, which keeps the struct test_engine too. */
static struct test_engine *test_engine_get(struct test_session *session, u32 id, pid_t tid)
{
	struct test_engine *te;

	guard(mutex)(&session->lock);
	list_for_each_entry(te, &session->engines, entry) {
		if (te->id == id && (!tid || te->tid == tid)) {
			utrace_engine_get(te->engine);
			return te;
		}
	}
	return NULL;
}

static long test_attach_task(struct test_session *session, struct pid *pid,
			     struct task_struct *task,
			     const struct test_utrace_attach *req)
{
	unsigned int attach_flags = req->attach_flags ?: UTRACE_ATTACH_CREATE;
	struct test_engine *te, *other = NULL;
	struct utrace_engine *engine;
	void *data;
	long ret;

	te = test_engine_new(session, task, req->id, req->flags, req->events);
	if (!te)
		return -ENOMEM;
	data = te;
	if (req->match_id) {
		other = test_engine_get(session, req->match_id, 0);
		if (other)
			data = other;
	}

	engine = utrace_attach_pid(pid, attach_flags, test_ops_of(req->flags), data);
	if (IS_ERR(engine)) {
		test_release(te);
		ret = PTR_ERR(engine);
	} else if (engine->data != te) {
		/* Found, not made. */
		ret = ((struct test_engine *)engine->data)->id;
		utrace_engine_put(engine);
		test_release(te);
	} else {
		ret = test_start(te, engine) ?: req->id;
	}

	if (other)
		utrace_engine_put(other->engine);
	return ret;
}

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

static long test_ioctl_engine(struct test_session *session, unsigned int cmd,
			      void __user *arg)
{
	struct test_engine *te, *other = NULL;
	struct test_utrace_engine req;
	struct utrace_engine *engine;
	struct task_struct *task;
	bool mine = false;
	long ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	te = test_engine_get(session, req.id, req.tid);
	if (!te)
		return -ENOENT;
	engine = te->engine;
	task = te->task;
	if (req.task_of) {
		other = test_engine_get(session, req.task_of, 0);
		if (other)
			task = other->task;
	}

	switch (cmd) {
	case TEST_UTRACE_IOC_SET_EVENTS:
		ret = utrace_set_events(task, engine, req.arg);
		break;
	case TEST_UTRACE_IOC_CONTROL:
		ret = utrace_control(task, engine, req.arg);
		break;
	case TEST_UTRACE_IOC_BARRIER:
		ret = utrace_barrier(task, engine);
		break;
	case TEST_UTRACE_IOC_DETACH:
		scoped_guard(mutex, &session->lock) {
			mine = !list_empty(&te->entry);
			list_del_init(&te->entry);
		}
		ret = test_detach(task, engine);
		if (mine)
			utrace_engine_put(engine);
		break;
	default:
		ret = -ENOTTY;
	}

	if (other)
		utrace_engine_put(other->engine);
	utrace_engine_put(engine);
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

static long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
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
	case TEST_UTRACE_IOC_STATUS:
		return test_ioctl_status(session, user);
	default:
		return test_ioctl_engine(session, cmd, user);
	}
}

/* The file. */

static int test_open(struct inode *inode, struct file *file)
{
	struct test_session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return -ENOMEM;
	session->log = kvcalloc(TEST_UTRACE_MAX_EVENTS, sizeof(*session->log), GFP_KERNEL);
	if (!session->log) {
		kfree(session);
		return -ENOMEM;
	}
	kref_init(&session->ref);
	mutex_init(&session->lock);
	INIT_LIST_HEAD(&session->engines);
	spin_lock_init(&session->log_lock);
	init_waitqueue_head(&session->readers);
	file->private_data = session;
	return stream_open(inode, file);
}

static int test_close(struct inode *inode, struct file *file)
{
	struct test_session *session = file->private_data;
	struct test_engine *te, *next;
	LIST_HEAD(engines);

	scoped_guard(mutex, &session->lock) {
		session->closed = true;
		list_splice_init(&session->engines, &engines);
	}
	/* Ours alone from here on: whoever comes now sees @closed. */
	list_for_each_entry_safe(te, next, &engines, entry) {
		list_del_init(&te->entry);
		/*
		 * A callback that is still running, because a signal ended the
		 * wait for it, has a reference to all that it uses.
		 */
		test_detach(te->task, te->engine);
		utrace_engine_put(te->engine);
	}
	kref_put(&session->ref, test_session_free);
	return 0;
}

static ssize_t test_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct test_session *session = file->private_data;
	struct test_utrace_event event;
	size_t done = 0;
	int ret;

	if (size < sizeof(event))
		return -EINVAL;
	while (done + sizeof(event) <= size) {
		bool empty;

		spin_lock(&session->log_lock);
		empty = session->head == session->tail;
		if (!empty)
			event = session->log[session->tail++ % TEST_UTRACE_MAX_EVENTS];
		spin_unlock(&session->log_lock);

		if (!empty) {
			if (copy_to_user(buf + done, &event, sizeof(event)))
				return -EFAULT;
			done += sizeof(event);
			continue;
		}
		if (done)
			break;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(session->readers,
					       READ_ONCE(session->head) !=
					       READ_ONCE(session->tail));
		if (ret)
			return ret;
	}
	return done;
}

static __poll_t test_poll(struct file *file, struct poll_table_struct *wait)
{
	struct test_session *session = file->private_data;

	poll_wait(file, &session->readers, wait);
	if (READ_ONCE(session->head) != READ_ONCE(session->tail))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

static const struct file_operations test_fops = {
	.owner		= THIS_MODULE,
	.open		= test_open,
	.release	= test_close,
	.read		= test_read,
	.poll		= test_poll,
	.unlocked_ioctl	= test_ioctl,
};

static struct miscdevice test_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "utrace_test",
	.mode	= 0600,
	.fops	= &test_fops,
};
module_misc_device(test_device);

MODULE_DESCRIPTION("The engine that the utrace tests steer");
MODULE_LICENSE("GPL");
