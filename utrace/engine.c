// SPDX-License-Identifier: GPL-2.0
/*
 * Engines: attach, look up, events, references, detach, barrier.
 *
 * An engine goes ATTACHING -> ATTACHED -> DETACHING -> DETACHED, under the
 * lock of its thread; it may skip the states in between. ATTACHING: queued,
 * the thread has not seen it. DETACHING: told to go while its callback runs;
 * the thread itself does the last step when the callback returns.
 *
 * DETACHED means that no callback runs or will run, and lets the attachment's
 * reference go. The engine stays linked, an empty husk, until its thread next
 * reports: only the thread may change the list that it walks without a lock.
 * Hence two counts: @refs keeps it usable, @memory keeps it allocated.
 */
#include <linux/module.h>
#include <linux/pid.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "core.h"
#include "trace.h"

static struct kmem_cache *engine_cache;

static void put_memory(struct utrace_engine *engine)
{
	if (!refcount_dec_and_test(&engine->memory))
		return;
	utrace_syscall_filter_put(engine->filter);
	kmem_cache_free(engine_cache, engine);
}

/**
 * utrace_engine_put() - let a reference to an engine go
 * @engine: The engine.
 *
 * The last one calls ops->release() and lets the owner of the ops go. An
 * attached engine holds one reference of its own.
 *
 * Context: Any that ops->release() can bear.
 */
void utrace_engine_put(struct utrace_engine *engine)
{
	struct module *owner;

	if (!refcount_dec_and_test(&engine->refs))
		return;
	owner = engine->ops->owner;
	if (engine->ops->release)
		engine->ops->release(engine->data);
	utrace_access_put(engine);
	utrace_task_put(engine->ut);
	put_memory(engine);
	module_put(owner);
}
EXPORT_SYMBOL_GPL(utrace_engine_put);

static bool matches(const struct utrace_engine *engine, unsigned int flags,
		    const struct utrace_engine_ops *ops, const void *data)
{
	return engine->state <= UTRACE_ENGINE_ATTACHED &&
	       (!(flags & UTRACE_ATTACH_MATCH_OPS) || engine->ops == ops) &&
	       (!(flags & UTRACE_ATTACH_MATCH_DATA) || engine->data == data);
}

static struct utrace_engine *__lookup(struct utrace_task *ut, unsigned int flags,
				      const struct utrace_engine_ops *ops, void *data)
{
	struct utrace_engine *engine;

	lockdep_assert_held(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		if (matches(engine, flags, ops, data))
			return engine;
	list_for_each_entry(engine, &ut->attaching, entry)
		if (matches(engine, flags, ops, data))
			return engine;
	return NULL;
}

static struct utrace_engine *lookup(struct task_struct *task, unsigned int flags,
				    const struct utrace_engine_ops *ops, void *data)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(task);
	struct utrace_engine *engine;

	if (!ut)
		return ERR_PTR(-ENOENT);
	guard(spinlock)(&ut->lock);
	engine = __lookup(ut, flags, ops, data);
	if (!engine)
		return ERR_PTR(-ENOENT);
	utrace_engine_get(engine);
	return engine;
}

static unsigned long events_of(const struct utrace_engine *engine)
{
	if (engine->filter && engine->events & UTRACE_EVENT_SYSCALL)
		return engine->events | UTRACE_FILTERED;
	return engine->events;
}

