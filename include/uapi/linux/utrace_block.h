/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The blocking tracer: a supervisor that holds tasks at events until it has
 * decided what becomes of them.
 *
 * A session is an open file of /dev/utrace/block. Set it up once, attach tasks,
 * then receive events and send verdicts. The task of an event is stopped until
 * there is a verdict, its session's timeout is over, or the file is closed.
 */
#ifndef _UAPI_LINUX_UTRACE_BLOCK_H
#define _UAPI_LINUX_UTRACE_BLOCK_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** UTRACE_BLOCK_VERSION - version of this interface. */
#define UTRACE_BLOCK_VERSION		1

#define UTRACE_BLOCK_DEVICE		"/dev/utrace/block"

/**
 * enum utrace_block_kind - what happens to a task
 */
enum utrace_block_kind {
	/** @UTRACE_BLOCK_ENTRY: It makes a system call, which has not begun. */
	UTRACE_BLOCK_ENTRY = 0,
	/** @UTRACE_BLOCK_RETURN: A system call returns. */
	UTRACE_BLOCK_RETURN = 1,
	/** @UTRACE_BLOCK_SIGNAL: It takes a signal, not one that it ignores. */
	UTRACE_BLOCK_SIGNAL = 2,
	/**
	 * @UTRACE_BLOCK_CLONE: It has created a task, and is about to go back to
	 * user code: after vfork(2) when the child has let it go.
	 */
	UTRACE_BLOCK_CLONE = 3,
	/**
	 * @UTRACE_BLOCK_START: A task that comes with UTRACE_BLOCK_FOLLOW has
	 * not run its first instruction yet.
	 */
	UTRACE_BLOCK_START = 4,
	/**
	 * @UTRACE_BLOCK_EXEC: It has a new program, and cannot go back to the old
	 * one: to refuse that, answer the entry of execve(2).
	 */
	UTRACE_BLOCK_EXEC = 5,
	/** @UTRACE_BLOCK_EXIT: It exits; memory and files are still there. */
	UTRACE_BLOCK_EXIT = 6,
};

/* private: how many there are */
#define UTRACE_BLOCK_NR_KINDS		(UTRACE_BLOCK_EXIT + 1)

/** UTRACE_BLOCK_EVENT() - the bit of a kind in utrace_block_setup.events */
#define UTRACE_BLOCK_EVENT(kind)	(1U << (kind))

/** UTRACE_BLOCK_RELEASE - a task goes on as if nobody had asked. */
#define UTRACE_BLOCK_RELEASE		0
/** UTRACE_BLOCK_KILL_IT - its process is killed. */
#define UTRACE_BLOCK_KILL_IT		1

#define UTRACE_BLOCK_MIN_LEVEL		(-8)
#define UTRACE_BLOCK_MAX_LEVEL		7

/**
 * struct utrace_block_setup - what a session is told, and what becomes of tasks
 * @size: sizeof(struct utrace_block_setup) of the caller.
 * @version: UTRACE_BLOCK_VERSION.
 * @flags: Zero.
 * @events: UTRACE_BLOCK_EVENT() of each kind that is wanted; not 0.
 * @timeout_ms: How long a task waits for a verdict; 0: for ever.
 * @on_timeout: UTRACE_BLOCK_RELEASE or UTRACE_BLOCK_KILL_IT: a task that has
 *	waited so long. Whoever answers now is too late.
 * @on_close: The same: every attached task, when the last file descriptor of
 *	the session is closed, say because the supervisor was killed.
 * @level: UTRACE_BLOCK_MIN_LEVEL to UTRACE_BLOCK_MAX_LEVEL. Among sessions, and
 *	other engines, the highest is next to the program: asked first at an entry
 *	and last at a return. In one level, the one that attached last.
 * @max_string: Bytes captured of a string, its NUL included: 0 to 4096; not 0
 *	after UTRACE_BLOCK_IOC_STRINGS, which says which strings.
 * @event_bytes: Out: how large an event can be, and so an element of
 *	utrace_block_recv.events has to be.
 * @reserved: Zero.
 */
