// SPDX-License-Identifier: GPL-2.0
/*
 * Engines that do anything an engine may, by chance: selftests/stress/ drives
 * them by /dev/utrace_stress, selftests/test_stress.h.
 *
 * Chance is a number per engine, which its seed determines. What a worker of
 * the test relies on stays as it is: only getppid(2) is changed, and a hold
 * always has a timeout, so that whoever is alive makes progress.
 */
#include <linux/delay.h>
#include <linux/elf.h>
#include <linux/miscdevice.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/pid.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/utrace.h>

#include "../test_stress.h"

/* Engines beget engines; not without end. */
#define MAX_ENGINES	300
#define HOLD_MS		100

/**
 * struct stress_engine - data of one engine
 */
struct stress_engine {
	/** @chance: Advanced by the thread in its callbacks; a race does no harm. */
	u64 chance;
	/** @request: How it was attached. */
	struct test_stress_request request;
};

/**
 * struct stress_file - a controller
 */
struct stress_file {
	/** @lock: One operation at a time. */
	struct mutex lock;
	/** @engines: With a reference each, or NULL. */
	struct utrace_engine *engines[TEST_STRESS_SLOTS];
	/** @tasks: Of those engines, with a reference each. */
	struct task_struct *tasks[TEST_STRESS_SLOTS];
};

static atomic_t nr_engines = ATOMIC_INIT(0);
static atomic64_t nr_made = ATOMIC64_INIT(0);
static atomic64_t nr_callbacks = ATOMIC64_INIT(0);
static atomic_t nr_strange = ATOMIC_INIT(0);
static bool leaving;
static DEFINE_MUTEX(taken_by_callbacks);

/* What the core promises never to answer. */
static void expect(bool is_right, const char *what, long answer)
{
	if (is_right)
		return;
	atomic_inc(&nr_strange);
	pr_info_ratelimited("test_stress: %s answered %ld\n", what, answer);
}

/* xorshift64*; the upper half is good. */
static u32 chance(struct stress_engine *se)
{
	u64 x = READ_ONCE(se->chance);

	x ^= x >> 12;
	x ^= x << 25;
	x ^= x >> 27;
	WRITE_ONCE(se->chance, x);
	return (x * 0x2545f4914f6cdd1dULL) >> 32;
}

static bool one_in(struct stress_engine *se, u32 n)
{
	return chance(se) % n == 0;
}

static int stress_attach(struct task_struct *task, const struct test_stress_request *request,
			 struct utrace_engine **attached);

static unsigned long some_events(struct stress_engine *se)
{
	return one_in(se, 2) ? UTRACE_EVENTS_ALL : chance(se) & UTRACE_EVENTS_ALL;
}

static void attach_another(struct stress_engine *se, struct task_struct *task)
{
	struct test_stress_request request = se->request;
	struct utrace_engine *engine;

	request.seed = (u64)chance(se) << 32 | chance(se);
	if (stress_attach(task, &request, &engine) == 0)
		utrace_engine_put(engine);
}

static void touch_user_memory(void)
{
	unsigned long sp = current_user_stack_pointer();
	char c;

	if (current->mm && !copy_from_user(&c, (void __user *)sp, 1) &&
	    copy_to_user((void __user *)sp, &c, 1))
		return;
}

static void allocate(struct stress_engine *se)
{
	void *p = kmalloc(1 << (5 + chance(se) % 10), GFP_KERNEL);

	kfree(p);
}

static void stress_control(struct stress_engine *se, struct utrace_engine *engine)
{
	int err = utrace_control(current, engine, chance(se) % (UTRACE_RESUME_MAX + 1));

	/* -EBUSY: stepping, with a ptracer. */
	expect(!err || err == -ESRCH || err == -EINVAL || err == -EALREADY ||
	       err == -EINPROGRESS || err == -EBUSY, "utrace_control() in a callback", err);
}

static DECLARE_WAIT_QUEUE_HEAD(waiting);

