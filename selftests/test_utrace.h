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
#define TEST_UTRACE_MAX_EVENTS	65536

/* What user space needs of include/linux/utrace.h; the module compares. */
enum {
	TEST_QUIESCE, TEST_REAP, TEST_CLONE, TEST_EXEC,
	TEST_EXIT, TEST_DEATH, TEST_SYSCALL_ENTRY, TEST_SYSCALL_EXIT,
	TEST_SIGNAL, TEST_SIGNAL_IGN, TEST_SIGNAL_STOP, TEST_SIGNAL_TERM,
	TEST_SIGNAL_CORE, TEST_SIGNAL_REPORT, TEST_SIGNAL_HANDLER, TEST_JCTL,
	TEST_REQUEST, TEST_CLONED,
	TEST_NEVENTS,
	/* No event, but logged and ruled as one: the inherit() callback. */
	TEST_INHERIT_OP = TEST_NEVENTS
};
#define TEST_BIT(name)		(1U << TEST_##name)
#define TEST_BITS_SYSCALL	(TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(SYSCALL_EXIT))
#define TEST_BITS_SIGNAL						\
	(TEST_BIT(SIGNAL) | TEST_BIT(SIGNAL_IGN) | TEST_BIT(SIGNAL_STOP) |	\
	 TEST_BIT(SIGNAL_TERM) | TEST_BIT(SIGNAL_CORE))
#define TEST_BITS_ALL		((1U << TEST_NEVENTS) - 1)

enum {
	TEST_DO_STOP, TEST_DO_INTERRUPT, TEST_DO_REPORT, TEST_DO_SINGLESTEP,
	TEST_DO_BLOCKSTEP, TEST_DO_RESUME, TEST_DO_DETACH
};

/* enum utrace_signal_action */
enum {
	TEST_SIG_DELIVER, TEST_SIG_IGN, TEST_SIG_TERM, TEST_SIG_CORE, TEST_SIG_STOP,
	TEST_SIG_TSTP
};

enum { TEST_SCOPE_THREAD, TEST_SCOPE_PROCESS, TEST_SCOPE_TREE };
#define TEST_DEPTH_MAX		(~0U)

/* UTRACE_ATTACH_*, for attach_flags */
#define TEST_ATTACH_MATCH_OPS	(1 << 0)
#define TEST_ATTACH_MATCH_DATA	(1 << 1)
#define TEST_ATTACH_CREATE	(1 << 4)
#define TEST_ATTACH_EXCLUSIVE	(1 << 5)
#define TEST_ATTACH_UNSAFE_EXEC	(1 << 6)
#define TEST_ATTACH_CONTROLLER	(1 << 7)

/** TEST_UTRACE_INHERIT - report_clone() attaches the same engine to the child. */
#define TEST_UTRACE_INHERIT	(1 << 0)
/** TEST_UTRACE_EMPTY - callbacks of system calls only, which do nothing. */
#define TEST_UTRACE_EMPTY	(1 << 1)
/** TEST_UTRACE_NO_EVENTS - attach without utrace_set_events(). */
#define TEST_UTRACE_NO_EVENTS	(1 << 2)
/** TEST_UTRACE_NO_DEATH - an engine that has no report_death(), report_exec(). */
#define TEST_UTRACE_NO_DEATH	(1 << 3)
/** TEST_UTRACE_LEVEL_LOW - an engine at level -10, "test_low". */
#define TEST_UTRACE_LEVEL_LOW	(1 << 4)
/** TEST_UTRACE_LEVEL_HIGH - an engine at level 10, "test_high". */
#define TEST_UTRACE_LEVEL_HIGH	(1 << 5)
/**
 * TEST_UTRACE_SHARED - an engine that has no inherit(), "test_shared"
 *
 * Its events name the thread that they were made in. The session knows the
 * engine it has attached, not those of the children: they go with their threads.
 */
#define TEST_UTRACE_SHARED	(1 << 6)

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
 * @arg: Event mask, resume action, scope, or milliseconds.
 * @task_of: Give the core the task of this engine instead of its own; 0: no.
 * @depth: Of a scope.
 */
