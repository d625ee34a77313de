// SPDX-License-Identifier: GPL-2.0
/*
 * utrace_block: holds tasks at events until a supervisor has decided.
 *
 * engine.c    what it does in a task: callbacks, and verdicts put into effect
 * ask.c       a task asks, and waits for the verdict
 * transfer.c  events to the supervisor, verdicts from it
 * memory.c    the stopped task's memory and file descriptors
 * snapshot.c  what a call is to read, in memory of the task
 * session.c   an open file of /dev/utrace/block
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include "block.h"
#include "symbols.h"

static struct miscdevice block_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "utrace_block",
	.nodename = "utrace/block",
	.mode = 0600,
	.fops = &block_fops,
};

static int __init block_init(void)
{
	int err = utrace_symbols_init();

	if (err)
		return err;
	block_ops_init();
	return misc_register(&block_device);
}
module_init(block_init);

static void __exit block_exit(void)
{
	misc_deregister(&block_device);
}
module_exit(block_exit);

MODULE_DESCRIPTION("utrace engine that holds tasks until a supervisor has decided");
MODULE_LICENSE("GPL");