static bool by_chance(void *data)
{
	return one_in(data, 3);
}

/* Until somebody wakes us, or it is time: in a stop, or dying or not. */
static void wait_here(struct stress_engine *se,
		      int (*wait)(wait_queue_head_t *queue, bool (*done)(void *data), void *data,
				  unsigned long timeout))
{
	int err;

	if (!one_in(se, 64) || READ_ONCE(leaving))
		return;
	err = wait(&waiting, by_chance, se, msecs_to_jiffies(1 + chance(se) % HOLD_MS));
	expect(!err || err == -ETIME || err == -EINTR, "a wait in a callback", err);
}

/* What may be done in any callback. */
static void do_something(struct stress_engine *se, struct utrace_engine *engine)
{
	int err = 0;

	switch (chance(se) % 256) {
	case 0 ... 3:
		usleep_range(20, 2000);
		break;
	case 4:
		msleep_interruptible(chance(se) % 50);
		break;
	case 5 ... 6:
		mutex_lock(&taken_by_callbacks);
		cond_resched();
		mutex_unlock(&taken_by_callbacks);
		break;
	case 7 ... 9:
		allocate(se);
		break;
	case 10 ... 12:
		touch_user_memory();
		break;
	case 13 ... 14:
		err = utrace_set_events(current, engine, some_events(se));
		break;
	case 15 ... 16:
		stress_control(se, engine);
		break;
	case 17:
		attach_another(se, current);
		break;
	case 18:
		err = utrace_barrier(current, engine);
		break;
	case 19:
		err = utrace_barrier_timeout(current, engine, 1);
		break;
	case 20:
		err = utrace_set_scope(current, engine, chance(se) % 3, chance(se) % 4);
		break;
	case 21 ... 22:
		utrace_request();
		break;
	case 23 ... 26:
		wake_up(&waiting);
		break;
	}
	expect(!err || err == -ESRCH || err == -EALREADY, "the core in a callback", err);
}

static enum utrace_resume_action answer(struct stress_engine *se)
{
	if (READ_ONCE(leaving))
		return UTRACE_DETACH;
	switch (chance(se) % 512) {
	case 0 ... 1:
		return UTRACE_STOP;
	case 2 ... 5:
		return UTRACE_INTERRUPT;
	case 6 ... 13:
		return UTRACE_REPORT;
	case 14 ... 17:
		return UTRACE_SINGLESTEP;
	case 18 ... 20:
		return UTRACE_BLOCKSTEP;
	case 21:
		return UTRACE_DETACH;
	default:
		return UTRACE_RESUME;
	}
}

static enum utrace_resume_action stress(struct utrace_engine *engine)
{
	struct stress_engine *se = engine->data;

	might_sleep();
	atomic64_inc(&nr_callbacks);
	do_something(se, engine);
	return answer(se);
}

static enum utrace_resume_action stress_quiesce(enum utrace_resume_action action,
						struct utrace_engine *engine, unsigned long event)
{
	return stress(engine);
}

static enum utrace_resume_action stress_entry(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      struct utrace_syscall *call)
{
	struct stress_engine *se = engine->data;

	wait_here(se, utrace_callback_stop);
	if (one_in(se, 64))
		utrace_syscall_recheck(call);
	if (call->entry_nr != __NR_getppid)
		return stress(engine);
	switch (chance(se) % 16) {
	case 0:
		utrace_syscall_abort(call, -EPERM);
		break;
	case 1:
		utrace_syscall_set_nr(call, __NR_getpid);
		break;
	case 2:
		utrace_syscall_set_argument(call, chance(se) % 6, chance(se));
		break;
	}
	return stress(engine);
}

static enum utrace_resume_action stress_exit_of_call(enum utrace_resume_action action,
						     struct utrace_engine *engine,
						     struct utrace_syscall *call)
{
	if (call->entry_nr == __NR_getppid && one_in(engine->data, 16))
		utrace_syscall_set_result(call, 1);
	return stress(engine);
}