/* What the hooks act on; a superset for a moment does no harm. */
static void __update_events(struct utrace_task *ut)
{
	struct utrace_engine *engine;
	unsigned long events = 0;

	lockdep_assert_held(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		events |= events_of(engine);
	list_for_each_entry(engine, &ut->attaching, entry)
		events |= events_of(engine);
	utrace_signal_events_changed(ut->events, events);
	WRITE_ONCE(ut->events, events);
}

/* Take the engine off every list that is not the thread's own. */
static void __unlink(struct utrace_engine *engine)
{
	lockdep_assert_held(&engine->ut->lock);
	list_del_init(&engine->entry);
	put_memory(engine);
}

/* Behind the last one whose level is not higher. */
static struct list_head *__place_for(struct utrace_task *ut, int level)
{
	struct utrace_engine *engine;

	lockdep_assert_held(&ut->lock);
	list_for_each_entry_reverse(engine, &ut->attached, entry)
		if (engine->ops->level <= level)
			return &engine->entry;
	return &ut->attached;
}

/**
 * __utrace_update_engines() - take over new engines, drop husks
 * @ut: State of the current thread, or of one that is dead.
 */
void __utrace_update_engines(struct utrace_task *ut)
{
	struct utrace_engine *engine, *next;

	lockdep_assert_held(&ut->lock);
	list_for_each_entry_safe(engine, next, &ut->attached, entry)
		if (engine->state == UTRACE_ENGINE_DETACHED)
			__unlink(engine);
	list_for_each_entry_safe(engine, next, &ut->attaching, entry) {
		engine->state = UTRACE_ENGINE_ATTACHED;
		list_move(&engine->entry, __place_for(ut, engine->ops->level));
	}
	WRITE_ONCE(ut->changed, false);
}

/**
 * __utrace_detach_begin() - from here on an engine gets no callback
 * @ut: Its thread.
 * @engine: The engine, ATTACHED.
 *
 * One that is running goes on. The engine is DETACHING.
 */
void __utrace_detach_begin(struct utrace_task *ut, struct utrace_engine *engine)
{
	lockdep_assert_held(&ut->lock);
	WRITE_ONCE(engine->events, 0);
	WRITE_ONCE(engine->scope, UTRACE_SCOPE_THREAD);
	engine->step = 0;
	__utrace_unhold(ut, engine);
	WRITE_ONCE(engine->state, UTRACE_ENGINE_DETACHING);
	WRITE_ONCE(ut->changed, true);
	__update_events(ut);
	trace_utrace_detach(engine);
}

/**
 * __utrace_detach() - begin to detach an engine
 * @ut: Its thread.
 * @engine: The engine, not yet DETACHING.
 *
 * Return: true when it is DETACHED: the caller lets go of ut->lock and calls
 * utrace_engine_put() for the attachment. Otherwise its callback is running,
 * and utrace_detach_finish() does that.
 */
bool __utrace_detach(struct utrace_task *ut, struct utrace_engine *engine)
{
	bool queued = engine->state == UTRACE_ENGINE_ATTACHING;

	lockdep_assert_held(&ut->lock);
	__utrace_detach_begin(ut, engine);
	if (queued) {
		engine->state = UTRACE_ENGINE_DETACHED;
		__unlink(engine);
		return true;
	}
	/*
	 * Pairs with utrace_begin_callback(), which sees no events if we do not
	 * see it reporting, and with utrace_finish_callback(), which sees
	 * DETACHING if we do.
	 */
	smp_mb();
	if (READ_ONCE(ut->reporting) != engine)
		engine->state = UTRACE_ENGINE_DETACHED;
	return engine->state == UTRACE_ENGINE_DETACHED;
}

/**
 * utrace_detach_finish() - the callback of a DETACHING engine has returned
 * @ut: State of the thread that made it.
 * @engine: The engine.
 */
void utrace_detach_finish(struct utrace_task *ut, struct utrace_engine *engine)
{
	scoped_guard(spinlock, &ut->lock) {
		if (engine->state != UTRACE_ENGINE_DETACHING)
			return;
		engine->state = UTRACE_ENGINE_DETACHED;
	}
	utrace_engine_put(engine);
}

static struct utrace_engine *first_detaching(struct utrace_task *ut)
{
	struct utrace_engine *engine;

	guard(spinlock)(&ut->lock);
	list_for_each_entry(engine, &ut->attached, entry)
		if (engine->state == UTRACE_ENGINE_DETACHING)
			return engine;
	return NULL;
}

/**
 * utrace_detach_finish_all() - do the rest for engines that an exec has detached
 * @ut: State of the current thread, which is in no callback.
 */
void utrace_detach_finish_all(struct utrace_task *ut)
{
	struct utrace_engine *engine;

	while ((engine = first_detaching(ut)))
		utrace_detach_finish(ut, engine);
}

/* Return: false when there is no engine any more. */
static bool detach_first(struct utrace_task *ut)
{
	struct utrace_engine *engine;
	bool gone = false;

	scoped_guard(spinlock, &ut->lock) {
		engine = list_first_entry_or_null(&ut->attached, struct utrace_engine, entry);
		if (!engine)
			return false;
		if (engine->state == UTRACE_ENGINE_ATTACHED)
			__utrace_detach_begin(ut, engine);
		/* No callback runs any more; an exec may have begun to detach it, too. */
		gone = engine->state == UTRACE_ENGINE_DETACHING;
		engine->state = UTRACE_ENGINE_DETACHED;
		__unlink(engine);
	}
	if (gone)
		utrace_engine_put(engine);
	return true;
}

/**
 * utrace_detach_all() - detach every engine of a thread that is dead
 * @ut: Its state, after the last report: nobody walks the list any more.
 */
void utrace_detach_all(struct utrace_task *ut)
{
	while (detach_first(ut))
		;
}

/**
 * utrace_engines_free() - free the husks
 * @ut: State of a thread that nobody has a reference to.
 */
void utrace_engines_free(struct utrace_task *ut)
{
	struct utrace_engine *engine, *next;

	list_for_each_entry_safe(engine, next, &ut->attached, entry) {
		list_del(&engine->entry);
		put_memory(engine);
	}
}

static struct utrace_engine *alloc_engine(const struct utrace_engine_ops *ops,
					  unsigned int flags, void *data)
{
	struct utrace_engine *engine = kmem_cache_zalloc(engine_cache, GFP_KERNEL);

	if (!engine)
		return ERR_PTR(-ENOMEM);
	if (!try_module_get(ops->owner)) {
		kmem_cache_free(engine_cache, engine);
		return ERR_PTR(-ENODEV);
	}
	engine->ops = ops;
	engine->data = data;
	engine->flags = flags & (UTRACE_ATTACH_UNSAFE_EXEC | UTRACE_ATTACH_CONTROLLER);
	/* refs: the caller and the attachment; memory: refs and the list. */
	refcount_set(&engine->refs, 2);
	refcount_set(&engine->memory, 2);
	utrace_callback_map_init(engine);
	return engine;
}

/* Undo alloc_engine(): it was never attached, so data is still the caller's. */
static void free_engine(struct utrace_engine *engine)
{
	utrace_access_put(engine);
	if (engine->ut)
		utrace_task_put(engine->ut);
	module_put(engine->ops->owner);
	kmem_cache_free(engine_cache, engine);
}

/*
 * The thread died before we could attach. If nobody ever did, its release may
 * have passed before it had a mark: nobody else would forget it.
 */
static void forget_unused(struct utrace_task *ut)
{
	scoped_guard(spinlock, &ut->lock) {
		if (!list_empty(&ut->attached) || !list_empty(&ut->attaching))
			return;
		WRITE_ONCE(ut->dying, true);
		ut->reaped = true;
	}
	utrace_task_forget(ut);
}

static int attach(struct utrace_engine *engine, struct task_struct *task, unsigned int flags)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get_or_create(task);

	if (IS_ERR(ut))
		return PTR_ERR(ut);
	engine->ut = ut;
	refcount_inc(&ut->refs);
	scoped_guard(spinlock, &ut->lock) {
		/*
		 * We have set the mark, then look whether the thread is dead;
		 * it dies, then looks at its mark. If it is not dead here, its
		 * death and reap hooks are still to come.
		 */
		smp_mb();
		if (!READ_ONCE(task->exit_state) && !ut->dying) {
			if (flags & UTRACE_ATTACH_EXCLUSIVE &&
			    __lookup(ut, flags, engine->ops, engine->data))
				return -EEXIST;
			list_add_tail(&engine->entry, &ut->attaching);
			WRITE_ONCE(ut->changed, true);
			return 0;
		}
	}
	forget_unused(ut);
	return -ESRCH;
}