struct utrace_block_setup {
	__u32 size;
	__u32 version;
	__u32 flags;
	__u32 events;
	__u32 timeout_ms;
	__u32 on_timeout;
	__u32 on_close;
	__s32 level;
	__u32 max_string;
	__u32 event_bytes;
	__u32 reserved[2];
};

/** UTRACE_BLOCK_FOLLOW - attach also every task that this one creates. */
#define UTRACE_BLOCK_FOLLOW		(1 << 0)
/** UTRACE_BLOCK_PROCESS - every thread of the process. */
#define UTRACE_BLOCK_PROCESS		(1 << 1)

/**
 * struct utrace_block_task - a task to attach, or to detach
 * @pid: Thread ID in the caller's PID namespace.
 * @flags: ATTACH: UTRACE_BLOCK_FOLLOW, UTRACE_BLOCK_PROCESS; DETACH:
 *	UTRACE_BLOCK_PROCESS.
 */
struct utrace_block_task {
	__s32 pid;
	__u32 flags;
};

/**
 * struct utrace_block_filter - system calls to stop at, chosen in the kernel
 * @nr: Number of instructions.
 * @reserved: Zero.
 * @insns: Pointer to struct sock_filter[@nr]: classic BPF over struct
 *	seccomp_data, as for seccomp(2). There are events of a call if it
 *	returns SECCOMP_RET_ALLOW.
 */
struct utrace_block_filter {
	__u32 nr;
	__u32 reserved;
	__u64 insns;
};

/** UTRACE_BLOCK_MAX_STRINGS - arguments of one call that can be captured */
#define UTRACE_BLOCK_MAX_STRINGS	3
/** UTRACE_BLOCK_MAX_CALLS - system call numbers are less than this */
#define UTRACE_BLOCK_MAX_CALLS		1024

/**
 * struct utrace_block_strings - arguments of one call that are strings
 * @arch: AUDIT_ARCH_X86_64 or AUDIT_ARCH_I386.
 * @nr: Number of the call.
 * @args: Bit N: argument N points to a string that is captured at the entry;
 *	UTRACE_BLOCK_MAX_STRINGS bits at most. Replaces what was said before.
 * @reserved: Zero.
 */
struct utrace_block_strings {
	__u32 arch;
	__u32 nr;
	__u32 args;
	__u32 reserved;
};

/**
 * struct utrace_block_string - a captured string, in utrace_block_event.strings
 * @arg: Which argument.
 * @flags: UTRACE_BLOCK_STRING_*.
 * @len: How many bytes follow, without a NUL; padded with zeroes to a multiple
 *	of 8, by one byte at least.
 */
struct utrace_block_string {
	__u16 arg;
	__u16 flags;
	__u32 len;
};

/** UTRACE_BLOCK_STRING_FAULT - not all of it is there, or none */
#define UTRACE_BLOCK_STRING_FAULT	(1 << 0)
/** UTRACE_BLOCK_STRING_TRUNCATED - it is longer */
#define UTRACE_BLOCK_STRING_TRUNCATED	(1 << 1)

/**
 * struct utrace_block_event - a task has stopped
 * @cookie: Names this event in a verdict. Not 0, and no other event of any
 *	session has it, ever.
 * @size: Bytes from the beginning to the first struct utrace_block_string.
 * @strings: Bytes of those.
 * @kind: enum utrace_block_kind.
 * @flags: Zero.
 * @pid: Process, in the receiver's PID namespace. It cannot be another one while
 *	the task is stopped: take a pidfd_open(2), then ask VALID.
 * @tid: Thread, the same.
 * @arch: AUDIT_ARCH_* of the call, or of the code that runs.
 * @nr: ENTRY, RETURN: number of the call, as the program made it. SIGNAL: the
 *	signal.
 * @ip: Instruction pointer.
 * @sp: Stack pointer.
 * @args: ENTRY: the arguments. CLONE: the child's thread ID, and flags as for
 *	clone(2). SIGNAL: si_code, si_pid or 0, si_addr or 0.
 * @result: RETURN: what it returns. EXIT: status in the form of wait(2).
 *
 * At the entry what sessions that were asked before have changed is seen.
 */
