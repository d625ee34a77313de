// SPDX-License-Identifier: GPL-2.0
/*
 * The callbacks: write down what was said, do what a rule says.
 */
#include <linux/delay.h>
#include <linux/hardirq.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include "session.h"

/* The tests have names of their own for what <linux/utrace.h> defines. */
#define SAME(mine, name)	static_assert((int)TEST_##mine == (int)name)
SAME(QUIESCE, _UTRACE_EVENT_QUIESCE);
SAME(REAP, _UTRACE_EVENT_REAP);
SAME(CLONE, _UTRACE_EVENT_CLONE);
SAME(EXEC, _UTRACE_EVENT_EXEC);
SAME(EXIT, _UTRACE_EVENT_EXIT);
SAME(DEATH, _UTRACE_EVENT_DEATH);
SAME(SYSCALL_ENTRY, _UTRACE_EVENT_SYSCALL_ENTRY);
SAME(SYSCALL_EXIT, _UTRACE_EVENT_SYSCALL_EXIT);
SAME(SIGNAL, _UTRACE_EVENT_SIGNAL);
SAME(SIGNAL_IGN, _UTRACE_EVENT_SIGNAL_IGN);
SAME(SIGNAL_STOP, _UTRACE_EVENT_SIGNAL_STOP);
SAME(SIGNAL_TERM, _UTRACE_EVENT_SIGNAL_TERM);
SAME(SIGNAL_CORE, _UTRACE_EVENT_SIGNAL_CORE);
SAME(SIGNAL_REPORT, _UTRACE_EVENT_SIGNAL_REPORT);
SAME(SIGNAL_HANDLER, _UTRACE_EVENT_SIGNAL_HANDLER);
SAME(JCTL, _UTRACE_EVENT_JCTL);
SAME(REQUEST, _UTRACE_EVENT_REQUEST);
SAME(CLONED, _UTRACE_EVENT_CLONED);
SAME(NEVENTS, _UTRACE_NEVENTS);
SAME(DO_STOP, UTRACE_STOP);
SAME(DO_INTERRUPT, UTRACE_INTERRUPT);
SAME(DO_REPORT, UTRACE_REPORT);
SAME(DO_SINGLESTEP, UTRACE_SINGLESTEP);
SAME(DO_BLOCKSTEP, UTRACE_BLOCKSTEP);
SAME(DO_RESUME, UTRACE_RESUME);
SAME(DO_DETACH, UTRACE_DETACH);
SAME(SIG_DELIVER, UTRACE_SIGNAL_DELIVER);
SAME(SIG_IGN, UTRACE_SIGNAL_IGN);
SAME(SIG_TERM, UTRACE_SIGNAL_TERM);
SAME(SIG_CORE, UTRACE_SIGNAL_CORE);
SAME(SIG_STOP, UTRACE_SIGNAL_STOP);
SAME(SIG_TSTP, UTRACE_SIGNAL_TSTP);
SAME(SCOPE_THREAD, UTRACE_SCOPE_THREAD);
SAME(SCOPE_PROCESS, UTRACE_SCOPE_PROCESS);
SAME(SCOPE_TREE, UTRACE_SCOPE_TREE);
SAME(DEPTH_MAX, UTRACE_DEPTH_MAX);
SAME(ATTACH_MATCH_OPS, UTRACE_ATTACH_MATCH_OPS);
SAME(ATTACH_MATCH_DATA, UTRACE_ATTACH_MATCH_DATA);
SAME(ATTACH_CREATE, UTRACE_ATTACH_CREATE);
SAME(ATTACH_EXCLUSIVE, UTRACE_ATTACH_EXCLUSIVE);
SAME(ATTACH_UNSAFE_EXEC, UTRACE_ATTACH_UNSAFE_EXEC);
SAME(ATTACH_CONTROLLER, UTRACE_ATTACH_CONTROLLER);

static u32 test_context(struct test_engine *te)
{
	u32 flags = 0;

	if (in_atomic() || irqs_disabled() || rcu_preempt_depth() || !rcu_is_watching())
		flags |= TEST_UTRACE_IN_ATOMIC;
	if (te->task != current && !(te->flags & TEST_UTRACE_SHARED))
		flags |= TEST_UTRACE_NOT_CURRENT;
	return flags;
}

