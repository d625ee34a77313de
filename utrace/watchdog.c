// SPDX-License-Identifier: GPL-2.0
/*
 * Callbacks that do not return: named once each, while they run.
 */
#define pr_fmt(fmt) KBUILD_MODNAME ": " fmt

#include <linux/moduleparam.h>
#include <linux/printk.h>
#include <linux/workqueue.h>
#include "core.h"

static unsigned int watchdog_seconds = 10;
static void watch(struct work_struct *work);
static DECLARE_DELAYED_WORK(watchdog, watch);
static bool stopped = true;

static unsigned long limit(void)
{
	return READ_ONCE(watchdog_seconds) * HZ;
}

static void check(struct utrace_task *ut)
{
	unsigned long since = READ_ONCE(ut->reporting_since);
	struct utrace_engine *engine;

	if (!limit())
		return;
	guard(spinlock)(&ut->lock);
	/* Husks stay on the list, so what it is reporting to is there. */
	list_for_each_entry(engine, &ut->attached, entry) {
		if (engine != READ_ONCE(ut->reporting) || ut->told ||
		    time_before(jiffies, since + limit()))
			continue;
		ut->told = true;
		pr_warn("engine %s has been in a callback for %lu s, in %s[%d]\n",
			engine->ops->name, (jiffies - since) / HZ, ut->task->comm,
			task_pid_nr(ut->task));
	}
}

static void watch(struct work_struct *work)
{
	if (utrace_tasks_check(check) && !READ_ONCE(stopped))
		utrace_watchdog_start();
}

/** utrace_watchdog_start() - there is a traced task */
void utrace_watchdog_start(void)
{
	if (limit() && !READ_ONCE(stopped))
		schedule_delayed_work(&watchdog, max(limit() / 2, 1UL));
}

static int set_seconds(const char *value, const struct kernel_param *param)
{
	int error = param_set_uint(value, param);

	/* The look that is due was set by the old value, which may be hours. */
	if (!error && !READ_ONCE(stopped))
		mod_delayed_work(system_wq, &watchdog, 0);
	return error;
}

static const struct kernel_param_ops seconds_ops = {
	.set = set_seconds,
	.get = param_get_uint,
};
module_param_cb(watchdog_seconds, &seconds_ops, &watchdog_seconds, 0644);
MODULE_PARM_DESC(watchdog_seconds, "name an engine whose callback runs for so long; 0: none");

void utrace_watchdog_init(void)
{
	WRITE_ONCE(stopped, false);
}

void utrace_watchdog_exit(void)
{
	/* The parameter's file stays until we have returned. */
	kernel_param_lock(THIS_MODULE);
	WRITE_ONCE(stopped, true);
	kernel_param_unlock(THIS_MODULE);
	cancel_delayed_work_sync(&watchdog);
}
