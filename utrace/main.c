// SPDX-License-Identifier: GPL-2.0
/*
 * utrace: trace tasks from inside the kernel.
 *
 * task.c       from a thread to its tracing state
 * engine.c     attach, events, references, detach, barrier
 * report.c     one reporting pass: begin, each engine, finish
 * resume.c     how the wishes of several engines become one
 * control.c    what an engine wants outside of a callback
 * stop.c       where a thread waits, and what wakes it
 * quiesce.c    QUIESCE: the safe point before user mode
 * request.c    REQUEST: asked for in any context, reported there
 * syscall.c    SYSCALL_ENTRY, SYSCALL_EXIT
 * filter.c     which system calls an engine wants
 * signal.c     SIGNAL*; signal_send.c: in the sender; disposition.c: what it does
 * jctl.c       JCTL
 * step.c       SINGLESTEP, BLOCKSTEP
 * lifecycle.c  CLONE, CLONED, EXEC, EXIT, DEATH, REAP
 * access.c     who may attach, and what an exec that gains privileges does
 * scope.c      which children get an engine of their own
 * cycle.c      who waits for whom
 * examine.c    registers and memory of a thread that is stopped
 * watchdog.c   callbacks that do not return
 * hooks.c      kernel function -> event; hooks_ftrace.c, hooks_x86.S: how
 * list.c       /proc/utrace/tasks
 * text.c       who is inside: what unloading waits for
 */
#include <linux/module.h>
#include "core.h"
#include "hooks.h"
#include "symbols.h"

#define CREATE_TRACE_POINTS
#include "trace.h"

static int __init utrace_init(void)
{
	int err;

	err = utrace_symbols_init();
	if (err)
		return err;
	err = utrace_engines_init();
	if (err)
		return err;
	err = utrace_tasks_init();
	if (err)
		goto err_tasks;
	err = utrace_hooks_init();
	if (err)
		goto err_hooks;
	err = utrace_list_init();
	if (err)
		goto err_list;
	utrace_watchdog_init();
	return 0;

err_list:
	utrace_hooks_exit();
err_hooks:
	utrace_tasks_exit();
err_tasks:
	utrace_engines_exit();
	return err;
}

static void __exit utrace_exit(void)
{
	utrace_watchdog_exit();
	utrace_list_exit();
	utrace_hooks_exit();
	utrace_tasks_exit();
	utrace_engines_exit();
}

module_init(utrace_init);
module_exit(utrace_exit);
MODULE_DESCRIPTION("trace tasks from inside the kernel");
MODULE_LICENSE("GPL");
