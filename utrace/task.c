// SPDX-License-Identifier: GPL-2.0
/*
 * From a thread to its tracing state: birth, look-up, references, end.
 */
#include <linux/entry-common.h>
#include <linux/hashtable.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "core.h"

static_assert(!((SYSCALL_WORK_ENTER | SYSCALL_WORK_EXIT) & UTRACE_MARK),
	      "the kernel uses the bits of the mark itself");

static struct kmem_cache *task_cache;
static DEFINE_HASHTABLE(tasks, ilog2(UTRACE_TASK_BUCKETS));
/* Protects changes of @tasks; taken for a moment, nothing is taken inside. */
static DEFINE_SPINLOCK(tasks_lock);

static struct utrace_task *find(struct task_struct *task)
{
	struct utrace_task *ut;

	hash_for_each_possible_rcu(tasks, ut, hash, (unsigned long)task,
				   lockdep_is_held(&tasks_lock))
		if (ut->task == task)
			return ut;
	return NULL;
}

/* Give @task the mark that leads to @ut, or none; the kernel's bits stay. */
static void set_mark(struct task_struct *task, struct utrace_task *ut)
{
	unsigned long *word = &task_thread_info(task)->syscall_work;
	unsigned long mark = (unsigned long)ut << UTRACE_MARK_SHIFT;
	unsigned long old = READ_ONCE(*word);

	while (!try_cmpxchg(word, &old, (old & ~UTRACE_MARK) | mark))
		;
}

/**
 * utrace_task_fix_mark() - give a task the mark that is its own
 * @task: A task that has not run yet, or one that was there before us.
 *
 * fork() copies the parent's mark, and a fork that was under way when an
 * earlier instance of this module went has copied one that leads nowhere.
 * Hence nothing is followed here.
 */
void utrace_task_fix_mark(struct task_struct *task)
{
	guard(spinlock)(&tasks_lock);
	set_mark(task, find(task));
}

/**
 * utrace_tasks_fix_marks() - clean every task that an earlier instance left
 *
 * With the hooks bound: a child that is not in the list of tasks yet passes
 * the clone hook later.
 */
void utrace_tasks_fix_marks(void)
{
	struct task_struct *process, *task;

	guard(rcu)();
	for_each_process_thread(process, task)
		if (utrace_task_marked(task))
			utrace_task_fix_mark(task);
}

/**
 * utrace_task_get() - tracing state of any task
 * @task: The task; the caller keeps it from being freed.
 *
 * Return: with a reference, or NULL when it was never traced.
 */
struct utrace_task *utrace_task_get(struct task_struct *task)
{
	struct utrace_task *ut;

	guard(rcu)();
	ut = find(task);
	return ut && refcount_inc_not_zero(&ut->refs) ? ut : NULL;
}

static struct utrace_task *create(struct task_struct *task)
{
	struct utrace_task *ut = kmem_cache_zalloc(task_cache, GFP_KERNEL);

	if (!ut)
		return NULL;
	ut->task = get_task_struct(task);
	INIT_LIST_HEAD(&ut->attached);
	INIT_LIST_HEAD(&ut->attaching);
	spin_lock_init(&ut->lock);
	init_waitqueue_head(&ut->wait);
	init_waitqueue_head(&ut->stopped);
	init_waitqueue_head(&ut->watchers);
	utrace_works_init(ut);
	utrace_request_init(ut);
	utrace_stop_init(ut);
	/* One for the thread, in the hash; one for the caller. */
	refcount_set(&ut->refs, 2);
	return ut;
}

static void free_now(struct utrace_task *ut)
{
	utrace_engines_free(ut);
	put_task_struct(ut->task);
	kmem_cache_free(task_cache, ut);
}

static void free_rcu(struct rcu_head *rcu)
{
	free_now(container_of(rcu, struct utrace_task, rcu));
}

/**
 * utrace_task_get_or_create() - tracing state of a task that is to be traced
 * @task: The task; the caller keeps it from being freed.
 *
 * Context: Process context; may sleep.
 * Return: with a reference; ERR_PTR(-ENOMEM).
 */
struct utrace_task *utrace_task_get_or_create(struct task_struct *task)
{
	struct utrace_task *ut = utrace_task_get(task);
	struct utrace_task *other;

