// SPDX-License-Identifier: GPL-2.0
/*
 * The engine: callbacks, and verdicts put into effect.
 */
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/poll.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <asm/unistd.h>
#include "block.h"

/* An engine has its level from its ops. */
static struct utrace_engine_ops block_ops[UTRACE_BLOCK_MAX_LEVEL - UTRACE_BLOCK_MIN_LEVEL + 1];

static const struct utrace_engine_ops *ops_of_level(int level)
{
	return &block_ops[level - UTRACE_BLOCK_MIN_LEVEL];
}

/* In its own callback this cannot fail but when it is detached: then it is over. */
static void set_own_events(struct block_task *bt, struct utrace_engine *engine,
			   unsigned long more)
{
	if (utrace_set_events(current, engine, bt->session->events | more))
		bt->asks_later = -1;
}

static unsigned long extra_events(const struct block_task *bt)
{
	return (bt->asks_later >= 0 ? UTRACE_EVENT(QUIESCE) : 0) |
	       (bt->changed ? UTRACE_EVENT(SYSCALL_EXIT) : 0);
}

static void set_nr(struct pt_regs *regs, int nr)
{
	struct utrace_syscall call = { .regs = regs };

	utrace_syscall_set_nr(&call, nr);
}

static void set_argument(struct pt_regs *regs, unsigned int arg, unsigned long value)
{
	struct utrace_syscall call = { .regs = regs };

	utrace_syscall_set_argument(&call, arg, value);
}

/* As the program had them: it does not expect that a call changes them. */
static void put_registers_back(const struct block_task *bt, struct pt_regs *regs)
{
	unsigned int arg;

	for (arg = 0; arg < 6; arg++)
		if (bt->changed & UTRACE_BLOCK_ARG(arg))
			set_argument(regs, arg, bt->args[arg]);
	/* What a call is restarted by; -1 says that it is not. */
	if (bt->changed & UTRACE_BLOCK_NR && (int)regs->orig_ax != -1)
		set_nr(regs, bt->nr);
}

/*
 * Who is detached from here on is so when the call has returned. Return: false:
 * it is already, and nobody would put anything back.
 */
static bool begin_change(struct block_task *bt, struct utrace_engine *engine, u32 changed)
{
	scoped_guard(spinlock, &bt->session->lock) {
		if (bt->released)
			return false;
		bt->changed = changed;
	}
	set_own_events(bt, engine, extra_events(bt));
	return true;
}

static int change(struct block_task *bt, struct utrace_engine *engine,
		  struct utrace_syscall *call)
{
	const struct utrace_block_verdict *verdict = &bt->verdict;
	unsigned long args[6];
	u32 changed = verdict->flags | block_snapshots_args(bt->snapshots);
	unsigned int arg;
	int err;

	utrace_syscall_get_arguments(call, args);
	bt->nr = utrace_syscall_nr(call);
	memcpy(bt->args, args, sizeof(args));
	if (!begin_change(bt, engine, changed))
		return 0;
	err = bt->snapshots ? block_snapshots_use(bt, args) : 0;
	if (err)
		return err;
	for (arg = 0; arg < 6; arg++) {
		if (verdict->flags & UTRACE_BLOCK_ARG(arg))
			args[arg] = verdict->args[arg];
		if (changed & UTRACE_BLOCK_ARG(arg))
			utrace_syscall_set_argument(call, arg, args[arg]);
	}
	if (changed & UTRACE_BLOCK_NR)
		utrace_syscall_set_nr(call, verdict->nr);
	return 0;
}

static void decide_entry(struct block_task *bt, struct utrace_engine *engine,
			 struct utrace_syscall *call)
{
	int err;