struct test_utrace_engine {
	__u32 id;
	__s32 tid;
	__u32 arg;
	__u32 task_of;
	__u32 depth;
};

/**
 * struct test_utrace_stop - utrace_get_stop_status()
 * @id: Engine.
 * @tid: Its thread, as above.
 * @wait_ms: WAIT_STOP: how long to wait on utrace_stop_waitqueue().
 * @stops: WAIT_STOP: until there have been as many stops. Then how many.
 * @stopped: WAIT_STOP: and this is so. Then whether it is.
 * @resumed_by: Whoever ended the last stop.
 */
struct test_utrace_stop {
	__u32 id;
	__s32 tid;
	__u32 wait_ms;
	__u32 stopped;
	__u64 stops;
	char resumed_by[24];
};

/**
 * struct test_utrace_data - of a thread: a register set, or memory
 * @id: Engine, whose thread it is.
 * @tid: Its thread, as above.
 * @note: NT_* of the register set.
 * @size: Of @buf, four pages at most.
 * @addr: Of the memory.
 * @buf: To or from where.
 */
struct test_utrace_data {
	__u32 id;
	__s32 tid;
	__u32 note;
	__u32 size;
	__u64 addr;
	__u64 buf;
};

enum test_utrace_what {
	TEST_UTRACE_SLEEP	= 1 << 0,	/* for sleep_ms */
	TEST_UTRACE_RETURN	= 1 << 1,	/* action, whatever it is; in INHERIT_OP an error */
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
	TEST_UTRACE_SIG_ACTION	= 1 << 12,	/* signal_action */
	TEST_UTRACE_SIG_REPLACE	= 1 << 13,	/* by sig, sig_code, sig_value, arg */
	TEST_UTRACE_SIG_HANDLER	= 1 << 14,	/* handler and what belongs to it */
	TEST_UTRACE_SIG_HOLD	= 1 << 15,
	/* When it applies: */
	TEST_UTRACE_MATCH_NR	= 1 << 16,	/* only when values[0] is nr */
	TEST_UTRACE_ONCE	= 1 << 17,

	TEST_UTRACE_RECHECK	= 1 << 18,	/* the entry, if a later engine changes it */
	TEST_UTRACE_BLOCK	= 1 << 19,	/* until TEST_UTRACE_IOC_GO, or SIGKILL */
	TEST_UTRACE_MOVE_IP	= 1 << 20,	/* of the program, by value */
	TEST_UTRACE_ANY_SIGNAL	= 1 << 21,	/* event SIGNAL: whatever it is going to do */
	TEST_UTRACE_REQUEST	= 1 << 22,	/* utrace_request(); its cookie into values[7] */
	TEST_UTRACE_ATTACH	= 1 << 23,	/* the same engine to thread arg; errno into values[7] */
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
	__u32 signal_action;
	/* A siginfo: of a fault with sig_value as si_addr, or with arg as si_pid. */
	__s32 sig;
	__s32 sig_code;
	__u64 sig_value;
	/* A struct sigaction as rt_sigaction(2) has it. */
	__u64 handler;
	__u64 handler_flags;
	__u64 handler_restorer;
	__u64 handler_mask;
};

/* Where the callback found itself. */
#define TEST_UTRACE_IN_ATOMIC	(1 << 0)	/* preemption, interrupts or RCU: could not sleep */
#define TEST_UTRACE_NOT_CURRENT	(1 << 1)	/* not in the traced thread */
#define TEST_UTRACE_RESUMED	(1 << 2)	/* resumed of the call or the signal */
#define TEST_UTRACE_ABORTED	(1 << 3)	/* utrace_syscall_aborted() */
#define TEST_UTRACE_END		(1 << 4)	/* the callback ends */
#define TEST_UTRACE_GROUP_DEAD	(1 << 5)
#define TEST_UTRACE_KILLED	(1 << 6)	/* at TEST_UTRACE_END: a SIGKILL has ended BLOCK */