	if (ut)
		return ut;
	ut = create(task);
	if (!ut)
		return ERR_PTR(-ENOMEM);

	spin_lock(&tasks_lock);
	other = find(task);
	if (other && refcount_inc_not_zero(&other->refs)) {
		spin_unlock(&tasks_lock);
		free_now(ut);
		return other;
	}
	hash_add_rcu(tasks, &ut->hash, (unsigned long)task);
	set_mark(task, ut);
	spin_unlock(&tasks_lock);
	utrace_watchdog_start();
	return ut;
}

/**
 * utrace_task_put() - let a reference go
 * @ut: The state.
 */
void utrace_task_put(struct utrace_task *ut)
{
	if (refcount_dec_and_test(&ut->refs))
		call_rcu(&ut->rcu, free_rcu);
}

/**
 * utrace_task_forget() - the thread is gone for us
 * @ut: Its state; the caller has a reference of his own.
 */
void utrace_task_forget(struct utrace_task *ut)
{
	scoped_guard(spinlock, &tasks_lock) {
		if (hash_hashed(&ut->hash)) {
			hash_del_rcu(&ut->hash);
			set_mark(ut->task, NULL);
		} else {
			ut = NULL;
		}
	}
	if (ut)
		utrace_task_put(ut);
}

/*
 * The next one of a bucket, with a reference, in return for @ut, which may have
 * been forgotten since: then the first one.
 */
static struct utrace_task *next_traced(unsigned int bucket, struct utrace_task *ut)
{
	struct hlist_node *node;
	struct utrace_task *next;

	scoped_guard(spinlock, &tasks_lock) {
		node = ut && hash_hashed(&ut->hash) ? ut->hash.next : tasks[bucket].first;
		next = hlist_entry_safe(node, struct utrace_task, hash);
		/* The hash has one as long as it is there. */
		if (next)
			refcount_inc(&next->refs);
	}
	if (ut)
		utrace_task_put(ut);
	return next;
}

/**
 * utrace_tasks_for_each() - do something with every traced task
 * @fn: What; may sleep, may forget the task. May be called twice for one.
 *
 * For the way out of the module: nobody adds tasks, but they die.
 */
void utrace_tasks_for_each(void (*fn)(struct utrace_task *ut))
{
	struct utrace_task *ut;
	unsigned int bucket;

	for (bucket = 0; bucket < UTRACE_TASK_BUCKETS; bucket++)
		for (ut = next_traced(bucket, NULL); ut; ut = next_traced(bucket, ut))
			fn(ut);
}

/**
 * utrace_tasks_check() - look at every traced task
 * @fn: How; must not sleep.
 *
 * Return: how many there are.
 */
unsigned int utrace_tasks_check(void (*fn)(struct utrace_task *ut))
{
	struct utrace_task *ut;
	unsigned int bucket, nr = 0;

	guard(rcu)();
	hash_for_each_rcu(tasks, bucket, ut, hash) {
		fn(ut);
		nr++;
	}
	return nr;
}

/**
 * utrace_tasks_show() - list the traced tasks of one bucket
 * @m: Where to.
 * @bucket: 0 to UTRACE_TASK_BUCKETS - 1.
 * @show: Shows one; must not sleep.
 */
void utrace_tasks_show(struct seq_file *m, unsigned int bucket,
		       void (*show)(struct seq_file *m, struct utrace_task *ut))
{
	struct utrace_task *ut;

	guard(rcu)();
	hlist_for_each_entry_rcu(ut, &tasks[bucket], hash)
		show(m, ut);
}

int __init utrace_tasks_init(void)
{
	utrace_requests_init();
	task_cache = kmem_cache_create("utrace_task", sizeof(struct utrace_task),
				       1 << UTRACE_MARK_ALIGN, 0, NULL);
	return task_cache ? 0 : -ENOMEM;
}

/** utrace_tasks_exit() - forget every task; no hook is bound, nobody is inside */
void utrace_tasks_exit(void)
{
	utrace_tasks_for_each(utrace_task_forget);
	rcu_barrier();
	kmem_cache_destroy(task_cache);
}