/* In the program's text only as long as it is the program that we know. */
static void other_handler(struct stress_engine *se, struct utrace_signal *signal)
{
	struct k_sigaction handler = {
		.sa.sa_handler = (__sighandler_t)se->request.handler,
		.sa.sa_flags = SA_RESTORER,
		.sa.sa_restorer = (__sigrestore_t)se->request.restorer,
	};

	if (strcmp(current->comm, TEST_STRESS_COMM) == 0)
		utrace_signal_set_handler(signal, &handler);
}

static void other_signal(struct stress_engine *se, struct utrace_signal *signal)
{
	kernel_siginfo_t info;

	clear_siginfo(&info);
	info.si_signo = 1 + chance(se) % _NSIG;
	info.si_code = SI_KERNEL;
	/* Not one that would end the program each time: that it does anyway. */
	if (!sig_kernel_only(info.si_signo))
		utrace_signal_replace(signal, &info);
}

static void change_signal(struct stress_engine *se, struct utrace_signal *signal)
{
	switch (chance(se) % 128) {
	case 0 ... 5:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_IGN);
		break;
	case 6 ... 11:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_DELIVER);
		break;
	case 12:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_TERM);
		break;
	case 13:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_CORE);
		break;
	case 14:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_STOP);
		break;
	case 15:
		utrace_signal_set_action(signal, UTRACE_SIGNAL_TSTP);
		break;
	case 16 ... 19:
		other_signal(se, signal);
		break;
	case 20 ... 27:
		other_handler(se, signal);
		break;
	case 28 ... 35:
		utrace_signal_hold(signal);
		break;
	}
}

static enum utrace_resume_action stress_signal(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       struct utrace_signal *signal)
{
	enum utrace_resume_action ret = stress(engine);

	wait_here(engine->data, utrace_callback_stop);
	if (signal->event != UTRACE_EVENT(SIGNAL_HANDLER) && !READ_ONCE(leaving))
		change_signal(engine->data, signal);
	return ret;
}

static enum utrace_resume_action stress_jctl(enum utrace_resume_action action,
					     struct utrace_engine *engine, int type)
{
	return stress(engine);
}

static enum utrace_resume_action stress_request(enum utrace_resume_action action,
						struct utrace_engine *engine, u64 cookie)
{
	return stress(engine);
}

static enum utrace_resume_action stress_clone(enum utrace_resume_action action,
					      struct utrace_engine *engine,
					      unsigned long clone_flags,
					      struct task_struct *child)
{
	struct stress_engine *se = engine->data;

	if (one_in(se, 8))
		attach_another(se, child);
	return stress(engine);
}

static enum utrace_resume_action stress_cloned(enum utrace_resume_action action,
					       struct utrace_engine *engine,
					       unsigned long clone_flags, struct pid *child)
{
	wait_here(engine->data, utrace_callback_stop);
	return stress(engine);
}

static enum utrace_resume_action stress_exec(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     const struct linux_binprm *bprm,
					     struct pt_regs *regs)
{
	return stress(engine);
}

static enum utrace_resume_action stress_exit(enum utrace_resume_action action,
					     struct utrace_engine *engine,
					     long orig_code, long *code)
{
	wait_here(engine->data, utrace_callback_wait);
	if (one_in(engine->data, 64))
		*code = chance(engine->data) & 0xff00;
	return stress(engine);
}

static enum utrace_resume_action stress_death(struct utrace_engine *engine,
					      bool group_dead, int signal)
{
	return stress(engine);
}

static void stress_reap(struct utrace_engine *engine, struct task_struct *task)
{
	atomic64_inc(&nr_callbacks);
}

static struct stress_engine *stress_engine_new(const struct test_stress_request *request)
{
	struct stress_engine *se;

	if (READ_ONCE(leaving) || atomic_read(&nr_engines) >= MAX_ENGINES)
		return NULL;
	se = kzalloc(sizeof(*se), GFP_KERNEL);
	if (!se)
		return NULL;
	se->request = *request;
	/* Zero would stay zero. */
	se->chance = request->seed ?: 1;
	atomic_inc(&nr_engines);
	atomic64_inc(&nr_made);
	return se;
}

