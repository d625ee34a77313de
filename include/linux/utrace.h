/* SPDX-License-Identifier: GPL-2.0 */
/*
 * utrace - trace tasks from inside the kernel
 *
 * A tracing engine attaches to a thread, chooses events, and gets report
 * callbacks in that thread's own context, where it may sleep and touch the
 * thread's user memory. Each callback answers with a resume action. Several
 * engines share one thread without knowing of each other.
 *
 * This file is all that an engine needs to know.
 */
#ifndef _LINUX_UTRACE_H
#define _LINUX_UTRACE_H

#include <linux/bits.h>
#include <linux/cleanup.h>
#include <linux/err.h>
#include <linux/list.h>
#include <linux/refcount.h>
#include <linux/sched.h>
#include <linux/signal.h>
#include <linux/wait.h>
#include <asm/syscall.h>

struct cred;
struct linux_binprm;
struct module;
struct pid;
struct sock_fprog;
struct utrace_syscall_filter;
struct utrace_task;
struct utrace_user;

/* private: use UTRACE_EVENT() */
enum utrace_event {
	_UTRACE_EVENT_QUIESCE,
	_UTRACE_EVENT_REAP,
	_UTRACE_EVENT_CLONE,
	_UTRACE_EVENT_EXEC,
	_UTRACE_EVENT_EXIT,
	_UTRACE_EVENT_DEATH,
	_UTRACE_EVENT_SYSCALL_ENTRY,
	_UTRACE_EVENT_SYSCALL_EXIT,
	_UTRACE_EVENT_SIGNAL,
	_UTRACE_EVENT_SIGNAL_IGN,
	_UTRACE_EVENT_SIGNAL_STOP,
	_UTRACE_EVENT_SIGNAL_TERM,
	_UTRACE_EVENT_SIGNAL_CORE,
	_UTRACE_EVENT_SIGNAL_REPORT,
	_UTRACE_EVENT_SIGNAL_HANDLER,
	_UTRACE_EVENT_JCTL,
	_UTRACE_EVENT_REQUEST,
	_UTRACE_EVENT_CLONED,
	_UTRACE_NEVENTS
};

/**
 * UTRACE_EVENT() - the bit of an event in an event mask
 * @name: QUIESCE, REAP, CLONE, EXEC, EXIT, DEATH, SYSCALL_ENTRY, SYSCALL_EXIT,
 *	SIGNAL (has a handler), SIGNAL_IGN, SIGNAL_STOP, SIGNAL_TERM,
 *	SIGNAL_CORE, SIGNAL_REPORT, SIGNAL_HANDLER, JCTL, REQUEST, CLONED.
 */
#define UTRACE_EVENT(name)	BIT(_UTRACE_EVENT_##name)

/** UTRACE_EVENT_SIGNAL_ALL - a signal, whatever it is going to do. */
#define UTRACE_EVENT_SIGNAL_ALL \
	(UTRACE_EVENT(SIGNAL) | UTRACE_EVENT(SIGNAL_IGN) | UTRACE_EVENT(SIGNAL_STOP) | \
	 UTRACE_EVENT(SIGNAL_TERM) | UTRACE_EVENT(SIGNAL_CORE))

/** UTRACE_EVENT_SYSCALL - both ends of a system call. */
#define UTRACE_EVENT_SYSCALL \
	(UTRACE_EVENT(SYSCALL_ENTRY) | UTRACE_EVENT(SYSCALL_EXIT))

/** UTRACE_EVENTS_ALL - every event there is. */
#define UTRACE_EVENTS_ALL	(BIT(_UTRACE_NEVENTS) - 1)

/**
 * enum utrace_resume_action - what a thread does next
 *
 * Ordered: when several engines want different things, the smallest value
 * prevails.
 */
