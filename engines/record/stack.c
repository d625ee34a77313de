// SPDX-License-Identifier: GPL-2.0
/*
 * User call chains, by frame pointers.
 *
 * Taken by the task itself where it may fault: when it enters a call, when it
 * takes a signal, and at the safe point before user mode if something has called
 * utrace_request(). The registers of the program are the same from when it
 * entered the kernel.
 */
#include <linux/mm_types.h>
#include <linux/ptrace.h>
#include <linux/sched.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include "record.h"

/* What a frame pointer points to, widened. */
struct frame {
	u64 next, address;
};

static __always_inline bool read_frame(u64 at, bool is_wide, struct frame *frame)
{
	const u64 __user *wide = (const u64 __user *)(unsigned long)at;
	const u32 __user *narrow = (const u32 __user *)(unsigned long)at;

	if (!user_read_access_begin(wide, sizeof(*frame)))
		return false;
	if (is_wide) {
		unsafe_get_user(frame->next, wide, fault);
		unsafe_get_user(frame->address, wide + 1, fault);
	} else {
		unsafe_get_user(frame->next, narrow, fault);
		unsafe_get_user(frame->address, narrow + 1, fault);
	}
	user_read_access_end();
	return true;
fault:
	user_read_access_end();
	return false;
}

static u64 read_top(struct pt_regs *regs, bool is_wide)
{
	unsigned long sp = user_stack_pointer(regs);
	u64 top;
	u32 narrow;

	if (is_wide)
		return get_user(top, (const u64 __user *)sp) ? 0 : top;
	return get_user(narrow, (const u32 __user *)sp) ? 0 : narrow;
}

/*
 * Each frame is further up the stack than the one before, so this ends. What is
 * no frame pointer but another value that the program keeps there does, too, and
 * at once as a rule. Return: number of addresses.
 */
static u32 walk(struct record_task *rt, struct pt_regs *regs, bool is_wide, u32 *flags)
{
	u32 max = rt->session->stack_depth, n = 0;
	u32 word = is_wide ? 8 : 4;
	u64 at = frame_pointer(regs), from = user_stack_pointer(regs);
	struct frame frame;

	rt->stack[n++] = instruction_pointer(regs);
	while (at) {
		if (at < from || at % word || !read_frame(at, is_wide, &frame)) {
			*flags |= UTRACE_RECORD_STACK_BROKEN;
			break;
		}
		if (!frame.address)
			break;
		if (n == max) {
			*flags |= UTRACE_RECORD_STACK_TRUNCATED;
			break;
		}
		rt->stack[n++] = frame.address;
		from = at + 2 * word;
		at = frame.next;
	}
	return n;
}

/*
 * What the addresses belong to. As long as there is as much code as there was it
 * is the same; looking at each address instead would cost as much as the chain.
 */
static void tell_maps(struct record_task *rt)
{
	unsigned long pages = READ_ONCE(current->mm->exec_vm);

	if (likely(rt->code_pages == pages))
		return;
	rt->code_pages = pages;
	record_event_maps(rt);
}

static bool write(struct record_task *rt, struct pt_regs *regs, u64 cookie, u32 flags)
{
	bool is_wide = user_64bit_mode(regs);
	u32 nr;

	tell_maps(rt);
	if (!is_wide)
		flags |= UTRACE_RECORD_STACK_COMPAT;
	nr = walk(rt, regs, is_wide, &flags);
	return record_write_stack(rt, flags, cookie, read_top(regs, is_wide), rt->stack, nr);
}

/**
 * record_stack() - record where the current task is in its program
 * @rt: The current task, of a session with chains.
 * @regs: Its user registers.
 *
 * Return: the cookie; 0: it is lost.
 */
u64 record_stack(struct record_task *rt, struct pt_regs *regs)
{
	u64 cookie = utrace_cookie();

	return write(rt, regs, cookie, 0) ? cookie : 0;
}

/**
 * record_requested_stack() - the same, as utrace_request() asked for
 * @rt: The current task, at the safe point.
 * @cookie: What that returned.
 */
void record_requested_stack(struct record_task *rt, u64 cookie)
{
	write(rt, task_pt_regs(current), cookie, UTRACE_RECORD_STACK_REQUESTED);
}
