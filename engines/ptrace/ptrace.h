/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of utrace_ptrace.ko share.
 *
 * A *tracer* is a process that has entered. A *tracee* is a thread that at least
 * one of them traces. For each pair there is a *link*: the engine's data. It
 * knows what ptrace(2) keeps in task_struct, so that a tracee has as many as it
 * has tracers; the kernel's own ptrace of the tracee is not touched.
 *
 * Lock order: pt_tracee.lock, then pt_tracer.lock. Neither is held over a callback,
 * a fault, or a signal that is sent.
 */
#ifndef _UTRACE_PTRACE_H
#define _UTRACE_PTRACE_H

#include <linux/list.h>
#include <linux/ptrace.h>
#include <linux/refcount.h>
#include <linux/resource.h>
#include <linux/sched/signal.h>
#include <linux/signal.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/utrace.h>
#include <linux/wait.h>
#include <uapi/linux/wait.h>

/**
 * struct pt_tracer - a process that has entered
 *
 * Its threads have an engine each, by which it is alive as long as they are; so
 * the process itself needs no reference.
 */
struct pt_tracer {
	/** @refs: One per engine, one per link. */
	refcount_t refs;
	/** @signal: What its threads have in common; only to compare with. */
	struct signal_struct *signal;
	/** @hash: By @signal. */
	struct hlist_node hash;
	/** @rcu: For those who look it up. */
	struct rcu_head rcu;
	/** @threads: How many have an engine; at zero it is gone from the hash. */
	unsigned int threads;
	/** @asked_for_seccomp: For an option of seccomp.c, which protects it. */
	bool asked_for_seccomp;

	/** @lock: Protects what follows, and of a link what it says there. */
	spinlock_t lock;
	/** @links: pt_link.of_tracer: all that can be waited for. */
	struct list_head links;
	/** @pending: pt_link.pending: those that have something to tell. */
	struct list_head pending;
	/** @gone: All that it traced is let go: there is to be no more. */
	bool gone;
	/** @in_a_row: How many have been waited for since the kernel was asked for its own. */
	unsigned int in_a_row;
	/** @breakpoints: See breakpoint.c. */
	struct list_head breakpoints;
	/** @nr_breakpoints: On that list. */
	unsigned int nr_breakpoints;
};

/**
 * struct pt_tracee - a thread that is traced
 */
struct pt_tracee {
	/** @refs: One per link. */
	refcount_t refs;
	/** @task: The thread. Referenced. */
	struct task_struct *task;
	/** @hash: By @task. */
	struct hlist_node hash;
	/** @rcu: For those who look it up. */
	struct rcu_head rcu;
	/** @wait: The thread itself, in a stop; who waits for @busy. */
	wait_queue_head_t wait;

	/** @lock: Protects what follows, and of a link what it says there. */
	spinlock_t lock;
	/** @links: pt_link.of_tracee, in the order of attachment. */
	struct list_head links;
	/** @parked: It sleeps in a stop of ours: another one needs no waking. */
	bool parked;
	/**
	 * @busy: Requests that look into it. It does not leave a stop, nor exit,
	 * before they are done.
	 */
	unsigned int busy;
};

/* What a tracer wants to see of system calls, by how it resumed the tracee. */
enum pt_mode { PT_MODE_CONT, PT_MODE_SYSCALL, PT_MODE_SYSEMU };

/* Stops that are due as soon as the tracee may. Bits of pt_link.due. */
#define PT_DUE_STOP		BIT(0)	/* ATTACH, INTERRUPT, or it has just begun */
#define PT_DUE_EXEC		BIT(1)	/* the SIGTRAP of an exec */
#define PT_DUE_VFORK_DONE	BIT(2)

/* Not a signal: that which it has stopped for, or would have, is left as it was. */
#define PT_UNCHANGED		-1

/**
 * struct pt_link - a tracer traces a tracee
 *
 * On the lists of both from when it is attached until it is detached; when the
 * tracee is dead, on that of the tracer until it has been waited for.
 */
struct pt_link {
	/** @refs: The engine, the tracer's list, and who uses it. */
	refcount_t refs;
	/** @tracee: Referenced. */
	struct pt_tracee *tracee;
	/** @tracer: Referenced. */
	struct pt_tracer *tracer;
	/** @thread: The thread that attached: only it makes requests. Referenced. */
	struct task_struct *thread;
	/** @seized: By PTRACE_SEIZE. */
	bool seized;
	/** @controlled: The core looks that no two wait for each other. */
	bool controlled;