static pid_t test_tid(struct test_engine *te)
{
	return te->flags & TEST_UTRACE_SHARED ? task_pid_nr(current) : te->tid;
}

#define TEST_EVENT(te, which, prior)						\
	{ .event = which, .id = (te)->id, .tid = test_tid(te),			\
	  .flags = test_context(te), .action = (int)(prior) }

/* Somebody has opened the gate since, or nobody can any more. */
static bool test_may_pass(struct test_session *session, int opened)
{
	return atomic_read(&session->opened) != opened || READ_ONCE(session->closed);
}

/* What fits every callback; the caller does what needs its own arguments. */
static enum utrace_resume_action test_callback(struct utrace_engine *engine,
					       struct test_utrace_event *event,
					       struct test_utrace_rule *rule)
{
	struct test_engine *te = engine->data;
	struct test_session *session = te->session;
	int opened = atomic_read(&session->opened);
	u64 word;

	/* An inherited engine that the session did not get hold of in time. */
	if (READ_ONCE(session->closed)) {
		memset(rule, 0, sizeof(*rule));
		return UTRACE_DETACH;
	}

	if (!test_take_rule(te, event, rule)) {
		memset(rule, 0, sizeof(*rule));
		test_log(te, event);
		return UTRACE_RESUME;
	}

	if (rule->what & TEST_UTRACE_PEEK) {
		event->values[7] = -EFAULT;
		if (!copy_from_user(&word, u64_to_user_ptr(rule->value), sizeof(word)))
			event->values[7] = word;
	}
	if (rule->what & TEST_UTRACE_REQUEST)
		event->values[7] = utrace_request();
	if (rule->what & TEST_UTRACE_ATTACH)
		event->values[7] = test_attach_other(te, rule->arg);
	test_log(te, event);

	if (rule->what & TEST_UTRACE_SLEEP)
		msleep(rule->sleep_ms);
	if (rule->what & TEST_UTRACE_BLOCK &&
	    wait_event_killable(session->gate, test_may_pass(session, opened)))
		event->flags |= TEST_UTRACE_KILLED;
	if (rule->what & TEST_UTRACE_MOVE_IP)
		task_pt_regs(current)->ip += (long)rule->value;
	event->values[7] = 0;
	if (rule->what & TEST_UTRACE_SET_EVENTS)
		event->values[7] = utrace_set_events(te->task, engine, rule->events);
	if (rule->what & TEST_UTRACE_DETACH_SELF)
		event->values[7] = utrace_control(te->task, engine, UTRACE_DETACH);
	if (rule->what & TEST_UTRACE_BARRIER)
		event->values[7] = utrace_barrier(te->task, engine);
	if (rule->what & TEST_UTRACE_LOG_END) {
		event->flags |= TEST_UTRACE_END;
		test_log(te, event);
	}
	return rule->what & TEST_UTRACE_RETURN ? rule->action : UTRACE_RESUME;
}

static enum utrace_resume_action test_quiesce(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      unsigned long event)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_QUIESCE, action);
	struct test_utrace_rule rule;

	rec.values[0] = event;
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_syscall_entry(enum utrace_resume_action action,
						    struct utrace_engine *engine,
						    struct utrace_syscall *call)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_SYSCALL_ENTRY, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;
	unsigned long args[6];
	int i;

	rec.values[0] = utrace_syscall_nr(call);
	utrace_syscall_get_arguments(call, args);
	for (i = 0; i < 6; i++)
		rec.values[1 + i] = args[i];
	if (call->resumed)
		rec.flags |= TEST_UTRACE_RESUMED;
	if (utrace_syscall_aborted(call))
		rec.flags |= TEST_UTRACE_ABORTED;
	rec.changed = call->changed;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_RECHECK)
		utrace_syscall_recheck(call);
	if (rule.what & TEST_UTRACE_ABORT)
		utrace_syscall_abort(call, rule.result);
	if (rule.what & TEST_UTRACE_SET_NR)
		utrace_syscall_set_nr(call, rule.new_nr);
	if (rule.what & TEST_UTRACE_SET_ARG)
		utrace_syscall_set_argument(call, rule.arg, rule.value);
	return ret;
}

