// SPDX-License-Identifier: GPL-2.0
/*
 * Who is inside this module's text: what unloading waits for.
 *
 * A thread that is preempted in our text is covered by synchronize_rcu_tasks().
 * One that sleeps there, in a callback or stopped, is not: it is counted.
 */
#include <linux/wait.h>
#include "core.h"

DEFINE_PER_CPU(long, utrace_in_text);
bool utrace_text_draining;
static DECLARE_WAIT_QUEUE_HEAD(drained);

static long in_text(void)
{
	long sum = 0;
	int cpu;

	/*
	 * Nobody enters any more, so every thread counted moves the sum of
	 * what is left towards zero, on whatever CPU it leaves.
	 */
	for_each_possible_cpu(cpu)
		sum += per_cpu(utrace_in_text, cpu);
	return sum;
}

/** utrace_text_left() - a thread has left while the module waits to go */
void utrace_text_left(void)
{
	wake_up(&drained);
}

/**
 * utrace_text_drain() - wait until nobody is inside
 *
 * The hooks are unbound: nobody can enter. Also waits for those who are not
 * counted, on their first or last few instructions here.
 *
 * Context: Process context; sleeps.
 */
void utrace_text_drain(void)
{
	/* Those on the way between a hook and utrace_text_enter(). */
	synchronize_rcu_tasks();
	WRITE_ONCE(utrace_text_draining, true);
	/*
	 * Who read false has left by the end of this, or sleeps here still and
	 * will read true. Pairs with utrace_text_leave().
	 */
	synchronize_rcu_tasks();
	wait_event(drained, in_text() == 0);
	/* Those between utrace_text_leave() and their last instruction. */
	synchronize_rcu_tasks();
}
