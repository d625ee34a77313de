// SPDX-License-Identifier: GPL-2.0
/*
 * Wait for a grace period of each kind: writing a name to the parameter "wait"
 * returns when it is over.
 */
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/rcupdate_trace.h>
#include <linux/tracepoint.h>

static const struct {
	const char *name;
	void (*wait)(void);
} kinds[] = {
	{ "rcu", synchronize_rcu },
	{ "tasks", synchronize_rcu_tasks },
	{ "tasks_trace", synchronize_rcu_tasks_trace },
	{ "tracepoint", tracepoint_synchronize_unregister },
};

static int wait(const char *name, const struct kernel_param *param)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (!sysfs_streq(name, kinds[i].name))
			continue;
		kinds[i].wait();
		return 0;
	}
	return -EINVAL;
}

static const struct kernel_param_ops wait_ops = { .set = wait };
module_param_cb(wait, &wait_ops, NULL, 0200);
MODULE_PARM_DESC(wait, "rcu, tasks, tasks_trace, tracepoint");

MODULE_DESCRIPTION("Wait for grace periods");
MODULE_LICENSE("GPL");
