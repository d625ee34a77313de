// SPDX-License-Identifier: GPL-2.0
/*
 * SYSCALL_ENTRY and SYSCALL_EXIT.
 *
 * Entry: the kernel calls syscall_user_dispatch() first of all for a thread
 * that has the SYSCALL_USER_DISPATCH work bit; we stand in for it. A thread
 * that does not use that feature itself is armed with "dispatch nothing", so
 * that a bit which is left behind does nothing.
 *
 * Exit: between the two ends of one call the thread has the SYSCALL_EXIT_TRAP
 * bit, which leads to user_single_step_report(); we stand in for that, too. To
 * the kernel the bit says that a ptracer steps the thread over the call. So
 * whenever a ptracer resumes the thread it clears the bit, and we set it again;
 * and a ptracer that does not step gets the stop that the kernel now omits.
 */
#include <linux/export.h>
#include <linux/module.h>
#include <linux/prctl.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/sched/signal.h>
#include <linux/syscall_user_dispatch.h>
#include "core.h"
#include "hooks.h"
#include "report.h"

/* The rest of the kernel's struct is zero: nothing is dispatched. */
#define DISPATCH_NOTHING	(~0UL)

static bool dispatches_itself(struct task_struct *task)
{
	const struct syscall_user_dispatch *sd = &task->syscall_dispatch;

	/*
	 * A program that sets the same length dispatches nothing either; but with
	 * an offset all but one address are left alone, and that one it wants
	 * (PR_SYS_DISPATCH_INCLUSIVE_ON, of which the kernel keeps the rest).
	 */
	return sd->len != DISPATCH_NOTHING || sd->offset;
}

/**
 * utrace_syscall_arm() - see the next system call of the current thread
 * @ut: State of the current thread.
 *
 * fork(), exec and the thread's own prctl(PR_SET_SYSCALL_USER_DISPATCH) clear
 * the bit. Only the thread itself arms: the settings have no lock.
 */
void utrace_syscall_arm(struct utrace_task *ut)
{
	if (!(READ_ONCE(ut->events) & UTRACE_EVENT_SYSCALL))
		return;
	/* Armed, or in use by the program, whose settings we leave alone. */
	if (test_syscall_work(SYSCALL_USER_DISPATCH))
		return;
	current->syscall_dispatch = (struct syscall_user_dispatch){ .len = DISPATCH_NOTHING };
	set_syscall_work(SYSCALL_USER_DISPATCH);
}

/**
 * utrace_syscall_disarm() - the thread goes back to what it was without us
 * @ut: State of any thread.
 */
void utrace_syscall_disarm(struct utrace_task *ut)
{
	struct task_struct *task = ut->task;

	if (dispatches_itself(task))
		return;
	clear_task_syscall_work(task, SYSCALL_USER_DISPATCH);
	/* Has it begun to use the feature at this very moment? */
	smp_mb__after_atomic();
	if (task->syscall_dispatch.selector || task->syscall_dispatch.offset)
		set_task_syscall_work(task, SYSCALL_USER_DISPATCH);
}

/* The module is on its way out: SYSCALL_EXIT_TRAP is not set any more. */
static bool retiring;

/**
 * utrace_syscall_retire_begin() - from here on no thread gets a bit of ours
 *
 * No engine is attached, so none arms itself; but a ptracer that resumes a
 * thread in the middle of a call would have the trap bit set again.
 */
void utrace_syscall_retire_begin(void)
{
	WRITE_ONCE(retiring, true);
	/* Who did not see that has set the bit by the end of this. */
	synchronize_rcu_tasks();
}

/**
 * utrace_syscall_retire() - nothing of ours may be called for this thread again
 * @ut: State of any thread; no engine is attached, the module is on its way out.
 */
void utrace_syscall_retire(struct utrace_task *ut)
{
	utrace_syscall_disarm(ut);
	if (READ_ONCE(ut->in_call) && !test_tsk_thread_flag(ut->task, TIF_SINGLESTEP))
		clear_task_syscall_work(ut->task, SYSCALL_EXIT_TRAP);
}

/* Which engines want this call? Return: false when none does. */
static bool judge(struct utrace_task *ut, struct pt_regs *regs, int nr)
{
	struct utrace_engine *engine;
	bool wanted = false;

	utrace_begin_report(ut);
	list_for_each_entry(engine, &ut->attached, entry) {
		struct utrace_syscall_filter *filter = READ_ONCE(engine->filter);
		/* Whoever has asked for this gets it at any call. */
		unsigned long events = UTRACE_EVENT(QUIESCE);

		engine->skips_call = filter && !utrace_filter_wants(filter, regs, nr);
		if (!engine->skips_call)
			events |= UTRACE_EVENT_SYSCALL;
		if (READ_ONCE(engine->events) & events || READ_ONCE(engine->hold))
			wanted = true;
	}
	return wanted;
}