	/* Under pt_tracer.lock: what wait(2) needs. */

	/** @of_tracer: In pt_tracer.links. */
	struct list_head of_tracer;
	/** @pending: In pt_tracer.pending, or empty. */
	struct list_head pending;
	/** @pid: Of the tracee, which gets another by exec. Referenced. */
	struct pid *pid;
	/** @pgrp: Its process group when it died; NULL: look. Referenced. */
	struct pid *pgrp;
	/** @status: In the form of wait(2), while @pending. */
	int status;
	/** @exited: The tracee is dead, @status for good. */
	bool exited;
	/** @rusage: What it had used when it died. */
	struct rusage rusage;

	/* Under pt_tracee.lock. */

	/** @of_tracee: In pt_tracee.links; empty: not attached, or not any more. */
	struct list_head of_tracee;
	/** @stopped: For this tracer; it stays so until that resumes it. */
	bool stopped;
	/** @listening: Resumed by PTRACE_LISTEN: stopped, but for no request. */
	bool listening;
	/** @in_group_stop: The stop is one of the process, or was when it began. */
	bool in_group_stop;
	/** @to_tell: The tracer has yet to be sent a SIGCHLD for the stop. */
	bool to_tell;
	/** @skip_exit: It came in the middle of a call that others have stopped. */
	bool skip_exit;
	/** @told_of_seccomp: The tracer has seen the call that the tracee enters. */
	bool told_of_seccomp;
	/** @due: PT_DUE_*. */
	unsigned int due;
	/** @code: What stopped it: a signal, and an event above it. */
	int code;
	/** @op: PTRACE_SYSCALL_INFO_* of the stop. */
	u8 op;
	/** @has_info: @info is for PTRACE_GETSIGINFO. */
	bool has_info;
	/** @info_changed: By PTRACE_SETSIGINFO. */
	bool info_changed;
	/** @info: Of the stop. */
	kernel_siginfo_t info;
	/** @message: For PTRACE_GETEVENTMSG. */
	unsigned long message;
	/** @signal: What the tracer resumes it with; or PT_UNCHANGED. */
	int signal;

	/* The tracer's, while it is stopped; the tracee reads them. */

	/** @options: PTRACE_O_*. */
	unsigned long options;
	/** @mode: enum pt_mode. */
	u8 mode;
	/** @stepping: By PTRACE_SINGLESTEP or PTRACE_SINGLEBLOCK. */
	bool stepping;

	/* The tracee's own. */

	/** @stop_signal: The last one that it was resumed with. */
	int stop_signal;
	/** @clone_event: PTRACE_EVENT_*, from CLONE to CLONED. */
	int clone_event;
	/** @vfork_child: For PTRACE_EVENT_VFORK_DONE. */
	pid_t vfork_child;
};

/**
 * struct pt_event - why a tracee stops
 */
struct pt_event {
	/** @code: As pt_link.code. */
	int code;
	/** @message: As pt_link.message. */
	unsigned long message;
	/** @info: The signal; NULL: one that says @code. */
	const kernel_siginfo_t *info;
	/** @op: As pt_link.op. */
	u8 op;
	/** @group: As pt_link.in_group_stop. */
	bool group;
};

#define PT_EVENT_CODE(event, sig)	((sig) | (event) << 8)

/* tracer.c */
int pt_tracer_enter(void);
struct pt_tracer *pt_tracer_current(void);
struct pt_tracer *pt_tracer_get_of(struct task_struct *task);
void pt_tracer_put(struct pt_tracer *tracer);
DEFINE_FREE(pt_tracer_put, struct pt_tracer *, if (_T) pt_tracer_put(_T))

/* tracee.c */
extern atomic_t pt_nr_tracees;
struct pt_tracee *pt_tracee_get(struct task_struct *task);
struct pt_tracee *pt_tracee_get_or_create(struct task_struct *task);
void pt_tracee_put(struct pt_tracee *tracee);
DEFINE_FREE(pt_tracee_put, struct pt_tracee *, if (_T) pt_tracee_put(_T))
struct pt_link *pt_link_create(struct pt_tracee *tracee, struct pt_tracer *tracer,
			       struct task_struct *thread);