static struct utrace_engine *create(struct task_struct *task, unsigned int flags,
				    const struct utrace_engine_ops *ops, void *data)
{
	struct utrace_engine *engine;
	int err;

	if (!ops)
		return ERR_PTR(-EINVAL);
	/* Kernel threads never return to user mode; io_uring and vhost workers neither. */
	if (task->flags & (PF_KTHREAD | PF_IO_WORKER | PF_USER_WORKER))
		return ERR_PTR(-EPERM);
	if (READ_ONCE(task->exit_state))
		return ERR_PTR(-ESRCH);

	engine = alloc_engine(ops, flags, data);
	if (IS_ERR(engine))
		return engine;
	err = utrace_access_begin(engine, task);
	if (!err) {
		err = attach(engine, task, flags);
		utrace_access_end(task);
	}
	if (!err) {
		trace_utrace_attach(engine);
		return engine;
	}
	free_engine(engine);
	return ERR_PTR(err);
}

/**
 * utrace_attach_task() - attach an engine to a thread, or find one
 * @task: The thread; the caller keeps it from being freed.
 * @flags: UTRACE_ATTACH_*.
 * @ops: Callbacks of the engine.
 * @data: Goes to the engine's @data.
 *
 * Without UTRACE_ATTACH_CREATE look for an attached engine that matches the
 * MATCH flags; the first of any kind if there is none of them.
 *
 * With it attach a new engine that wants no events yet: follow with
 * utrace_set_events(). Attaching does not stop, signal or slow the thread. The
 * engine takes no part in a report that is under way.
 *
 * In report_clone() the @child can be attached to before it runs.
 *
 * Context: Process context; may sleep with CREATE.
 * Return: the engine with a reference for the caller, or
 *
 * * ERR_PTR(-EINVAL): unknown @flags, no @ops, EXCLUSIVE and others
 *   without CREATE
 * * ERR_PTR(-ENOENT): without CREATE, no engine matches
 * * ERR_PTR(-EEXIST): EXCLUSIVE, and one matches
 * * ERR_PTR(-EPERM): a kernel thread, or a worker of io_uring or vhost; or the
 *   caller may not ptrace the thread (ptrace(2), Yama). In a callback the
 *   engine's rights count, and in report_clone() it may always attach to the child
 * * ERR_PTR(-ESRCH): the thread is dead
 * * ERR_PTR(-EDQUOT): the user has as many engines as he may, see the parameter
 *   max_engines
 * * ERR_PTR(-EDEADLK): CONTROLLER, and the thread's process controls the caller's
 * * ERR_PTR(-EINTR): a signal came while an exec of the process kept us waiting;
 *   or it is our own, see report_reap()
 * * ERR_PTR(-ENODEV): the module of @ops is going away
 * * ERR_PTR(-ENOMEM)
 */
