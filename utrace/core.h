/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of utrace.ko share.
 */
#ifndef _UTRACE_CORE_H
#define _UTRACE_CORE_H

#include <linux/utrace.h>
#include <linux/irq_work.h>
#include <linux/percpu.h>
#include <linux/rcupdate.h>
#include <linux/refcount.h>
#include <linux/sched/signal.h>
#include <linux/seq_file.h>
#include <linux/spinlock.h>
#include <linux/task_work.h>
#include <linux/thread_info.h>
#include <linux/timer.h>
#include <linux/wait.h>

/* One of each synchronous signal can be pending, and one that engines make up. */
#define UTRACE_MAX_TAKEN	7

/**
 * struct utrace_taken - a signal that we have taken before the kernel could
 * @decided: By utrace_signal_decide(), it is made up; 0: has yet to be reported.
 * @has_handler: Made up with @handler, which it has instead of the program's.
 * @info: The signal.
 * @handler: For this one time.
 */
struct utrace_taken {
	unsigned int decided;
	bool has_handler;
	kernel_siginfo_t info;
	struct k_sigaction handler;
};

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

	/** @events: What any engine wants, and UTRACE_FILTERED. Written under @lock. */
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
	/** @reporting_since: jiffies when that callback began. */
	unsigned long reporting_since;
	/** @told: The watchdog has complained about this callback. Under @lock. */
	bool told;
	/** @has_scope: An engine has, or had, a scope. */
	bool has_scope;

	/** @call: The call that the thread is in. Only for the thread. */
	struct utrace_syscall call;
	/**
	 * @in_call: Between the two ends of a call: SYSCALL_EXIT_TRAP is ours.
	 * Only for the thread, or while it is in a ptrace stop.
	 */
	bool in_call;

	/**
	 * @own_trap: The thread has made a step for engines, and has yet to take
	 * the SIGTRAP. Only for the thread, as the next two.
	 */
	bool own_trap;
	/** @trap_blocked: The program blocks SIGTRAP. */
	bool trap_blocked;
	/** @trap_action: What the program has set up for SIGTRAP. */
	struct k_sigaction trap_action;
	/**
	 * @stepping: We have set the thread to step; the module stays. Changed
	 * by the thread, or by a ptracer that takes stepping over.
	 */
	bool stepping;
	/** @step_interrupted: A handler runs before the step is made. Only for the thread. */
	bool step_interrupted;
	/** @jctl_stopped: The thread has reported CLD_STOPPED. Only for the thread. */
	bool jctl_stopped;
	/** @lent: A signal is in @real_blocked by us. Under the siglock. */
	bool lent;
	/** @nr_taken: How many are in @taken. Under the siglock. */
	u8 nr_taken;
	/** @taken: Signals that the thread takes next, oldest first. */
	struct utrace_taken taken[UTRACE_MAX_TAKEN];
	/** @swapped_signo: Whose handler is not the program's for a moment; 0: none. */
	int swapped_signo;
	/** @program_handler: What it is otherwise. Both under the siglock. */
	struct k_sigaction program_handler;

	/** @lock: Protects what follows, and the state of every engine. */
	spinlock_t lock;
	/** @attaching: Engines that wait for the thread to take them over. */
	struct list_head attaching;
	/** @holders: How many engines hold the thread stopped. */
	unsigned int holders;
	/** @report_wanted: Somebody asked for a report before user mode. */
	bool report_wanted;
	/** @asked: How often somebody did, by REPORT or INTERRUPT. */
	atomic_t asked;
	/**
	 * @wish: The strongest answer but STOP since it was set to RESUME. In the
	 * action of a pass a STOP hides it. Only for the thread.
	 */
	enum utrace_resume_action wish;
	/** @interrupted: ... by INTERRUPT, so that SIGNAL_REPORT comes, too. */
	bool interrupted;
	/** @is_stopped: The thread is in utrace_stop(), visibly so, and stays if it is held. */
	bool is_stopped;
	/** @stops: How often it was. */
	u64 stops;
	/** @resumed_by: Who ended the last one, for struct utrace_stop_status. */
	char resumed_by[24];
	/** @dead: Past its death report: no callback but reap can come. */
	bool dead;
	/** @killed: Got a SIGKILL, which the kernel may drop because it exits already. */
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
	/** @watchers: Who wants to know when the thread stops or goes on. */
	wait_queue_head_t watchers;
	/** @stop_timer: Ends a hold that has a timeout. While it is stopped. */
	struct timer_list stop_timer;

	/** @report_work: A report before user mode (STOP, REPORT). */
	struct callback_head report_work;
	/** @interrupt_work: The same, breaking a sleep (INTERRUPT). */
	struct callback_head interrupt_work;
	/** @queued: Which of the two are queued; bits UTRACE_WORK_*. */
	unsigned long queued;

	/**
	 * @request: Cookie of the REQUEST to be reported; 0: none. Only for the
	 * thread, and what interrupts it.
	 */
	u64 request;
	/** @request_work: Queues @report_work where that is not possible. */
	struct irq_work request_work;

	/** @clone_flags: From kernel_clone() to wake_up_new_task(). */
	unsigned long clone_flags;
	/** @clone_exit_signal: The same, of what was asked for. */
	int clone_exit_signal;
	/** @clone_known: These two are kernel_clone()'s. */
	bool clone_known;
	/** @child: Of the CLONE that is reported, and cannot run yet. Only for the thread. */
	const struct task_struct *child;
	/**
	 * @bprm: From security_bprm_creds_for_exec() to proc_exec_connector().
	 * NULL at the latter: this was made in between, when the image was in
	 * place, for no engine attaches while it is being changed.
	 */
	const struct linux_binprm *bprm;

	/** @refs: One for the thread, one per engine, one per queued work of each kind. */
	refcount_t refs;
	/** @hash: Way here from @task, for everybody but the thread itself. */
	struct hlist_node hash;
	/** @rcu: For those who look us up. */
	struct rcu_head rcu;
};