	switch (bt->verdict.action) {
	case UTRACE_BLOCK_CHANGE:
		err = change(bt, engine, call);
		/* Rather no call than one that nobody has decided on. */
		if (err)
			utrace_syscall_abort(call, err);
		break;
	case UTRACE_BLOCK_RESULT:
		utrace_syscall_abort(call, bt->verdict.result);
		break;
	}
	kfree(bt->snapshots);
	bt->snapshots = NULL;
	/* Killed here, by whomever: it does not make the call. */
	if (fatal_signal_pending(current))
		utrace_syscall_abort(call, -EINTR);
}

static enum utrace_resume_action block_syscall_entry(enum utrace_resume_action action,
						     struct utrace_engine *engine,
						     struct utrace_syscall *call)
{
	struct block_task *bt = engine->data;
	struct utrace_block_event *event = &bt->event;
	const u8 *strings = bt->session->strings[in_ia32_syscall()];
	unsigned long args[6];
	int i;

	/* Told already; or somebody has decided that there is no call. */
	if (call->resumed || utrace_syscall_aborted(call))
		return UTRACE_RESUME;
	utrace_syscall_get_arguments(call, args);
	for (i = 0; i < 6; i++)
		event->args[i] = args[i];
	event->nr = utrace_syscall_nr(call);
	event->result = 0;
	if (strings && (u32)event->nr < UTRACE_BLOCK_MAX_CALLS && strings[event->nr])
		bt->strings = block_strings_capture(bt->session, args, strings[event->nr]);
	block_ask(bt, UTRACE_BLOCK_ENTRY, call->regs);
	decide_entry(bt, engine, call);
	return UTRACE_RESUME;
}

/* See detach(). */
static enum utrace_resume_action end_change(struct block_task *bt, struct utrace_engine *engine)
{
	scoped_guard(spinlock, &bt->session->lock) {
		bt->changed = 0;
		if (bt->released)
			return UTRACE_DETACH;
	}
	set_own_events(bt, engine, extra_events(bt));
	return UTRACE_RESUME;
}

static enum utrace_resume_action block_syscall_exit(enum utrace_resume_action action,
						    struct utrace_engine *engine,
						    struct utrace_syscall *call)
{
	struct block_task *bt = engine->data;
	struct utrace_block_event *event = &bt->event;

	if (unlikely(bt->changed)) {
		put_registers_back(bt, call->regs);
		block_snapshots_unmap(bt);
		if (end_change(bt, engine) == UTRACE_DETACH)
			return UTRACE_DETACH;
	}
	if (!(bt->session->events & UTRACE_EVENT(SYSCALL_EXIT)))
		return UTRACE_RESUME;
	event->nr = call->entry_nr;
	event->result = utrace_syscall_result(call);
	memset(event->args, 0, sizeof(event->args));
	block_ask(bt, UTRACE_BLOCK_RETURN, call->regs);
	if (bt->verdict.action == UTRACE_BLOCK_RESULT)
		utrace_syscall_set_result(call, bt->verdict.result);
	return UTRACE_RESUME;
}

static bool is_fault(int signo)
{
	return signo == SIGSEGV || signo == SIGBUS || signo == SIGILL || signo == SIGFPE;
}

static void replace_signal(struct utrace_signal *signal, int signo)
{
	kernel_siginfo_t info;

	if (!signo) {
		utrace_signal_set_action(signal, UTRACE_SIGNAL_IGN);
		return;
	}
	if (signo == signal->info.si_signo)
		return;
	clear_siginfo(&info);
	info.si_signo = signo;
	info.si_code = SI_KERNEL;
	utrace_signal_replace(signal, &info);
}

static enum utrace_resume_action block_signal(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      struct utrace_signal *signal)
{
	const kernel_siginfo_t *info = &signal->info;
	struct block_task *bt = engine->data;