enum utrace_resume_action {
	/**
	 * @UTRACE_STOP: Stay stopped. The only action that lasts: the thread
	 * stops at the next point where it may, and stays there until this
	 * engine says otherwise or a SIGKILL ends it.
	 */
	UTRACE_STOP,
	/**
	 * @UTRACE_INTERRUPT: Break an interruptible sleep as a signal would,
	 * then as REPORT.
	 */
	UTRACE_INTERRUPT,
	/**
	 * @UTRACE_REPORT: Make a report_quiesce() callback before the thread
	 * runs user code again.
	 */
	UTRACE_REPORT,
	/**
	 * @UTRACE_SINGLESTEP: Run one instruction of user code, then get a
	 * SIGTRAP (TRAP_TRACE; TRAP_BRKPT after a system call) that is
	 * reported as any signal and ignored unless an engine says otherwise.
	 * In the middle of a system call, that is what remains of the call.
	 * A thread that a ptracer traces does not step for engines: then as
	 * RESUME.
	 */
	UTRACE_SINGLESTEP,
	/**
	 * @UTRACE_BLOCKSTEP: The same, up to the next taken branch. Where the
	 * processor cannot do it, or somebody wants SINGLESTEP, as that.
	 */
	UTRACE_BLOCKSTEP,
	/** @UTRACE_RESUME: Run. */
	UTRACE_RESUME,
	/** @UTRACE_DETACH: Detach this engine, then as RESUME. */
	UTRACE_DETACH,
	/* private: */
	UTRACE_RESUME_MAX
};

/**
 * struct utrace_syscall - the system call that a thread is in
 *
 * Lives as long as the callback that it is given to. Read and change it with
 * the utrace_syscall_*() functions; all of them are for the thread itself.
 */
struct utrace_syscall {
	/** @regs: The thread's user registers. */
	struct pt_regs *regs;
	/** @entry_nr: The number that the call was entered with. */
	int entry_nr;
	/**
	 * @resumed: This entry was reported before; the thread has been
	 * stopped since and somebody asked for REPORT or INTERRUPT, or an
	 * engine asked for utrace_syscall_recheck().
	 */
	bool resumed;
	/** @changed: What engines have changed of this entry so far. */
	u8 changed;
/** UTRACE_CHANGED_NR - utrace_syscall_set_nr() */
#define UTRACE_CHANGED_NR	BIT(0)
/** UTRACE_CHANGED_ARGUMENTS - utrace_syscall_set_argument() */
#define UTRACE_CHANGED_ARGUMENTS	BIT(1)
/** UTRACE_CHANGED_ABORTED - utrace_syscall_abort() */
#define UTRACE_CHANGED_ABORTED	BIT(2)
	/* private: */
	bool aborted;
	u8 recheck;
	long result;
};

/**
 * enum utrace_signal_action - what a signal does
 */
enum utrace_signal_action {
	/** @UTRACE_SIGNAL_DELIVER: Run the handler. */
	UTRACE_SIGNAL_DELIVER,
	/** @UTRACE_SIGNAL_IGN: Nothing; the signal is gone. */
	UTRACE_SIGNAL_IGN,
	/** @UTRACE_SIGNAL_TERM: End the process. */
	UTRACE_SIGNAL_TERM,
	/** @UTRACE_SIGNAL_CORE: End it and dump core. */
	UTRACE_SIGNAL_CORE,
	/** @UTRACE_SIGNAL_STOP: Stop the process, as SIGSTOP does. */
	UTRACE_SIGNAL_STOP,
	/** @UTRACE_SIGNAL_TSTP: The same, if it is not in an orphaned process group. */
	UTRACE_SIGNAL_TSTP,
};

/* private: how many there are */
#define UTRACE_SIGNAL_ACTION_MAX	(UTRACE_SIGNAL_TSTP + 1)

/**
 * struct utrace_signal - a signal that a thread is about to take
 *
 * Lives as long as the callback that it is given to. Read it; change it with
 * the utrace_signal_*() functions. SIGKILL is never reported, nor is a signal
 * that the kernel sends to end the process whatever happens (SA_IMMUTABLE).
 */
