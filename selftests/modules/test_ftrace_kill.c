// SPDX-License-Identifier: GPL-2.0
/*
 * Shut ftrace down, as it does itself when it finds a fault: for good, and
 * without a word. For a machine that is thrown away after that.
 */
#include <linux/kprobes.h>
#include <linux/module.h>

static int __init test_ftrace_kill_init(void)
{
	/* Never armed: it only finds the function, which is not exported. */
	struct kprobe probe = { .symbol_name = "ftrace_kill", .flags = KPROBE_FLAG_DISABLED };
	void (*ftrace_kill)(void);
	int ret = register_kprobe(&probe);

	if (ret)
		return ret;
	ftrace_kill = (void *)probe.addr;
	unregister_kprobe(&probe);
	ftrace_kill();
	return 0;
}
module_init(test_ftrace_kill_init);

static void __exit test_ftrace_kill_exit(void)
{
}
module_exit(test_ftrace_kill_exit);

MODULE_DESCRIPTION("Shut ftrace down");
MODULE_LICENSE("GPL");