struct utrace_block_event {
	__u64 cookie;
	__u32 size;
	__u32 strings;
	__u32 kind;
	__u32 flags;
	__s32 pid;
	__s32 tid;
	__u32 arch;
	__s32 nr;
	__u64 ip;
	__u64 sp;
	__u64 args[6];
	__s64 result;
};

/**
 * struct utrace_block_recv - receive events
 * @events: Where to put them, @nr elements of @stride bytes.
 * @nr: How many there is room for: 1 to UTRACE_BLOCK_MAX_BATCH. Out: how many
 *	there are: 0 when every task is gone.
 * @stride: At least utrace_block_setup.event_bytes, and a multiple of 8.
 *
 * Waits for the first, unless the file is O_NONBLOCK. An event is received once;
 * what could not be copied stays.
 */
struct utrace_block_recv {
	__u64 events;
	__u32 nr;
	__u32 stride;
};

/** UTRACE_BLOCK_MAX_BATCH - events, or verdicts, of one ioctl */
#define UTRACE_BLOCK_MAX_BATCH		1024

/**
 * enum utrace_block_action - what becomes of an event
 */
enum utrace_block_action {
	/** @UTRACE_BLOCK_RUN: It goes on. */
	UTRACE_BLOCK_RUN = 0,
	/**
	 * @UTRACE_BLOCK_CHANGE: ENTRY: make the call @nr with arguments @args,
	 * as far as utrace_block_verdict.flags say. The registers are put back
	 * when the call returns.
	 */
	UTRACE_BLOCK_CHANGE = 1,
	/**
	 * @UTRACE_BLOCK_RESULT: ENTRY: do not make the call, it returns @result.
	 * RETURN: it returns @result. An error is -errno. EXIT: status, in the
	 * form of wait(2).
	 */
	UTRACE_BLOCK_RESULT = 2,
	/** @UTRACE_BLOCK_REPLACE: SIGNAL: take signal @nr instead; 0: none. */
	UTRACE_BLOCK_REPLACE = 3,
	/** @UTRACE_BLOCK_KILL: The process gets SIGKILL, and no call is made. */
	UTRACE_BLOCK_KILL = 4,
};

/** UTRACE_BLOCK_ARG() - CHANGE: argument N */
#define UTRACE_BLOCK_ARG(n)		(1U << (n))
/** UTRACE_BLOCK_NR - CHANGE: the number */
#define UTRACE_BLOCK_NR			(1U << 6)

/**
 * struct utrace_block_verdict - what a supervisor has decided
 * @cookie: Of an event that was received.
 * @action: enum utrace_block_action.
 * @flags: CHANGE: UTRACE_BLOCK_ARG(), UTRACE_BLOCK_NR; else 0.
 * @nr: CHANGE: number of the call. REPLACE: the signal. What is not used is 0.
 * @nr_snapshots: CHANGE: elements of @snapshots: 0 to UTRACE_BLOCK_MAX_STRINGS.
 * @args: CHANGE.
 * @result: RESULT.
 * @snapshots: Pointer to struct utrace_block_snapshot[@nr_snapshots].
 */
struct utrace_block_verdict {
	__u64 cookie;
	__u32 action;
	__u32 flags;
	__s32 nr;
	__u32 nr_snapshots;
	__u64 args[6];
	__s64 result;
	__u64 snapshots;
};

/**
 * struct utrace_block_snapshot - what an argument points to, by value
 * @arg: Which argument: 0 to 5; none twice, nor one with UTRACE_BLOCK_ARG().
 * @len: Bytes: 1 to 4096. A path has a NUL at its end.
 * @bytes: Pointer to them.
 *
 * The call is made with a pointer to a copy, in memory of the task that is mapped
 * for this call and that the program cannot write without changing its
 * protection. So the call uses what was decided on: what another thread writes
 * where the original pointer points to makes no difference. It is for what a
 * call reads; what it writes there, the program does not see.
 */
struct utrace_block_snapshot {
	__u32 arg;
	__u32 len;
	__u64 bytes;
};

/**
 * struct utrace_block_send - send verdicts
 * @verdicts: Pointer to struct utrace_block_verdict[@nr].
 * @nr: How many: 1 to UTRACE_BLOCK_MAX_BATCH.
 * @done: Out: how many of them were taken. The error is that of the next one,
 *	which has had no effect, nor have those behind it.
 */