struct utrace_signal {
	/**
	 * @event: UTRACE_EVENT() bit. SIGNAL, SIGNAL_IGN, SIGNAL_STOP,
	 * SIGNAL_TERM or SIGNAL_CORE: what the program has set up for the
	 * signal. SIGNAL_REPORT: there is none, before one is taken from the
	 * queues. SIGNAL_HANDLER: a handler is about to run.
	 */
	unsigned long event;
	/** @info: The signal; @si_signo is 0 at SIGNAL_REPORT. */
	kernel_siginfo_t info;
	/** @action: What is going to happen. */
	enum utrace_signal_action action;
	/**
	 * @resumed: Reported before; the thread has been stopped since, and
	 * somebody asked for REPORT or INTERRUPT.
	 */
	bool resumed;
	/* private: see the functions */
	enum utrace_signal_action natural;
	bool hold;
	bool has_handler;
	struct k_sigaction handler;
};

/**
 * enum utrace_scope - which children get an engine of their own
 */
enum utrace_scope {
	/** @UTRACE_SCOPE_THREAD: None. */
	UTRACE_SCOPE_THREAD,
	/** @UTRACE_SCOPE_PROCESS: The threads of the process. */
	UTRACE_SCOPE_PROCESS,
	/** @UTRACE_SCOPE_TREE: Those, and processes. */
	UTRACE_SCOPE_TREE,
};

/** UTRACE_DEPTH_MAX - a tree of any depth. */
#define UTRACE_DEPTH_MAX	(~0U)

/**
 * struct utrace_stop_status - has the thread stopped, and who let it go?
 */
struct utrace_stop_status {
	/** @stops: How often the thread has stopped since it was first traced. */
	u64 stops;
	/** @stopped: It is stopped now. */
	bool stopped;
	/**
	 * @resumed_by: Whoever ended the last stop: an engine's name, "timeout"
	 * or "SIGKILL"; empty while it is stopped.
	 */
	char resumed_by[24];
};

/**
 * struct utrace_examiner - from utrace_prepare_examine() to utrace_finish_examine()
 */
struct utrace_examiner {
	/* private: */
	u64 stops;
};

/**
 * struct utrace_engine - one engine attached to one thread
 *
 * Keep it with utrace_engine_get(), let it go with utrace_engine_put().
 */
struct utrace_engine {
	/** @ops: The callbacks; never changes. */
	const struct utrace_engine_ops *ops;
	/** @data: For the engine's own use. */
	void *data;
	/* private: see utrace/core.h for who may touch what */
	unsigned long events;
	enum utrace_engine_state {
		UTRACE_ENGINE_ATTACHING,
		UTRACE_ENGINE_ATTACHED,
		UTRACE_ENGINE_DETACHING,
		UTRACE_ENGINE_DETACHED,
	} state;
	u8 hold;
	u8 step;
	u8 flags;
	u8 scope;
	bool skips_call;
	bool unlimited;
	unsigned int depth;
	unsigned long callbacks;
	unsigned long ticks;
	unsigned long worst;
	unsigned long stop_timeout;
	unsigned long held_since;
	struct utrace_task *ut;
	struct utrace_syscall_filter *filter;
	struct utrace_user *user;
	const struct cred *privileged;
	struct pid *controller;
	struct pid *controlled;
#ifdef CONFIG_LOCKDEP
	struct lockdep_map dep_map;
#endif
	struct list_head entry;
	refcount_t refs;
	refcount_t memory;
};

/**
 * struct utrace_engine_ops - callbacks of an engine
 *
 * Every report callback is called
 *
 * - in the context of the traced thread (current), except report_reap();
 * - with no lock held, preemptible, RCU watching: it may allocate with
 *   GFP_KERNEL, take mutexes, sleep, and fault in user memory;
 * - for no event before utrace_set_events() enabled it.
 *
 * @action is what the engines called before would make the thread do. The
 * return value is what this engine wants; anything but an
 * &enum utrace_resume_action is taken as UTRACE_RESUME, with a warning.
 *
 * Engines are called by @level, the lowest first, those of one level in the
 * order in which they were attached; and in reverse for SYSCALL_ENTRY: so the
 * engine with the highest level, or the last one attached, is next to the
 * program. It sees a call first and the result last.
 */