struct utrace_engine *utrace_attach_task(struct task_struct *task, unsigned int flags,
					 const struct utrace_engine_ops *ops, void *data)
{
	if (flags & ~(UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA |
		      UTRACE_ATTACH_CREATE | UTRACE_ATTACH_EXCLUSIVE |
		      UTRACE_ATTACH_UNSAFE_EXEC | UTRACE_ATTACH_CONTROLLER))
		return ERR_PTR(-EINVAL);
	if (flags & UTRACE_ATTACH_CREATE)
		return create(task, flags, ops, data);
	if (flags & ~(UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA))
		return ERR_PTR(-EINVAL);
	return lookup(task, flags, ops, data);
}
EXPORT_SYMBOL_GPL(utrace_attach_task);

/**
 * utrace_attach_pid() - attach an engine to a thread by its struct pid
 * @pid: The thread.
 * @flags: As for utrace_attach_task().
 * @ops: As for utrace_attach_task().
 * @data: As for utrace_attach_task().
 *
 * Context: Process context; may sleep with CREATE.
 * Return: as utrace_attach_task(); ERR_PTR(-ESRCH) also when @pid has no thread.
 */
struct utrace_engine *utrace_attach_pid(struct pid *pid, unsigned int flags,
					const struct utrace_engine_ops *ops, void *data)
{
	struct task_struct *task __free(put_task) = get_pid_task(pid, PIDTYPE_PID);

	if (!task)
		return ERR_PTR(-ESRCH);
	return utrace_attach_task(task, flags, ops, data);
}
EXPORT_SYMBOL_GPL(utrace_attach_pid);