static void report_entry(struct utrace_task *ut)
{
	struct utrace_syscall *call = &ut->call;
	struct utrace_engine *engine;
	enum utrace_resume_action action;

	unsigned int asked;

	ut->wish = UTRACE_RESUME;
	for (;;) {
		asked = atomic_read(&ut->asked);
		action = utrace_begin_report(ut);
		utrace_report_each_reverse(ut, action, engine, UTRACE_EVENT(SYSCALL_ENTRY),
					   report_syscall_entry, call);
		if (action == UTRACE_STOP) {
			bool again = utrace_stop_in_report(ut, asked);

			utrace_step_apply(ut);
			if (!again && !(call->recheck & call->changed))
				break;
		} else if (likely(!(call->recheck & call->changed))) {
			/* Else it is more each time: then there is nothing left to change. */
			break;
		}
		call->recheck = 0;
		call->resumed = true;
	}
	/* Of passes before the last, too: nobody takes back what he has asked for. */
	utrace_finish_report_in_call(ut, ut->wish);
}

/* Does anybody in the kernel see the entry after us, and the exit? */
static bool entry_is_watched(void)
{
	return current->ptrace ||
	       READ_ONCE(current_thread_info()->syscall_work) &
	       (SYSCALL_WORK_SYSCALL_TRACE | SYSCALL_WORK_SYSCALL_TRACEPOINT |
		SYSCALL_WORK_SYSCALL_AUDIT);
}

/* Return: true to skip the call, here and now. */
static bool abort_call(struct pt_regs *regs, long result)
{
	regs->ax = result;
	if (!entry_is_watched())
		return true;
	/*
	 * They would see an exit without an entry, and a ptracer would be out
	 * of phase for good. Let them see both ends of call -1, as when a
	 * ptracer aborts a call.
	 */
	regs->orig_ax = -1;
	return false;
}

/*
 * The program's own prctl() may clear our bit. To set it again we need the
 * exit of that call, whether an engine does or not. But a thread that was stopped
 * here, and frozen, may go on when the module has begun to go.
 */
static bool is_prctl(const struct utrace_syscall *call)
{
	/* The other's number, too: looking costs more than an exit that nobody needs. */
	return (call->entry_nr == __NR_prctl || call->entry_nr == 172) && !READ_ONCE(retiring);
}

static void expect_exit(struct utrace_task *ut)
{
	ut->in_call = true;
	set_syscall_work(SYSCALL_EXIT_TRAP);
}

/**
 * utrace_syscall_want_exit() - after a report in the middle of a call
 * @ut: State of the current thread.
 * @old: Its events when the report began.
 *
 * An engine that begins to want exits there gets the one that comes next. The entry
 * need not have been seen by anybody.
 */
void utrace_syscall_want_exit(struct utrace_task *ut, unsigned long old)
{
	struct pt_regs *regs = task_pt_regs(current);

	/* Who wants some calls only may want exits, and not have wanted this one. */
	if (old & UTRACE_FILTERED)
		old = 0;
	if (likely(ut->in_call || !(READ_ONCE(ut->events) & ~old & UTRACE_EVENT(SYSCALL_EXIT))))
		return;
	ut->call = (struct utrace_syscall){
		.regs = regs,
		.entry_nr = syscall_get_nr(current, regs),
	};
	expect_exit(ut);
}

static bool syscall_entry(struct utrace_task *ut, struct pt_regs *regs)
{
	struct utrace_syscall *call = &ut->call;
	unsigned long events = READ_ONCE(ut->events);

	/* A call that the program dispatches is none, for ptrace as for us. */
	if (unlikely(dispatches_itself(current)) && utrace_body_syscall_user_dispatch(regs))
		return true;
	if (unlikely(!(events & UTRACE_EVENT_SYSCALL))) {
		utrace_syscall_disarm(ut);
		return false;
	}

	call->regs = regs;
	call->entry_nr = syscall_get_nr(current, regs);
	call->resumed = false;
	call->changed = 0;
	call->aborted = false;
	call->recheck = 0;
	if (unlikely(events & UTRACE_FILTERED) && !judge(ut, regs, call->entry_nr)) {
		if (unlikely(is_prctl(call)))
			expect_exit(ut);
		return false;
	}
	if (events & UTRACE_EVENT(SYSCALL_ENTRY)) {
		report_entry(ut);
		events = READ_ONCE(ut->events);
	}
	if (events & UTRACE_EVENT(SYSCALL_EXIT) || unlikely(is_prctl(call)))
		expect_exit(ut);
	if (unlikely(call->aborted))
		return abort_call(regs, call->result);
	/* Killed while it was stopped here: it must not make the call. */
	return unlikely(READ_ONCE(ut->holders)) && fatal_signal_pending(current);
}