struct utrace_engine_ops {
	/** @owner: THIS_MODULE; kept loaded while an engine exists. */
	struct module *owner;
	/** @name: What lists and messages call this engine. */
	const char *name;
	/** @level: Where among other engines; 0 if it does not matter. */
	int level;

	/**
	 * @report_quiesce: The thread is at a safe point. @event is the event
	 * that is about to be reported, or 0: somebody asked for a report and
	 * the thread is about to run user code.
	 *
	 * Comes before every other callback but report_reap(), also for events
	 * that only another engine asked for; enabling @event here has effect
	 * for this very occurrence.
	 */
	enum utrace_resume_action (*report_quiesce)(enum utrace_resume_action action,
						    struct utrace_engine *engine,
						    unsigned long event);
	/**
	 * @report_syscall_entry: A system call is about to be made: before
	 * ptrace, seccomp and audit see it, so that they judge what an engine
	 * changed. UTRACE_STOP stops here, before the call.
	 */
	enum utrace_resume_action (*report_syscall_entry)(enum utrace_resume_action action,
							  struct utrace_engine *engine,
							  struct utrace_syscall *call);
	/**
	 * @report_syscall_exit: A system call is about to return; not called
	 * when the thread dies in the call, nor for a call that was entered
	 * before the engine had asked, unless it asks in report_cloned() or
	 * report_exec(), or while one of them runs.
	 */
	enum utrace_resume_action (*report_syscall_exit)(enum utrace_resume_action action,
							 struct utrace_engine *engine,
							 struct utrace_syscall *call);
	/**
	 * @report_signal: The thread is about to take a signal: before a
	 * ptracer sees it and before it has any effect; a SIGCONT has continued
	 * the process when it was sent. Each engine sees what those before made
	 * of it; what the last one leaves is what happens. UTRACE_STOP stops
	 * here, with the effect still to come. See &struct utrace_signal for
	 * the events.
	 *
	 * SIGNAL_REPORT is made when somebody asks for UTRACE_INTERRUPT, before
	 * a signal is taken: utrace_signal_replace() makes one up.
	 * SIGNAL_HANDLER is made when the frame of a handler is set up, before
	 * its first instruction.
	 */
	enum utrace_resume_action (*report_signal)(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   struct utrace_signal *signal);
	/**
	 * @report_jctl: Job control: this thread is about to stop with its
	 * process (@type CLD_STOPPED), or goes on (CLD_CONTINUED); each of its
	 * threads reports. A SIGCONT that comes during the first report is
	 * followed by the second without a stop. With a ptracer there is no
	 * such stop.
	 */
	enum utrace_resume_action (*report_jctl)(enum utrace_resume_action action,
						 struct utrace_engine *engine, int type);
	/**
	 * @report_request: The thread is about to run user code, and somebody
	 * has called utrace_request() since it last did: @cookie is what they
	 * got. Its user registers are those that it had then. Not made if it
	 * execs or exits before.
	 */
	enum utrace_resume_action (*report_request)(enum utrace_resume_action action,
						    struct utrace_engine *engine, u64 cookie);
	/**
	 * @report_clone: The thread has created @child (fork, vfork, clone).
	 * @child cannot run until all callbacks have returned: what attaches
	 * here sees its first instruction. @clone_flags are those of clone(2),
	 * without the signal: see utrace_clone_exit_signal(); CLONE_THREAD,
	 * CLONE_SIGHAND, CLONE_VM and CLONE_VFORK alone if the thread's first
	 * engine was attached in the middle of it.
	 * Does not stop here. Children in the scope of an engine have theirs
	 * already, see utrace_set_scope().
	 */
	enum utrace_resume_action (*report_clone)(enum utrace_resume_action action,
						  struct utrace_engine *engine,
						  unsigned long clone_flags,
						  struct task_struct *child);
	/**
	 * @report_cloned: The same thread, a moment later: @child can run, and
	 * may have; after vfork(2) the thread has not begun to wait for it. It
	 * may be stopped here, by utrace_callback_stop().
	 */
	enum utrace_resume_action (*report_cloned)(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   unsigned long clone_flags,
						   struct pid *child);
	/**
	 * @report_exec: The thread has a new program image; @bprm describes
	 * it, @regs may be changed. The execve call has yet to return. Not
	 * called when the first engine of the thread was attached meanwhile:
	 * that one sees the new program only.
	 */
	enum utrace_resume_action (*report_exec)(enum utrace_resume_action action,
						 struct utrace_engine *engine,
						 const struct linux_binprm *bprm,
						 struct pt_regs *regs);
	/**
	 * @report_exit: The thread has begun to exit; memory and files are
	 * still there. @orig_code is the status in the form of wait(2), *@code
	 * what it will be after the engines called before; may be changed.
	 * UTRACE_STOP stops here.
	 */
	enum utrace_resume_action (*report_exit)(enum utrace_resume_action action,
						 struct utrace_engine *engine,
						 long orig_code, long *code);
	/**
	 * @report_death: The thread is dead: a zombie, or about to be reaped.
	 * @group_dead: it was the last of its process. @signal: what the
	 * parent was sent, -1 when the thread reaps itself. Of the return
	 * value only UTRACE_DETACH counts: then report_reap() is not called.
	 * Keep it short: synchronize_rcu_tasks() waits for it.
	 */
	enum utrace_resume_action (*report_death)(struct utrace_engine *engine,
						  bool group_dead, int signal);
	/**
	 * @report_reap: @task is about to be released, after its death report.
	 * The last callback; the engine is detached when it returns. Runs in
	 * whatever thread releases it. Keep it short. When another thread takes
	 * a leader's place by exec it runs in that thread, with the kernel's
	 * cred_guard_mutex held: do not attach to that process here.
	 */
	void (*report_reap)(struct utrace_engine *engine, struct task_struct *task);
	/**
	 * @inherit: @child, which does not run yet, is in the scope of
	 * @engine and gets an engine with the same events: with the data that
	 * this returns. ERR_PTR(): it does not. Called in the context of the
	 * thread that creates @child; may sleep. Without it, an engine with a
	 * scope shares @data with all its children.
	 */
	void *(*inherit)(struct utrace_engine *engine, struct task_struct *child);
	/**
	 * @release: The last reference to the engine is gone. Runs in whatever
	 * context dropped it; may sleep if that one may.
	 */
	void (*release)(void *data);
};

