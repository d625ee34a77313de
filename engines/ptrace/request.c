// SPDX-License-Identifier: GPL-2.0
/*
 * ptrace(2) of a process that has entered: what resumes a tracee, and what is to
 * be known of it before anything else is done.
 */
#include <linux/sched/signal.h>
#include "ptrace.h"

/**
 * struct resume - a request that lets a tracee run
 * @request: PTRACE_*.
 * @mode: Which system calls it is stopped for.
 * @step: UTRACE_SINGLESTEP, UTRACE_BLOCKSTEP, or UTRACE_RESUME.
 */
struct resume {
	long request;
	enum pt_mode mode;
	enum utrace_resume_action step;
};

static const struct resume resumes[] = {
	{ PTRACE_CONT, PT_MODE_CONT, UTRACE_RESUME },
	{ PTRACE_SYSCALL, PT_MODE_SYSCALL, UTRACE_RESUME },
	{ PTRACE_SYSEMU, PT_MODE_SYSEMU, UTRACE_RESUME },
	{ PTRACE_SINGLESTEP, PT_MODE_CONT, UTRACE_SINGLESTEP },
	{ PTRACE_SYSEMU_SINGLESTEP, PT_MODE_SYSEMU, UTRACE_SINGLESTEP },
	{ PTRACE_SINGLEBLOCK, PT_MODE_CONT, UTRACE_BLOCKSTEP },
};

static const struct resume *find_resume(long request)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(resumes); i++)
		if (resumes[i].request == request)
			return &resumes[i];
	return NULL;
}

/* How a tracee sleeps in a stop, or in drain(). */
#define ASLEEP	(__TASK_TRACED | __TASK_STOPPED | TASK_FROZEN | TASK_UNINTERRUPTIBLE)

/*
 * As ptrace_check_attach(): the tracee is stopped, for this tracer, has left its
 * CPU, and does not run before end().
 */
static bool begin(struct pt_link *link)
{
	struct pt_tracee *tracee = link->tracee;

	scoped_guard(spinlock, &tracee->lock) {
		if (!link->stopped)
			return false;
		tracee->busy++;
	}
	/*
	 * On its way to sleep, or from one stop to another. Or it has been killed,
	 * and is to wait for us in drain().
	 */
	while (!wait_task_inactive(tracee->task, ASLEEP)) {
		if (fatal_signal_pending(tracee->task) || fatal_signal_pending(current))
			break;
		cond_resched();
	}
	return true;
}

static void end(struct pt_link *link)
{
	bool awaited;

	scoped_guard(spinlock, &link->tracee->lock)
		awaited = __pt_end_request(link->tracee);
	if (awaited)
		pt_wake(link->tracee);
}

static int step(struct pt_link *link, enum utrace_resume_action action)
{
	int err;

	/* One that was wished for, and not made. */
	if (action == UTRACE_RESUME && !link->stepping)
		return 0;
	err = pt_link_control(link, action);
	link->stepping = !err && action != UTRACE_RESUME;
	return err;
}

/* The end of the request, too, if it is done: then the tracee need not wait for us. */
static long resume(struct pt_link *link, const struct resume *resume, unsigned long signal)
{
	enum pt_mode old = link->mode;
	int err = 0;

	if (!valid_signal(signal))
		return -EIO;
	link->mode = resume->mode;
	if (old != resume->mode)
		err = pt_link_set_events(link);
	if (!err)
		err = step(link, resume->step);
	if (err)
		return err == -ESRCH ? err : -EIO;
	pt_resume(link, signal);
	return 0;
}

static long set_options(struct pt_link *link, unsigned long options)
{
	unsigned long old = link->options;
	int err = pt_check_options(link->tracer, options);

	if (err)
		return err;
	WRITE_ONCE(link->options, options);
	return (options ^ old) & PTRACE_O_TRACESECCOMP ? pt_link_set_events(link) : 0;
}

static long detach(struct pt_link *link, unsigned long signal)
{
	if (!valid_signal(signal))
		return -EIO;
	pt_link_detach(link, signal);
	return 0;
}

/* Those for which the tracee is to be stopped. */
static long request_stopped(struct pt_link *link, long request, unsigned long addr,
			    unsigned long data)
{
	switch (request) {
	case PTRACE_DETACH:
		return detach(link, data);
	case PTRACE_LISTEN:
		return pt_listen(link) ? 0 : -EIO;
	case PTRACE_SETOPTIONS:
	case PTRACE_OLDSETOPTIONS:
		return set_options(link, data);
	default:
		return pt_examine(link, request, addr, data);
	}
}

static long request_any(struct pt_link *link, long request, unsigned long addr,
			unsigned long data)
{
	const struct resume *how;
	long ret;

	switch (request) {
	case PTRACE_INTERRUPT:
		if (!link->seized)
			return -EIO;
		pt_stop_soon(link);
		return 0;
	case PTRACE_KILL:
		send_sig_info(SIGKILL, SEND_SIG_NOINFO, link->tracee->task);
		return 0;
	}
	if (!begin(link))
		return -ESRCH;
	how = find_resume(request);
	if (how)
		ret = resume(link, how, data);
	else
		ret = request_stopped(link, request, addr, data);
	if (!how || ret)
		end(link);
	return ret;
}

/**
 * pt_ptrace() - ptrace(2)
 * @tracer: The current process.
 * @request: As of ptrace(2).
 * @nr: As of ptrace(2).
 * @addr: As of ptrace(2).
 * @data: As of ptrace(2).
 * @ret: What it returns.
 *
 * Return: false: it is about none of ours, and the kernel's to answer.
 */
bool pt_ptrace(struct pt_tracer *tracer, long request, long nr, unsigned long addr,
	       unsigned long data, long *ret)
{
	struct pt_link *link __free(pt_link_put) = NULL;

	switch (request) {
	case PTRACE_TRACEME:
		return pt_traceme(ret);
	case PTRACE_ATTACH:
	case PTRACE_SEIZE:
		*ret = pt_attach(tracer, request == PTRACE_SEIZE, nr, addr, data);
		return true;
	}
	link = pt_link_find(tracer, nr);
	if (!link)
		return false;
	*ret = request_any(link, request, addr, data);
	return true;
}
