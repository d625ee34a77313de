// SPDX-License-Identifier: GPL-2.0
/*
 * Engines that do what none should: selftests/core/misbehave_test.c says what
 * must hold all the same.
 *
 * Steered by parameters, so that only engines keep the module loaded:
 *
 *	attach		write "WHAT TID EVENTS [ARG]"; EVENTS is a mask
 *	detach		write a TID: the first of its engines, from outside
 *	callbacks	how many callbacks have been made
 *	engines		how many engines have not been released
 *	answer		what the last call of the core answered, in a callback
 */
#include <linux/delay.h>
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/rcupdate.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include <linux/string.h>
#include <linux/utrace.h>

enum what {
	/* For ARG milliseconds, which nothing cuts short. */
	SLEEP,
	/* Answer ARG; signals get an action that there is not, and another number. */
	GARBAGE,
	/* Answer UTRACE_DETACH. */
	DETACH_BY_ANSWER,
	/* utrace_control(UTRACE_DETACH) on itself, then go on as if nothing were. */
	DETACH_BY_CALL,
	/* Attach another to this thread in each callback, and to thread ARG, if any. */
	ATTACH,
	/* Answer UTRACE_STOP, whatever it is. */
	STOP,
	/* Have the last references to three engines, one behind the other. */
	CHAIN,
	/* Wait for oneself. */
	BARRIER,
	/* Wait for the engine of thread ARG, which may do the same. */
	BARRIER_OTHER,
	/* Put back every signal, and run on. */
	HOLD,
	/* What ATTACH attaches: each leaves at its first callback. */
	PASSENGER,
};

static const char * const names[] = {
	"sleep", "garbage", "detach_by_answer", "detach_by_call", "attach", "stop",
	"chain", "barrier", "barrier_other", "hold", "passenger",
};

/**
 * struct misbehaviour - data of one engine
 */
struct misbehaviour {
	/** @what: What it does wrong. */
	enum what what;
	/** @events: What it has asked for. */
	unsigned long events;
	/** @arg: Of @what. */
	int arg;
	/** @next: Referenced, let go in release(). */
	struct utrace_engine *next;
};

static atomic_t nr_callbacks = ATOMIC_INIT(0);
static atomic_t nr_engines = ATOMIC_INIT(0);
static int answer;

static const struct utrace_engine_ops misbehave_ops;

static struct utrace_engine *misbehave_attach(struct task_struct *task, enum what what,
					      unsigned long events, int arg,
					      struct utrace_engine *next)
{
	struct misbehaviour *m = kzalloc(sizeof(*m), GFP_KERNEL);
	struct utrace_engine *engine;
	int err;

	if (!m)
		return ERR_PTR(-ENOMEM);
	m->what = what;
	m->events = events;
	m->arg = arg;
	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE, &misbehave_ops, m);
	if (IS_ERR(engine)) {
		kfree(m);
		return engine;
	}
	m->next = next;
	atomic_inc(&nr_engines);
	err = utrace_set_events(task, engine, events);
	if (err) {
		/* The thread is dying: the engine goes with it, @next does not. */
		m->next = NULL;
		utrace_engine_put(engine);
		return ERR_PTR(err);
	}
	return engine;
}

static struct task_struct *task_of(int tid)
{
	guard(rcu)();
	return get_pid_task(find_pid_ns(tid, &init_pid_ns), PIDTYPE_PID);
}

static void attach_passenger(struct task_struct *task, unsigned long events)
{
	struct utrace_engine *engine __free(utrace_engine_put) =
		misbehave_attach(task, PASSENGER, events, 0, NULL);

	if (IS_ERR(engine))
		WRITE_ONCE(answer, PTR_ERR(engine));
}

static void attach_passengers(struct misbehaviour *m, struct task_struct *task)
{
	struct task_struct *other = m->arg ? task_of(m->arg) : NULL;

	attach_passenger(task, m->events);
	if (!other)
		return;
	attach_passenger(other, m->events);
	put_task_struct(other);
}