/** UTRACE_ATTACH_MATCH_OPS - only an engine with the given ops. */
#define UTRACE_ATTACH_MATCH_OPS		BIT(0)
/** UTRACE_ATTACH_MATCH_DATA - only an engine with the given data. */
#define UTRACE_ATTACH_MATCH_DATA	BIT(1)
/** UTRACE_ATTACH_CREATE - attach a new engine. */
#define UTRACE_ATTACH_CREATE		BIT(4)
/** UTRACE_ATTACH_EXCLUSIVE - with CREATE: only if no engine matches. */
#define UTRACE_ATTACH_EXCLUSIVE		BIT(5)
/**
 * UTRACE_ATTACH_UNSAFE_EXEC - with CREATE: stay at exec of a set-uid program
 *
 * For an engine that was attached without CAP_SYS_PTRACE. It stays, and the
 * program does not get its privileges, as with ptrace(2). Without this flag the
 * program gets them, and the engine is detached before.
 */
#define UTRACE_ATTACH_UNSAFE_EXEC	BIT(6)
/**
 * UTRACE_ATTACH_CONTROLLER - with CREATE: the caller decides when it goes on
 *
 * The process of the caller holds the thread by this engine and lets it go.
 * Refused with -EDEADLK if that process waits, directly or over others, for the
 * process of the thread.
 */
#define UTRACE_ATTACH_CONTROLLER	BIT(7)

struct utrace_engine *utrace_attach_task(struct task_struct *task, unsigned int flags,
					 const struct utrace_engine_ops *ops, void *data);
