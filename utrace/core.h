/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of utrace.ko share.
 */
#ifndef _UTRACE_CORE_H
#define _UTRACE_CORE_H

#include <linux/utrace.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/thread_info.h>
#include <linux/wait.h>

/**
 * struct utrace_task - tracing state of one thread
 *
 * Made at the first attach and kept until the thread is released or this
 * module goes: so the thread itself finds it, in any of its own hooks but
 * DEATH, without a lock or a reference. Everybody else takes a reference,
 * utrace_task_get().
 *
 * The thread walks @attached without a lock, and only the thread changes that
 * list, in __utrace_update_engines(), when no walk is under way. Others queue
 * new engines on @attaching, mark old ones DETACHED, and set @changed.
 *
 * Lock order: @lock is innermost. No callback, no wake-up of a thread other
 * than through @wait and @stopped, and no release happens under it.
 */
struct utrace_task {
	/** @task: The thread. Referenced. */
	struct task_struct *task;

	/** @events: What any engine wants. Written under @lock. */
	unsigned long events;
	/** @attached: Engines that get callbacks, in attach order. */
	struct list_head attached;
	/** @changed: @attaching is not empty or @attached has dead engines. */
	bool changed;
	/**
	 * @reporting: The engine whose callback runs now. Written by the
	 * thread; pairs with the state of the engine, see begin_callback().
	 */
	struct utrace_engine *reporting;

	/** @call: The call that the thread is in. Only for the thread. */
	struct utrace_syscall call;
	/**
	 * @in_call: Between the two ends of a call: SYSCALL_EXIT_TRAP is ours.
	 * Only for the thread, or while it is in a ptrace stop.
	 */
	bool in_call;

	/** @lock: Protects what follows, and the state of every engine. */
	spinlock_t lock;
	/** @attaching: Engines that wait for the thread to take them over. */
	struct list_head attaching;
	/** @holders: How many engines hold the thread stopped. */
	unsigned int holders;
	/** @report_wanted: Somebody asked for a report before user mode. */
	bool report_wanted;
	/** @is_stopped: The thread is in utrace_stop(). */
	bool is_stopped;
	/** @dead: Past its death report: no callback but reap can come. */
	bool dead;
	/** @killed: Got a SIGKILL that the kernel has dropped. */
	bool killed;
	/** @group_dead: It was the last thread of its process to exit. */
	bool group_dead;
	/** @dying: The death report has begun. */
	bool dying;
	/** @reap_deferred: Released while its death report was still running. */
	bool reap_deferred;
	/** @reaped: Past its reap report: no callback can come. */
	bool reaped;

	/** @wait: Who waits for a callback to end: utrace_barrier(). */
	wait_queue_head_t wait;
	/** @stopped: Where the thread sleeps when it is stopped. */
	wait_queue_head_t stopped;

	/** @report_work: A report before user mode (STOP, REPORT). */
	struct callback_head report_work;
	/** @interrupt_work: The same, breaking a sleep (INTERRUPT). */
	struct callback_head interrupt_work;
	/** @queued: Which of the two are queued; bits UTRACE_WORK_*. */
	unsigned long queued;

	/** @clone_flags: From kernel_clone() to wake_up_new_task(). */
	unsigned long clone_flags;
	/** @bprm: From begin_new_exec() to proc_exec_connector(). */
	const struct linux_binprm *bprm;

	/** @refs: One for the thread, one per engine, one per queued work. */
	refcount_t refs;
	/** @hash: Way here from @task, for everybody but the thread itself. */
	struct hlist_node hash;
	/** @rcu: For those who look us up. */
	struct rcu_head rcu;
};

enum { UTRACE_WORK_REPORT, UTRACE_WORK_INTERRUPT };

/*
 * The way from a thread to its own state: the mark, in the upper bits of
 * thread_info.syscall_work. The kernel uses the lowest few bits of that word
 * and never writes it as a whole; task.c checks the former at build time.
 *
 * The state is aligned to 1 << UTRACE_MARK_ALIGN, and a kernel address is a
 * sign-extended number of 57 bits at most, so that shifting it up loses nothing.
 *
 * fork() copies the word, so the mark of a task that does not run yet may lead
 * anywhere: it is for the running thread, everybody else takes the hash.
 * A thread never runs with a wrong one, see utrace_task_fix_mark().
 */