/* Detached from here on, and tries the rest on itself. */
static void detach_by_call(struct task_struct *task, struct utrace_engine *engine)
{
	int err = utrace_control(task, engine, UTRACE_DETACH);

	/* At REAP the thread is another. */
	if (err == -EINPROGRESS && task != current)
		err = 0;
	if (err && err != -EALREADY)
		WRITE_ONCE(answer, err);
	if (utrace_set_events(task, engine, UTRACE_EVENTS_ALL) == 0 && !err)
		WRITE_ONCE(answer, -EEXIST);
	if (utrace_control(task, engine, UTRACE_STOP) == 0 && !err)
		WRITE_ONCE(answer, -EEXIST);
	if (utrace_control(task, engine, UTRACE_DETACH) == 0 && !err)
		WRITE_ONCE(answer, -EEXIST);
}

static void wait_for_oneself(struct task_struct *task, struct utrace_engine *engine)
{
	int err = utrace_barrier(task, engine);

	if (!err)
		err = utrace_barrier_killable(task, engine);
	if (!err)
		err = utrace_barrier_timeout(task, engine, 1);
	if (err)
		WRITE_ONCE(answer, err);
}

/* Two that do this to each other would wait for ever, but for a signal. */
static void wait_for_other(struct misbehaviour *m)
{
	struct task_struct *other = task_of(m->arg);
	struct utrace_engine *engine;

	if (!other)
		return;
	engine = utrace_attach_task(other, UTRACE_ATTACH_MATCH_OPS, &misbehave_ops, NULL);
	if (!IS_ERR(engine)) {
		WRITE_ONCE(answer, utrace_barrier_killable(other, engine));
		utrace_engine_put(engine);
	}
	put_task_struct(other);
}

static enum utrace_resume_action misbehave(struct utrace_engine *engine,
					   struct task_struct *task)
{
	struct misbehaviour *m = engine->data;

	atomic_inc(&nr_callbacks);
	switch (m->what) {
	case SLEEP:
		msleep(m->arg);
		return UTRACE_RESUME;
	case GARBAGE:
		return (enum utrace_resume_action)m->arg;
	case DETACH_BY_ANSWER:
	case PASSENGER:
		return UTRACE_DETACH;
	case DETACH_BY_CALL:
		detach_by_call(task, engine);
		return UTRACE_STOP;
	case ATTACH:
		attach_passengers(m, task);
		return UTRACE_RESUME;
	case STOP:
		return UTRACE_STOP;
	case BARRIER:
		wait_for_oneself(task, engine);
		return UTRACE_RESUME;
	case BARRIER_OTHER:
		wait_for_other(m);
		return UTRACE_RESUME;
	case CHAIN:
	case HOLD:
		return UTRACE_RESUME;
	}
	return UTRACE_RESUME;
}

static enum utrace_resume_action misbehave_quiesce(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   unsigned long event)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_syscall(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   struct utrace_syscall *call)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_signal(enum utrace_resume_action action,
						  struct utrace_engine *engine,
						  struct utrace_signal *signal)
{
	struct misbehaviour *m = engine->data;
	kernel_siginfo_t info;

	if (m->what == HOLD && signal->event & UTRACE_EVENT_SIGNAL_ALL) {
		utrace_signal_hold(signal);
		utrace_signal_set_action(signal, UTRACE_SIGNAL_IGN);
	}
	if (m->what == GARBAGE) {
		clear_siginfo(&info);
		/* The number must be one; SIGKILL is, too. */
		info.si_signo = 1 + (unsigned int)m->arg % _NSIG;
		info.si_errno = m->arg;
		info.si_code = m->arg;
		utrace_signal_replace(signal, &info);
		utrace_signal_set_action(signal, (enum utrace_signal_action)m->arg);
	}
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_jctl(enum utrace_resume_action action,
						struct utrace_engine *engine, int type)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_request(enum utrace_resume_action action,
						   struct utrace_engine *engine, u64 cookie)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_clone(enum utrace_resume_action action,
						 struct utrace_engine *engine,
						 unsigned long clone_flags,
						 struct task_struct *child)
{
	struct misbehaviour *m = engine->data;

