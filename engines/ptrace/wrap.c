// SPDX-License-Identifier: GPL-2.0
/*
 * The system calls that are wrapped. Not at SYSCALL_ENTRY: what answers there
 * hides the call from seccomp, audit, tracepoints and other tracers.
 *
 * Who is in here has entered, and the engine that says so keeps the module.
 */
#include <linux/compat.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/ptrace.h>
#include <linux/rcupdate.h>
#include <linux/wait.h>
#include "../../utrace/hooks.h"
#include "ptrace.h"

#define DECLARE(name)							\
	void pt_stub_##name(void);					\
	extern unsigned long pt_body_addr_##name;			\
	long pt_body_##name(const struct pt_regs *regs);		\
	long pt_wrap_##name(const struct pt_regs *regs, struct pt_tracer *tracer)

#define HOOK(_name, _prototype) {					\
	.name = #_name,							\
	.prototype = _prototype,					\
	.to = pt_stub_##_name,						\
	.body = &pt_body_addr_##_name,					\
}

/* What every system call is. */
#define WRAPPED	"long int(pt_regs*)"

void pt_stub_access_remote_vm(void);
extern unsigned long pt_body_addr_access_remote_vm;
void pt_adjust_access_remote_vm(unsigned long *args);
void pt_stub_proc_pid_status(void);
extern unsigned long pt_body_addr_proc_pid_status;
DECLARE(__x64_sys_ptrace);
DECLARE(__x64_sys_wait4);
DECLARE(__x64_sys_waitid);
DECLARE(__ia32_compat_sys_ptrace);
DECLARE(__ia32_compat_sys_wait4);
DECLARE(__ia32_compat_sys_waitid);
DECLARE(__ia32_sys_waitpid);

static struct utrace_hook wrapped[] = {
	HOOK(access_remote_vm, "int(mm_struct*, long unsigned int, void*, int, unsigned int)"),
	HOOK(__x64_sys_ptrace, WRAPPED),
	HOOK(__x64_sys_wait4, WRAPPED),
	HOOK(__x64_sys_waitid, WRAPPED),
	HOOK(__ia32_compat_sys_ptrace, WRAPPED),
	HOOK(__ia32_compat_sys_wait4, WRAPPED),
	HOOK(__ia32_compat_sys_waitid, WRAPPED),
	HOOK(__ia32_sys_waitpid, WRAPPED),
	/* By anybody. */
	{
		.name = "proc_pid_status",
		.prototype = "int(seq_file*, pid_namespace*, pid*, task_struct*)",
		.to = pt_stub_proc_pid_status,
		.body = &pt_body_addr_proc_pid_status,
		.when = &pt_nr_tracees,
	},
};

static struct utrace_hooks hooks = { wrapped, ARRAY_SIZE(wrapped) };

/** pt_wrap_init() - bind the hooks, all or none */
int __init pt_wrap_init(void)
{
	return utrace_hooks_redirect(&hooks);
}

/** pt_wrap_exit() - unbind the hooks; nobody is inside when this returns */
void pt_wrap_exit(void)
{
	utrace_hooks_unredirect(&hooks);
	pt_seccomp_exit();
	/* Who has not entered looks for that, and does not sleep meanwhile. */
	synchronize_rcu_tasks();
	pt_status_exit();
}

/*
 * /proc/PID/mem, by which gdb plants its breakpoints. Kernels of today (6.12, if
 * configured so) let a tracer alone write there what the program itself may not,
 * and look for that in the kernel's own ptrace. Others of this function's callers
 * want anonymous memory only.
 */
void pt_adjust_access_remote_vm(unsigned long *args)
{
	struct pt_tracer *tracer = pt_tracer_current();
	struct task_struct *task __free(put_task) = NULL;

	if (!tracer || args[4] & FOLL_ANON)
		return;
	task = pt_get_task_with(tracer, (void *)args[0]);
	if (!task)
		return;
	args[4] |= FOLL_FORCE;
	if (args[4] & FOLL_WRITE)
		pt_breakpoints_note(tracer, task, (void *)args[0], args[1], (void *)args[2],
				    (int)args[3]);
}

long pt_wrap___x64_sys_ptrace(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	long ret;

	if (pt_ptrace(tracer, regs->di, regs->si, regs->dx, regs->r10, &ret))
		return ret;
	return pt_body___x64_sys_ptrace(regs);
}

long pt_wrap___ia32_compat_sys_ptrace(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	long ret;

	if (pt_ptrace(tracer, (int)regs->bx, (int)regs->cx, (u32)regs->dx, (u32)regs->si, &ret))
		return ret;
	return pt_body___ia32_compat_sys_ptrace(regs);
}

long pt_wrap___x64_sys_wait4(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	struct pt_regs once = *regs;
	struct pt_wait wait = {
		.original = pt_body___x64_sys_wait4,
		.once = &once,
		.options = regs->dx | WEXITED,
		.status = (int __user *)regs->si,
		.rusage = (void __user *)regs->r10,
	};

	once.dx |= WNOHANG;
	return pt_wait4(tracer, &wait, regs->di);
}

static long compat_wait4(const struct pt_regs *regs, struct pt_tracer *tracer,
			 long (*original)(const struct pt_regs *regs), u32 rusage)
{
	struct pt_regs once = *regs;
	struct pt_wait wait = {
		.original = original,
		.once = &once,
		.compat = true,
		.options = (int)regs->dx | WEXITED,
		.status = compat_ptr(regs->cx),
		.rusage = compat_ptr(rusage),
	};

	once.dx |= WNOHANG;
	return pt_wait4(tracer, &wait, regs->bx);
}

long pt_wrap___ia32_compat_sys_wait4(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	return compat_wait4(regs, tracer, pt_body___ia32_compat_sys_wait4, regs->si);
}

long pt_wrap___ia32_sys_waitpid(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	return compat_wait4(regs, tracer, pt_body___ia32_sys_waitpid, 0);
}

long pt_wrap___x64_sys_waitid(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	struct pt_regs once = *regs;
	struct pt_wait wait = {
		.original = pt_body___x64_sys_waitid,
		.once = &once,
		.options = regs->r10,
		.info = (void __user *)regs->dx,
		.rusage = (void __user *)regs->r8,
	};

	once.r10 |= WNOHANG;
	/* Without @info only this tells whether there is a child: see pt_waitid(). */
	wait.once_rusage = &once.r8;
	return pt_waitid(tracer, &wait, regs->di, regs->si);
}

long pt_wrap___ia32_compat_sys_waitid(const struct pt_regs *regs, struct pt_tracer *tracer)
{
	struct pt_regs once = *regs;
	struct pt_wait wait = {
		.original = pt_body___ia32_compat_sys_waitid,
		.once = &once,
		.compat = true,
		.options = (int)regs->si,
		.info = compat_ptr(regs->dx),
		.rusage = compat_ptr(regs->di),
	};

	once.si |= WNOHANG;
	wait.once_rusage = &once.di;
	return pt_waitid(tracer, &wait, regs->bx, regs->cx);
}