static enum utrace_resume_action test_syscall_exit(enum utrace_resume_action action,
						   struct utrace_engine *engine,
						   struct utrace_syscall *call)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_SYSCALL_EXIT, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;

	rec.values[0] = call->entry_nr;
	rec.values[1] = utrace_syscall_result(call);
	rec.values[2] = utrace_syscall_nr(call);
	if (utrace_syscall_aborted(call))
		rec.flags |= TEST_UTRACE_ABORTED;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_SET_RESULT)
		utrace_syscall_set_result(call, rule.result);
	return ret;
}

static bool has_addr(int signo, int si_code)
{
	return si_code > 0 && (BIT(signo) & (BIT(SIGSEGV) | BIT(SIGBUS) | BIT(SIGFPE) |
					     BIT(SIGILL) | BIT(SIGTRAP)));
}

static void test_replace(struct utrace_signal *signal, const struct test_utrace_rule *rule)
{
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = rule->sig;
	info.si_code = rule->sig_code;
	if (has_addr(rule->sig, rule->sig_code)) {
		info.si_addr = u64_to_user_ptr(rule->sig_value);
	} else {
		info.si_pid = rule->arg;
		info.si_value.sival_ptr = u64_to_user_ptr(rule->sig_value);
	}
	utrace_signal_replace(signal, &info);
}

static void test_set_handler(struct utrace_signal *signal, const struct test_utrace_rule *rule)
{
	struct k_sigaction action = {
		.sa.sa_handler	= (__force __sighandler_t)u64_to_user_ptr(rule->handler),
		.sa.sa_flags	= rule->handler_flags,
		.sa.sa_restorer	= (__force __sigrestore_t)u64_to_user_ptr(rule->handler_restorer),
	};

	action.sa.sa_mask.sig[0] = rule->handler_mask;
	utrace_signal_set_handler(signal, &action);
}

static enum utrace_resume_action test_signal(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     struct utrace_signal *signal)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  __ffs(signal->event), action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;

	rec.values[0] = signal->info.si_signo;
	rec.values[1] = signal->info.si_code;
	rec.values[2] = signal->action;
	/* Whichever of these the signal has; all are within the siginfo. */
	rec.values[3] = signal->info.si_pid;
	rec.values[4] = (__force long)signal->info.si_value.sival_ptr;
	rec.values[5] = (__force long)signal->info.si_addr;
	rec.values[6] = task_pt_regs(current)->ip;
	if (signal->resumed)
		rec.flags |= TEST_UTRACE_RESUMED;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_SIG_REPLACE)
		test_replace(signal, &rule);
	if (rule.what & TEST_UTRACE_SIG_HANDLER)
		test_set_handler(signal, &rule);
	if (rule.what & TEST_UTRACE_SIG_ACTION)
		utrace_signal_set_action(signal, rule.signal_action);
	if (rule.what & TEST_UTRACE_SIG_HOLD)
		utrace_signal_hold(signal);
	return ret;
}

static enum utrace_resume_action test_jctl(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   int type)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_JCTL, action);
	struct test_utrace_rule rule;

	rec.values[0] = type;
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_request(enum utrace_resume_action action,
					      struct utrace_engine *engine, u64 cookie)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_REQUEST, action);
	struct test_utrace_rule rule;

	rec.values[0] = cookie;
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_clone(enum utrace_resume_action action,
					    struct utrace_engine *engine,
					    unsigned long clone_flags,
					    struct task_struct *child)
{
	struct test_engine *te = engine->data;
	struct test_utrace_event rec = TEST_EVENT(te, TEST_CLONE, action);
	struct test_utrace_rule rule;

	rec.values[0] = task_pid_nr(child);
	rec.values[1] = clone_flags;
	if (te->flags & TEST_UTRACE_INHERIT)
		rec.values[2] = test_attach_child(te, child);
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_cloned(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     unsigned long clone_flags, struct pid *child)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_CLONED, action);
	struct test_utrace_rule rule;

	rec.values[0] = pid_nr(child);
	rec.values[1] = clone_flags;
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_exec(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   const struct linux_binprm *bprm,
					   struct pt_regs *regs)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_EXEC, action);
	struct test_utrace_rule rule;

	rec.values[1] = !!bprm;
	rec.values[2] = regs == task_pt_regs(current);
	return test_callback(engine, &rec, &rule);
}