static void *stress_inherit(struct utrace_engine *engine, struct task_struct *child)
{
	struct stress_engine *parent = engine->data;
	struct test_stress_request request = parent->request;

	request.seed = (u64)chance(parent) << 32 | chance(parent);
	return stress_engine_new(&request) ?: ERR_PTR(-EAGAIN);
}

static void stress_release(void *data)
{
	kfree(data);
	atomic_dec(&nr_engines);
}

#define STRESS_OPS(where)						\
	{								\
		.owner			= THIS_MODULE,			\
		.name			= "stress",			\
		.level			= where,			\
		.report_quiesce		= stress_quiesce,		\
		.report_syscall_entry	= stress_entry,			\
		.report_syscall_exit	= stress_exit_of_call,		\
		.report_signal		= stress_signal,		\
		.report_jctl		= stress_jctl,			\
		.report_request		= stress_request,		\
		.report_clone		= stress_clone,			\
		.report_cloned		= stress_cloned,		\
		.report_exec		= stress_exec,			\
		.report_exit		= stress_exit,			\
		.report_death		= stress_death,			\
		.report_reap		= stress_reap,			\
		.inherit		= stress_inherit,		\
		.release		= stress_release,		\
	}

static const struct utrace_engine_ops stress_ops[] = {
	STRESS_OPS(-1), STRESS_OPS(0), STRESS_OPS(0), STRESS_OPS(1),
};

static bool is_worker(struct task_struct *task)
{
	return uid_eq(task_uid(task), KUIDT_INIT(TEST_STRESS_UID));
}

static int stress_attach(struct task_struct *task, const struct test_stress_request *request,
			 struct utrace_engine **attached)
{
	static const unsigned int flags[] = { 0, UTRACE_ATTACH_EXCLUSIVE | UTRACE_ATTACH_MATCH_OPS,
					      UTRACE_ATTACH_UNSAFE_EXEC, UTRACE_ATTACH_CONTROLLER };
	struct utrace_engine *engine;
	struct stress_engine *se;
	int err;

	if (!is_worker(task))
		return -EPERM;
	se = stress_engine_new(request);
	if (!se)
		return -EAGAIN;
	engine = utrace_attach_task(task,
				    UTRACE_ATTACH_CREATE | flags[chance(se) % ARRAY_SIZE(flags)],
				    &stress_ops[chance(se) % ARRAY_SIZE(stress_ops)], se);
	if (IS_ERR(engine)) {
		stress_release(se);
		return PTR_ERR(engine);
	}
	/* Before the first event: no hold without an end. */
	err = utrace_set_stop_timeout(task, engine, 1 + chance(se) % HOLD_MS);
	if (!err)
		err = utrace_set_scope(task, engine, chance(se) % 3, chance(se) % 4);
	if (!err)
		err = utrace_set_events(task, engine, some_events(se));
	expect(!err || err == -ESRCH || err == -EALREADY, "utrace_set_events() of a new engine",
	       err);
	*attached = engine;
	return 0;
}

/* The controllers. */

static void forget(struct stress_file *file, unsigned int slot)
{
	if (!file->engines[slot])
		return;
	utrace_engine_put(file->engines[slot]);
	put_task_struct(file->tasks[slot]);
	file->engines[slot] = NULL;
}

static int detach(struct task_struct *task, struct utrace_engine *engine)
{
	int err = utrace_control(task, engine, UTRACE_DETACH);

	expect(!err || err == -EINPROGRESS || err == -ESRCH || err == -EALREADY,
	       "utrace_control(DETACH)", err);
	if (err == -EINPROGRESS)
		err = utrace_barrier_killable(task, engine);
	return err;
}

