// SPDX-License-Identifier: GPL-2.0
/*
 * The table of hooks: kernel function -> what we do. Bound all or none.
 */
#include <linux/kernel.h>
#include <linux/rcupdate.h>
#include "core.h"
#include "hooks.h"

/* What ftrace sends a thread to has the type of the function, whatever that is. */
#define HOOK(_name, _to, _task_arg, _prototype, ...) {		\
	.name = #_name,						\
	.prototype = _prototype,				\
	.to = (void (*)(void))utrace_##_to##_##_name,		\
	.body = &utrace_body_addr_##_name,			\
	.task_arg = _task_arg,					\
	##__VA_ARGS__						\
}

#define DECLARE(name, to)					\
	void utrace_##to##_##name(void);			\
	extern unsigned long utrace_body_addr_##name

extern unsigned long utrace_body_addr_user_disable_single_step;
DECLARE(kernel_clone, stub);
DECLARE(security_bprm_creds_for_exec, stub);
DECLARE(security_bprm_committing_creds, stub);
DECLARE(proc_exec_connector, stub);
DECLARE(do_exit, stub);
DECLARE(exit_itimers, stub);
DECLARE(proc_exit_connector, stub);
DECLARE(release_task, stub);
DECLARE(send_signal_locked, stub);
DECLARE(get_signal, stub);
DECLARE(force_sig_fault, stub);
DECLARE(signal_setup_done, stub);
DECLARE(do_signal_stop, stub);
extern unsigned long utrace_body_addr_wake_up_new_task;
extern unsigned long utrace_body_addr_dequeue_signal;
extern unsigned long utrace_body_addr_prepare_signal;
extern unsigned long utrace_body_addr_complete_signal;
DECLARE(syscall_user_dispatch, trampoline);
DECLARE(user_single_step_report, trampoline);

static struct utrace_hook redirect[] = {
	HOOK(user_disable_single_step, hook, true, "void(task_struct*)"),
	HOOK(kernel_clone, stub, false, "int(kernel_clone_args*)"),
	HOOK(wake_up_new_task, hook, true, "void(task_struct*)"),
	HOOK(security_bprm_creds_for_exec, stub, false, "int(linux_binprm*)"),
	HOOK(security_bprm_committing_creds, stub, false, "void(linux_binprm*)"),
	HOOK(proc_exec_connector, stub, false, "void(task_struct*)"),
	HOOK(do_exit, stub, false, "void(long int)"),
	HOOK(exit_itimers, stub, false, "void(task_struct*)"),
	HOOK(proc_exit_connector, stub, false, "void(task_struct*)"),
	HOOK(release_task, stub, true, "void(task_struct*)"),
	HOOK(send_signal_locked, stub, false, "int(int, kernel_siginfo*, task_struct*, pid_type)",
	     .when = &utrace_nr_dying_stopped),
	HOOK(get_signal, stub, false, "_Bool(ksignal*)"),
	HOOK(force_sig_fault, stub, false, "int(int, int, void*)"),
	HOOK(dequeue_signal, hook, false, DEQUEUE_SIGNAL_PROTOTYPE),
	HOOK(signal_setup_done, stub, false, "void(int, ksignal*, int)"),
	HOOK(do_signal_stop, stub, false, "_Bool(int)"),
	HOOK(prepare_signal, hook, false, "_Bool(int, task_struct*, _Bool)",
	     .when = &utrace_nr_want_ignored),
	HOOK(complete_signal, hook, false, "void(int, task_struct*, pid_type)",
	     .when = &utrace_nr_want_deadly),
};

static struct utrace_hook direct[] = {
	HOOK(syscall_user_dispatch, trampoline, false, "_Bool(pt_regs*)"),
	HOOK(user_single_step_report, trampoline, false, "void(pt_regs*)"),
};

static struct utrace_hooks redirected = { redirect, ARRAY_SIZE(redirect) };

/* The trap bit leads to the last one of @direct: it is bound first, and last to go. */
static int direct_all(void)
{
	int i = ARRAY_SIZE(direct);
	int err;

	while (i--) {
		err = utrace_hook_direct(&direct[i]);
		if (err)
			goto undo;
	}
	return 0;
undo:
	while (++i < ARRAY_SIZE(direct))
		utrace_hook_undirect(&direct[i]);
	return err;
}

static void undirect_all(void)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(direct); i++)
		utrace_hook_undirect(&direct[i]);
}

/**
 * utrace_hooks_init() - bind every hook, or none
 *
 * Return: 0, or an error; the log has the name of the function.
 */
int __init utrace_hooks_init(void)
{
	int err;

	err = utrace_hooks_find(direct, ARRAY_SIZE(direct));
	if (err)
		return err;
	err = direct_all();
	if (err)
		goto drain;
	err = utrace_hooks_redirect(&redirected);
	if (err)
		goto undirect;
	utrace_tasks_fix_marks();
	return 0;

undirect:
	undirect_all();
drain:
	utrace_text_drain();
	return err;
}

/**
 * utrace_hooks_exit() - unbind every hook and wait until nobody is inside
 *
 * No engine is attached, for its module would keep ours. But threads that were
 * traced may be anywhere.
 */
void utrace_hooks_exit(void)
{
	utrace_syscall_retire_begin();
	utrace_tasks_for_each(utrace_syscall_retire);
	utrace_tasks_for_each(utrace_cancel_works);
	utrace_tasks_for_each(utrace_signals_put_back);
	/*
	 * Who has seen a bit of ours before we took it away is on the way to
	 * the hook that it leads to, and must find it.
	 */
	synchronize_rcu_tasks();
	utrace_hooks_unredirect(&redirected);
	undirect_all();
	utrace_text_drain();
}