/**
 * utrace_hook_syscall_user_dispatch() - in place of syscall_user_dispatch()
 * @regs: The thread's user registers.
 *
 * Return: true to skip the call.
 */
bool utrace_hook_syscall_user_dispatch(struct pt_regs *regs)
{
	struct utrace_task *ut = utrace_task_current();
	bool skip;

	/* The original may sleep, too: the program's selector can be paged out. */
	utrace_text_enter();
	if (likely(ut))
		skip = syscall_entry(ut, regs);
	else
		skip = utrace_body_syscall_user_dispatch(regs);
	utrace_text_leave();
	return skip;
}

static void report_exit(struct utrace_task *ut)
{
	enum utrace_resume_action action;
	struct utrace_engine *engine;

	if (!(READ_ONCE(ut->events) & UTRACE_EVENT(SYSCALL_EXIT)))
		return;
	action = utrace_begin_report(ut);
	utrace_report_each(ut, action, engine, UTRACE_EVENT(SYSCALL_EXIT),
			   report_syscall_exit, &ut->call);
	utrace_finish_report(ut, action);
}

static void syscall_exit(struct utrace_task *ut)
{
	ut->in_call = false;
	/* The bit means that a ptracer steps, from here on as before the call. */
	if (likely(!test_thread_flag(TIF_SINGLESTEP)))
		clear_syscall_work(SYSCALL_EXIT_TRAP);
	if (unlikely(!test_syscall_work(SYSCALL_USER_DISPATCH)))
		utrace_syscall_arm(ut);
	report_exit(ut);
}

/*
 * As ptrace_report_syscall_exit(), where "step" was not what it seemed. The stop
 * lasts as long as the ptracer likes, with our frames below it: rmmod is refused
 * meanwhile, or it would wait for him.
 */
static void make_ptracer_stop(void)
{
	/* Not if rmmod was first. Then it does wait. */
	bool stays = try_module_get(THIS_MODULE);

	ptrace_report_syscall(PTRACE_EVENTMSG_SYSCALL_EXIT);
	if (stays)
		module_put(THIS_MODULE);
}

/**
 * utrace_hook_user_single_step_report() - in place of user_single_step_report()
 * @regs: The thread's user registers.
 */
void utrace_hook_user_single_step_report(struct pt_regs *regs)
{
	struct utrace_task *ut = utrace_task_current();

	if (unlikely(!ut || !ut->in_call)) {
		utrace_body_user_single_step_report(regs);
		return;
	}
	utrace_text_enter();
	syscall_exit(ut);
	if (unlikely(test_thread_flag(TIF_SINGLESTEP)))
		utrace_body_user_single_step_report(regs);
	else if (unlikely(test_syscall_work(SYSCALL_TRACE)))
		make_ptracer_stop();
	utrace_text_leave();
}

/**
 * utrace_hook_user_disable_single_step() - in place of user_disable_single_step()
 * @task: current, or one in a ptrace stop, or a child in fork(), not running yet.
 *
 * Whenever a ptracer resumes a thread or lets it go it does this, also in the
 * middle of a call.
 */
void utrace_hook_user_disable_single_step(struct task_struct *task)
{
	struct utrace_task *ut __free(utrace_task_put) = utrace_task_get(task);

	utrace_body_user_disable_single_step(task);
	if (!ut)
		return;
	if (ut->in_call && !READ_ONCE(retiring))
		set_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	if (utrace_step_taken_over(ut)) {
		/* A ptracer's from here on; or a handler is about to run. */
		if (task == current)
			ut->step_interrupted = true;
		module_put(THIS_MODULE);
	}
}

/**
 * utrace_syscall_set_argument() - change an argument of the call
 * @call: The call, at entry.
 * @nr: Which one: 0 to 5.
 * @value: Its new value. ptrace, seccomp and audit see this one.
 */
void utrace_syscall_set_argument(struct utrace_syscall *call, unsigned int nr,
				 unsigned long value)
{
	struct pt_regs *regs = call->regs;
	unsigned long *const native[] = {
		&regs->di, &regs->si, &regs->dx, &regs->r10, &regs->r8, &regs->r9
	};
	unsigned long *const compat[] = {
		&regs->bx, &regs->cx, &regs->dx, &regs->si, &regs->di, &regs->bp
	};

	if (WARN_ON_ONCE(nr >= ARRAY_SIZE(native)))
		return;
	*(in_ia32_syscall() ? compat : native)[nr] = value;
	call->changed |= UTRACE_CHANGED_ARGUMENTS;
}
EXPORT_SYMBOL_GPL(utrace_syscall_set_argument);