struct utrace_engine *utrace_attach_pid(struct pid *pid, unsigned int flags,
					const struct utrace_engine_ops *ops, void *data);
int __must_check utrace_set_events(struct task_struct *task, struct utrace_engine *engine,
				   unsigned long events);
struct utrace_syscall_filter *utrace_syscall_filter_create(struct sock_fprog *program);
void utrace_syscall_filter_put(struct utrace_syscall_filter *filter);
int __must_check utrace_set_syscall_filter(struct task_struct *task, struct utrace_engine *engine,
					   struct utrace_syscall_filter *filter);
int __must_check utrace_control(struct task_struct *task, struct utrace_engine *engine,
				enum utrace_resume_action action);
int __must_check utrace_barrier(struct task_struct *task, struct utrace_engine *engine);
int __must_check utrace_barrier_killable(struct task_struct *task, struct utrace_engine *engine);
int __must_check utrace_barrier_timeout(struct task_struct *task, struct utrace_engine *engine,
					unsigned int ms);
int utrace_set_scope(struct task_struct *task, struct utrace_engine *engine,
		     enum utrace_scope scope, unsigned int depth);
int utrace_clone_exit_signal(void);
int utrace_set_stop_timeout(struct task_struct *task, struct utrace_engine *engine,
			    unsigned int ms);

u64 utrace_request(void);
u64 utrace_cookie(void);

void utrace_get_stop_status(struct utrace_engine *engine, struct utrace_stop_status *status);
wait_queue_head_t *utrace_stop_waitqueue(struct utrace_engine *engine);
int __must_check utrace_callback_wait(wait_queue_head_t *queue, bool (*done)(void *data),
				      void *data, unsigned long timeout);
int __must_check utrace_callback_stop(wait_queue_head_t *queue, bool (*done)(void *data),
				      void *data, unsigned long timeout);
int __must_check utrace_prepare_examine(struct task_struct *task, struct utrace_engine *engine,
					struct utrace_examiner *examiner);
int __must_check utrace_finish_examine(struct task_struct *task, struct utrace_engine *engine,
				       struct utrace_examiner *examiner);
int utrace_get_regset(struct task_struct *task, unsigned int note, void *buf, unsigned int size);
int utrace_set_regset(struct task_struct *task, unsigned int note, const void *buf,
		      unsigned int size);
int utrace_read_memory(struct task_struct *task, unsigned long addr, void *buf, unsigned int size);
int utrace_write_memory(struct task_struct *task, unsigned long addr, const void *buf,
			unsigned int size);

/**
 * utrace_engine_get() - take another reference to an engine
 * @engine: An engine that the caller has a reference to.
 *
 * Context: Any.
 */
static inline void utrace_engine_get(struct utrace_engine *engine)
{
	refcount_inc(&engine->refs);
}

/**
 * utrace_engine_get_unless_zero() - take a reference to an engine that may be going
 * @engine: An engine whose ops->release() has not returned, or has not been called.
 *
 * For a list of engines that keeps none of them, and that ops->release() takes
 * the engine off: so the list learns of every end, that by an exec which gains
 * privileges, too.
 *
 * Context: Any.
 * Return: false: ops->release() has been called, or is about to.
 */
static inline bool utrace_engine_get_unless_zero(struct utrace_engine *engine)
{
	return refcount_inc_not_zero(&engine->refs);
}

void utrace_engine_put(struct utrace_engine *engine);
DEFINE_FREE(utrace_engine_put, struct utrace_engine *,
	    if (!IS_ERR_OR_NULL(_T)) utrace_engine_put(_T))

/**
 * utrace_syscall_nr() - number of the call as it stands now
 * @call: The call.
 *
 * At entry what earlier engines made of it. At exit prefer @call->entry_nr:
 * rt_sigreturn(2) and an aborted call leave -1 here.
 */
static inline int utrace_syscall_nr(const struct utrace_syscall *call)
{
	return syscall_get_nr(current, call->regs);
}

