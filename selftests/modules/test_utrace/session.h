/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of test_utrace.ko share.
 *
 * Who keeps what alive: a session lives as long as its file or one of its
 * engines. A struct test_engine is the data of an engine; it has a reference
 * from that until release(), and one from the list of the session. The list
 * also owns a reference to every engine on it that it knows.
 */
#ifndef _TEST_UTRACE_SESSION_H
#define _TEST_UTRACE_SESSION_H

#include <linux/kref.h>
#include <linux/module.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/utrace.h>
#include <linux/wait.h>

#include "../../test_utrace.h"

/**
 * struct test_session - an open file
 */
struct test_session {
	/** @ref: One for the file, one per engine. */
	struct kref ref;
	/** @nr_engines: Engines whose release() has not run. */
	atomic_t nr_engines;

	/** @lock: Protects @engines; writers of @closed. */
	struct mutex lock;
	/** @engines: struct test_engine, each with a reference to its engine. */
	struct list_head engines;
	/** @closed: The file is gone, @engines stays empty. */
	bool closed;

	/** @log_lock: Protects what follows; innermost. */
	spinlock_t log_lock;
	/** @rules: The first that fits counts. */
	struct test_utrace_rule rules[TEST_UTRACE_MAX_RULES];
	/** @nr_rules: How many there are. */
	unsigned int nr_rules;
	/** @head: Events ever logged. */
	u64 head;
	/** @tail: Events ever read. */
	u64 tail;
	/** @lost: Events that found no room. */
	u32 lost;
	/** @log: Ring of TEST_UTRACE_MAX_EVENTS. */
	struct test_utrace_event *log;

	/** @readers: Wait for @head to move. */
	wait_queue_head_t readers;
	/** @gate: Where TEST_UTRACE_BLOCK waits for @opened to move. */
	wait_queue_head_t gate;
	/** @opened: How often TEST_UTRACE_IOC_GO was called. */
	atomic_t opened;
};

/**
 * struct test_engine - data of one engine
 *
 * But for @engine, @entry and @examiner it does not change once it is attached.
 */
struct test_engine {
	/** @ref: One for the engine, one for the list of the session. */
	struct kref ref;
	/** @session: Referenced. */
	struct test_session *session;
	/** @task: Referenced. */
	struct task_struct *task;
	/**
	 * @engine: Valid while @entry is on the list of the session. NULL: not
	 * known yet, inherit() made the data and the core is making the engine.
	 */
	struct utrace_engine *engine;
	/** @entry: In the list of the session, or empty. */
	struct list_head entry;
	/** @id: The test's name for it. */
	u32 id;
	/** @flags: TEST_UTRACE_*. */
	u32 flags;
	/** @events: What it asks for when it is attached. */
	u32 events;
	/** @tid: Thread ID of @task, also when that is gone. */
	pid_t tid;
	/** @examiner: For one examiner at a time. */
	struct utrace_examiner examiner;
};

/* main.c */
void test_session_put(struct test_session *session);

/* log.c */
void test_log(struct test_engine *te, const struct test_utrace_event *event);
bool test_take_rule(struct test_engine *te, const struct test_utrace_event *event,
		    struct test_utrace_rule *taken);

/* callbacks.c */
const struct utrace_engine_ops *test_ops_of(u32 flags);

/* engine.c */
struct test_engine *test_engine_new(struct test_session *session,
				    struct task_struct *task, u32 id, u32 flags, u32 events);
struct test_engine *test_engine_get(struct test_session *session, u32 id, pid_t tid);
int test_detach(struct task_struct *task, struct utrace_engine *engine);
int test_attach_child(struct test_engine *parent, struct task_struct *child);
int test_attach_other(struct test_engine *te, pid_t tid);
void *test_inherit(struct test_engine *parent, struct task_struct *child);
long test_attach_task(struct test_session *session, struct pid *pid,
		      struct task_struct *task, const struct test_utrace_attach *req);
void test_engine_forget(struct test_engine *te);
void test_detach_all(struct test_session *session);
void test_release(void *data);
void test_free_shared(void);

/* ioctl.c */
long test_ioctl(struct file *file, unsigned int cmd, unsigned long arg);

/* request.c */
long test_ioctl_request(void __user *arg);

#endif /* _TEST_UTRACE_SESSION_H */
