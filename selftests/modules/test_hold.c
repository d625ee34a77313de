// SPDX-License-Identifier: GPL-2.0
/*
 * Hold one thread where it enters a kernel function, until told: so that a race
 * is lost each time.
 *
 *	at	write "FUNCTION TID"; "" to let go of whoever is held
 *	held	how often it was held there
 *
 * The thread spins with preemption off: for a moment, and with another CPU left
 * for who is to be faster.
 */
#include <linux/kprobes.h>
#include <linux/module.h>
#include <linux/sched.h>
#include <linux/timekeeping.h>

/* A test that has died must not leave a CPU that does nothing else. */
#define LIMIT	(20 * NSEC_PER_SEC)

static char function[64];
static int tid;
static bool go;
static unsigned int held;
static bool bound;

static int hold(struct kprobe *kprobe, struct pt_regs *regs)
{
	u64 end = ktime_get_mono_fast_ns() + LIMIT;

	if (current->pid != READ_ONCE(tid) || READ_ONCE(go))
		return 0;
	WRITE_ONCE(held, held + 1);
	while (!READ_ONCE(go) && ktime_get_mono_fast_ns() < end)
		cpu_relax();
	return 0;
}

static struct kprobe probe = {
	.symbol_name = function,
	.pre_handler = hold,
};

static void let_go(void)
{
	WRITE_ONCE(go, true);
	if (bound)
		unregister_kprobe(&probe);
	bound = false;
}

static int set_at(const char *text, const struct kernel_param *param)
{
	int err;

	let_go();
	if (sscanf(text, "%63s %d", function, &tid) != 2)
		return 0;
	/* What the last one has left there. */
	probe.addr = NULL;
	probe.flags = 0;
	WRITE_ONCE(held, 0);
	WRITE_ONCE(go, false);
	err = register_kprobe(&probe);
	bound = !err;
	return err;
}

static const struct kernel_param_ops at_ops = { .set = set_at };
module_param_cb(at, &at_ops, NULL, 0200);
module_param(held, uint, 0400);

static int __init test_hold_init(void)
{
	return 0;
}
module_init(test_hold_init);

static void __exit test_hold_exit(void)
{
	let_go();
}
module_exit(test_hold_exit);

MODULE_DESCRIPTION("Hold a thread where it enters a function");
MODULE_LICENSE("GPL");
