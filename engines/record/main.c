// SPDX-License-Identifier: GPL-2.0
/*
 * utrace_record: records the system calls of chosen tasks.
 *
 * engine.c    what it does in a task: gather at entry, write at exit
 * capture.c   what arguments point to; spec.c: what there is to take of a call
 * stack.c     user call chains
 * event.c     what is not a call
 * ring.c      per-CPU rings: reserve, commit, what a record looks like
 * room.c      where there is room, by policy; what is lost, or overwritten
 * block.c     to wait for it
 * session.c   an open file of /dev/utrace/record
 */
#include <linux/miscdevice.h>
#include <linux/module.h>
#include "record.h"

static struct miscdevice record_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "utrace_record",
	.nodename = "utrace/record",
	.mode = 0600,
	.fops = &record_fops,
};

module_misc_device(record_device);
MODULE_DESCRIPTION("utrace engine that records system calls");
MODULE_LICENSE("GPL");
