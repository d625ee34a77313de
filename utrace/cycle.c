// SPDX-License-Identifier: GPL-2.0
/*
 * Cycles: a process that decides when another one goes on must not wait for it.
 *
 * An edge leads from a traced process to its controller, for every engine with
 * UTRACE_ATTACH_CONTROLLER. A new edge that leads back, directly or over
 * others, is refused.
 */
#include <linux/hashtable.h>
#include <linux/pid.h>
#include <linux/slab.h>
#include <linux/spinlock.h>
#include "core.h"

/**
 * struct utrace_edge - one process is controlled by another
 * @tracee: The one that waits.
 * @controller: The one that it waits for.
 * @engines: How many engines say so.
 * @visited: By the walk of that number.
 * @hash: By @tracee.
 */
struct utrace_edge {
	struct pid *tracee;
	struct pid *controller;
	unsigned int engines;
	unsigned long visited;
	struct hlist_node hash;
};

static DEFINE_HASHTABLE(edges, 8);
static DEFINE_SPINLOCK(edges_lock);
static unsigned long walk;

static struct utrace_edge *find(struct pid *tracee, struct pid *controller)
{
	struct utrace_edge *edge;

	lockdep_assert_held(&edges_lock);
	hash_for_each_possible(edges, edge, hash, (unsigned long)tracee)
		if (edge->tracee == tracee && edge->controller == controller)
			return edge;
	return NULL;
}

/*
 * Does @from wait for @to? As deep as controllers are controlled; a chain of
 * more than these is refused as if it were a cycle.
 */
#define MAX_CHAIN	16

static bool waits_for(struct pid *from, struct pid *to, unsigned int depth)
{
	struct utrace_edge *edge;

	lockdep_assert_held(&edges_lock);
	if (from == to || depth > MAX_CHAIN)
		return true;
	hash_for_each_possible(edges, edge, hash, (unsigned long)from) {
		if (edge->tracee != from || edge->visited == walk)
			continue;
		edge->visited = walk;
		if (waits_for(edge->controller, to, depth + 1))
			return true;
	}
	return false;
}

/* Takes @spare for an edge that is new. */
static int __get(struct pid *tracee, struct pid *controller, struct utrace_edge **spare)
{
	struct utrace_edge *edge = find(tracee, controller);

	lockdep_assert_held(&edges_lock);
	if (edge) {
		edge->engines++;
		return 0;
	}
	walk++;
	if (waits_for(controller, tracee, 0))
		return -EDEADLK;
	edge = *spare;
	*spare = NULL;
	edge->tracee = get_pid(tracee);
	edge->controller = get_pid(controller);
	edge->engines = 1;
	hash_add(edges, &edge->hash, (unsigned long)tracee);
	return 0;
}

/**
 * utrace_edge_get() - a process is going to wait for a controller
 * @tracee: The process.
 * @controller: Whom for.
 *
 * Return: 0, then utrace_edge_put() when it does not any more; -EDEADLK: the
 * controller waits for the process already; -ENOMEM.
 */
int utrace_edge_get(struct pid *tracee, struct pid *controller)
{
	struct utrace_edge *spare = kzalloc_obj(*spare);
	int err;

	if (!spare)
		return -ENOMEM;
	scoped_guard(spinlock, &edges_lock)
		err = __get(tracee, controller, &spare);
	kfree(spare);
	return err;
}

/**
 * utrace_edge_put() - an engine that utrace_edge_get() was made for is gone
 * @tracee: The process.
 * @controller: Whom it waited for.
 */
void utrace_edge_put(struct pid *tracee, struct pid *controller)
{
	struct utrace_edge *edge;

	guard(spinlock)(&edges_lock);
	edge = find(tracee, controller);
	if (--edge->engines)
		return;
	hash_del(&edge->hash);
	put_pid(edge->tracee);
	put_pid(edge->controller);
	kfree(edge);
}
