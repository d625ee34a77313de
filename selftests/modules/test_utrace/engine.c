// SPDX-License-Identifier: GPL-2.0
/*
 * Attach, find, detach.
 */
#include <linux/sched/task.h>
#include <linux/slab.h>
#include "session.h"

/**
 * test_engine_new() - data for an engine
 * @session: Its session.
 * @task: The thread.
 * @id: The test's name for it.
 * @flags: TEST_UTRACE_*.
 * @events: What it asks for.
 *
 * Return: with the reference that test_release() lets go.
 */
struct test_engine *test_engine_new(struct test_session *session,
				    struct task_struct *task, u32 id, u32 flags, u32 events)
{
	struct test_engine *te = kzalloc(sizeof(*te), GFP_KERNEL);

	if (!te)
		return NULL;
	kref_init(&te->ref);
	te->session = session;
	te->id = id;
	te->flags = flags;
	te->events = events;
	te->task = task;
	te->tid = task_pid_nr(task);
	INIT_LIST_HEAD(&te->entry);
	get_task_struct(task);
	kref_get(&session->ref);
	atomic_inc(&session->nr_engines);
	return te;
}

static void test_engine_free(struct kref *ref)
{
	struct test_engine *te = container_of(ref, struct test_engine, ref);

	put_task_struct(te->task);
	test_session_put(te->session);
	kfree(te);
}

static void test_engine_put(struct test_engine *te)
{
	kref_put(&te->ref, test_engine_free);
}

/**
 * test_release() - the engine is gone
 * @data: struct test_engine.
 */
void test_release(void *data)
{
	struct test_engine *te = data;

	atomic_dec(&te->session->nr_engines);
	test_engine_put(te);
}

/*
 * Put it on the list of its session, with @engine's reference if it is there
 * already. The thread may be in a callback of the engine: it finds everything
 * but @engine and @entry in place.
 */
static int test_engine_publish(struct test_engine *te, struct utrace_engine *engine)
{
	struct test_session *session = te->session;

	guard(mutex)(&session->lock);
	if (session->closed)
		return -ESHUTDOWN;
	kref_get(&te->ref);
	te->engine = engine;
	list_add_tail(&te->entry, &session->engines);
	return 0;
}

/**
 * test_detach() - detach, and wait for a callback to end
 * @task: The engine's thread.
 * @engine: The engine.
 *
 * Return: as utrace_control(), but 0 when the callback has ended.
 */
int test_detach(struct task_struct *task, struct utrace_engine *engine)
{
	int ret = utrace_control(task, engine, UTRACE_DETACH);

	if (ret != -EINPROGRESS)
		return ret;
	ret = utrace_barrier(task, engine);
	return ret == -ESRCH ? 0 : ret;
}

/* @te is new: what fails here has never been on a list. */
static int test_start(struct test_engine *te, struct utrace_engine *engine)
{
	struct task_struct *task = te->task;
	int ret = 0;

	if (!(te->flags & TEST_UTRACE_NO_EVENTS))
		ret = utrace_set_events(task, engine, te->events);
	if (!ret)
		ret = test_engine_publish(te, engine);
	if (ret) {
		test_detach(task, engine);
		utrace_engine_put(engine);
	}
	return ret;
}

/**
 * test_attach_child() - an engine for a child, like that of its parent
 * @parent: Data of the parent's.
 * @child: Does not run yet.
 */
int test_attach_child(struct test_engine *parent, struct task_struct *child)
{
	struct utrace_engine *engine;
	struct test_engine *te;

	te = test_engine_new(parent->session, child, parent->id, parent->flags,
			     parent->events);
	if (!te)
		return -ENOMEM;
	engine = utrace_attach_task(child, UTRACE_ATTACH_CREATE, test_ops_of(te->flags), te);
	if (IS_ERR(engine)) {
		test_release(te);
		return PTR_ERR(engine);
	}
	return test_start(te, engine);
}

/**
 * test_attach_other() - an engine for another thread, like that of this one
 * @te: Data of the engine in whose callback we are.
 * @tid: The other thread.
 */
int test_attach_other(struct test_engine *te, pid_t tid)
{
	struct task_struct *task;
	struct pid *pid;
	int ret;

	pid = find_get_pid(tid);
	task = get_pid_task(pid, PIDTYPE_PID);
	put_pid(pid);
	if (!task)
		return -ESRCH;
	ret = test_attach_child(te, task);
	put_task_struct(task);
	return ret;
}

/**
 * test_inherit() - data for the engine that the core makes for a child
 * @parent: Data of the parent's.
 * @child: Does not run yet.
 */
void *test_inherit(struct test_engine *parent, struct task_struct *child)
{
	struct test_engine *te;
	int err;

	te = test_engine_new(parent->session, child, parent->id, parent->flags,
			     parent->events);
	if (!te)
		return ERR_PTR(-ENOMEM);
	err = test_engine_publish(te, NULL);
	if (err) {
		test_release(te);
		return ERR_PTR(err);
	}
	return te;
}