	/* Told already; or somebody has dropped it. */
	if (signal->resumed || signal->action == UTRACE_SIGNAL_IGN)
		return UTRACE_RESUME;
	bt->event.nr = info->si_signo;
	bt->event.result = 0;
	memset(bt->event.args, 0, sizeof(bt->event.args));
	bt->event.args[0] = info->si_code;
	if (info->si_code <= 0)
		bt->event.args[1] = info->si_pid;
	else if (is_fault(info->si_signo))
		bt->event.args[2] = (unsigned long)info->si_addr;
	block_ask(bt, UTRACE_BLOCK_SIGNAL, task_pt_regs(current));
	if (bt->verdict.action == UTRACE_BLOCK_REPLACE)
		replace_signal(signal, bt->verdict.nr);
	return UTRACE_RESUME;
}

/* Nobody may wait here, see utrace_callback_wait(): it asks on its way to user code. */
static enum utrace_resume_action block_clone(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     unsigned long clone_flags,
					     struct task_struct *child)
{
	struct block_task *bt = engine->data;
	int err = 0;

	/* It has our registers, and comes back by no callback of ours. */
	if (bt->changed)
		put_registers_back(bt, task_pt_regs(child));
	if (bt->follow)
		err = block_attach(bt->session, child, true, true);
	/* Killed before it ran, or the session is being closed: nobody is missed. */
	if (err && err != -ESRCH) {
		guard(spinlock)(&bt->session->lock);
		bt->session->status.attach_failed++;
	}
	if (!(bt->session->setup.events & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_CLONE)))
		return UTRACE_RESUME;
	put_pid(bt->child);
	bt->child = get_task_pid(child, PIDTYPE_PID);
	bt->clone_flags = clone_flags;
	bt->asks_later = UTRACE_BLOCK_CLONE;
	set_own_events(bt, engine, extra_events(bt));
	return UTRACE_REPORT;
}

static enum utrace_resume_action block_quiesce(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       unsigned long event)
{
	struct block_task *bt = engine->data;
	int kind = bt->asks_later;

	/* On its way to user code; a call that returns is on that, too. */
	if (kind < 0 || (event && event != UTRACE_EVENT(SYSCALL_EXIT)))
		return UTRACE_RESUME;
	bt->asks_later = -1;
	set_own_events(bt, engine, extra_events(bt));
	bt->event.nr = 0;
	bt->event.result = 0;
	memset(bt->event.args, 0, sizeof(bt->event.args));
	if (kind == UTRACE_BLOCK_CLONE)
		bt->event.args[1] = bt->clone_flags;
	block_ask(bt, kind, task_pt_regs(current));
	return UTRACE_RESUME;
}

static enum utrace_resume_action block_exec(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    const struct linux_binprm *bprm,
					    struct pt_regs *regs)
{
	struct block_task *bt = engine->data;

	/* The registers are the new program's, and the old one's memory is gone. */
	bt->map = 0;
	if (bt->changed && end_change(bt, engine) == UTRACE_DETACH)
		return UTRACE_DETACH;
	if (!(bt->session->setup.events & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_EXEC)))
		return UTRACE_RESUME;
	bt->event.nr = 0;
	bt->event.result = 0;
	memset(bt->event.args, 0, sizeof(bt->event.args));
	block_ask(bt, UTRACE_BLOCK_EXEC, regs);
	return UTRACE_RESUME;
}

static enum utrace_resume_action block_exit(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    long orig_code, long *code)
{
	struct block_task *bt = engine->data;

	bt->event.nr = 0;
	bt->event.result = *code;
	memset(bt->event.args, 0, sizeof(bt->event.args));
	block_ask(bt, UTRACE_BLOCK_EXIT, task_pt_regs(current));
	if (bt->verdict.action == UTRACE_BLOCK_RESULT)
		*code = bt->verdict.result & 0xffff;
	return UTRACE_RESUME;
}

/* The session no longer knows the task. */
static void __forget(struct block_task *bt)
{
	struct block_session *session = bt->session;

	lockdep_assert_held(&session->lock);
	if (list_empty(&bt->entry))
		return;
	list_del_init(&bt->entry);
	hash_del(&bt->by_task);
	WRITE_ONCE(session->status.attached, session->status.attached - 1);
	if (!session->status.attached)
		wake_up_interruptible_all(&session->wait);
}