struct utrace_block_send {
	__u64 verdicts;
	__u32 nr;
	__u32 done;
};

/**
 * struct utrace_block_exchange - send, then receive, at the cost of one call
 * @send: As for UTRACE_BLOCK_IOC_SEND; @nr may be 0. If it fails nothing is
 *	received.
 * @recv: As for UTRACE_BLOCK_IOC_RECV. A signal that comes when verdicts have
 *	been sent ends the wait without an error, and with no event.
 */
struct utrace_block_exchange {
	struct utrace_block_send send;
	struct utrace_block_recv recv;
};

/**
 * struct utrace_block_memory - read or write memory of a stopped task
 * @cookie: Of its event, received or not.
 * @vector: Pointer to struct utrace_block_range[@nr].
 * @nr: How many: 1 to UTRACE_BLOCK_MAX_RANGES.
 * @flags: UTRACE_BLOCK_WRITE, or 0.
 * @done: Out: how many ranges were read or written in full. The error is that
 *	of the next one.
 * @reserved: Zero.
 *
 * Also what the task itself may not read or write, as with ptrace(2).
 */
struct utrace_block_memory {
	__u64 cookie;
	__u64 vector;
	__u32 nr;
	__u32 flags;
	__u32 done;
	__u32 reserved;
};

#define UTRACE_BLOCK_WRITE		(1 << 0)
#define UTRACE_BLOCK_MAX_RANGES		1024

/**
 * struct utrace_block_range - memory of a task, and of the caller
 * @addr: The task's address.
 * @buf: The caller's.
 * @len: How many bytes: up to 1 MiB.
 */
struct utrace_block_range {
	__u64 addr;
	__u64 buf;
	__u64 len;
};

/**
 * struct utrace_block_addfd - give a stopped task a file descriptor
 * @cookie: Of its event, which is no EXIT; received or not.
 * @fd: The caller's file descriptor.
 * @flags: 0 or O_CLOEXEC: of the new one.
 * @new_fd: Out: the number in the task.
 * @reserved: Zero.
 *
 * The task stays stopped: send a RESULT with @new_fd if it is to have it as the
 * result of its call.
 */
struct utrace_block_addfd {
	__u64 cookie;
	__s32 fd;
	__u32 flags;
	__s32 new_fd;
	__u32 reserved;
};

/**
 * struct utrace_block_status - counters of a session
 * @attached: Tasks attached now.
 * @attached_ever: Tasks ever attached.
 * @attach_failed: Children that could not be attached: out of memory, or too
 *	many engines of the user.
 * @blocked: Tasks that are stopped now.
 * @timeouts: Tasks that have waited as long as the timeout says.
 * @reserved: Zero.
 * @events: Events ever.
 */
struct utrace_block_status {
	__u32 attached;
	__u32 attached_ever;
	__u32 attach_failed;
	__u32 blocked;
	__u32 timeouts;
	__u32 reserved;
	__u64 events;
};

