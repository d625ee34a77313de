/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface of /dev/utrace_test, the engine that the tests steer.
 *
 * An open file is a session. It attaches engines, tells them what to do in
 * which callback, and reads what they were told: one struct test_utrace_event
 * per callback, in the order in which the callbacks began. A test waits for
 * an event to be there, never for a while.
 */
#ifndef _TEST_UTRACE_H
#define _TEST_UTRACE_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TEST_UTRACE_DEVICE	"/dev/utrace_test"
#define TEST_UTRACE_MAX_ID	15
#define TEST_UTRACE_MAX_RULES	64
/** TEST_UTRACE_MAX_EVENTS - unread events that a session keeps; more are counted as lost. */
#define TEST_UTRACE_MAX_EVENTS	16384

#ifndef __KERNEL__
/* What user space needs of include/linux/utrace.h; the module compares. */
enum {
	TEST_QUIESCE, TEST_REAP, TEST_CLONE, TEST_EXEC,
	TEST_EXIT, TEST_DEATH, TEST_SYSCALL_ENTRY, TEST_SYSCALL_EXIT,
	TEST_NEVENTS
};
#define TEST_BIT(name)		(1U << TEST_##name)
#define TEST_BITS_SYSCALL	(TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(SYSCALL_EXIT))
#define TEST_BITS_ALL		((1U << TEST_NEVENTS) - 1)

enum {
	TEST_DO_STOP, TEST_DO_INTERRUPT, TEST_DO_REPORT, TEST_DO_RESUME, TEST_DO_DETACH
};
#endif

/** TEST_UTRACE_INHERIT - report_clone() attaches the same engine to the child. */
#define TEST_UTRACE_INHERIT	(1 << 0)
/** TEST_UTRACE_EMPTY - callbacks of system calls only, which do nothing. */
#define TEST_UTRACE_EMPTY	(1 << 1)
/** TEST_UTRACE_NO_EVENTS - attach without utrace_set_events(). */
#define TEST_UTRACE_NO_EVENTS	(1 << 2)
/** TEST_UTRACE_NO_DEATH - an engine that has no report_death(), report_exec(). */
#define TEST_UTRACE_NO_DEATH	(1 << 3)

/**
 * struct test_utrace_attach - attach an engine
 * @pid: Thread ID.
 * @id: The test's name for the engine: 1 to 15.
 * @events: Event mask.
 * @flags: TEST_UTRACE_*.
 * @attach_flags: Handed to utrace_attach_pid(); 0: UTRACE_ATTACH_CREATE.
 * @match_id: With UTRACE_ATTACH_MATCH_DATA: the data of this engine.
 *
 * Returns the id of the engine, which is another one's when it was found.
 */
struct test_utrace_attach {
	__s32 pid;
	__u32 id;
	__u32 events;
	__u32 flags;
	__u32 attach_flags;
	__u32 match_id;
};

/**
 * struct test_utrace_engine - name an engine, and what to do with it
 * @id: Its id.
 * @tid: Its thread; 0: the first that was attached with @id.
 * @arg: Event mask, or resume action.
 * @task_of: Give the core the task of this engine instead of its own; 0: no.
 */
struct test_utrace_engine {
	__u32 id;
	__s32 tid;
	__u32 arg;
	__u32 task_of;
};

enum test_utrace_what {
	TEST_UTRACE_SLEEP	= 1 << 0,	/* for sleep_ms */
	TEST_UTRACE_RETURN	= 1 << 1,	/* action, whatever it is */
	TEST_UTRACE_ABORT	= 1 << 2,	/* the call, with result */
	TEST_UTRACE_SET_NR	= 1 << 3,	/* of the call to new_nr */
	TEST_UTRACE_SET_ARG	= 1 << 4,	/* number arg to value */
	TEST_UTRACE_SET_RESULT	= 1 << 5,	/* at exit, to result */
	TEST_UTRACE_SET_CODE	= 1 << 6,	/* of the exit, to result */
	TEST_UTRACE_DETACH_SELF	= 1 << 7,	/* by utrace_control() in the callback */
	TEST_UTRACE_SET_EVENTS	= 1 << 8,	/* to events, in the callback */
	TEST_UTRACE_PEEK	= 1 << 9,	/* 8 bytes of user memory at value, into values[7] */
	TEST_UTRACE_LOG_END	= 1 << 10,	/* append an event when the callback ends, too */
	TEST_UTRACE_BARRIER	= 1 << 11,	/* for itself; errno into values[7] of the end event */
	/* When it applies: */
	TEST_UTRACE_MATCH_NR	= 1 << 16,	/* only when values[0] is nr */
	TEST_UTRACE_ONCE	= 1 << 17,
};

/**
 * struct test_utrace_rule - what a callback does; the first that fits counts
 */
struct test_utrace_rule {
	__u32 id;
	__u32 event;
	__u32 what;
	__s32 nr;
	__u32 sleep_ms;
	__s32 action;
	__s64 result;
	__s32 new_nr;
	__u32 arg;
	__u64 value;
	__u32 events;
	__u32 reserved;
};

/* Where the callback found itself. */
#define TEST_UTRACE_IN_ATOMIC	(1 << 0)	/* preemption, interrupts or RCU: could not sleep */
#define TEST_UTRACE_NOT_CURRENT	(1 << 1)	/* not in the traced thread */
#define TEST_UTRACE_RESUMED	(1 << 2)	/* utrace_syscall.resumed */
#define TEST_UTRACE_ABORTED	(1 << 3)	/* utrace_syscall_aborted() */
#define TEST_UTRACE_END		(1 << 4)	/* the callback ends */
#define TEST_UTRACE_GROUP_DEAD	(1 << 5)

/**
 * struct test_utrace_event - a callback was made
 * @seq: 0, 1, 2 … in the session.
 * @time: CLOCK_MONOTONIC, nanoseconds.
 * @event: Index of the event.
 * @id: Of the engine.
 * @tid: The engine's thread.
 * @flags: See above.
 * @action: What the engines before wanted; -1 where there is no such argument.
 * @values: QUIESCE: event mask. SYSCALL_ENTRY: number, 6 arguments.
 *	SYSCALL_EXIT: number at entry, result, number now. CLONE: child, flags.
 *	EXEC: 0. EXIT: original code, code. DEATH: signal. REAP: 0.
 */
struct test_utrace_event {
	__u64 seq;
	__u64 time;
	__u32 event;
	__u32 id;
	__s32 tid;
	__u32 flags;
	__s32 action;
	__u32 reserved;
	__s64 values[8];
};

/**
 * struct test_utrace_status - counters of a session
 * @engines: Engines that have not been released.
 * @lost: Events that found no room.
 */
struct test_utrace_status {
	__u32 engines;
	__u32 lost;
};

#define TEST_UTRACE_IOC_ATTACH		_IOW('u', 0, struct test_utrace_attach)
#define TEST_UTRACE_IOC_SET_EVENTS	_IOW('u', 1, struct test_utrace_engine)
#define TEST_UTRACE_IOC_CONTROL		_IOW('u', 2, struct test_utrace_engine)
#define TEST_UTRACE_IOC_BARRIER		_IOW('u', 3, struct test_utrace_engine)
#define TEST_UTRACE_IOC_DETACH		_IOW('u', 4, struct test_utrace_engine)
#define TEST_UTRACE_IOC_RULE		_IOW('u', 5, struct test_utrace_rule)
#define TEST_UTRACE_IOC_CLEAR_RULES	_IO('u', 6)
#define TEST_UTRACE_IOC_STATUS		_IOR('u', 7, struct test_utrace_status)

#endif /* _TEST_UTRACE_H */