/**
 * utrace_set_events() - choose the events that an engine gets
 * @task: The engine's thread.
 * @engine: The engine.
 * @events: UTRACE_EVENT() bits; replaces those chosen before.
 *
 * An event that is under way when a bit is set may be missed. System calls
 * are seen from the next one on that the thread makes after it has passed the
 * kernel's exit to user mode once; for a thread that is stopped, does not run
 * yet (report_clone()) or is current, from the very next.
 *
 * Context: Process context; does not sleep.
 * Return: 0, or
 *
 * * -EINPROGRESS: done; a callback is running, perhaps for an event that is
 *   now disabled. utrace_barrier() waits for its end.
 * * -EINVAL: unknown @events, or a bit whose callback the ops do not have
 * * -ESRCH: detached, or not attached to @task
 * * -EALREADY: the thread dies: too late to change DEATH
 */
int utrace_set_events(struct task_struct *task, struct utrace_engine *engine,
		      unsigned long events)
{
	const struct utrace_engine_ops *ops = engine->ops;
	struct utrace_task *ut = engine->ut;
	unsigned long old;

	if (events & ~UTRACE_EVENTS_ALL ||
	    (events & UTRACE_EVENT(QUIESCE) && !ops->report_quiesce) ||
	    (events & UTRACE_EVENT(SYSCALL_ENTRY) && !ops->report_syscall_entry) ||
	    (events & UTRACE_EVENT(SYSCALL_EXIT) && !ops->report_syscall_exit) ||
	    (events & UTRACE_EVENT(CLONE) && !ops->report_clone) ||
	    (events & UTRACE_EVENT(CLONED) && !ops->report_cloned) ||
	    (events & UTRACE_EVENT(EXEC) && !ops->report_exec) ||
	    (events & UTRACE_EVENT(EXIT) && !ops->report_exit) ||
	    (events & UTRACE_EVENT(DEATH) && !ops->report_death) ||
	    (events & UTRACE_EVENT(REAP) && !ops->report_reap) ||
	    (events & UTRACE_EVENT(JCTL) && !ops->report_jctl) ||
	    (events & UTRACE_EVENT(REQUEST) && !ops->report_request) ||
	    (events & (UTRACE_EVENT_SIGNAL_ALL | UTRACE_EVENT(SIGNAL_REPORT) |
		       UTRACE_EVENT(SIGNAL_HANDLER)) && !ops->report_signal))
		return -EINVAL;
	if (ut->task != task)
		return -ESRCH;

	scoped_guard(spinlock, &ut->lock) {
		if (engine->state > UTRACE_ENGINE_ATTACHED || ut->reaped)
			return -ESRCH;
		old = engine->events;
		if (ut->dying && (old ^ events) & UTRACE_EVENT(DEATH))
			return -EALREADY;
		WRITE_ONCE(engine->events, events);
		__update_events(ut);
	}

	if (events & UTRACE_EVENT_SYSCALL) {
		if (task == current)
			utrace_syscall_arm(ut);
		else
			utrace_queue_arm(ut);
	}
	/* Pairs with utrace_begin_callback(): our events before its @reporting. */
	smp_mb();
	if (old & ~events && task != current && READ_ONCE(ut->reporting) == engine)
		return -EINPROGRESS;
	return 0;
}
EXPORT_SYMBOL_GPL(utrace_set_events);

static bool is_reporting(struct utrace_engine *engine)
{
	return READ_ONCE(engine->ut->reporting) == engine;
}

/*
 * Over, or the next one has begun. Of an engine that is to go there is no next
 * one: what runs, or is about to end, is the last.
 */