/*
 * poll(): POLLIN when there is an event to receive; POLLHUP when tasks were
 * attached and the last of them is gone; POLLERR when not set up.
 *
 * -EFAULT is for any pointer of the caller's. -ENXIO: not set up; of any but
 * SETUP, FILTER, STRINGS and STATUS.
 *
 * SETUP	-EINVAL size, version, flags, events, on_timeout, on_close, level,
 *		max_string or reserved wrong; -EBUSY set up before
 * FILTER	-EINVAL no program that seccomp(2) would take, or reserved wrong;
 *		-EBUSY tasks were attached, or there is one; -ENOMEM
 * STRINGS	-EINVAL arch, nr, args or reserved wrong, or set up with max_string 0;
 *		-EBUSY tasks were attached; -ENOMEM
 * ATTACH	-EINVAL flags or pid <= 0; -ESRCH no such task, or it is dead; -EPERM
 *		kernel thread, or one that the caller may not ptrace; -EEXIST
 *		attached to this session, with PROCESS all threads of it; -EDEADLK
 *		the caller's own thread group, or a process that the caller's waits
 *		for; -EDQUOT too many engines of this user; -ENOMEM
 * DETACH	-EINVAL flags or pid <= 0; -ESRCH no such task, or not of this
 *		session. If it is stopped it goes on as with RUN
 * RECV		-EINVAL nr; -EMSGSIZE stride; -EAGAIN O_NONBLOCK and there is none;
 *		-EINTR or a restart: a signal
 * SEND		-EINVAL nr, or a verdict with an unknown action, unknown flags,
 *		fields that its action does not use and that are not 0, a signal
 *		that there is none, or snapshots that are wrong; -EOPNOTSUPP the
 *		kind of the event does not have this action; -ENOENT no task is
 *		stopped with this cookie in this session: never was, is no more, or
 *		another session's; -EINPROGRESS the event has not been received;
 *		-ENOMEM
 * EXCHANGE	as SEND, then as RECV
 * VALID	-ENOENT as above
 * PIDFD	returns one of the process of the stopped task, with O_CLOEXEC; -ENOENT
 *		as above; -EMFILE, -ENFILE; -ENOMEM
 * MEMORY	-EINVAL nr, flags, len or reserved wrong; -ENOENT as above; -EIO
 *		not all of the task's memory is there; -ENOMEM
 * ADDFD	-EINVAL flags or reserved wrong; -EBADF no such file; -ENOENT as
 *		above, or the task was let go meanwhile; -EOPNOTSUPP at EXIT;
 *		-EMFILE the task has as many as it may; -EBUSY another ADDFD is
 *		under way; -EINTR: a signal, and it was not done
 * STATUS	nothing else
 * any other	-ENOTTY
 *
 * SETUP, FILTER, STRINGS and ATTACH wait for each other, and ATTACH for an exec of
 * the process: -EINTR when a signal comes meanwhile; nothing has been done then.
 * But ATTACH with PROCESS that fails may have attached some threads: the next one
 * attaches the others.
 */
#define UTRACE_BLOCK_IOC_MAGIC    0xE8
#define UTRACE_BLOCK_IOC_SETUP    _IOWR(UTRACE_BLOCK_IOC_MAGIC, 0, struct utrace_block_setup)
#define UTRACE_BLOCK_IOC_FILTER   _IOW(UTRACE_BLOCK_IOC_MAGIC, 1, struct utrace_block_filter)
#define UTRACE_BLOCK_IOC_STRINGS  _IOW(UTRACE_BLOCK_IOC_MAGIC, 2, struct utrace_block_strings)
#define UTRACE_BLOCK_IOC_ATTACH   _IOW(UTRACE_BLOCK_IOC_MAGIC, 3, struct utrace_block_task)
#define UTRACE_BLOCK_IOC_DETACH   _IOW(UTRACE_BLOCK_IOC_MAGIC, 4, struct utrace_block_task)
#define UTRACE_BLOCK_IOC_RECV     _IOWR(UTRACE_BLOCK_IOC_MAGIC, 5, struct utrace_block_recv)
#define UTRACE_BLOCK_IOC_SEND     _IOWR(UTRACE_BLOCK_IOC_MAGIC, 6, struct utrace_block_send)
#define UTRACE_BLOCK_IOC_EXCHANGE _IOWR(UTRACE_BLOCK_IOC_MAGIC, 7, struct utrace_block_exchange)
#define UTRACE_BLOCK_IOC_VALID    _IOW(UTRACE_BLOCK_IOC_MAGIC, 8, __u64)
#define UTRACE_BLOCK_IOC_MEMORY   _IOWR(UTRACE_BLOCK_IOC_MAGIC, 9, struct utrace_block_memory)
#define UTRACE_BLOCK_IOC_ADDFD    _IOWR(UTRACE_BLOCK_IOC_MAGIC, 10, struct utrace_block_addfd)
#define UTRACE_BLOCK_IOC_STATUS   _IOR(UTRACE_BLOCK_IOC_MAGIC, 11, struct utrace_block_status)
#define UTRACE_BLOCK_IOC_PIDFD    _IOW(UTRACE_BLOCK_IOC_MAGIC, 12, __u64)

#endif /* _UAPI_LINUX_UTRACE_BLOCK_H */