	if (m->what == ATTACH)
		attach_passenger(child, m->events);
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_exec(enum utrace_resume_action action,
						struct utrace_engine *engine,
						const struct linux_binprm *bprm,
						struct pt_regs *regs)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_exit(enum utrace_resume_action action,
						struct utrace_engine *engine,
						long orig_code, long *code)
{
	return misbehave(engine, current);
}

static enum utrace_resume_action misbehave_death(struct utrace_engine *engine,
						 bool group_dead, int signal)
{
	return misbehave(engine, current);
}

static void misbehave_reap(struct utrace_engine *engine, struct task_struct *task)
{
	misbehave(engine, task);
}

static void misbehave_release(void *data)
{
	struct misbehaviour *m = data;

	/* The next one's release() does the same, inside of this one. */
	if (m->next)
		utrace_engine_put(m->next);
	kfree(m);
	atomic_dec(&nr_engines);
}

static const struct utrace_engine_ops misbehave_ops = {
	.owner			= THIS_MODULE,
	.name			= "misbehave",
	.report_quiesce		= misbehave_quiesce,
	.report_syscall_entry	= misbehave_syscall,
	.report_syscall_exit	= misbehave_syscall,
	.report_signal		= misbehave_signal,
	.report_jctl		= misbehave_jctl,
	.report_request		= misbehave_request,
	.report_clone		= misbehave_clone,
	.report_exec		= misbehave_exec,
	.report_exit		= misbehave_exit,
	.report_death		= misbehave_death,
	.report_reap		= misbehave_reap,
	.release		= misbehave_release,
};

/* Each but the last attached has its last reference in the one after it. */
static struct utrace_engine *attach_chain(struct task_struct *task, unsigned long events,
					  unsigned int length)
{
	struct utrace_engine *engine, *next = NULL;

	while (length--) {
		engine = misbehave_attach(task, CHAIN, events, 0, next);
		if (IS_ERR(engine)) {
			if (next)
				utrace_engine_put(next);
			return engine;
		}
		next = engine;
	}
	return next;
}

static int attach(const char *text, const struct kernel_param *kp)
{
	struct utrace_engine *engine;
	struct task_struct *task;
	unsigned long events;
	int what, tid, arg = 0;
	char name[32];

	if (sscanf(text, "%31s %d %li %i", name, &tid, &events, &arg) < 3)
		return -EINVAL;
	what = match_string(names, ARRAY_SIZE(names), name);
	if (what < 0)
		return what;
	task = task_of(tid);
	if (!task)
		return -ESRCH;

	WRITE_ONCE(answer, 0);
	engine = what == CHAIN ? attach_chain(task, events, 4) :
		misbehave_attach(task, what, events, arg, NULL);
	put_task_struct(task);
	if (IS_ERR(engine))
		return PTR_ERR(engine);
	utrace_engine_put(engine);
	return 0;
}

static int detach(const char *text, const struct kernel_param *kp)
{
	struct utrace_engine *engine;
	struct task_struct *task;
	int tid, err = kstrtoint(text, 0, &tid);

	if (err)
		return err;
	task = task_of(tid);
	if (!task)
		return -ESRCH;
	engine = utrace_attach_task(task, UTRACE_ATTACH_MATCH_OPS, &misbehave_ops, NULL);
	if (IS_ERR(engine)) {
		err = PTR_ERR(engine);
	} else {
		err = utrace_control(task, engine, UTRACE_DETACH);
		utrace_engine_put(engine);
	}
	put_task_struct(task);
	return err;
}

static int get_count(char *buf, const struct kernel_param *kp)
{
	return sysfs_emit(buf, "%d\n", atomic_read((atomic_t *)kp->arg));
}

static const struct kernel_param_ops attach_ops = { .set = attach };
module_param_cb(attach, &attach_ops, NULL, 0200);
static const struct kernel_param_ops detach_ops = { .set = detach };
module_param_cb(detach, &detach_ops, NULL, 0200);
static const struct kernel_param_ops count_ops = { .get = get_count };
module_param_cb(callbacks, &count_ops, &nr_callbacks, 0400);
module_param_cb(engines, &count_ops, &nr_engines, 0400);
module_param(answer, int, 0400);

MODULE_DESCRIPTION("Engines that misbehave");
MODULE_LICENSE("GPL");