static enum utrace_resume_action test_exit(enum utrace_resume_action action,
					   struct utrace_engine *engine,
					   long orig_code, long *code)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_EXIT, action);
	enum utrace_resume_action ret;
	struct test_utrace_rule rule;

	rec.values[0] = orig_code;
	rec.values[1] = *code;
	rec.values[2] = current->mm && current->files;

	ret = test_callback(engine, &rec, &rule);

	if (rule.what & TEST_UTRACE_SET_CODE)
		*code = rule.result;
	return ret;
}

static enum utrace_resume_action test_death(struct utrace_engine *engine,
					    bool group_dead, int signal)
{
	struct test_utrace_event rec = TEST_EVENT((struct test_engine *)engine->data,
						  TEST_DEATH, -1);
	struct test_utrace_rule rule;

	rec.values[0] = signal;
	if (group_dead)
		rec.flags |= TEST_UTRACE_GROUP_DEAD;
	return test_callback(engine, &rec, &rule);
}

static void test_reap(struct utrace_engine *engine, struct task_struct *task)
{
	struct test_engine *te = engine->data;
	struct test_utrace_event rec = TEST_EVENT(te, TEST_REAP, -1);
	struct test_utrace_rule rule;

	rec.values[0] = task == te->task;
	test_callback(engine, &rec, &rule);
}

static void *test_inherit_op(struct utrace_engine *engine, struct task_struct *child)
{
	struct test_engine *te = engine->data;
	struct test_utrace_event rec = TEST_EVENT(te, TEST_INHERIT_OP, -1);
	struct test_utrace_rule rule;
	int err;

	rec.values[0] = task_pid_nr(child);
	err = test_callback(engine, &rec, &rule);
	if (rule.what & TEST_UTRACE_RETURN)
		return ERR_PTR(err);
	return test_inherit(te, child);
}

#define TEST_CALLBACKS						\
	.owner			= THIS_MODULE,			\
	.report_quiesce		= test_quiesce,			\
	.report_syscall_entry	= test_syscall_entry,		\
	.report_syscall_exit	= test_syscall_exit,		\
	.report_signal		= test_signal,			\
	.report_jctl		= test_jctl,			\
	.report_request		= test_request,			\
	.report_clone		= test_clone,			\
	.report_cloned		= test_cloned,			\
	.report_exec		= test_exec,			\
	.report_exit		= test_exit,			\
	.report_death		= test_death,			\
	.report_reap		= test_reap

static const struct utrace_engine_ops test_ops = {
	TEST_CALLBACKS,
	.name			= "test",
	.inherit		= test_inherit_op,
	.release		= test_release,
};

static const struct utrace_engine_ops test_ops_low = {
	TEST_CALLBACKS,
	.name			= "test_low",
	.level			= -10,
	.inherit		= test_inherit_op,
	.release		= test_release,
};

static const struct utrace_engine_ops test_ops_high = {
	TEST_CALLBACKS,
	.name			= "test_high",
	.level			= 10,
	.inherit		= test_inherit_op,
	.release		= test_release,
};

/* Its data is for any number of engines: there until the module goes. */
static const struct utrace_engine_ops test_ops_shared = {
	TEST_CALLBACKS,
	.name			= "test_shared",
};

static const struct utrace_engine_ops test_ops_no_death = {
	.owner			= THIS_MODULE,
	.name			= "test_no_death",
	.report_quiesce		= test_quiesce,
	.report_syscall_entry	= test_syscall_entry,
	.report_syscall_exit	= test_syscall_exit,
	.release		= test_release,
};

static enum utrace_resume_action empty_syscall(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       struct utrace_syscall *call)
{
	return UTRACE_RESUME;
}

static const struct utrace_engine_ops empty_ops = {
	.owner			= THIS_MODULE,
	.name			= "test_empty",
	.report_syscall_entry	= empty_syscall,
	.report_syscall_exit	= empty_syscall,
	.release		= test_release,
};

/**
 * test_ops_of() - which callbacks an engine has
 * @flags: TEST_UTRACE_*.
 */
const struct utrace_engine_ops *test_ops_of(u32 flags)
{
	if (flags & TEST_UTRACE_EMPTY)
		return &empty_ops;
	if (flags & TEST_UTRACE_NO_DEATH)
		return &test_ops_no_death;
	if (flags & TEST_UTRACE_LEVEL_LOW)
		return &test_ops_low;
	if (flags & TEST_UTRACE_LEVEL_HIGH)
		return &test_ops_high;
	if (flags & TEST_UTRACE_SHARED)
		return &test_ops_shared;
	return &test_ops;
}
