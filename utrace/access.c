// SPDX-License-Identifier: GPL-2.0
/*
 * Who may attach, how often, and what becomes of an engine when a program gains
 * privileges.
 *
 * An engine is privileged where whoever attached it had CAP_SYS_PTRACE: in the
 * target's user namespace and below. An engine that another one attaches in a
 * callback has what that one has, not what the traced thread has.
 */
#include <linux/binfmts.h>
#include <linux/capability.h>
#include <linux/cred.h>
#include <linux/hashtable.h>
#include <linux/mutex.h>
#include <linux/moduleparam.h>
#include <linux/ptrace.h>
#include <linux/security.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include <linux/user_namespace.h>
#include "core.h"
#include "hooks.h"

static unsigned int max_engines = 1 << 16;
module_param(max_engines, uint, 0644);
MODULE_PARM_DESC(max_engines, "engines of one user, who has no CAP_SYS_RESOURCE");

/**
 * struct utrace_user - engines that one user has attached
 * @uid: The user.
 * @engines: How many there are; at zero it is freed.
 * @hash: By @uid.
 */
struct utrace_user {
	kuid_t uid;
	unsigned int engines;
	struct hlist_node hash;
};

static DEFINE_HASHTABLE(users, 6);
static DEFINE_SPINLOCK(users_lock);

static struct utrace_user *__find_user(kuid_t uid)
{
	struct utrace_user *user;

	lockdep_assert_held(&users_lock);
	hash_for_each_possible(users, user, hash, __kuid_val(uid))
		if (uid_eq(user->uid, uid))
			return user;
	return NULL;
}

/* Takes @spare if the user has none so far. */
static struct utrace_user *__charge(kuid_t uid, bool unlimited, struct utrace_user **spare)
{
	struct utrace_user *user = __find_user(uid);

	lockdep_assert_held(&users_lock);
	if (user && user->engines >= READ_ONCE(max_engines) && !unlimited)
		return ERR_PTR(-EDQUOT);
	if (!user) {
		user = *spare;
		*spare = NULL;
		user->uid = uid;
		hash_add(users, &user->hash, __kuid_val(uid));
	}
	user->engines++;
	return user;
}

static struct utrace_user *charge(kuid_t uid, bool unlimited)
{
	struct utrace_user *spare = kzalloc_obj(*spare);
	struct utrace_user *user;

	if (!spare)
		return ERR_PTR(-ENOMEM);
	scoped_guard(spinlock, &users_lock)
		user = __charge(uid, unlimited, &spare);
	kfree(spare);
	return user;
}

static void uncharge(struct utrace_user *user)
{
	scoped_guard(spinlock, &users_lock) {
		if (--user->engines)
			return;
		hash_del(&user->hash);
	}
	kfree(user);
}

/* The engine in whose callback the current thread is. */
static struct utrace_engine *attaching_engine(void)
{
	struct utrace_task *ut = utrace_task_current();

	return ut ? ut->reporting : NULL;
}

static bool is_privileged_in(const struct utrace_engine *engine, struct user_namespace *ns)
{
	if (!engine->privileged)
		return false;
	for (; ns; ns = ns->parent)
		if (ns == engine->privileged->user_ns)
			return true;
	return false;
}

/*
 * An engine may attach to what its thread creates while that cannot run: it is no
 * more than its thread yet. To others, if it is privileged or its thread could
 * ptrace them.
 */
static bool may_attach(struct task_struct *task, const struct cred *target,
		       const struct utrace_engine *attacher)
{
	if (attacher && (task == utrace_task_current()->child ||
			 is_privileged_in(attacher, target->user_ns)))
		return true;
	return ptrace_may_access(task, PTRACE_MODE_ATTACH_REALCREDS);
}

static int wait_for_controller(struct utrace_engine *engine, struct task_struct *task)
{
	struct pid *tgid;
	int err;

	if (!(engine->flags & UTRACE_ATTACH_CONTROLLER))
		return 0;
	/* One that is released has none any more. */
	tgid = get_task_pid(task, PIDTYPE_TGID);
	if (!tgid)
		return -ESRCH;
	err = utrace_edge_get(tgid, engine->controller);
	if (err)
		put_pid(tgid);
	else
		engine->controlled = tgid;
	return err;
}

static void set_owner(struct utrace_engine *engine, const struct cred *target,
		      const struct utrace_engine *attacher)
{
	if (attacher) {
		if (attacher->privileged)
			engine->privileged = get_cred(attacher->privileged);
		if (attacher->controller)
			engine->controller = get_pid(attacher->controller);
	} else {
		if (ns_capable(target->user_ns, CAP_SYS_PTRACE))
			engine->privileged = get_cred(target);
		engine->controller = get_pid(task_tgid(current));
	}
}

/*
 * Whoever execs has the mutex, and waits until the other threads of the process
 * are dead. One of them that is in its EXIT report would wait for itself; others
 * are killed. From outside, any signal ends the wait: whoever holds such a
 * thread stopped must be able to let it go.
 */