static int wait_for(struct task_struct *task, struct utrace_engine *engine, unsigned int kind)
{
	switch (kind % 3) {
	case 0:
		return utrace_barrier(task, engine);
	case 1:
		return utrace_barrier_killable(task, engine);
	default:
		return utrace_barrier_timeout(task, engine, 1 + kind % 100);
	}
}

/* What is there, back to where it was. A SIGKILL may come between any two of these. */
static void look_at_registers(struct task_struct *task, struct user_regs_struct *regs)
{
	int n, err;

	n = utrace_get_regset(task, NT_PRSTATUS, regs, sizeof(*regs));
	expect(n > 0 || n == -ESRCH, "utrace_get_regset(NT_PRSTATUS)", n);
	if (n <= 0)
		return;
	err = utrace_set_regset(task, NT_PRSTATUS, regs, n);
	expect(!err || err == -ESRCH, "utrace_set_regset(NT_PRSTATUS)", err);
}

static int look(struct task_struct *task, struct utrace_engine *engine)
{
	struct user_regs_struct regs = { 0 };
	struct utrace_examiner examiner;
	unsigned long word;
	int err;

	err = utrace_prepare_examine(task, engine, &examiner);
	if (err)
		return err;
	look_at_registers(task, &regs);
	if (!utrace_read_memory(task, regs.sp, &word, sizeof(word)))
		err = utrace_write_memory(task, regs.sp, &word, sizeof(word));
	return utrace_finish_examine(task, engine, &examiner) ?: err;
}

static int hold_and_look(struct task_struct *task, struct utrace_engine *engine)
{
	struct utrace_stop_status status;
	int err = utrace_control(task, engine, UTRACE_STOP);

	if (!err || err == -EINPROGRESS) {
		wait_event_interruptible_timeout(*utrace_stop_waitqueue(engine),
						 (utrace_get_stop_status(engine, &status),
						  status.stopped), HZ / 10);
		err = look(task, engine);
	}
	return utrace_control(task, engine, UTRACE_RESUME) ?: err;
}

static int op_on_task(struct stress_file *file, const struct test_stress_request *request,
		      struct task_struct *task)
{
	struct utrace_engine *engine;
	int err = 0;

	if (!is_worker(task))
		return -EPERM;
	if (request->op == TEST_STRESS_FIND) {
		engine = utrace_attach_task(task, UTRACE_ATTACH_MATCH_OPS,
					    &stress_ops[request->arg % ARRAY_SIZE(stress_ops)],
					    NULL);
		err = PTR_ERR_OR_ZERO(engine);
	} else {
		err = stress_attach(task, request, &engine);
	}
	if (err)
		return err;
	forget(file, request->slot);
	file->engines[request->slot] = engine;
	file->tasks[request->slot] = get_task_struct(task);
	return 0;
}

static int op_on_engine(struct stress_file *file, const struct test_stress_request *request)
{
	struct utrace_engine *engine = file->engines[request->slot];
	struct task_struct *task = file->tasks[request->slot];
	struct utrace_stop_status status;
	int err = 0;

	if (!engine)
		return -ENOENT;
	switch (request->op) {
	case TEST_STRESS_FORGET:
		forget(file, request->slot);
		break;
	case TEST_STRESS_DETACH:
		err = detach(task, engine);
		forget(file, request->slot);
		break;
	case TEST_STRESS_SET_EVENTS:
		err = utrace_set_events(task, engine, request->arg & UTRACE_EVENTS_ALL);
		break;
	case TEST_STRESS_CONTROL:
		err = utrace_control(task, engine, request->arg % (UTRACE_RESUME_MAX + 1));
		break;
	case TEST_STRESS_BARRIER:
		err = wait_for(task, engine, request->arg);
		break;
	case TEST_STRESS_SCOPE:
		err = utrace_set_scope(task, engine, request->arg % 4, request->arg2);
		break;
	case TEST_STRESS_TIMEOUT:
		err = utrace_set_stop_timeout(task, engine, 1 + request->arg % (10 * HOLD_MS));
		break;
	case TEST_STRESS_EXAMINE:
		err = hold_and_look(task, engine);
		break;
	case TEST_STRESS_STATUS:
		utrace_get_stop_status(engine, &status);
		break;
	default:
		err = -EINVAL;
	}
	return err;
}

