// SPDX-License-Identifier: GPL-2.0
/*
 * Hooks a function that it takes for what it says with the parameter prototype=, as a
 * module does that was made for another kernel. Nobody is ever led to it.
 */
#include <linux/atomic.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include "../../utrace/hooks.h"

static char *prototype;
module_param(prototype, charp, 0444);

static atomic_t never = ATOMIC_INIT(0);
static unsigned long body;

static void nowhere(void)
{
}

static struct utrace_hook hook = {
	.name = "uptime_proc_show",
	.to = nowhere,
	.body = &body,
	.when = &never,
};

static struct utrace_hooks hooks = { &hook, 1 };

static int __init test_prototype_init(void)
{
	hook.prototype = prototype;
	return utrace_hooks_redirect(&hooks);
}
module_init(test_prototype_init);

static void __exit test_prototype_exit(void)
{
	utrace_hooks_unredirect(&hooks);
	synchronize_rcu_tasks();
}
module_exit(test_prototype_exit);

MODULE_LICENSE("GPL");
MODULE_DESCRIPTION("Hooks a function that may be another");
