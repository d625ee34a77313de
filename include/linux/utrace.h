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
#include <asm/syscall.h>

struct linux_binprm;
struct module;
struct utrace_task;

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
	_UTRACE_NEVENTS
};

/**
 * UTRACE_EVENT() - the bit of an event in an event mask
 * @name: QUIESCE, REAP, CLONE, EXEC, EXIT, DEATH, SYSCALL_ENTRY, SYSCALL_EXIT.
 */
#define UTRACE_EVENT(name)	BIT(_UTRACE_EVENT_##name)

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
	 * stopped since, and somebody asked for REPORT or INTERRUPT.
	 */
	bool resumed;
	/* private: */
	bool aborted;
	long result;
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
	unsigned long callbacks;
	struct utrace_task *ut;
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
 * Engines are called in the order in which they were attached, and in reverse
 * for SYSCALL_ENTRY, so that the last one attached is next to the program: it
 * sees the call first and the result last.
 */
struct utrace_engine_ops {
	/** @owner: THIS_MODULE; kept loaded while an engine exists. */
	struct module *owner;
	/** @name: What lists and messages call this engine. */
	const char *name;

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
	 * before the engine had asked.
	 */
	enum utrace_resume_action (*report_syscall_exit)(enum utrace_resume_action action,
							 struct utrace_engine *engine,
							 struct utrace_syscall *call);
	/**
	 * @report_clone: The thread has created @child (fork, vfork, clone).
	 * @child cannot run until all callbacks have returned: what attaches
	 * here sees its first instruction. @clone_flags are those of clone(2).
	 * Does not stop here.
	 */
	enum utrace_resume_action (*report_clone)(enum utrace_resume_action action,
						  struct utrace_engine *engine,
						  unsigned long clone_flags,
						  struct task_struct *child);
	/**
	 * @report_exec: The thread has a new program image; @bprm describes
	 * it, @regs may be changed. The execve call has yet to return.
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
	 * whatever thread releases it. Keep it short.
	 */
	void (*report_reap)(struct utrace_engine *engine, struct task_struct *task);
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

struct utrace_engine *utrace_attach_task(struct task_struct *task, unsigned int flags,
					 const struct utrace_engine_ops *ops, void *data);
struct utrace_engine *utrace_attach_pid(struct pid *pid, unsigned int flags,
					const struct utrace_engine_ops *ops, void *data);
int __must_check utrace_set_events(struct task_struct *task, struct utrace_engine *engine,
				   unsigned long events);
int __must_check utrace_control(struct task_struct *task, struct utrace_engine *engine,
				enum utrace_resume_action action);
int __must_check utrace_barrier(struct task_struct *task, struct utrace_engine *engine);

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

#endif /* _LINUX_UTRACE_H */