struct pt_link *pt_link_find(struct pt_tracer *tracer, pid_t nr);
struct task_struct *pt_get_task_with(struct pt_tracer *tracer, const struct mm_struct *mm);
int pt_link_add(struct pt_link *link);
bool __pt_link_unlink(struct pt_link *link) __must_hold(&link->tracer->lock);
bool pt_link_unlink(struct pt_link *link);
void pt_link_detach(struct pt_link *link, int signal);
int pt_link_control(struct pt_link *link, enum utrace_resume_action action);
int pt_link_set_events(struct pt_link *link);
void pt_link_put(struct pt_link *link);
DEFINE_FREE(pt_link_put, struct pt_link *, if (_T) pt_link_put(_T))
pid_t pt_nr_for(const struct pt_link *link, struct pid *pid);
bool __pt_held(struct pt_tracee *tracee) __must_hold(&tracee->lock);

/* attach.c */
long pt_attach(struct pt_tracer *tracer, bool seize, pid_t nr, unsigned long addr,
	       unsigned long options);
bool pt_traceme(long *ret);
int pt_attach_child(const struct pt_link *parent, struct task_struct *child);

/* events.c */
extern const struct utrace_engine_ops pt_ops;
unsigned long pt_events(const struct pt_link *link);
bool pt_ends_as_child(const struct pt_link *link);

/* stop.c */
bool pt_group_stop(const struct task_struct *task);
int pt_group_stop_signal(const struct task_struct *task);
struct pt_event pt_asked_stop(const struct pt_link *link, kernel_siginfo_t *info);
bool pt_stop(struct pt_link *link, const struct pt_event *event);
bool pt_stop_at_exit(struct pt_link *link, const struct pt_event *event);
void pt_stop_with_group(struct pt_link *link, const struct pt_event *event);
void pt_settle(struct pt_link *link);
void pt_stop_soon(struct pt_link *link);
bool pt_listen(struct pt_link *link);
bool __pt_end_request(struct pt_tracee *tracee) __must_hold(&tracee->lock);
void pt_resume(struct pt_link *link, int signal);
void pt_leave_stop(struct pt_link *link);
void pt_wake(struct pt_tracee *tracee);
void pt_leave_group_stop(struct task_struct *task);
void pt_rejoin_group_stop(struct task_struct *task);
void pt_tell(const struct pt_link *link, int why, int status);

/* request.c */
bool pt_ptrace(struct pt_tracer *tracer, long request, long nr, unsigned long addr,
	       unsigned long data, long *ret);

/* registers.c */
long pt_examine(struct pt_link *link, long request, unsigned long addr, unsigned long data);

/* breakpoint.c */
void pt_breakpoints_note(struct pt_tracer *tracer, struct task_struct *task,
			 struct mm_struct *mm, unsigned long addr, const u8 *buf, size_t length);
bool pt_breakpoint_of_another(const struct pt_link *link, const kernel_siginfo_t *info);
void pt_breakpoints_free(struct pt_tracer *tracer);

/* seccomp.c */
int pt_check_options(struct pt_tracer *tracer, unsigned long options);
bool pt_seccomp_traces(struct pt_regs *regs, unsigned long *message);
void pt_seccomp_put(const struct pt_tracer *tracer);
void pt_seccomp_exit(void);

/**
 * struct pt_wait - a wait4(2) or waitid(2)
 */
struct pt_wait {
	/** @original: The kernel's own, for children that we do not know. */
	long (*original)(const struct pt_regs *regs);
	/** @once: Its arguments, with WNOHANG. */
	struct pt_regs *once;
	/** @once_rusage: waitid: where in @once the pointer is. */
	unsigned long *once_rusage;
	/** @compat: By a 32-bit program. */
	bool compat;
	/** @options: As of waitid(2). */
	int options;
	/** @status: wait4: where to, or NULL. */
	int __user *status;
	/** @info: waitid: where to, or NULL. */
	void __user *info;
	/** @rusage: Where to, or NULL. */
	void __user *rusage;
	/** @type: PIDTYPE_PID, PIDTYPE_PGID; PIDTYPE_MAX: any. */
	enum pid_type type;
	/** @pid: Of @type; NULL: there is none any more. */
	struct pid *pid;
	/**
	 * @nr: PIDTYPE_PID: its number, or 0. Who is dead, and no child of the tracer's,
	 * has lost it, but for us.
	 */
	pid_t nr;
};

/* wait.c */
long pt_wait4(struct pt_tracer *tracer, struct pt_wait *wait, pid_t nr);
long pt_waitid(struct pt_tracer *tracer, struct pt_wait *wait, int which, pid_t nr);

/* status.c */
void pt_status_exit(void);

/* wrap.c */
int pt_wrap_init(void);
void pt_wrap_exit(void);

#endif /* _UTRACE_PTRACE_H */