static void forget(struct block_task *bt)
{
	guard(spinlock)(&bt->session->lock);
	__forget(bt);
}

static enum utrace_resume_action block_death(struct utrace_engine *engine, bool group_dead,
					     int signal)
{
	forget(engine->data);
	return UTRACE_DETACH;
}

static void block_release(void *data)
{
	struct block_task *bt = data;

	/* An exec that gains privileges detaches, and nothing is reported. */
	forget(bt);
	put_task_struct(bt->task);
	put_pid(bt->child);
	block_session_put(bt->session);
	kfree(bt);
}

/** block_ops_init() - the ops of each level */
void block_ops_init(void)
{
	static const struct utrace_engine_ops ops = {
		.owner = THIS_MODULE,
		.name = "block",
		.report_quiesce = block_quiesce,
		.report_syscall_entry = block_syscall_entry,
		.report_syscall_exit = block_syscall_exit,
		.report_signal = block_signal,
		.report_clone = block_clone,
		.report_exec = block_exec,
		.report_exit = block_exit,
		.report_death = block_death,
		.release = block_release,
	};
	int i;

	for (i = 0; i < ARRAY_SIZE(block_ops); i++) {
		block_ops[i] = ops;
		block_ops[i].level = UTRACE_BLOCK_MIN_LEVEL + i;
	}
}

/**
 * block_events() - what an engine asks for
 * @kinds: utrace_block_setup.events.
 */
unsigned long block_events(u32 kinds)
{
	/* CLONE for who follows, EXEC for who has changed a call; both are rare. */
	unsigned long events = UTRACE_EVENT(CLONE) | UTRACE_EVENT(EXEC) | UTRACE_EVENT(DEATH);

	if (kinds & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_ENTRY))
		events |= UTRACE_EVENT(SYSCALL_ENTRY);
	if (kinds & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_RETURN))
		events |= UTRACE_EVENT(SYSCALL_EXIT);
	if (kinds & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_SIGNAL))
		events |= UTRACE_EVENT_SIGNAL_ALL & ~UTRACE_EVENT(SIGNAL_IGN);
	if (kinds & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_EXIT))
		events |= UTRACE_EVENT(EXIT);
	return events;
}

static struct block_task *new_task(struct block_session *session, struct task_struct *task,
				   bool follow)
{
	struct block_task *bt = kzalloc_obj(*bt);

	if (!bt)
		return NULL;
	bt->session = session;
	kref_get(&session->refs);
	bt->task = get_task_struct(task);
	INIT_LIST_HEAD(&bt->entry);
	INIT_LIST_HEAD(&bt->queue);
	INIT_HLIST_NODE(&bt->hash);
	init_waitqueue_head(&bt->wait);
	bt->follow = follow;
	bt->asks_later = -1;
	return bt;
}

/* Return: false when the session is being closed. */
static bool add_task(struct block_session *session, struct block_task *bt)
{
	guard(spinlock)(&session->lock);
	if (session->closed)
		return false;
	list_add_tail(&bt->entry, &session->tasks);
	hash_add(session->by_task, &bt->by_task, (unsigned long)bt->task);
	WRITE_ONCE(session->status.attached, session->status.attached + 1);
	WRITE_ONCE(session->status.attached_ever, session->status.attached_ever + 1);
	return true;
}

/*
 * Its engine is referenced; it is on no list any more. One that has registers to
 * put back goes by itself.
 */
static void detach(struct block_task *bt)
{
	bool busy;
	int err;

	scoped_guard(spinlock, &bt->session->lock) {
		busy = bt->changed;
		__block_released(bt);
	}
	if (!busy) {
		err = utrace_control(bt->task, bt->engine, UTRACE_DETACH);
		/* -EINPROGRESS, -EALREADY: when its callback ends. -ESRCH: it is. */
		WARN_ON_ONCE(err == -EINVAL);
	}
}