static int stress_do(struct stress_file *file, const struct test_stress_request *request)
{
	struct task_struct *task;
	struct pid *pid;
	int err = -ESRCH;

	if (request->slot >= TEST_STRESS_SLOTS || request->op >= TEST_STRESS_NR_OPS)
		return -EINVAL;
	guard(mutex)(&file->lock);
	if (request->op != TEST_STRESS_ATTACH && request->op != TEST_STRESS_FIND)
		return op_on_engine(file, request);
	pid = find_get_pid(request->tid);
	task = get_pid_task(pid, PIDTYPE_PID);
	if (task) {
		err = op_on_task(file, request, task);
		put_task_struct(task);
	}
	put_pid(pid);
	return err;
}

/* Without UTRACE_ATTACH_CREATE it does not sleep, nor does release(). */
static void leave_task(struct task_struct *task)
{
	struct utrace_engine *engine;
	unsigned int i;
	int err;

	for (i = 0; i < ARRAY_SIZE(stress_ops); i++) {
		engine = utrace_attach_task(task, UTRACE_ATTACH_MATCH_OPS, &stress_ops[i], NULL);
		if (IS_ERR(engine))
			continue;
		err = utrace_control(task, engine, UTRACE_DETACH);
		expect(!err || err == -EINPROGRESS || err == -ESRCH || err == -EALREADY,
		       "utrace_control(DETACH)", err);
		utrace_engine_put(engine);
	}
}

/* One engine of each kind: called until none is left. */
static void leave(void)
{
	struct task_struct *process, *task;

	WRITE_ONCE(leaving, true);
	guard(rcu)();
	for_each_process_thread(process, task)
		leave_task(task);
}

static long stress_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct test_stress_counters counters = {
		.engines = atomic_read(&nr_engines),
		.made = atomic64_read(&nr_made),
		.callbacks = atomic64_read(&nr_callbacks),
		.strange = atomic_read(&nr_strange),
	};
	void __user *user = (void __user *)arg;
	struct test_stress_request request;

	switch (cmd) {
	case TEST_STRESS_IOC_DO:
		if (copy_from_user(&request, user, sizeof(request)))
			return -EFAULT;
		return stress_do(file->private_data, &request);
	case TEST_STRESS_IOC_COUNTERS:
		return copy_to_user(user, &counters, sizeof(counters)) ? -EFAULT : 0;
	case TEST_STRESS_IOC_LEAVE:
		leave();
		return 0;
	default:
		return -ENOTTY;
	}
}

static int stress_open(struct inode *inode, struct file *file)
{
	struct stress_file *sf = kzalloc(sizeof(*sf), GFP_KERNEL);

	if (!sf)
		return -ENOMEM;
	mutex_init(&sf->lock);
	file->private_data = sf;
	return nonseekable_open(inode, file);
}

static int stress_close(struct inode *inode, struct file *file)
{
	struct stress_file *sf = file->private_data;
	unsigned int slot;

	for (slot = 0; slot < TEST_STRESS_SLOTS; slot++) {
		/* Killed while it waits, the engine goes all the same. */
		if (sf->engines[slot])
			detach(sf->tasks[slot], sf->engines[slot]);
		forget(sf, slot);
	}
	kfree(sf);
	return 0;
}

static const struct file_operations stress_fops = {
	.owner		= THIS_MODULE,
	.open		= stress_open,
	.release	= stress_close,
	.unlocked_ioctl	= stress_ioctl,
};

static struct miscdevice stress_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "utrace_stress",
	.mode	= 0600,
	.fops	= &stress_fops,
};
module_misc_device(stress_device);

MODULE_DESCRIPTION("Engines that do anything, by chance");
MODULE_LICENSE("GPL");