#define UTRACE_MARK_ALIGN	7
#define UTRACE_MARK_SHIFT	(64 - 57)
#define UTRACE_MARK		(~0UL << (UTRACE_MARK_ALIGN + UTRACE_MARK_SHIFT))

static __always_inline bool utrace_task_marked(struct task_struct *task)
{
	return READ_ONCE(task_thread_info(task)->syscall_work) & UTRACE_MARK;
}

/**
 * utrace_task_current() - tracing state of the current thread
 *
 * For the thread itself up to its death report; needs no reference.
 * Return: NULL when it was never traced.
 */
static __always_inline struct utrace_task *utrace_task_current(void)
{
	long work = READ_ONCE(current_thread_info()->syscall_work);

	return (struct utrace_task *)((work & (long)UTRACE_MARK) >> UTRACE_MARK_SHIFT);
}

/* task.c */
#define UTRACE_TASK_BUCKETS	1024
int utrace_tasks_init(void);
void utrace_tasks_exit(void);
void utrace_tasks_fix_marks(void);
struct utrace_task *utrace_task_get(struct task_struct *task);
struct utrace_task *utrace_task_get_or_create(struct task_struct *task);
void utrace_task_put(struct utrace_task *ut);
void utrace_task_forget(struct utrace_task *ut);
void utrace_task_fix_mark(struct task_struct *task);
void utrace_tasks_for_each(void (*fn)(struct utrace_task *ut));
void utrace_tasks_show(struct seq_file *m, unsigned int bucket,
		       void (*show)(struct seq_file *m, struct utrace_task *ut));

DEFINE_FREE(utrace_task_put, struct utrace_task *, if (!IS_ERR_OR_NULL(_T)) utrace_task_put(_T))

/* text.c */
/*
 * utrace_in_text - how many threads are inside this module, CPU by CPU
 *
 * Frames of ours can be on the stack of a thread that sleeps, in a callback or
 * stopped; the module does not go before the sum is zero.
 */
DECLARE_PER_CPU(long, utrace_in_text);
extern bool utrace_text_draining;
void utrace_text_left(void);
void utrace_text_drain(void);

static __always_inline void utrace_text_enter(void)
{
	this_cpu_inc(utrace_in_text);
}

static __always_inline void utrace_text_leave(void)
{
	this_cpu_dec(utrace_in_text);
	if (unlikely(READ_ONCE(utrace_text_draining)))
		utrace_text_left();
}

/* engine.c */
int utrace_engines_init(void);
void utrace_engines_exit(void);
void __utrace_update_engines(struct utrace_task *ut);
bool __utrace_detach(struct utrace_task *ut, struct utrace_engine *engine);
void utrace_detach_finish(struct utrace_task *ut, struct utrace_engine *engine);
void utrace_detach_all(struct utrace_task *ut);
void utrace_engines_free(struct utrace_task *ut);

/* resume.c */
enum utrace_resume_action utrace_resume_merge(enum utrace_resume_action a,
					      enum utrace_resume_action b);
bool utrace_resume_wants_report(enum utrace_resume_action action);

/* stop.c */
/* Bits of utrace_engine.hold, under utrace_task.lock; not zero: holds the thread. */
#define UTRACE_HOLD		BIT(0)
/* ... by utrace_control(), and no callback has begun since. */
#define UTRACE_HOLD_ASKED	BIT(1)
void utrace_stop(struct utrace_task *ut);
void utrace_stop_at_exit(struct utrace_task *ut);
void __utrace_hold(struct utrace_task *ut, struct utrace_engine *engine);
bool __utrace_unhold(struct utrace_task *ut, struct utrace_engine *engine);
void utrace_wake(struct utrace_task *ut);

/* The thread's own, which stays until the thread is released: no RCU needed. */
static inline spinlock_t *utrace_own_siglock(void)
{
	return &unrcu_pointer(current->sighand)->siglock;
}

/* quiesce.c */
void utrace_works_init(struct utrace_task *ut);
int utrace_queue_arm(struct utrace_task *ut);
int utrace_queue_report(struct utrace_task *ut, enum utrace_resume_action action);
void utrace_cancel_works(struct utrace_task *ut);

/* syscall.c */
void utrace_syscall_arm(struct utrace_task *ut);
void utrace_syscall_disarm(struct utrace_task *ut);
void utrace_syscall_retire_begin(void);
void utrace_syscall_retire(struct utrace_task *ut);

/* list.c */
int utrace_list_init(void);
void utrace_list_exit(void);

#endif /* _UTRACE_CORE_H */
