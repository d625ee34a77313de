// SPDX-License-Identifier: GPL-2.0
/*
 * Take a mutex, which is free, under a spinlock: it does not sleep, and a debug
 * kernel must say that it might have.
 */
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(test_red_spin);
static DEFINE_MUTEX(test_red_mutex);

/* A function of its own, or "make lint" would see the mistake first. */
static noinline void test_red_might_sleep(void)
{
	mutex_lock(&test_red_mutex);
	mutex_unlock(&test_red_mutex);
}

static int __init test_red_sleep_init(void)
{
	spin_lock(&test_red_spin);
	test_red_might_sleep();
	spin_unlock(&test_red_spin);
	return 0;
}
module_init(test_red_sleep_init);

static void __exit test_red_sleep_exit(void)
{
}
module_exit(test_red_sleep_exit);

MODULE_DESCRIPTION("What DEBUG_ATOMIC_SLEEP must report");
MODULE_LICENSE("GPL");