/* The engine that the core has made since, and keeps a reference to. */
static bool test_engine_is_known(struct test_engine *te)
{
	struct utrace_engine *engine = te->engine;

	if (!engine) {
		engine = utrace_attach_task(te->task,
					    UTRACE_ATTACH_MATCH_OPS | UTRACE_ATTACH_MATCH_DATA,
					    test_ops_of(te->flags), te);
		if (IS_ERR(engine))
			return false;
		te->engine = engine;
	}
	return true;
}

/**
 * test_engine_get() - an engine of a session
 * @session: The session.
 * @id: The test's name for it.
 * @tid: Its thread; 0: any.
 *
 * Return: with a reference to the engine, which keeps the struct test_engine too.
 */
struct test_engine *test_engine_get(struct test_session *session, u32 id, pid_t tid)
{
	struct test_engine *te;

	guard(mutex)(&session->lock);
	list_for_each_entry(te, &session->engines, entry) {
		if (te->id == id && (!tid || te->tid == tid) && test_engine_is_known(te)) {
			utrace_engine_get(te->engine);
			return te;
		}
	}
	return NULL;
}

/* Children may have engines with this data that nobody here knows. */
static LIST_HEAD(test_shared);
static DEFINE_MUTEX(test_shared_lock);

struct test_shared {
	struct list_head entry;
	struct test_engine *te;
};

static int test_keep_shared(struct test_engine *te)
{
	struct test_shared *shared = kmalloc(sizeof(*shared), GFP_KERNEL);

	if (!shared)
		return -ENOMEM;
	shared->te = te;
	guard(mutex)(&test_shared_lock);
	list_add(&shared->entry, &test_shared);
	return 0;
}

/**
 * test_free_shared() - the module goes: no engine is left
 */
void test_free_shared(void)
{
	struct test_shared *shared, *next;

	list_for_each_entry_safe(shared, next, &test_shared, entry) {
		test_release(shared->te);
		kfree(shared);
	}
}

/**
 * test_attach_task() - attach, or find
 * @session: The session.
 * @pid: The thread.
 * @task: The same.
 * @req: How.
 *
 * Return: the id of the engine, or a negative errno.
 */
long test_attach_task(struct test_session *session, struct pid *pid,
		      struct task_struct *task, const struct test_utrace_attach *req)
{
	unsigned int attach_flags = req->attach_flags ?: UTRACE_ATTACH_CREATE;
	struct test_engine *te, *other = NULL;
	struct utrace_engine *engine;
	void *data;
	long ret;

	te = test_engine_new(session, task, req->id, req->flags, req->events);
	if (!te)
		return -ENOMEM;
	if (req->flags & TEST_UTRACE_SHARED && test_keep_shared(te)) {
		test_release(te);
		return -ENOMEM;
	}
	data = te;
	if (req->match_id) {
		other = test_engine_get(session, req->match_id, 0);
		if (other)
			data = other;
	}

	engine = utrace_attach_pid(pid, attach_flags, test_ops_of(req->flags), data);
	if (IS_ERR(engine)) {
		if (!(req->flags & TEST_UTRACE_SHARED))
			test_release(te);
		ret = PTR_ERR(engine);
	} else if (engine->data != te) {
		/* Found, not made. */
		ret = ((struct test_engine *)engine->data)->id;
		utrace_engine_put(engine);
		if (!(req->flags & TEST_UTRACE_SHARED))
			test_release(te);
	} else {
		ret = test_start(te, engine) ?: req->id;
	}

	if (other)
		utrace_engine_put(other->engine);
	return ret;
}

/**
 * test_engine_forget() - take an engine off the list of its session
 * @te: Its data; the caller has a reference to the engine.
 */
void test_engine_forget(struct test_engine *te)
{
	bool mine;

	scoped_guard(mutex, &te->session->lock) {
		mine = !list_empty(&te->entry);
		list_del_init(&te->entry);
	}
	if (mine) {
		utrace_engine_put(te->engine);
		test_engine_put(te);
	}
}

/**
 * test_detach_all() - the file of a session is closed
 * @session: The session.
 */
void test_detach_all(struct test_session *session)
{
	struct test_engine *te, *next;
	LIST_HEAD(engines);

	scoped_guard(mutex, &session->lock) {
		WRITE_ONCE(session->closed, true);
		list_splice_init(&session->engines, &engines);
	}
	wake_up_all(&session->gate);
	/* Ours alone from here on: whoever comes now sees @closed. */
	list_for_each_entry_safe(te, next, &engines, entry) {
		list_del_init(&te->entry);
		/*
		 * A callback that is still running, because a signal ended the
		 * wait for it, has a reference to all that it uses.
		 */
		if (test_engine_is_known(te)) {
			test_detach(te->task, te->engine);
			utrace_engine_put(te->engine);
		}
		test_engine_put(te);
	}
}
