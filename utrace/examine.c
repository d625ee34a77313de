// SPDX-License-Identifier: GPL-2.0
/*
 * Looking into a thread that is stopped, from outside of it.
 */
#include <linux/export.h>
#include <linux/mm.h>
#include <linux/regset.h>
#include <linux/sched/task_stack.h>
#include "core.h"

/* Return: 0 and which of its stops the thread is in. */
static int is_held(struct task_struct *task, struct utrace_engine *engine, u64 *stops)
{
	struct utrace_task *ut = engine->ut;

	if (ut->task != task)
		return -ESRCH;
	guard(spinlock)(&ut->lock);
	if (engine->state > UTRACE_ENGINE_ATTACHED || ut->dying)
		return -ESRCH;
	if (!engine->hold)
		return -EINVAL;
	if (!ut->is_stopped)
		return -EAGAIN;
	*stops = ut->stops;
	return 0;
}

/**
 * utrace_prepare_examine() - begin to look into a stopped thread
 * @task: The engine's thread.
 * @engine: The engine, which holds it by UTRACE_STOP.
 * @examiner: For utrace_finish_examine().
 *
 * Waits until the thread has left its CPU. From here on its registers do not
 * change and are all in its memory, unless a SIGKILL comes. On current there is
 * nothing to do.
 *
 * Context: Process context; may sleep.
 * Return: 0, or
 *
 * * -EINVAL: the engine does not hold it
 * * -EAGAIN: it is not stopped (yet, or any more)
 * * -ESRCH: detached, not attached to @task, or the thread is dead
 */
int utrace_prepare_examine(struct task_struct *task, struct utrace_engine *engine,
			   struct utrace_examiner *examiner)
{
	int err;

	if (task == current)
		return 0;
	for (;;) {
		err = is_held(task, engine, &examiner->stops);
		if (err)
			return err;
		/* The freezer of cgroup v1 takes who is stopped, too: it has another state then. */
		if (wait_task_inactive(task, UTRACE_STOPPED | TASK_FROZEN))
			return 0;
		/*
		 * Another engine has woken it, and it is about to find that it is
		 * held; or it is killed.
		 */
		if (fatal_signal_pending(task) || signal_pending(current))
			return -EAGAIN;
		cond_resched();
	}
}
EXPORT_SYMBOL_GPL(utrace_prepare_examine);

/**
 * utrace_finish_examine() - was it stopped all the time?
 * @task: The engine's thread.
 * @engine: The engine.
 * @examiner: From utrace_prepare_examine().
 *
 * Context: Process context; may sleep.
 * Return: 0: what was read is of one moment. Otherwise throw it away: as
 * utrace_prepare_examine().
 */
int utrace_finish_examine(struct task_struct *task, struct utrace_engine *engine,
			  struct utrace_examiner *examiner)
{
	u64 stops;
	int err;

	if (task == current)
		return 0;
	err = is_held(task, engine, &stops);
	if (err)
		return err;
	/* It may have been awake for a moment, but in the same stop. */
	return stops == examiner->stops && !fatal_signal_pending(task) ? 0 : -EAGAIN;
}
EXPORT_SYMBOL_GPL(utrace_finish_examine);

static const struct user_regset *find_regset(struct task_struct *task, unsigned int note)
{
	const struct user_regset_view *view = task_user_regset_view(task);
	unsigned int i;

	for (i = 0; i < view->n; i++)
		if (view->regsets[i].core_note_type == note)
			return &view->regsets[i];
	return NULL;
}

/**
 * utrace_get_regset() - read registers
 * @task: current, or a thread between prepare and finish.
 * @note: Which: NT_PRSTATUS, NT_PRFPREG, NT_X86_XSTATE, ... as in a core dump.
 * @buf: Where to.
 * @size: How much fits there.
 *
 * Context: Process context; may sleep.
 * Return: how many bytes there are; -EINVAL: there is no such set, or -ENODEV:
 * this machine does not have it; -ESRCH: it was killed, and is gone.
 */
int utrace_get_regset(struct task_struct *task, unsigned int note, void *buf, unsigned int size)
{
	const struct user_regset *regset;
	int ret;

	/* They are on its stack, which a SIGKILL may take away meanwhile. */
	if (!try_get_task_stack(task))
		return -ESRCH;
	regset = find_regset(task, note);
	ret = regset ? regset_get(task, regset, size, buf) : -EINVAL;
	put_task_stack(task);
	return ret;
}
EXPORT_SYMBOL_GPL(utrace_get_regset);

/**
 * utrace_set_regset() - change registers
 * @task: A thread between prepare and finish. Not current, many of whose registers
 *	are in use; what is in its struct pt_regs a callback can change there.
 * @note: As for utrace_get_regset().
 * @buf: Their values.
 * @size: Of @buf; registers beyond it stay as they are.
 *
 * Context: Process context; may sleep.
 * Return: 0; -EINVAL: no such set, @size is not of whole registers, or @task is
 * current; -EINVAL or -EIO: values that user code cannot have; -ENODEV: this
 * machine does not have it; -ESRCH: it was killed, and is gone.
 */
int utrace_set_regset(struct task_struct *task, unsigned int note, const void *buf,
		      unsigned int size)
{
	const struct user_regset *regset;
	int ret = -EINVAL;

	/* Segments, their bases and FP registers would be written to memory only. */
	if (task == current)
		return -EINVAL;
	/* As in utrace_get_regset(). */
	if (!try_get_task_stack(task))
		return -ESRCH;
	regset = find_regset(task, note);
	if (regset && regset->set && size && size % regset->size == 0 &&
	    size <= regset->n * regset->size)
		ret = regset->set(task, regset, 0, size, buf, NULL);
	put_task_stack(task);
	return ret;
}
EXPORT_SYMBOL_GPL(utrace_set_regset);

static int access_memory(struct task_struct *task, unsigned long addr, void *buf,
			 unsigned int size, unsigned int flags)
{
	if (size > INT_MAX)
		return -EINVAL;
	return access_process_vm(task, addr, buf, size, FOLL_FORCE | flags) == size ? 0 : -EFAULT;
}

/**
 * utrace_read_memory() - read a thread's memory
 * @task: Any thread, best one that is stopped.
 * @addr: Its address.
 * @buf: Where to.
 * @size: How many bytes.
 *
 * Reads what the thread itself cannot, too, as ptrace(2) does; pages that are
 * not resident are made so.
 *
 * Context: Process context; sleeps.
 * Return: 0; -EFAULT: not all of it is there.
 */
int utrace_read_memory(struct task_struct *task, unsigned long addr, void *buf, unsigned int size)
{
	return access_memory(task, addr, buf, size, 0);
}
EXPORT_SYMBOL_GPL(utrace_read_memory);

/**
 * utrace_write_memory() - change a thread's memory
 * @task: As for utrace_read_memory().
 * @addr: Its address.
 * @buf: What to write.
 * @size: How many bytes.
 *
 * Writes what the thread itself cannot, too; what it shares with others it gets
 * a copy of, unless it shares it on purpose (MAP_SHARED).
 *
 * Context: Process context; sleeps.
 * Return: 0; -EFAULT: not all of it could be written.
 */
int utrace_write_memory(struct task_struct *task, unsigned long addr, const void *buf,
			unsigned int size)
{
	return access_memory(task, addr, (void *)buf, size, FOLL_WRITE);
}
EXPORT_SYMBOL_GPL(utrace_write_memory);