/**
 * utrace_syscall_set_nr() - make another call instead
 * @call: The call, at entry.
 * @nr: Its new number. ptrace, seccomp and audit see this one.
 */
static inline void utrace_syscall_set_nr(struct utrace_syscall *call, int nr)
{
	call->regs->orig_ax = nr;
	call->changed |= UTRACE_CHANGED_NR;
}

/**
 * utrace_syscall_get_arguments() - the six arguments
 * @call: The call, at entry.
 * @args: Where to put them; of a 32-bit call the upper halves are zero.
 */
static inline void utrace_syscall_get_arguments(const struct utrace_syscall *call,
						unsigned long args[6])
{
	syscall_get_arguments(current, call->regs, args);
}

void utrace_syscall_set_argument(struct utrace_syscall *call, unsigned int nr,
				 unsigned long value);

/**
 * utrace_syscall_abort() - do not make this call
 * @call: The call, at entry.
 * @result: What the program sees as its result; -errno for an error.
 *
 * Holds whatever engines called later say; the last result given counts.
 * The exit of the call is still reported.
 */
static inline void utrace_syscall_abort(struct utrace_syscall *call, long result)
{
	call->aborted = true;
	call->result = result;
	call->changed |= UTRACE_CHANGED_ABORTED;
}

/**
 * utrace_syscall_recheck() - report this entry again if it is changed
 * @call: The call, at entry.
 *
 * If something is changed from here on that none had changed so far, all get the
 * entry once more, with @call->resumed.
 */
static inline void utrace_syscall_recheck(struct utrace_syscall *call)
{
	/* What nobody has changed so far; the core looks who has since. */
	call->recheck |= ~call->changed;
}

/**
 * utrace_syscall_aborted() - has an engine called utrace_syscall_abort()?
 * @call: The call.
 */
static inline bool utrace_syscall_aborted(const struct utrace_syscall *call)
{
	return call->aborted;
}

/**
 * utrace_syscall_result() - what the call returns
 * @call: The call, at exit. Restart codes (-ERESTARTSYS and kin) are not
 *	resolved yet.
 */
static inline long utrace_syscall_result(const struct utrace_syscall *call)
{
	return call->regs->ax;
}

/**
 * utrace_syscall_set_result() - make the call return something else
 * @call: The call, at exit.
 * @result: The value; -errno for an error.
 */
static inline void utrace_syscall_set_result(struct utrace_syscall *call, long result)
{
	call->regs->ax = result;
}

/**
 * utrace_signal_set_action() - make a signal do something else
 * @signal: The signal; not at SIGNAL_HANDLER, where it has been done.
 * @action: What. UTRACE_SIGNAL_DELIVER: what the program has set up for it,
 *	be that a handler or not.
 *
 * To end the process by a signal that would not, it gets SIGTERM (TERM) or
 * SIGQUIT (CORE) in its place, as wait(2) shows; to stop it, SIGSTOP.
 */
static inline void utrace_signal_set_action(struct utrace_signal *signal,
					    enum utrace_signal_action action)
{
	signal->action = action;
}

void utrace_signal_replace(struct utrace_signal *signal, const kernel_siginfo_t *info);

/**
 * utrace_signal_set_handler() - run another handler than the program's
 * @signal: The signal; sets @action to UTRACE_SIGNAL_DELIVER.
 * @handler: As for sigaction(2); neither SIG_DFL nor SIG_IGN.
 */
static inline void utrace_signal_set_handler(struct utrace_signal *signal,
					     const struct k_sigaction *handler)
{
	signal->handler = *handler;
	signal->has_handler = true;
	signal->action = UTRACE_SIGNAL_DELIVER;
}

/**
 * utrace_signal_hold() - put the signal back into the thread's own queue
 * @signal: The signal; @action is done besides.
 *
 * It is reported again as soon as it may be taken: answer UTRACE_STOP, or the
 * thread does nothing else.
 */
static inline void utrace_signal_hold(struct utrace_signal *signal)
{
	signal->hold = true;
}

#endif /* _LINUX_UTRACE_H */
