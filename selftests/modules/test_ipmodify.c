// SPDX-License-Identifier: GPL-2.0
/*
 * Hold a function as a livepatch does: an ftrace_ops that may change the
 * instruction pointer, of which a function can have one. It changes nothing.
 *
 *	insmod test_ipmodify.ko function=do_exit
 */
#include <linux/ftrace.h>
#include <linux/module.h>

static char *function;
module_param(function, charp, 0444);
MODULE_PARM_DESC(function, "name of the function to hold");

static void notrace test_ipmodify_call(unsigned long ip, unsigned long parent_ip,
				       struct ftrace_ops *ops, struct ftrace_regs *fregs)
{
}

static struct ftrace_ops test_ipmodify_ops = {
	.func	= test_ipmodify_call,
	.flags	= FTRACE_OPS_FL_IPMODIFY | FTRACE_OPS_FL_DYNAMIC,
};

static int __init test_ipmodify_init(void)
{
	int ret;

	if (!function)
		return -EINVAL;
	ret = ftrace_set_filter(&test_ipmodify_ops, function, strlen(function), 1);
	if (ret)
		return ret;
	ret = register_ftrace_function(&test_ipmodify_ops);
	if (ret)
		ftrace_free_filter(&test_ipmodify_ops);
	return ret;
}
module_init(test_ipmodify_init);

static void __exit test_ipmodify_exit(void)
{
	unregister_ftrace_function(&test_ipmodify_ops);
	ftrace_free_filter(&test_ipmodify_ops);
}
module_exit(test_ipmodify_exit);

MODULE_DESCRIPTION("Hold a function as a livepatch does");
MODULE_LICENSE("GPL");
