/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the files of utrace_record.ko share.
 */
#ifndef _UTRACE_RECORD_H
#define _UTRACE_RECORD_H

#include <linux/hashtable.h>
#include <linux/kref.h>
#include <linux/list.h>
#include <linux/spinlock.h>
#include <linux/types.h>
#include <linux/utrace.h>
#include <linux/utrace_record.h>
#include <linux/wait.h>
#include "clock.h"

/**
 * struct record_ring - one CPU's buffer
 *
 * Written by whoever runs on that CPU, preemption off, a whole record at a
 * time: the position is the commit. Nothing of it is held while a task faults
 * or sleeps. The reader has the memory mapped, read-only.
 */
struct record_ring {
	/** @page: First page of the mapping; we only write it. */
	struct utrace_record_ring *page;
	/** @data: The records. */
	char *data;
	/** @head: End of what is written. */
	u64 head;
	/** @limit: Up to here a record finds room without asking; @head: ask. See room.c. */
	u64 limit;
	/** @end: OVERWRITE: of the sub-buffer that is being written. */
	u64 end;
	/** @tail: End of what the reader has done with; set by ioctl, or by OVERWRITE. */
	u64 tail;
	/** @time: Of the last record. */
	u64 time;
	/** @task_id: Whose record was the last, as record_task.id. */
	u64 task_id;
	/** @pending_lost: Lost since the last record. */
	u64 pending_lost;
	/** @lost: Lost ever. */
	u64 lost;
	/** @records_at: OVERWRITE: page->records when each sub-buffer was begun. */
	u64 records_at[UTRACE_RECORD_SUBBUFFERS];
	/** @room: BLOCK: who waits for the reader to move @tail. */
	wait_queue_head_t room;
};

/**
 * struct record_session - an open file of the device
 *
 * The file has a reference, and so has every attached task: rings go when the
 * last callback has returned.
 *
 * The policy is that of the session, so who waits for the reader and who does
 * not never write into the same ring.
 */
struct record_session {
	/** @refs: One for the file, one per attached task. */
	struct kref refs;
	/** @setup: As asked for; ring_bytes is 0 before. */
	struct utrace_record_setup setup;
	/** @specs: By ABI and number; read without a lock once tasks are attached. */
	struct utrace_record_call_spec *specs[2];
	/** @nr_specs: Number of elements of each. */
	u32 nr_specs[2];
	/** @filter: Which calls; NULL: all. Read without a lock as @specs. */
	struct utrace_syscall_filter *filter;
	/** @stack_depth: Addresses of a user call chain; 0: none are taken. As @specs. */
	u32 stack_depth;
	/** @data_room: Size of record_task.data; set by SETUP. */
	u32 data_room;
	/** @rings: Set once, by SETUP. */
	struct record_ring __percpu *rings;
	/** @wait: The reader. */
	wait_queue_head_t wait;
	/** @ioctl: What sets up, attaches and asks: one at a time. May wait for an exec. */
	struct mutex ioctl;
	/** @consume: The reader's positions, nothing else. */
	struct mutex consume;
	/** @in_flight: Number of the round of IN_FLIGHT, under @ioctl. */
	u32 in_flight;
	/** @lock: Protects what follows. */
	spinlock_t lock;
	/** @tasks: record_task.entry of every attached task. */
	struct list_head tasks;
	/** @by_task: record_task.by_task of the same, by the address of the task. */
	DECLARE_HASHTABLE(by_task, 8);
	/** @attached: Number of tasks on @tasks. */
	u32 attached;
	/** @attached_ever: How many there have been. */
	u32 attached_ever;
	/** @attach_failed: Children that should have been attached, but were not. */
	u32 attach_failed;
	/** @closed: No task is added any more, and none waits. */
	bool closed;
	/** @blocked_now: How many wait for room. */
	u32 blocked_now;
	/** @consumed: When the reader last was there, in jiffies. */
	unsigned long consumed;
	/** @gave_up: The reader does not come: lose records instead of waiting. */
	bool gave_up;
	/** @timeouts: How often that has come to be. */
	u32 timeouts;
	/** @blocked: How often a task has waited. */
	u64 blocked;
	/** @blocked_ns: How long. */
	u64 blocked_ns;
};

/*
 * What of one record may be captured memory: the rest is what reserve() asks
 * for at once, or leaves at the end of a ring, and has a length in 12 bits.
 */
#define RECORD_MAX_DATA	ALIGN_DOWN(UTRACE_RECORD_MAX_BYTES - sizeof(struct utrace_record_call) - \
				   sizeof(struct utrace_record_call_wide) - 6 * 8 - \
				   sizeof(struct utrace_record_lost) - \
				   sizeof(struct utrace_record_task), 8)

/**
 * struct record_task - an attached task: the engine's data
 *
 * All but @entry and @in_flight is for the task itself; others may look at the
 * call that it is in, see @calls.
 */
struct record_task {
	/** @session: Referenced. */
	struct record_session *session;
	/** @task: Referenced. */
	struct task_struct *task;
	/** @engine: Not referenced: it keeps us. */
	struct utrace_engine *engine;
	/** @entry: In record_session.tasks, under its lock. */
	struct list_head entry;
	/** @by_task: In record_session.by_task, like @entry. */
	struct hlist_node by_task;
	/** @id: Unique for task and program, for the ring to tell who wrote last. */
	u64 id;
	/** @flags: UTRACE_RECORD_FOLLOW, UTRACE_RECORD_IGNORED_SIGNALS. */
	u32 flags;
	/** @in_flight: The last round of IN_FLIGHT that was here; under record_session.ioctl. */
	u32 in_flight;
	/** @clone: A child whose CLONE event is still to be written, or 0. */
	u32 clone;
	/** @clone_flags: The flags of that. */
	unsigned long clone_flags;

