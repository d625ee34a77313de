// SPDX-License-Identifier: GPL-2.0
/*
 * utrace_ptrace: ptrace(2) by utrace, for unmodified tracers.
 *
 * tracer.c     who has entered: processes whose calls are ours
 * wrap.c       ptrace(2), wait4(2), waitid(2) of them; wrap_x86.S: how
 * tracee.c     who is traced, and by whom: a link for each
 * attach.c     how a link begins
 * events.c     what happens to a tracee: callbacks of the engine
 * stop.c       a tracee stops, and goes on
 * request.c    ptrace(2)
 * registers.c  what of it looks into a tracee
 * breakpoint.c whose a SIGTRAP is
 * seccomp.c    calls that a filter of the tracee wants traced
 * wait.c       wait4(2), waitid(2)
 * status.c     TracerPid
 */
#include <linux/capability.h>
#include <linux/fs.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/rcupdate.h>
#include <linux/uaccess.h>
#include <linux/utrace_ptrace.h>
#include "../../compat/symbols.h"
#include "ptrace.h"

static long enter(const struct utrace_ptrace_enter __user *arg)
{
	struct utrace_ptrace_enter enter;

	if (copy_from_user(&enter, arg, sizeof(enter)))
		return -EFAULT;
	if (enter.size != sizeof(enter) || enter.flags)
		return -EINVAL;
	return pt_tracer_enter();
}

static long pt_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	switch (cmd) {
	case UTRACE_PTRACE_IOC_ENTER:
		return enter((const void __user *)arg);
	default:
		return -ENOTTY;
	}
}

static const struct file_operations pt_fops = {
	.owner = THIS_MODULE,
	.unlocked_ioctl = pt_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
};

static struct miscdevice pt_device = {
	.minor = MISC_DYNAMIC_MINOR,
	.name = "utrace_ptrace",
	.nodename = "utrace/ptrace",
	.mode = 0600,
	.fops = &pt_fops,
};

static int __init pt_init(void)
{
	int err = utrace_symbols_init() ?: pt_wrap_init();

	if (err)
		return err;
	err = misc_register(&pt_device);
	if (err)
		pt_wrap_exit();
	return err;
}
module_init(pt_init);

static void __exit pt_exit(void)
{
	/* 1. Nobody enters; nobody has, or his engine would keep the module. */
	misc_deregister(&pt_device);
	/* 2. Nobody looks whether he has. */
	pt_wrap_exit();
	/* 3. What was there to be found is freed. */
	rcu_barrier();
}
module_exit(pt_exit);

MODULE_DESCRIPTION("utrace engine that is ptrace(2) to unmodified tracers");
MODULE_LICENSE("GPL");