/* In utrace_task.events: not every engine that wants system calls wants all. */
#define UTRACE_FILTERED	BIT(31)

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

/*
 * Past its EXIT report: there is no user mode to come. do_exit() runs works, for a
 * ptracer and for io_uring, between the second of these flags and the first.
 */
static inline bool utrace_is_exiting(void)
{
	return current->flags & (PF_EXITING | PF_POSTCOREDUMP);
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
unsigned int utrace_tasks_check(void (*fn)(struct utrace_task *ut));
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
void __utrace_update_engines(struct utrace_task *ut) __must_hold(&ut->lock);
void __utrace_detach_begin(struct utrace_task *ut, struct utrace_engine *engine)
	__must_hold(&ut->lock);
bool __utrace_detach(struct utrace_task *ut, struct utrace_engine *engine)
	__must_hold(&ut->lock);
void utrace_detach_finish_all(struct utrace_task *ut);
void utrace_detach_finish(struct utrace_task *ut, struct utrace_engine *engine);
void utrace_detach_all(struct utrace_task *ut);
void utrace_engines_free(struct utrace_task *ut);

/* access.c */
int utrace_access_begin(struct utrace_engine *engine, struct task_struct *task);
void utrace_access_end(struct task_struct *task);
void utrace_access_put(struct utrace_engine *engine);

/* cycle.c */
int utrace_edge_get(struct pid *tracee, struct pid *controller);
void utrace_edge_put(struct pid *tracee, struct pid *controller);

/* scope.c */
void utrace_inherit(struct utrace_task *ut, struct task_struct *child);

/* filter.c */
/* Numbers from here on are left to the program. */
#define UTRACE_FILTER_NUMBERS	512

enum utrace_verdict {
	UTRACE_VERDICT_ASK,
	UTRACE_VERDICT_WANT,
	UTRACE_VERDICT_SKIP,
} __packed;

/**
 * struct utrace_syscall_filter - which calls an engine wants
 * @refs: One for who made it, one per engine.
 * @prog: The program.
 * @verdicts: By ABI and number: what it says whatever the arguments are.
 */
struct utrace_syscall_filter {
	refcount_t refs;
	struct bpf_prog *prog;
	enum utrace_verdict verdicts[2][UTRACE_FILTER_NUMBERS];
};

bool utrace_filter_run(const struct utrace_syscall_filter *filter, struct pt_regs *regs, int nr);

/* Is this call, of the current thread, for the engine? */
static __always_inline bool utrace_filter_wants(const struct utrace_syscall_filter *filter,
						struct pt_regs *regs, int nr)
{
	enum utrace_verdict verdict = UTRACE_VERDICT_ASK;

	if (likely((u32)nr < UTRACE_FILTER_NUMBERS))
		verdict = filter->verdicts[in_ia32_syscall()][nr];
	if (likely(verdict != UTRACE_VERDICT_ASK))
		return verdict == UTRACE_VERDICT_WANT;
	return utrace_filter_run(filter, regs, nr);
}

/* watchdog.c */
void utrace_watchdog_init(void);
void utrace_watchdog_exit(void);
void utrace_watchdog_start(void);

/* resume.c */
enum utrace_resume_action utrace_resume_merge(enum utrace_resume_action a,
					      enum utrace_resume_action b);
bool utrace_resume_wants_report(enum utrace_resume_action action);
bool utrace_resume_steps(enum utrace_resume_action action);

/* disposition.c */
/* With the number of a signal: the default action, whatever the program has set up. */
#define UTRACE_SIGNAL_BY_DEFAULT	BIT(8)
enum utrace_signal_action utrace_signal_natural_action(int signo, __sighandler_t handler,
						       bool unkillable);
unsigned long utrace_signal_event_of(enum utrace_signal_action action);
unsigned int utrace_signal_decide(int signo, enum utrace_signal_action natural,
				  enum utrace_signal_action wanted);

/* signal_send.c */
void utrace_signal_events_changed(unsigned long old, unsigned long events);

/* SIGNAL_UNKILLABLE: ignores by default what may be ignored. */
static inline bool utrace_is_init(const struct task_struct *task)
{
	return task->signal->flags & SIGNAL_UNKILLABLE;
}

/* signal.c */
void utrace_signals_put_back(struct utrace_task *ut);

/* jctl.c */
void utrace_report_continued(struct utrace_task *ut);

/* step.c */
void utrace_step_apply(struct utrace_task *ut);
void utrace_step_end(struct utrace_task *ut);
bool utrace_step_taken_over(struct utrace_task *ut);
int utrace_may_step(struct task_struct *task);

/* stop.c */
/* Bits of utrace_engine.hold, under utrace_task.lock; not zero: holds the thread. */
#define UTRACE_HOLD		BIT(0)
/* ... by utrace_control(), and no callback has begun since. */
#define UTRACE_HOLD_ASKED	BIT(1)
/*
 * A tracing stop for ps(1), the freezer, the load average and the hung task
 * detector, but not one of ptrace: without JOBCTL_TRACED nobody there takes
 * the thread for his.
 */
#define UTRACE_STOPPED	(TASK_WAKEKILL | __TASK_TRACED)
void utrace_stop_init(struct utrace_task *ut);
void utrace_stop(struct utrace_task *ut);
bool utrace_stop_in_report(struct utrace_task *ut, unsigned int asked);
void utrace_stop_at_exit(struct utrace_task *ut);
void __utrace_hold(struct utrace_task *ut, struct utrace_engine *engine) __must_hold(&ut->lock);
bool __utrace_unhold(struct utrace_task *ut, struct utrace_engine *engine) __must_hold(&ut->lock);
void utrace_wake(struct utrace_task *ut);

/* The thread's own, which stays until the thread is released: no RCU needed. */
static inline spinlock_t *utrace_own_siglock(void)
{
	return &unrcu_pointer(current->sighand)->siglock;
}

/* quiesce.c */
void utrace_works_init(struct utrace_task *ut);
void utrace_quiesce(struct utrace_task *ut);
int utrace_queue_arm(struct utrace_task *ut);
int utrace_queue_report(struct utrace_task *ut, enum utrace_resume_action action);
void utrace_cancel_works(struct utrace_task *ut);

/* request.c */
void utrace_requests_init(void);
void utrace_request_init(struct utrace_task *ut);
void utrace_report_request(struct utrace_task *ut);
void utrace_request_drop(struct utrace_task *ut);

/* syscall.c */
void utrace_syscall_arm(struct utrace_task *ut);
void utrace_syscall_disarm(struct utrace_task *ut);
void utrace_syscall_want_exit(struct utrace_task *ut, unsigned long old);
void utrace_syscall_retire_begin(void);
void utrace_syscall_retire(struct utrace_task *ut);

/* list.c */
int utrace_list_init(void);
void utrace_list_exit(void);

/*
 * To lockdep a callback is a lock that the thread holds, of a class of its
 * engine's ops; a barrier takes it for a moment. So who waits for a callback
 * with a lock that the callback takes is found before it happens.
 *
 * REAP is a subclass of its own: that of a leader whose place another thread
 * takes by exec is made with the cred_guard_mutex held, which attaching needs.
 */
#ifdef CONFIG_LOCKDEP
static inline void utrace_callback_map_init(struct utrace_engine *engine)
{
	lockdep_init_map(&engine->dep_map, engine->ops->name,
			 (struct lock_class_key *)engine->ops, 0);
}

#define utrace_callback_map_acquire(engine, subclass)	\
	lock_acquire_exclusive(&(engine)->dep_map, subclass, 0, NULL, _THIS_IP_)
#define utrace_callback_map_release(engine)	lock_map_release(&(engine)->dep_map)
#else
static inline void utrace_callback_map_init(struct utrace_engine *engine)
{
}

#define utrace_callback_map_acquire(engine, subclass)	do { } while (0)
#define utrace_callback_map_release(engine)	do { } while (0)
#endif

static inline void utrace_callback_map_wait(struct utrace_engine *engine)
{
	utrace_callback_map_acquire(engine, 0);
	utrace_callback_map_release(engine);
}

#endif /* _UTRACE_CORE_H */
