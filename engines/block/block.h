/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of utrace_block.ko share.
 */
#ifndef _UTRACE_BLOCK_H
#define _UTRACE_BLOCK_H

#include <linux/completion.h>
#include <linux/file.h>
#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/mutex.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/utrace.h>
#include <linux/utrace_block.h>
#include <linux/wait.h>

#define BLOCK_HASH_BITS	8

/**
 * struct block_session - an open file of the device
 *
 * The file has a reference, and so has every attached task.
 *
 * @lock is held for no more than a look at the lists: neither a task that waits
 * nor a supervisor that waits or faults holds anything. So a supervisor may be
 * traced itself, and several may share a session.
 */
struct block_session {
	/** @refs: One for the file, one per attached task. */
	struct kref refs;
	/** @setup: As asked for. */
	struct utrace_block_setup setup;
	/** @events: Of the engines. */
	unsigned long events;
	/** @ready: Set up, for good. */
	bool ready;
	/** @strings: By ABI and number: a bit for each argument; read without a lock. */
	u8 *strings[2];
	/** @filter: Which calls; NULL: all. Read without a lock. */
	struct utrace_syscall_filter *filter;
	/** @wait: Supervisors. */
	wait_queue_head_t wait;
	/** @ioctl: One of those that change the session at a time. */
	struct mutex ioctl;
	/** @lock: Protects what follows, and block_task as it says there. */
	spinlock_t lock;
	/** @tasks: block_task.entry of every attached task. */
	struct list_head tasks;
	/** @by_task: block_task.by_task of the same, by the address of the task. */
	DECLARE_HASHTABLE(by_task, 8);
	/** @queue: block_task.queue: events to be received. */
	struct list_head queue;
	/** @stopped: block_task.hash by cookie: without a verdict. */
	struct hlist_head stopped[1 << BLOCK_HASH_BITS];
	/** @closed: No task is added any more, and none waits. */
	bool closed;
	/** @status: Counters. */
	struct utrace_block_status status;
};

/**
 * struct block_strings - captured strings of an event
 *
 * The task and whoever receives them have a reference.
 */
struct block_strings {
	/** @refs: See above. */
	refcount_t refs;
	/** @bytes: Used of @data. */
	u32 bytes;
	/** @data: struct utrace_block_string and bytes, one after the other. */
	char data[] __aligned(8);
};

/**
 * struct block_snapshots - what a call is to read, on its way to the task
 */
struct block_snapshots {
	/** @nr: How many. */
	u32 nr;
	/** @bytes: Used of @data. */
	u32 bytes;
	/** @args: Which arguments. */
	u32 args[UTRACE_BLOCK_MAX_STRINGS];
	/** @offsets: Where each is in @data. */
	u32 offsets[UTRACE_BLOCK_MAX_STRINGS];
	/** @data: The bytes. */
	char data[];
};

/**
 * struct block_addfd - a file on its way to a task; the supervisor waits
 */
struct block_addfd {
	/** @file: Referenced by the supervisor. */
	struct file *file;
	/** @flags: O_CLOEXEC or 0. */
	u32 flags;
	/** @result: Its number, or -errno. */
	int result;
	/** @done: The task has it, or will not. */
	struct completion done;
};

/**
 * struct block_task - an attached task: the engine's data
 *
 * It is alive as long as its task is in a callback: so what is on
 * block_session.queue or .stopped is, under the lock.
 */
struct block_task {
	/** @session: Referenced. */
	struct block_session *session;
	/** @task: Referenced. */
	struct task_struct *task;
	/** @engine: Not referenced: it keeps us. */
	struct utrace_engine *engine;
	/** @entry: In block_session.tasks, under its lock. */
	struct list_head entry;
	/** @by_task: In block_session.by_task, like @entry. */
	struct hlist_node by_task;
	/** @follow: Attach what it creates. */
	bool follow;

	/** @queue: In block_session.queue, or empty; under its lock. */
	struct list_head queue;
	/** @hash: In block_session.stopped, or unhashed; under its lock. */
	struct hlist_node hash;
	/** @wait: The task itself. */
	wait_queue_head_t wait;
	/** @event: What has happened; does not change while it is on a list. */
	struct utrace_block_event event;
	/** @child: CLONE: the one that it has created, referenced, or NULL. */
	struct pid *child;
	/** @strings: Of @event, or NULL. */
	struct block_strings *strings;
	/** @answered: There is a verdict; under the lock. */
	bool answered;
	/** @released: It is to go on without one; set for good, under the lock. */
	bool released;
	/** @verdict: That. */
	struct utrace_block_verdict verdict;
	/** @snapshots: Of @verdict; the task's when it is answered. */
	struct block_snapshots *snapshots;
	/** @addfd: A file for the task, or NULL; under the lock. */
	struct block_addfd *addfd;

	/* The rest is the task's own. */

	/** @asks_later: At the next return to user code; a kind, or -1. */
	int asks_later;
	/** @clone_flags: Of @child. */
	unsigned long clone_flags;
	/**
	 * @changed: UTRACE_BLOCK_ARG() and UTRACE_BLOCK_NR: what to put back when
	 * the call returns. The task changes it, under the lock.
	 */
	u32 changed;
	/** @nr: What it was. */
	int nr;
	/** @args: What they were. */
	unsigned long args[6];
	/** @map: Where the snapshots of this call are; 0: nowhere. */
	unsigned long map;
	/** @map_bytes: How large that is. */
	unsigned long map_bytes;
};

/* ask.c */
void block_ask(struct block_task *bt, enum utrace_block_kind kind, struct pt_regs *regs);
struct block_task *__block_find(struct block_session *session, u64 cookie)
	__must_hold(&session->lock);
void __block_released(struct block_task *bt) __must_hold(&bt->session->lock);
void __block_answered(struct block_task *bt) __must_hold(&bt->session->lock);
void __block_wake(struct block_task *bt) __must_hold(&bt->session->lock);
void block_strings_put(struct block_strings *strings);

/* transfer.c */
int block_recv(struct block_session *session, struct utrace_block_recv __user *arg, bool wait);
int block_send(struct block_session *session, struct utrace_block_send __user *arg);
int block_exchange(struct block_session *session, struct utrace_block_exchange __user *arg,
		   bool wait);

/* memory.c */
int block_memory(struct block_session *session, struct utrace_block_memory __user *arg);
int block_addfd(struct block_session *session, struct utrace_block_addfd __user *arg);
void block_addfd_serve(struct block_task *bt);
void __block_addfd_cancel(struct block_task *bt) __must_hold(&bt->session->lock);

/* snapshot.c */
struct block_snapshots *block_snapshots_read(const struct utrace_block_verdict *verdict);
u32 block_snapshots_args(const struct block_snapshots *all);
int block_snapshots_use(struct block_task *bt, unsigned long args[6]);
void block_snapshots_unmap(struct block_task *bt);
struct block_strings *block_strings_capture(struct block_session *session,
					    const unsigned long args[6], u8 which);

/* engine.c */
void block_ops_init(void);
unsigned long block_events(u32 kinds);
int block_attach(struct block_session *session, struct task_struct *task, bool follow,
		 bool is_new);
bool block_is_attached(struct block_session *session, struct task_struct *task);
int block_detach(struct block_session *session, struct task_struct *task);
void block_detach_all(struct block_session *session);

/* session.c */
extern const struct file_operations block_fops;
void block_session_put(struct block_session *session);

#endif /* _UTRACE_BLOCK_H */