static int lock_credentials(struct task_struct *task, const struct utrace_engine *attacher)
{
	struct mutex *mutex = &task->signal->cred_guard_mutex;

	/* The REAP report of a leader whose place we take: we have the mutex ourselves. */
	if (current->in_execve && task->signal == current->signal)
		return mutex_trylock(mutex) ? 0 : -EINTR;
	if (!attacher)
		return mutex_lock_interruptible(mutex) ? -EINTR : 0;
	if (current->flags & PF_EXITING && task->signal == current->signal)
		return mutex_trylock(mutex) ? 0 : -ESRCH;
	return mutex_lock_killable(mutex) ? -EINTR : 0;
}

/**
 * utrace_access_begin() - may the current thread attach this engine?
 * @engine: A new engine.
 * @task: The thread that it is for.
 *
 * Return: 0: do it, then utrace_access_end(). Until then @task does not change
 * its credentials by exec. On an error there is nothing to undo but
 * utrace_access_put().
 */
int utrace_access_begin(struct utrace_engine *engine, struct task_struct *task)
{
	const struct utrace_engine *attacher = attaching_engine();
	const struct cred *target;
	struct utrace_user *user;
	int err;

	engine->unlimited = attacher ? attacher->unlimited : capable(CAP_SYS_RESOURCE);
	user = charge(attacher ? attacher->user->uid : current_uid(), engine->unlimited);
	if (IS_ERR(user))
		return PTR_ERR(user);
	engine->user = user;
	err = lock_credentials(task, attacher);
	if (err)
		return err;
	target = get_task_cred(task);
	if (may_attach(task, target, attacher)) {
		set_owner(engine, target, attacher);
		err = wait_for_controller(engine, task);
	} else {
		err = -EPERM;
	}
	put_cred(target);
	if (err)
		mutex_unlock(&task->signal->cred_guard_mutex);
	return err;
}

/** utrace_access_end() - the engine is attached, or will not be */
void utrace_access_end(struct task_struct *task)
{
	mutex_unlock(&task->signal->cred_guard_mutex);
}

/**
 * utrace_access_put() - let go of what an engine holds by having been attached
 * @engine: An engine that goes.
 */
void utrace_access_put(struct utrace_engine *engine)
{
	if (engine->controlled)
		utrace_edge_put(engine->controlled, engine->controller);
	put_pid(engine->controlled);
	if (engine->privileged)
		put_cred(engine->privileged);
	put_pid(engine->controller);
	if (engine->user)
		uncharge(engine->user);
}

static bool has_unsafe_engine(struct utrace_task *ut)
{
	struct user_namespace *ns = current_user_ns();
	struct utrace_engine *engine;

	guard(spinlock)(&ut->lock);
	__utrace_update_engines(ut);
	list_for_each_entry(engine, &ut->attached, entry)
		if (engine->state == UTRACE_ENGINE_ATTACHED &&
		    engine->flags & UTRACE_ATTACH_UNSAFE_EXEC && !is_privileged_in(engine, ns))
			return true;
	return false;
}

/**
 * utrace_hook_security_bprm_creds_for_exec() - before a program's privileges are known
 * @args: struct linux_binprm.
 *
 * Says what ptrace would say of itself, but as the sharing of a process with
 * others: for the kernel asks about a ptracer's credentials, and there is none.
 */
void utrace_hook_security_bprm_creds_for_exec(unsigned long *args)
{
	struct linux_binprm *bprm = (struct linux_binprm *)args[0];
	struct utrace_task *ut = utrace_task_current();

	if (!ut)
		return;
	ut->bprm = bprm;
	if (has_unsafe_engine(ut))
		bprm->unsafe |= LSM_UNSAFE_SHARE;
}

static bool gains_privileges(const struct linux_binprm *bprm)
{
	const struct cred *old = current_cred(), *new = bprm->cred;

	return !uid_eq(new->euid, old->euid) || !gid_eq(new->egid, old->egid) ||
	       !cap_issubset(new->cap_permitted, old->cap_permitted);
}

/*
 * What a user may not see: privileges that are not his, and a program that he
 * may run but not read. With UNSAFE_EXEC a set-uid program has been denied its
 * privileges; what still is "secure" of it is that it does not trust its
 * environment.
 */
static bool is_secret_from(const struct linux_binprm *bprm, const struct utrace_engine *engine)
{
	if (is_privileged_in(engine, bprm->cred->user_ns))
		return false;
	if (gains_privileges(bprm) || bprm->interp_flags & BINPRM_FLAGS_ENFORCE_NONDUMP)
		return true;
	return bprm->secureexec && !(engine->flags & UTRACE_ATTACH_UNSAFE_EXEC);
}

/**
 * utrace_hook_security_bprm_committing_creds() - before a program gets its privileges
 * @args: struct linux_binprm.
 *
 * From here on no unprivileged engine sees or holds the thread.
 */
void utrace_hook_security_bprm_committing_creds(unsigned long *args)
{
	const struct linux_binprm *bprm = (const struct linux_binprm *)args[0];
	struct utrace_task *ut = utrace_task_current();
	struct utrace_engine *engine;

	if (!ut)
		return;
	guard(spinlock)(&ut->lock);
	__utrace_update_engines(ut);
	list_for_each_entry(engine, &ut->attached, entry)
		if (engine->state == UTRACE_ENGINE_ATTACHED && is_secret_from(bprm, engine))
			__utrace_detach_begin(ut, engine);
}
