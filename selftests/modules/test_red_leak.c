// SPDX-License-Identifier: GPL-2.0
/*
 * Forget memory. More than one piece: a stack or a register may still look as if
 * it remembered the last one.
 */
#include <linux/module.h>
#include <linux/slab.h>

#define TEST_RED_PIECES	16

static noinline int __init test_red_leak_one(void)
{
	void *forgotten = kmalloc(128, GFP_KERNEL);

	OPTIMIZER_HIDE_VAR(forgotten);
	return forgotten ? 0 : -ENOMEM;
}

static int __init test_red_leak_init(void)
{
	int i, ret = 0;

	for (i = 0; i < TEST_RED_PIECES && !ret; i++)
		ret = test_red_leak_one();
	return ret;
}
module_init(test_red_leak_init);

static void __exit test_red_leak_exit(void)
{
}
module_exit(test_red_leak_exit);

MODULE_DESCRIPTION("What kmemleak must report");
MODULE_LICENSE("GPL");
