// SPDX-License-Identifier: GPL-2.0
/*
 * utrace_request() out of an interrupt: what hits the thread while it runs.
 *
 * An int3 in the kernel is entered as an NMI is, wherever it hits. So a kprobe that
 * is neither optimized nor on ftrace stands in for one.
 */
#include <linux/hardirq.h>
#include <linux/kprobes.h>
#include <linux/sched/task.h>
#include <linux/smp.h>
#include <linux/uaccess.h>
#include "session.h"

/**
 * struct hit - one interrupt, in the hope that the thread is there
 */
struct hit {
	/** @task: The thread. */
	struct task_struct *task;
	/** @req: What to do; the cookies go there. */
	struct test_utrace_request *req;
	/** @done: It was there, and the context was the one that was wanted. */
	bool done;
};

static void ask(struct hit *hit)
{
	u32 i;

	hit->req->first = utrace_request();
	hit->req->last = hit->req->first;
	for (i = 1; i < hit->req->times; i++)
		hit->req->last = utrace_request();
	hit->done = true;
}

static noinline notrace void probed(struct hit *hit)
{
	barrier_data(hit);
}

static int in_probe(struct kprobe *probe, struct pt_regs *regs)
{
	if (in_nmi())
		ask((struct hit *)regs->di);
	return 0;
}

/* It has to be there: else the probe may become a jump. */
static void after_probe(struct kprobe *probe, struct pt_regs *regs, unsigned long flags)
{
}

static void in_interrupt_of(void *data)
{
	struct hit *hit = data;

	if (current != hit->task)
		return;
	if (hit->req->context == TEST_CONTEXT_NMI)
		probed(hit);
	else if (in_hardirq())
		ask(hit);
}

static long interrupt(struct hit *hit)
{
	int err = smp_call_function_single(task_cpu(hit->task), in_interrupt_of, hit, 1);

	return err ?: hit->done ? 0 : -EAGAIN;
}

static long interrupt_with_probe(struct hit *hit)
{
	struct kprobe probe = {
		.addr = (kprobe_opcode_t *)probed,
		.pre_handler = in_probe,
		.post_handler = after_probe,
	};
	long ret = register_kprobe(&probe);

	if (ret)
		return ret;
	ret = interrupt(hit);
	unregister_kprobe(&probe);
	return ret;
}

/**
 * test_ioctl_request() - TEST_UTRACE_IOC_REQUEST
 * @arg: struct test_utrace_request.
 */
long test_ioctl_request(void __user *arg)
{
	struct task_struct *task __free(put_task) = NULL;
	struct test_utrace_request req;
	struct hit hit = { .req = &req };
	struct pid *pid;
	long ret;

	if (copy_from_user(&req, arg, sizeof(req)))
		return -EFAULT;
	pid = find_get_pid(req.tid);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	hit.task = task;
	ret = req.context == TEST_CONTEXT_NMI ? interrupt_with_probe(&hit) : interrupt(&hit);
	if (!ret && copy_to_user(arg, &req, sizeof(req)))
		ret = -EFAULT;
	return ret;
}