static int start(struct block_task *bt, bool is_new)
{
	struct block_session *session = bt->session;
	int err = 0;

	if (is_new && session->setup.events & UTRACE_BLOCK_EVENT(UTRACE_BLOCK_START))
		bt->asks_later = UTRACE_BLOCK_START;
	if (session->filter)
		err = utrace_set_syscall_filter(bt->task, bt->engine, session->filter);
	if (!err)
		err = utrace_set_events(bt->task, bt->engine, session->events | extra_events(bt));
	if (!err && bt->asks_later >= 0)
		err = utrace_control(bt->task, bt->engine, UTRACE_REPORT);
	return err;
}

/**
 * block_attach() - add a task to a session
 * @session: The session.
 * @task: The task; referenced by the caller.
 * @follow: Attach also what it creates.
 * @is_new: It does not run yet.
 *
 * Return: 0, or -ESRCH: dead, or the session is closed; -EPERM, -EDEADLK,
 * -EDQUOT, -EINTR: as utrace_attach_task(); -ENOMEM.
 */
int block_attach(struct block_session *session, struct task_struct *task, bool follow,
		 bool is_new)
{
	const struct utrace_engine_ops *ops = ops_of_level(session->setup.level);
	struct utrace_engine *engine __free(utrace_engine_put) = NULL;
	struct block_task *bt;
	int err;

	bt = new_task(session, task, follow);
	if (!bt)
		return -ENOMEM;
	engine = utrace_attach_task(task, UTRACE_ATTACH_CREATE | UTRACE_ATTACH_CONTROLLER, ops, bt);
	if (IS_ERR(engine)) {
		block_release(bt);
		return PTR_ERR(engine);
	}
	bt->engine = engine;
	if (!add_task(session, bt)) {
		detach(bt);
		return -ESRCH;
	}
	/* From here on the session may be closed, and detach it. */
	err = start(bt, is_new);
	if (err) {
		/* It died just now, without a death report for us. */
		forget(bt);
		detach(bt);
	}
	return err;
}

static struct block_task *find_task(struct block_session *session, struct task_struct *task)
{
	struct block_task *bt;

	lockdep_assert_held(&session->lock);
	hash_for_each_possible(session->by_task, bt, by_task, (unsigned long)task)
		if (bt->task == task)
			return bt;
	return NULL;
}

/** block_is_attached() - does a session have this task? */
bool block_is_attached(struct block_session *session, struct task_struct *task)
{
	guard(spinlock)(&session->lock);
	return find_task(session, task);
}

/* Any, if @task is NULL; its engine is referenced. */
static struct block_task *take_task(struct block_session *session, struct task_struct *task)
{
	struct block_task *bt;

	guard(spinlock)(&session->lock);
	for (;;) {
		bt = task ? find_task(session, task) :
			    list_first_entry_or_null(&session->tasks, struct block_task, entry);
		if (!bt)
			return NULL;
		__forget(bt);
		/* Else it is being released, and forget() waits for the lock. */
		if (utrace_engine_get_unless_zero(bt->engine))
			return bt;
	}
}

static void detach_taken(struct block_task *bt)
{
	struct utrace_engine *engine __free(utrace_engine_put) = bt->engine;

	detach(bt);
}

/**
 * block_detach() - a task goes on without the session
 * @session: The session.
 * @task: The task.
 *
 * Return: 0; -ESRCH: it is not attached.
 */
int block_detach(struct block_session *session, struct task_struct *task)
{
	struct block_task *bt = take_task(session, task);

	if (!bt)
		return -ESRCH;
	detach_taken(bt);
	return 0;
}

/**
 * block_detach_all() - detach every task of a session, as it says
 * @session: The session; closed: no task is added from here on.
 */
void block_detach_all(struct block_session *session)
{
	struct block_task *bt;

	while ((bt = take_task(session, NULL))) {
		if (session->setup.on_close == UTRACE_BLOCK_KILL_IT)
			send_sig(SIGKILL, bt->task, 1);
		detach_taken(bt);
	}
}
