// SPDX-License-Identifier: GPL-2.0
/*
 * Take two locks in one order, then in the other. Nobody waits for anybody, and
 * lockdep must say all the same that somebody could.
 */
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(test_red_first);
static DEFINE_SPINLOCK(test_red_second);

static int __init test_red_lock_init(void)
{
	spin_lock(&test_red_first);
	spin_lock(&test_red_second);
	spin_unlock(&test_red_second);
	spin_unlock(&test_red_first);

	spin_lock(&test_red_second);
	spin_lock(&test_red_first);
	spin_unlock(&test_red_first);
	spin_unlock(&test_red_second);
	return 0;
}
module_init(test_red_lock_init);

static void __exit test_red_lock_exit(void)
{
}
module_exit(test_red_lock_exit);

MODULE_DESCRIPTION("What lockdep must report");
MODULE_LICENSE("GPL");