static bool callback_over(struct utrace_engine *engine, unsigned long callbacks)
{
	return !is_reporting(engine) ||
	       (READ_ONCE(engine->callbacks) != callbacks &&
		READ_ONCE(engine->state) <= UTRACE_ENGINE_ATTACHED);
}

/* Return: as wait_event_state_timeout(): <0 a signal, 0 time is up. */
static long wait_for_callback(struct task_struct *task, struct utrace_engine *engine,
			      bool killable, long timeout)
{
	unsigned long callbacks = READ_ONCE(engine->callbacks);
	struct utrace_task *ut = engine->ut;

	/* Pairs with utrace_begin_callback(): what the caller did comes before. */
	smp_mb();
	if (task == current)
		return 1;
	utrace_callback_map_wait(engine);
	if (killable)
		return wait_event_killable_timeout(ut->wait, callback_over(engine, callbacks),
						   timeout);
	return wait_event_interruptible_timeout(ut->wait, callback_over(engine, callbacks),
						timeout);
}

/* It may be told to go only now, while its next callback runs. */
static int barrier_result(struct utrace_engine *engine)
{
	guard(spinlock)(&engine->ut->lock);
	if (engine->state == UTRACE_ENGINE_DETACHED)
		return -ESRCH;
	return engine->state == UTRACE_ENGINE_DETACHING && !is_reporting(engine) ? -ESRCH : 0;
}

/**
 * utrace_barrier() - wait until no callback to an engine is running
 * @task: The engine's thread.
 * @engine: The engine; may be detached.
 *
 * A callback that is under way when this is called has returned, and what it
 * answered has taken effect. In the engine's own callback there is nothing to
 * wait for: returns at once.
 *
 * Context: Process context; may sleep as long as a callback may.
 * Return: 0, or
 *
 * * -ESRCH: detached: no callback will ever be made. Its data may be freed.
 * * -ERESTARTSYS: a signal came for the caller while there was something to
 *   wait for
 */
int utrace_barrier(struct task_struct *task, struct utrace_engine *engine)
{
	if (wait_for_callback(task, engine, false, MAX_SCHEDULE_TIMEOUT) < 0)
		return -ERESTARTSYS;
	return barrier_result(engine);
}
EXPORT_SYMBOL_GPL(utrace_barrier);

/**
 * utrace_barrier_killable() - the same, whatever signals come but SIGKILL
 * @task: The engine's thread.
 * @engine: The engine; may be detached.
 *
 * Context: Process context; may sleep as long as a callback may.
 * Return: as utrace_barrier(); -ERESTARTSYS: the caller is killed.
 */
int utrace_barrier_killable(struct task_struct *task, struct utrace_engine *engine)
{
	if (wait_for_callback(task, engine, true, MAX_SCHEDULE_TIMEOUT) < 0)
		return -ERESTARTSYS;
	return barrier_result(engine);
}
EXPORT_SYMBOL_GPL(utrace_barrier_killable);

/**
 * utrace_barrier_timeout() - the same, not for ever
 * @task: The engine's thread.
 * @engine: The engine; may be detached.
 * @ms: How long to wait, in milliseconds.
 *
 * Context: Process context; may sleep for @ms.
 * Return: as utrace_barrier_killable(); -ETIMEDOUT: the callback still runs.
 */
int utrace_barrier_timeout(struct task_struct *task, struct utrace_engine *engine,
			   unsigned int ms)
{
	long left = wait_for_callback(task, engine, true, msecs_to_jiffies(ms));

	if (left < 0)
		return -ERESTARTSYS;
	return left ? barrier_result(engine) : -ETIMEDOUT;
}
EXPORT_SYMBOL_GPL(utrace_barrier_timeout);

int __init utrace_engines_init(void)
{
	engine_cache = KMEM_CACHE(utrace_engine, 0);
	return engine_cache ? 0 : -ENOMEM;
}

void utrace_engines_exit(void)
{
	kmem_cache_destroy(engine_cache);
}
