// SPDX-License-Identifier: GPL-2.0
/*
 * Two threads count in one variable and agree on nothing. KCSAN looks at one
 * access in thousands, so they go on until it must have met them; loading
 * returns then.
 */
#include <linux/delay.h>
#include <linux/err.h>
#include <linux/kthread.h>
#include <linux/module.h>

#define TEST_RED_SECONDS	20

static unsigned long test_red_counter;

static noinline void test_red_count(void)
{
	test_red_counter++;
}

static int test_red_race_thread(void *unused)
{
	while (!kthread_should_stop()) {
		test_red_count();
		cond_resched();
	}
	return 0;
}

static int __init test_red_race_init(void)
{
	struct task_struct *one, *other;

	one = kthread_run(test_red_race_thread, NULL, "test_red_one");
	if (IS_ERR(one))
		return PTR_ERR(one);
	other = kthread_run(test_red_race_thread, NULL, "test_red_other");
	if (!IS_ERR(other)) {
		ssleep(TEST_RED_SECONDS);
		kthread_stop(other);
	}
	kthread_stop(one);
	return PTR_ERR_OR_ZERO(other);
}
module_init(test_red_race_init);

static void __exit test_red_race_exit(void)
{
}
module_exit(test_red_race_exit);

MODULE_DESCRIPTION("What KCSAN must report");
MODULE_LICENSE("GPL");
