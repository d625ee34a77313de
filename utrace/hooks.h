/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Hooks: kernel functions that lead into this module for traced threads.
 *
 * Two kinds, by what is needed: a redirecting hook is an ftrace user that
 * shares the function with everybody but livepatch, and looks at a mark of
 * the task before anything else; a direct hook stands in for a function that
 * only armed threads call, and costs less.
 */
#ifndef _UTRACE_HOOKS_H
#define _UTRACE_HOOKS_H

#include <linux/atomic.h>
#include <linux/ftrace.h>
#include <linux/sched/signal.h>
#include <linux/types.h>

struct pt_regs;
struct task_struct;

/**
 * struct utrace_hook - a kernel function that leads to us
 * @name: The function.
 * @prototype: How we call it, see prototype.c: its type, then those of its arguments.
 * @to: Where to: a stub or trampoline in hooks_x86.S.
 * @body: Where to go on in the function, past its call of ftrace.
 * @task_arg: Redirect: the first argument is a task, and its mark counts, too.
 * @when: Redirect: whoever it is, as long as this is not zero; marks do not count.
 * @addr: Where the function calls ftrace.
 * @ops: Direct: its own ftrace user.
 */
struct utrace_hook {
	const char *name;
	const char *prototype;
	void (*to)(void);
	unsigned long *body;
	bool task_arg;
	const atomic_t *when;
	unsigned long addr;
	struct ftrace_ops *ops;
};

/**
 * struct utrace_hooks - redirecting hooks that are bound together
 * @hooks: Them.
 * @nr: How many.
 * @ops: Their ftrace user.
 */
struct utrace_hooks {
	struct utrace_hook *hooks;
	unsigned int nr;
	struct ftrace_ops ops;
};

/* hooks.c */
int utrace_hooks_init(void);
void utrace_hooks_exit(void);

/* prototype.c */
#ifdef CONFIG_DEBUG_INFO_BTF
int utrace_prototypes_check(const struct utrace_hook *hooks, unsigned int nr);
#else
static inline int utrace_prototypes_check(const struct utrace_hook *hooks, unsigned int nr)
{
	return 0;
}
#endif

/* hooks_ftrace.c */
int utrace_hooks_find(struct utrace_hook *hooks, unsigned int nr);
int utrace_hooks_redirect(struct utrace_hooks *hooks);
void utrace_hooks_unredirect(struct utrace_hooks *hooks);
int utrace_hook_direct(struct utrace_hook *hook);
void utrace_hook_undirect(struct utrace_hook *hook);

/*
 * Before the function: @args are its arguments in registers, up to six, which
 * may be changed; may sleep if the caller of the function may.
 */
void utrace_hook_kernel_clone(unsigned long *args);
void utrace_hook_security_bprm_creds_for_exec(unsigned long *args);
void utrace_hook_security_bprm_committing_creds(unsigned long *args);
void utrace_hook_proc_exec_connector(unsigned long *args);
void utrace_hook_do_exit(unsigned long *args);
void utrace_hook_exit_itimers(unsigned long *args);
void utrace_hook_proc_exit_connector(unsigned long *args);
void utrace_hook_release_task(unsigned long *args);
void utrace_hook_send_signal_locked(unsigned long *args);
void utrace_hook_get_signal(unsigned long *args);
void utrace_hook_force_sig_fault(unsigned long *args);
void utrace_hook_signal_setup_done(unsigned long *args);
void utrace_hook_do_signal_stop(unsigned long *args);

/* stop.c: threads that only our own hook tells of a SIGKILL. */
extern atomic_t utrace_nr_dying_stopped;
/* signal_send.c: threads that want to know what has its effect in the sender. */
extern atomic_t utrace_nr_want_ignored;
extern atomic_t utrace_nr_want_deadly;

/* In place of the function. */
bool utrace_hook_syscall_user_dispatch(struct pt_regs *regs);
void utrace_hook_user_single_step_report(struct pt_regs *regs);
void utrace_hook_user_disable_single_step(struct task_struct *task);
int utrace_hook_dequeue_signal(DEQUEUE_SIGNAL_PARAMETERS);
void utrace_hook_wake_up_new_task(struct task_struct *child);
bool utrace_hook_prepare_signal(int sig, struct task_struct *task, bool force);
void utrace_hook_complete_signal(int sig, struct task_struct *task, enum pid_type type);

/* The function itself, past the hook. */
bool utrace_body_syscall_user_dispatch(struct pt_regs *regs);
void utrace_body_user_single_step_report(struct pt_regs *regs);
void utrace_body_user_disable_single_step(struct task_struct *task);
int utrace_body_dequeue_signal(DEQUEUE_SIGNAL_PARAMETERS);
void utrace_body_wake_up_new_task(struct task_struct *child);
bool utrace_body_prepare_signal(int sig, struct task_struct *task, bool force);
void utrace_body_complete_signal(int sig, struct task_struct *task, enum pid_type type);

#endif /* _UTRACE_HOOKS_H */