/**
 * struct test_utrace_event - a callback was made
 * @seq: 0, 1, 2 … in the session.
 * @time: CLOCK_MONOTONIC, nanoseconds.
 * @event: Index of the event.
 * @id: Of the engine.
 * @tid: The engine's thread.
 * @flags: See above.
 * @action: What the engines before wanted; -1 where there is no such argument.
 * @changed: SYSCALL_ENTRY: what engines have changed.
 * @values: QUIESCE: event mask. SYSCALL_ENTRY: number, 6 arguments.
 *	SYSCALL_EXIT: number at entry, result, number now. CLONE, CLONED: child,
 *	flags.
 *	EXEC: 0. EXIT: original code, code. DEATH: signal. REAP: 0.
 *	SIGNAL and kin: number, si_code, what it is going to do, si_pid,
 *	si_value, si_addr, where the program is. JCTL: type.
 *	REQUEST: cookie.
 *	INHERIT_OP: child.
 */
struct test_utrace_event {
	__u64 seq;
	__u64 time;
	__u32 event;
	__u32 id;
	__s32 tid;
	__u32 flags;
	__s32 action;
	__u32 changed;
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

#define TEST_UTRACE_IOC_BARRIER_KILLABLE _IOW('u', 8, struct test_utrace_engine)
#define TEST_UTRACE_IOC_BARRIER_TIMEOUT	_IOW('u', 9, struct test_utrace_engine)
#define TEST_UTRACE_IOC_SET_SCOPE	_IOW('u', 10, struct test_utrace_engine)
#define TEST_UTRACE_IOC_STOP_TIMEOUT	_IOW('u', 11, struct test_utrace_engine)
#define TEST_UTRACE_IOC_PREPARE_EXAMINE	_IOW('u', 12, struct test_utrace_engine)
#define TEST_UTRACE_IOC_FINISH_EXAMINE	_IOW('u', 13, struct test_utrace_engine)
#define TEST_UTRACE_IOC_STOP_STATUS	_IOWR('u', 14, struct test_utrace_stop)
#define TEST_UTRACE_IOC_WAIT_STOP	_IOWR('u', 15, struct test_utrace_stop)
#define TEST_UTRACE_IOC_GET_REGSET	_IOW('u', 16, struct test_utrace_data)
#define TEST_UTRACE_IOC_SET_REGSET	_IOW('u', 17, struct test_utrace_data)
#define TEST_UTRACE_IOC_READ_MEMORY	_IOW('u', 18, struct test_utrace_data)
#define TEST_UTRACE_IOC_WRITE_MEMORY	_IOW('u', 19, struct test_utrace_data)
/** TEST_UTRACE_IOC_GO - let go of every callback that is at TEST_UTRACE_BLOCK. */
#define TEST_UTRACE_IOC_GO		_IO('u', 20)


/**
 * struct test_utrace_filter - utrace_set_syscall_filter()
 * @id: Engine.
 * @nr: Number of instructions.
 * @insns: Pointer to struct sock_filter[@nr].
 */
struct test_utrace_filter {
	__u32 id;
	__u32 nr;
	__u64 insns;
};

#define TEST_UTRACE_IOC_SET_FILTER	_IOW('u', 21, struct test_utrace_filter)

/** enum test_utrace_context - where utrace_request() is called from */
enum test_utrace_context { TEST_CONTEXT_IRQ, TEST_CONTEXT_NMI };

/**
 * struct test_utrace_request - utrace_request(), by what interrupts a thread
 * @tid: The thread.
 * @context: enum test_utrace_context.
 * @times: How often to call it.
 * @first: Out: what it returned.
 * @last: Out: the last time.
 *
 * -EAGAIN: the thread was not running, or on this very CPU.
 */
struct test_utrace_request {
	__s32 tid;
	__u32 context;
	__u32 times;
	__u32 reserved;
	__u64 first;
	__u64 last;
};

#define TEST_UTRACE_IOC_REQUEST		_IOWR('u', 22, struct test_utrace_request)

#endif /* _TEST_UTRACE_H */