	/** @stack: Room for a call chain, behind @data; NULL: none are taken. */
	u64 *stack;
	/** @code_pages: How many the program had when its mappings were told; 0: they were not. */
	unsigned long code_pages;
	/** @stop_signal: The last that was going to stop it. */
	int stop_signal;
	/**
	 * @calls: One more at the entry, and one more at the exit. Odd: what
	 * follows describes a call that has not been recorded, and stays as it
	 * is as long as this does, but that @data may get longer.
	 */
	u32 calls;
	/** @compat: It came through the 32-bit entry. */
	bool compat;
	/** @nr_args: Number of elements of @args that count. */
	u8 nr_args;
	/** @nr: The number of the call. */
	int nr;
	/** @start: When it was entered. */
	u64 start;
	/** @spec: What there is to take of it. */
	const struct utrace_record_call_spec *spec;
	/** @args: Its arguments. */
	unsigned long args[6];
	/** @data_bytes: Used of @data. */
	u32 data_bytes;
	/** @data: struct utrace_record_data and bytes, one after the other. */
	char data[] __aligned(8);
};

/* Between record_call_begins() and record_call_ends(). */
static inline bool record_in_call(const struct record_task *rt)
{
	return rt->calls & 1;
}

static inline void record_call_begins(struct record_task *rt)
{
	/* Pairs with record_write_in_flight(): the call is described before. */
	smp_store_release(&rt->calls, rt->calls + 1);
}

static inline void record_call_ends(struct record_task *rt)
{
	WRITE_ONCE(rt->calls, rt->calls + 1);
	/* Pairs with record_write_in_flight(): the next one is described after. */
	smp_wmb();
}

/**
 * enum record_when_full - what a writer does that finds no room
 */
enum record_when_full {
	/** @RECORD_BY_POLICY: What the policy says: the record is written, or counted as lost. */
	RECORD_BY_POLICY,
	/** @RECORD_OR_NOT: Nothing; it is not lost. */
	RECORD_OR_NOT,
};

/**
 * enum record_large - what has become of a large buffer
 */
enum record_large {
	/** @RECORD_LARGE_WRITTEN: It is in a record of its own. */
	RECORD_LARGE_WRITTEN,
	/** @RECORD_LARGE_LOST: There was no room, and that is counted. */
	RECORD_LARGE_LOST,
	/** @RECORD_LARGE_FAULT: It cannot be read at once, or not at all. */
	RECORD_LARGE_FAULT,
};

/* ring.c */
int record_rings_alloc(struct record_session *session);
void record_rings_free(struct record_session *session);
enum utrace_resume_action record_write_call(struct record_task *rt, long result);
void record_write_unfinished(struct record_task *rt);
int record_write_in_flight(struct record_task *rt);
bool record_write_event(struct record_task *rt, enum utrace_record_event_kind kind, u64 value,
			const void *data, u32 data_bytes, enum record_when_full when_full);
bool record_write_stack(struct record_task *rt, u32 flags, u64 cookie, u64 top,
			const u64 *addresses, u32 nr);
enum record_large record_write_large(struct record_task *rt, u64 cookie, u64 from, u32 len);
bool record_rings_readable(struct record_session *session);

/* room.c */
bool record_fits(const struct record_session *session, u32 bytes);
bool record_find_room(struct record_session *session, struct record_ring *ring, u32 bytes,
		      bool fits, enum record_when_full when_full);

/* block.c */
bool record_wait_for_room(struct record_session *session, struct record_ring *ring, u64 tail);
void record_reader_came(struct record_session *session, struct record_ring *ring);
void record_release_blocked(struct record_session *session);

/* capture.c */
void record_capture_in(struct record_task *rt, const struct utrace_record_call_spec *spec,
		       struct pt_regs *regs);
void record_capture_out(struct record_task *rt, long result);
void record_capture_cookie(struct record_task *rt, u64 cookie);

/* spec.c */
bool record_spec_is_valid(const struct utrace_record_call_spec *spec);
u32 record_data_room(const struct utrace_record_setup *setup);

/**
 * struct record_request - the argument of an ioctl() or fcntl()
 */
struct record_request {
	/** @in: Bytes that the kernel reads; 0: none. */
	u32 in;
	/** @out: Bytes that it writes. */
	u32 out;
};

/* request.c */
struct record_request record_ioctl_request(u32 request, bool compat);
struct record_request record_fcntl_request(u32 request, bool compat);

/* event.c */
bool record_event_clone(struct record_task *rt, unsigned long flags, pid_t child,
			enum record_when_full when_full);
void record_event_exec(struct record_task *rt, const struct linux_binprm *bprm);
void record_event_signal(struct record_task *rt, const struct utrace_signal *signal,
			 u64 cookie);
void record_event_maps(struct record_task *rt);

/* stack.c */
u64 record_stack(struct record_task *rt, struct pt_regs *regs);
void record_requested_stack(struct record_task *rt, u64 cookie);

/* engine.c */
int record_attach(struct record_session *session, struct task_struct *task, u32 flags);
void record_detach_all(struct record_session *session);
int record_in_flight(struct record_session *session);

/* session.c */
extern const struct file_operations record_fops;
void record_session_put(struct record_session *session);

#endif /* _UTRACE_RECORD_H */
