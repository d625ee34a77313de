// SPDX-License-Identifier: GPL-2.0
/*
 * Whose is a breakpoint?
 *
 * A debugger plants one by writing int3 into the program, by ptrace(2) or in
 * /proc/PID/mem, and knows nothing of those of others: it would take their SIGTRAP
 * for one of the program's own. So a tracer is not told of a SIGTRAP where others
 * have planted one, and it has not.
 *
 * What was planted once is remembered until its memory goes: a thread may have come
 * across a breakpoint just before it was taken out. Of very many, those that were
 * planted last: a debugger writes all of its own again and again.
 */
#include <linux/mm_types.h>
#include <linux/ptrace.h>
#include <linux/sched/mm.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include "ptrace.h"

#define INT3		0xcc
/* Who writes more is loading a program, with whatever it has in it. */
#define MAX_LENGTH	16
/* Of a tracer; the documentation says how many. */
#define MAX_BREAKPOINTS	4096

/**
 * struct breakpoint - where a tracer has planted one
 * @of_tracer: pt_tracer.breakpoints.
 * @mm: In which memory. Referenced: no other takes its place.
 * @addr: Where there.
 */
struct breakpoint {
	struct list_head of_tracer;
	struct mm_struct *mm;
	unsigned long addr;
};

static struct breakpoint *__find(struct pt_tracer *tracer, const struct mm_struct *mm,
				 unsigned long addr)
{
	struct breakpoint *breakpoint;

	lockdep_assert_held(&tracer->lock);
	list_for_each_entry(breakpoint, &tracer->breakpoints, of_tracer)
		if (breakpoint->addr == addr && breakpoint->mm == mm)
			return breakpoint;
	return NULL;
}

static void free_all(struct list_head *breakpoints)
{
	struct breakpoint *breakpoint, *next;

	list_for_each_entry_safe(breakpoint, next, breakpoints, of_tracer) {
		mmdrop(breakpoint->mm);
		kfree(breakpoint);
	}
}

/* Those in memory of programs that are gone. */
static void forget(struct pt_tracer *tracer)
{
	struct breakpoint *breakpoint, *next;
	LIST_HEAD(gone);

	scoped_guard(spinlock, &tracer->lock)
		list_for_each_entry_safe(breakpoint, next, &tracer->breakpoints, of_tracer)
			if (!atomic_read(&breakpoint->mm->mm_users)) {
				list_move(&breakpoint->of_tracer, &gone);
				tracer->nr_breakpoints--;
			}
	free_all(&gone);
}

/* The latest is the first. @old gets what is not needed any more. */
static void __add(struct pt_tracer *tracer, struct breakpoint *new, struct list_head *old)
{
	struct breakpoint *known = __find(tracer, new->mm, new->addr);

	if (known)
		list_move(&known->of_tracer, old);
	else if (tracer->nr_breakpoints == MAX_BREAKPOINTS)
		list_move(tracer->breakpoints.prev, old);
	else
		tracer->nr_breakpoints++;
	list_add(&new->of_tracer, &tracer->breakpoints);
}

/* Without memory for it others are told as of one of the program's. */
static void remember(struct pt_tracer *tracer, struct mm_struct *mm, unsigned long addr)
{
	struct breakpoint *new = kzalloc_obj(*new);
	LIST_HEAD(old);

	if (!new)
		return;
	mmgrab(mm);
	new->mm = mm;
	new->addr = addr;
	scoped_guard(spinlock, &tracer->lock)
		__add(tracer, new, &old);
	free_all(&old);
}

/**
 * pt_breakpoints_note() - a tracer is about to write into a tracee
 * @tracer: The current process.
 * @task: The tracee.
 * @mm: Its memory, which the caller keeps.
 * @addr: Where to.
 * @buf: What.
 * @length: How many bytes.
 *
 * Context: Process context; sleeps.
 */
void pt_breakpoints_note(struct pt_tracer *tracer, struct task_struct *task,
			 struct mm_struct *mm, unsigned long addr, const u8 *buf, size_t length)
{
	u8 old[MAX_LENGTH];
	size_t i;

	if (length > sizeof(old) || !memchr(buf, INT3, length))
		return;
	if (utrace_read_memory(task, addr, old, length))
		return;
	forget(tracer);
	/* One byte is written on purpose; of several only what changes. */
	for (i = 0; i < length; i++)
		if (buf[i] == INT3 && (old[i] != INT3 || length == 1))
			remember(tracer, mm, addr + i);
}

/**
 * pt_breakpoint_of_another() - is a SIGTRAP of the current thread for other tracers?
 * @link: A link of the thread.
 * @info: The signal.
 */
bool pt_breakpoint_of_another(const struct pt_link *link, const kernel_siginfo_t *info)
{
	struct pt_tracee *tracee = link->tracee;
	struct pt_link *other;
	bool found = false;
	unsigned long addr;

	if (info->si_signo != SIGTRAP || info->si_code != SI_KERNEL)
		return false;
	addr = instruction_pointer(current_pt_regs()) - 1;
	guard(spinlock)(&tracee->lock);
	list_for_each_entry(other, &tracee->links, of_tracee) {
		guard(spinlock)(&other->tracer->lock);
		if (!__find(other->tracer, current->mm, addr))
			continue;
		if (other == link)
			return false;
		found = true;
	}
	return found;
}

/** pt_breakpoints_free() - a tracer is gone */
void pt_breakpoints_free(struct pt_tracer *tracer)
{
	free_all(&tracer->breakpoints);
}
