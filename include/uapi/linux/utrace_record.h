/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * The system call recorder: control of a session, the mapped rings, and the
 * format of records and of trace files.
 *
 * A session is an open file of /dev/utrace/record. Set it up once, map the
 * ring of every CPU, attach tasks, read. Closing it detaches every task; a
 * mapping counts as an open file, so unmap the rings first.
 */
#ifndef _UAPI_LINUX_UTRACE_RECORD_H
#define _UAPI_LINUX_UTRACE_RECORD_H

#include <linux/ioctl.h>
#include <linux/types.h>

/** UTRACE_RECORD_VERSION - version of the records and of this interface. */
#define UTRACE_RECORD_VERSION		2

#define UTRACE_RECORD_DEVICE		"/dev/utrace/record"

/**
 * struct utrace_record_setup - size and shape of a session
 * @size: sizeof(struct utrace_record_setup) of the caller.
 * @version: UTRACE_RECORD_VERSION.
 * @flags: Zero.
 * @ring_bytes: Data bytes of one CPU's ring: a power of two, 4 KiB to 1 GiB.
 * @watermark: Wake the reader when this many unread bytes are in one ring;
 *	0: one half of @ring_bytes; 1: at every record. With
 *	UTRACE_RECORD_POLICY_OVERWRITE, where it is never woken, 0.
 * @max_string: Bytes captured of one path, its NUL included: 1 to 4096.
 * @policy: enum utrace_record_policy, of all its rings.
 * @block_timeout_ms: With UTRACE_RECORD_POLICY_BLOCK: when a task has waited for
 *	room and the reader has consumed nothing for so long, records are lost
 *	instead, until the reader consumes again; 0: wait for ever.
 * @nr_cpus: Out: number of rings; ring N holds what ran on CPU N. The ring of
 *	a CPU that this machine cannot have is absent: mapping it is -ENODEV.
 * @map_bytes: Out: bytes to map for one ring; ring N is mapped at file
 *	offset N * @map_bytes. The first page is struct utrace_record_ring.
 * @max_data: Bytes captured of one buffer or string that is no path, and
 *	elements of one array: 0 to 16384.
 * @reserved: Zero.
 */
struct utrace_record_setup {
	__u32 size;
	__u32 version;
	__u32 flags;
	__u32 ring_bytes;
	__u32 watermark;
	__u32 max_string;
	__u32 nr_cpus;
	__u32 map_bytes;
	__u32 policy;
	__u32 block_timeout_ms;
	__u32 max_data;
	__u32 reserved[1];
};

/**
 * enum utrace_record_policy - what happens when a ring is full
 *
 * A record that a ring could not hold even if it was empty is lost whatever the
 * policy.
 */
enum utrace_record_policy {
	/** @UTRACE_RECORD_POLICY_DROP: The new record is lost, and counted. */
	UTRACE_RECORD_POLICY_DROP = 0,
	/**
	 * @UTRACE_RECORD_POLICY_OVERWRITE: The oldest records make room: a flight
	 * recorder. See struct utrace_record_ring for how to read it.
	 */
	UTRACE_RECORD_POLICY_OVERWRITE = 1,
	/**
	 * @UTRACE_RECORD_POLICY_BLOCK: The task waits until the reader has made
	 * room. Only SIGKILL ends the wait otherwise: then the record is lost.
	 */
	UTRACE_RECORD_POLICY_BLOCK = 2,
};

/**
 * UTRACE_RECORD_SUBBUFFERS - parts of a ring that is overwritten
 *
 * With UTRACE_RECORD_POLICY_OVERWRITE a ring is divided in so many parts of one
 * size. No record crosses their borders, each begins with a TASK record (behind
 * a LOST record, if there is one), and the oldest is given up as a whole. A
 * record that is larger than one of them is lost.
 */
#define UTRACE_RECORD_SUBBUFFERS	8

/**
 * struct utrace_record_ring - first page of a mapped ring, read-only
 * @head: Bytes ever written: the end of the last whole record. Load it with
 *	acquire semantics, then read the records before it.
 * @tail: Bytes ever consumed, as set by UTRACE_RECORD_IOC_CONSUME.
 * @lost: Calls, events, chains and large buffers that found no room, ever.
 * @records: Those ever written.
 * @data_offset: Where the data begin in the mapping.
 * @data_bytes: Size of the data, a power of two. A record lies at
 *	(position % @data_bytes) and never wraps around the end.
 * @overwritten: Of @records, those that are gone again; only with
 *	UTRACE_RECORD_POLICY_OVERWRITE.
 *
 * With UTRACE_RECORD_POLICY_OVERWRITE the kernel moves @tail, always to the
 * beginning of a sub-buffer, before it writes over what was behind it. To take
 * a snapshot: load @head with acquire semantics, copy what is from @tail to
 * there, then, behind a read barrier, load @tail again: what is before it now is
 * not what it was.
 */
struct utrace_record_ring {
	__u64 head;
	__u64 tail;
	__u64 lost;
	__u64 records;
	__u64 data_offset;
	__u64 data_bytes;
	__u64 overwritten;
};

/** UTRACE_RECORD_FOLLOW - attach also every task that this one creates. */
#define UTRACE_RECORD_FOLLOW		(1 << 0)
/** UTRACE_RECORD_PROCESS - attach every thread of the process. */
#define UTRACE_RECORD_PROCESS		(1 << 1)
/**
 * UTRACE_RECORD_IGNORED_SIGNALS - record also signals that are ignored
 *
 * The task wakes for them, as under ptrace: the few calls that are never
 * restarted (signal(7)) return EINTR then. Without this it notices nothing.
 */
#define UTRACE_RECORD_IGNORED_SIGNALS	(1 << 2)

/**
 * struct utrace_record_attach - add a task to the session
 * @pid: Thread ID in the caller's PID namespace.
 * @flags: UTRACE_RECORD_FOLLOW, UTRACE_RECORD_PROCESS,
 *	UTRACE_RECORD_IGNORED_SIGNALS.
 */
struct utrace_record_attach {
	__s32 pid;
	__u32 flags;
};

/**
 * struct utrace_record_consume - give room of one ring back
 * @cpu: Number of the ring.
 * @reserved: Zero.
 * @tail: New position of the reader: at a record, not before the old one and
 *	not after the ring's head.
 */
struct utrace_record_consume {
	__u32 cpu;
	__u32 reserved;
	__u64 tail;
};

/**
 * enum utrace_record_kind - what an argument points to, or a piece of data is
 *
 * Up to UTRACE_RECORD_MSGHDR, and UTRACE_RECORD_REQUEST, it may stand in a struct
 * utrace_record_arg_spec.
 */
enum utrace_record_kind {
	/** @UTRACE_RECORD_VALUE: Itself; nothing is captured. */
	UTRACE_RECORD_VALUE = 0,
	/** @UTRACE_RECORD_PATH: A path, up to its NUL; bounded by max_string. */
	UTRACE_RECORD_PATH = 1,
	/** @UTRACE_RECORD_STRING: Another string, bounded by max_data. */
	UTRACE_RECORD_STRING = 2,
	/** @UTRACE_RECORD_BUFFER: Bytes; bounded by max_data. */
	UTRACE_RECORD_BUFFER = 3,
	/** @UTRACE_RECORD_STRUCT: One object; the first UTRACE_RECORD_MAX_STRUCT bytes. */
	UTRACE_RECORD_STRUCT = 4,
	/** @UTRACE_RECORD_ARRAY: Elements of one size, at most max_data of them. */
	UTRACE_RECORD_ARRAY = 5,
	/** @UTRACE_RECORD_SOCKADDR: A socket address; at most 128 bytes. */
	UTRACE_RECORD_SOCKADDR = 6,
	/**
	 * @UTRACE_RECORD_STRINGS: A vector of strings up to a NULL. Captured as
	 * the number of strings looked at (a u64), then so many STRING with
	 * their place in @index; max_data of them, of max_data bytes each.
	 */
	UTRACE_RECORD_STRINGS = 7,
	/** @UTRACE_RECORD_POINTERS: The same, but only how many there are: a u64. */
	UTRACE_RECORD_POINTERS = 8,
	/**
	 * @UTRACE_RECORD_ENTRIES: Entries of variable size, the u16 at offset
	 * @size of each says how large. Captured as their number: a u64.
	 */
	UTRACE_RECORD_ENTRIES = 9,
	/**
	 * @UTRACE_RECORD_IOVEC: struct iovec; max_data of them, then a BUFFER
	 * with what each points to, its place in @index.
	 */
	UTRACE_RECORD_IOVEC = 10,
	/**
	 * @UTRACE_RECORD_MSGHDR: struct msghdr, then what is in it: SOCKADDR,
	 * IOVEC and its BUFFERs, CONTROL.
	 */
	UTRACE_RECORD_MSGHDR = 11,
	/** @UTRACE_RECORD_CONTROL: Control messages of a struct msghdr. */
	UTRACE_RECORD_CONTROL = 12,
	/** @UTRACE_RECORD_REGS: Instruction and stack pointer: two u64. */
	UTRACE_RECORD_REGS = 13,
	/** @UTRACE_RECORD_SIGINFO: Of a SIGNAL: siginfo_t, as a 64-bit task has it. */
	UTRACE_RECORD_SIGINFO = 14,
	/** @UTRACE_RECORD_CREDS: Of an EXEC: u32 uid, euid, gid, egid. */
	UTRACE_RECORD_CREDS = 15,
	/** @UTRACE_RECORD_CLONE_FLAGS: Of a CLONE: a u64. */
	UTRACE_RECORD_CLONE_FLAGS = 16,
	/** @UTRACE_RECORD_COOKIE: Of a call or SIGNAL: a u64, that of its STACK. */
	UTRACE_RECORD_COOKIE = 17,
	/** @UTRACE_RECORD_RANGE: Of a MAP: two u64: bytes, and where in the file. */
	UTRACE_RECORD_RANGE = 18,
	/**
	 * @UTRACE_RECORD_REQUEST: What an argument of ioctl(2) or fcntl(2) points
	 * to, by the number of the request; there may be nothing. Captured as a
	 * STRUCT.
	 */
	UTRACE_RECORD_REQUEST = 19,
};

#define UTRACE_RECORD_MAX_STRUCT	512

/**
 * struct utrace_record_arg_spec - what to keep of what an argument points to
 *
 * In a task that makes 32-bit calls, what is pointed to has 32-bit layout.
 *
 * @kind: enum utrace_record_kind.
 * @length: UTRACE_RECORD_LENGTH(): for BUFFER, STRUCT, ARRAY, SOCKADDR,
 *	ENTRIES, IOVEC; LENGTH_ARG and the number of the request for REQUEST;
 *	else 0.
 * @size: Bytes of an element: 1 for BUFFER, SOCKADDR; 1 to
 *	UTRACE_RECORD_MAX_STRUCT for STRUCT, ARRAY; offset for ENTRIES;
 *	UTRACE_RECORD_REQUEST_* for REQUEST; else 0.
 */
struct utrace_record_arg_spec {
	__u8 kind;
	__u8 length;
	__u16 size;
};

/** UTRACE_RECORD_REQUEST_IOCTL - of ioctl(2): by its number, or as that tells itself */
#define UTRACE_RECORD_REQUEST_IOCTL	0
/** UTRACE_RECORD_REQUEST_FCNTL - of fcntl(2) */
#define UTRACE_RECORD_REQUEST_FCNTL	1

/**
 * UTRACE_RECORD_LENGTH() - where the number of elements comes from
 * @from: UTRACE_RECORD_LENGTH_*.
 * @arg: Number of the argument, 0 to 5.
 */
#define UTRACE_RECORD_LENGTH(from, arg)	((from) << 4 | (arg))
/** UTRACE_RECORD_LENGTH_ONE - it is one element; @arg is 0 */
#define UTRACE_RECORD_LENGTH_ONE	0
/** UTRACE_RECORD_LENGTH_ARG - the argument */
#define UTRACE_RECORD_LENGTH_ARG	1
/** UTRACE_RECORD_LENGTH_RESULT - the result, but not more than the argument; 15: than anything */
#define UTRACE_RECORD_LENGTH_RESULT	2
/** UTRACE_RECORD_LENGTH_POINTER - the u32 that the argument points to */
#define UTRACE_RECORD_LENGTH_POINTER	3
/** UTRACE_RECORD_LENGTH_BITS - longs for as many bits as the argument says */
#define UTRACE_RECORD_LENGTH_BITS	4

/**
 * struct utrace_record_call_spec - what to keep of one system call
 *
 * An IOVEC or MSGHDR that is both @in and @out is looked at when the call is
 * entered, what it points to when the call returns. What a NULL pointer points
 * to is not looked at, nor what an @out one does if the call fails.
 *
 * @nr_args: How many arguments it has: 0 to 6.
 * @in: Bit N: capture what argument N points to when the call is entered. Bit
 *	UTRACE_RECORD_IN_REGS: capture REGS.
 * @out: Bit N: when it has returned without an error.
 * @when: 0: always. Else 1 + the number of an argument, say that which tells
 *	futex(2) what to do: capture only if @values has its value.
 * @args: What each points to.
 * @values: Bit (value % 32).
 */
struct utrace_record_call_spec {
	__u8 nr_args;
	__u8 in;
	__u8 out;
	__u8 when;
	struct utrace_record_arg_spec args[6];
	__u32 values;
};

#define UTRACE_RECORD_IN_REGS		7

/**
 * struct utrace_record_calls - describe system calls by number
 * @abi: UTRACE_RECORD_ABI_NATIVE or _COMPAT.
 * @nr: Number of elements; calls from there on have six plain arguments.
 * @specs: Pointer to struct utrace_record_call_spec[@nr].
 */
struct utrace_record_calls {
	__u32 abi;
	__u32 nr;
	__u64 specs;
};

#define UTRACE_RECORD_ABI_NATIVE	0
#define UTRACE_RECORD_ABI_COMPAT	1
#define UTRACE_RECORD_MAX_CALLS		1024

/**
 * struct utrace_record_filter - system calls to record, chosen in the kernel
 * @nr: Number of instructions.
 * @reserved: Zero.
 * @insns: Pointer to struct sock_filter[@nr]: classic BPF over struct
 *	seccomp_data, as for seccomp(2). A call is recorded if it returns
 *	SECCOMP_RET_ALLOW; of any other, nothing is.
 */
struct utrace_record_filter {
	__u32 nr;
	__u32 reserved;
	__u64 insns;
};

/**
 * struct utrace_record_status - counters of a session
 * @attached: Tasks attached now.
 * @attached_ever: Tasks ever attached.
 * @attach_failed: Children that should have been attached, but were not: no
 *	memory, too many engines of this user, or with
 *	UTRACE_RECORD_POLICY_BLOCK one that the reader's process waits for.
 * @timeouts: How often block_timeout_ms ended, and records were lost from then
 *	on, until the reader came back.
 * @records: Calls, events, chains and large buffers written, all rings.
 * @lost: Those lost, all rings.
 * @overwritten: Of @records, those that are gone again.
 * @blocked: How often a task has waited for room.
 * @blocked_ns: How long all together, of those that wait no more.
 */
struct utrace_record_status {
	__u32 attached;
	__u32 attached_ever;
	__u32 attach_failed;
	__u32 timeouts;
	__u64 records;
	__u64 lost;
	__u64 overwritten;
	__u64 blocked;
	__u64 blocked_ns;
};

/**
 * struct utrace_record_in_flight - write the calls that tasks are in
 * @flags: Zero.
 * @reserved: Zero.
 *
 * For every attached task that is in a call that was recorded from its entry, a
 * CALL record with UTRACE_RECORD_CALL_UNFINISHED and the result
 * UTRACE_RECORD_IN_PROGRESS is written into the ring of the CPU that the caller
 * is on. The call has not returned then; when it does, it is written as ever.
 */
struct utrace_record_in_flight {
	__u32 flags;
	__u32 reserved;
};

/**
 * struct utrace_record_stacks - record user call chains, too
 * @depth: Addresses in one: 1 to UTRACE_RECORD_MAX_DEPTH.
 * @reserved: Zero.
 *
 * Of each call that is recorded, when it is entered; of each signal; and when
 * something in the kernel has called utrace_request(), before user code runs.
 * They are records of their own, struct utrace_record_stack.
 */
struct utrace_record_stacks {
	__u32 depth;
	__u32 reserved;
};

#define UTRACE_RECORD_MAX_DEPTH	1024

/*
 * poll(): POLLIN when a ring is past the watermark, or a task waits for room;
 * POLLHUP when tasks were attached and the last of them is gone.
 *
 * SETUP	-EINVAL size, version, flags, ring_bytes, watermark, max_string,
 *		max_data, policy, block_timeout_ms or reserved wrong, or not for this
 *		policy; -EBUSY set up before; -ENOMEM
 * ATTACH	-ENXIO not set up; -EINVAL flags or pid <= 0; -ESRCH no such task,
 *		or it is dead; -EPERM kernel thread, or one that the caller may
 *		not ptrace; -EEXIST attached to this session, with
 *		PROCESS all threads of it; -EDEADLK the caller's own thread group,
 *		or with UTRACE_RECORD_POLICY_BLOCK a process that the caller's
 *		waits for; -EDQUOT too many engines of this user; -EINTR a signal
 *		came while an exec of the process kept us waiting; -ENOMEM
 * CONSUME	-ENXIO not set up; -EOPNOTSUPP UTRACE_RECORD_POLICY_OVERWRITE;
 *		-EINVAL cpu, tail or reserved wrong
 * CALLS	-EINVAL abi or nr wrong, or a spec that makes no sense: nothing has
 *		changed; -EBUSY tasks were attached;
 *		-EFAULT; -ENOMEM
 * FILTER	-EINVAL no program that seccomp(2) would take, or reserved wrong;
 *		-EBUSY tasks were attached, or there is one; -EFAULT; -ENOMEM
 * STATUS	-EFAULT
 * IN_FLIGHT	-ENXIO not set up; -EINVAL flags or reserved wrong; -ENOSPC a ring
 *		has no room: consume, then ask again for the rest
 * STACK	-EINVAL depth or reserved wrong; -EBUSY tasks were attached; -EFAULT
 * any other	-ENOTTY
 *
 * All but CONSUME and STATUS wait for each other, so -EINTR also when a signal
 * comes before it is their turn: nothing has been done then. ATTACH with PROCESS
 * that fails may have attached some threads: the next one attaches the others.
 */
#define UTRACE_RECORD_IOC_MAGIC   0xE7
#define UTRACE_RECORD_IOC_SETUP   _IOWR(UTRACE_RECORD_IOC_MAGIC, 0, struct utrace_record_setup)
#define UTRACE_RECORD_IOC_ATTACH  _IOW(UTRACE_RECORD_IOC_MAGIC, 1, struct utrace_record_attach)
#define UTRACE_RECORD_IOC_CONSUME _IOW(UTRACE_RECORD_IOC_MAGIC, 2, struct utrace_record_consume)
#define UTRACE_RECORD_IOC_CALLS   _IOW(UTRACE_RECORD_IOC_MAGIC, 3, struct utrace_record_calls)
#define UTRACE_RECORD_IOC_STATUS  _IOR(UTRACE_RECORD_IOC_MAGIC, 4, struct utrace_record_status)
#define UTRACE_RECORD_IOC_FILTER  _IOW(UTRACE_RECORD_IOC_MAGIC, 5, struct utrace_record_filter)
#define UTRACE_RECORD_IOC_IN_FLIGHT \
	_IOW(UTRACE_RECORD_IOC_MAGIC, 7, struct utrace_record_in_flight)
#define UTRACE_RECORD_IOC_STACK   _IOW(UTRACE_RECORD_IOC_MAGIC, 8, struct utrace_record_stacks)

/**
 * struct utrace_record - how every record begins
 *
 * Records are little endian, 8-byte aligned, and a multiple of 8 bytes long.
 * @info says how long, so that a reader can step over a type that it does not
 * know::
 *
 *	bits  0-2	type
 *	bits  3-5	number of arguments that follow (CALL)
 *	bits  6-9	flags
 *	bits 10-21	length of the record in units of 8 bytes
 *	bits 22-31	system call number (CALL) or kind (EVENT)
 */
struct utrace_record {
	/** @info: See above. */
	__u32 info;
	/** @delta: Nanoseconds since the record before it in this ring. */
	__u32 delta;
};

#define UTRACE_RECORD_TYPE(info)	((info) & 7)
#define UTRACE_RECORD_NARGS(info)	(((info) >> 3) & 7)
#define UTRACE_RECORD_FLAGS(info)	(((info) >> 6) & 15)
#define UTRACE_RECORD_BYTES(info)	((((info) >> 10) & 0xfff) * 8)
#define UTRACE_RECORD_NR(info)		(((info) >> 22) & 0x3ff)
#define UTRACE_RECORD_INFO(type, nargs, flags, bytes, nr) \
	((__u32)(type) | (__u32)(nargs) << 3 | (__u32)(flags) << 6 | \
	 (__u32)(bytes) << 7 | (__u32)(nr) << 22)
#define UTRACE_RECORD_MAX_BYTES		(0xfff * 8)

/**
 * enum utrace_record_type - what a record is
 */
enum utrace_record_type {
	/** @UTRACE_RECORD_PAD: Nothing, up to the end of the ring. */
	UTRACE_RECORD_PAD = 0,
	/** @UTRACE_RECORD_CALL: struct utrace_record_call: one system call. */
	UTRACE_RECORD_CALL = 1,
	/** @UTRACE_RECORD_TASK: struct utrace_record_task: whose records follow. */
	UTRACE_RECORD_TASK = 2,
	/** @UTRACE_RECORD_LOST: struct utrace_record_lost: here records are missing. */
	UTRACE_RECORD_LOST = 3,
	/** @UTRACE_RECORD_EVENT: struct utrace_record_event: something else happened. */
	UTRACE_RECORD_EVENT = 4,
	/** @UTRACE_RECORD_LARGE: struct utrace_record_large: a buffer of a call. */
	UTRACE_RECORD_LARGE = 5,
	/** @UTRACE_RECORD_STACK: struct utrace_record_stack: a user call chain. */
	UTRACE_RECORD_STACK = 6,
};

/**
 * struct utrace_record_call - a system call, written when it has returned
 * @head: Type CALL; @head.delta leads to the time of the return.
 * @duration: Nanoseconds from entry to return.
 * @result: What it returned; -512 to -516 are the kernel's restart codes.
 *
 * Then, in this order: struct utrace_record_call_wide with flag WIDE; the
 * arguments, 8 bytes each; with flag DATA one struct utrace_record_data
 * after the other up to the end of the record.
 */
struct utrace_record_call {
	struct utrace_record head;
	__u32 duration;
	__s32 result;
};

/** UTRACE_RECORD_CALL_WIDE - a value does not fit: take all of them from here. */
#define UTRACE_RECORD_CALL_WIDE		(1 << 0)
/** UTRACE_RECORD_CALL_COMPAT - the call came through the 32-bit entry. */
#define UTRACE_RECORD_CALL_COMPAT	(1 << 1)
/** UTRACE_RECORD_CALL_DATA - captured memory follows the arguments. */
#define UTRACE_RECORD_CALL_DATA		(1 << 2)
/**
 * UTRACE_RECORD_CALL_UNFINISHED - no result: the task died in the call, or the
 * result is UTRACE_RECORD_IN_PROGRESS
 */
#define UTRACE_RECORD_CALL_UNFINISHED	(1 << 3)

/** UTRACE_RECORD_IN_PROGRESS - the task is in the call, see UTRACE_RECORD_IOC_IN_FLIGHT. */
#define UTRACE_RECORD_IN_PROGRESS	1

/**
 * struct utrace_record_call_wide - follows a call with UTRACE_RECORD_CALL_WIDE
 * @result: What the call returned.
 * @duration: Nanoseconds from entry to return.
 * @nr: System call number.
 */
struct utrace_record_call_wide {
	__s64 result;
	__u64 duration;
	__s64 nr;
};

/**
 * struct utrace_record_data - a piece of captured memory
 * @arg: Number of the argument that led there; of an event: 0.
 * @kind: enum utrace_record_kind.
 * @flags: UTRACE_RECORD_DATA_*.
 * @index: Which of several.
 * @len: Bytes that follow, without NUL; the next one begins 8-byte aligned.
 * @reserved: Zero.
 */
struct utrace_record_data {
	__u8 arg;
	__u8 kind;
	__u8 flags;
	__u8 index;
	__u16 len;
	__u16 reserved;
};

/**
 * UTRACE_RECORD_DATA_FAULT - it could not be read: -EFAULT for the kernel too
 *
 * If another piece led there (STRINGS, IOVEC, MSGHDR), the address is what follows.
 */
#define UTRACE_RECORD_DATA_FAULT	(1 << 0)
/** UTRACE_RECORD_DATA_TRUNCATED - there is more than what was captured. */
#define UTRACE_RECORD_DATA_TRUNCATED	(1 << 1)
/** UTRACE_RECORD_DATA_OUT - as it was when the call had returned. */
#define UTRACE_RECORD_DATA_OUT		(1 << 2)

/**
 * UTRACE_RECORD_DATA_LARGE - it is in a record of its own
 *
 * What follows is a u64: the @cookie of the LARGE record, which came before in the
 * stream of the task; 0: it was lost.
 */
#define UTRACE_RECORD_DATA_LARGE	(1 << 3)

/**
 * struct utrace_record_large - a buffer that is too large for the record of its call
 *
 * Copied into the ring at once, instead of by way of the task's own memory: more
 * than UTRACE_RECORD_MIN_LARGE bytes.
 *
 * @head: Type LARGE.
 * @cookie: As in the piece of data that it belongs to.
 * @len: Bytes that follow.
 * @reserved: Zero.
 */
struct utrace_record_large {
	struct utrace_record head;
	__u64 cookie;
	__u32 len;
	__u32 reserved;
};

#define UTRACE_RECORD_MIN_LARGE	256

/**
 * struct utrace_record_task - the task whose records follow in this ring
 * @head: Type TASK; @head.delta is 0.
 * @time: CLOCK_MONOTONIC in nanoseconds; the next record's delta counts from here.
 * @tid: Thread ID in the initial PID namespace.
 * @pid: Thread group ID.
 * @comm: Name of the thread, NUL-padded.
 */
struct utrace_record_task {
	struct utrace_record head;
	__u64 time;
	__u32 tid;
	__u32 pid;
	char comm[16];
};

/**
 * struct utrace_record_lost - records were lost between the one before and the next
 *
 * Can stand before the first TASK record of a ring. What is lost after the last
 * record of a ring is only in its @lost.
 *
 * @head: Type LOST.
 * @count: How many.
 */
struct utrace_record_lost {
	struct utrace_record head;
	__u64 count;
};

/**
 * struct utrace_record_event - an event that is not a system call
 * @head: Type EVENT; the kind is in the place of the system call number.
 * @value: By kind.
 *
 * Then one struct utrace_record_data after the other up to the end of the record.
 */
struct utrace_record_event {
	struct utrace_record head;
	__u64 value;
};

/**
 * struct utrace_record_stack - where a task was in its program
 *
 * Followed by frame pointers. A function that has not set up its frame, as those
 * of libc that make a call, hides the one that called it: if the unwind table of
 * the first address says so, @top is an address that belongs between the first
 * two.
 *
 * @head: Type STACK.
 * @cookie: As the COOKIE of the call or event that it is of, which comes later
 *	in the stream of the task; or what utrace_request() returned.
 * @top: What the stack pointer pointed to; 0 if it could not be read.
 *
 * Then the addresses, 8 bytes each: where the program goes on when the kernel
 * returns, where it goes on when the function that this is in returns...
 */
struct utrace_record_stack {
	struct utrace_record head;
	__u64 cookie;
	__u64 top;
};

/** UTRACE_RECORD_STACK_TRUNCATED - there are more than depth */
#define UTRACE_RECORD_STACK_TRUNCATED	(1 << 0)
/** UTRACE_RECORD_STACK_COMPAT - of a program, or a piece of one, that is 32-bit code */
#define UTRACE_RECORD_STACK_COMPAT	(1 << 1)
/** UTRACE_RECORD_STACK_BROKEN - the last frame pointer led nowhere, and was not 0 */
#define UTRACE_RECORD_STACK_BROKEN	(1 << 2)
/** UTRACE_RECORD_STACK_REQUESTED - by utrace_request(): no call or event has its cookie */
#define UTRACE_RECORD_STACK_REQUESTED	(1 << 3)

/**
 * enum utrace_record_event_kind - what a struct utrace_record_event tells
 */
enum utrace_record_event_kind {
	/** @UTRACE_RECORD_EVENT_CLONE: created a task; value: its thread ID; CLONE_FLAGS. */
	UTRACE_RECORD_EVENT_CLONE = 1,
	/** @UTRACE_RECORD_EVENT_EXEC: runs a new program; value: 0; PATH of its file, CREDS. */
	UTRACE_RECORD_EVENT_EXEC = 2,
	/** @UTRACE_RECORD_EVENT_EXIT: the thread exits; value: status as wait(2) has it. */
	UTRACE_RECORD_EVENT_EXIT = 3,
	/** @UTRACE_RECORD_EVENT_SIGNAL: takes a signal; value: its number; SIGINFO. */
	UTRACE_RECORD_EVENT_SIGNAL = 4,
	/** @UTRACE_RECORD_EVENT_STOP: stops with its process; value: the signal. */
	UTRACE_RECORD_EVENT_STOP = 5,
	/**
	 * @UTRACE_RECORD_EVENT_MAP: a mapping of the process that code can be in;
	 * value: its address; RANGE, PATH of the file, or a name in brackets.
	 * They come before the first STACK of a task, and all of them again when
	 * there are more or less pages of code than at the one before.
	 */
	UTRACE_RECORD_EVENT_MAP = 6,
};

/*
 * Trace files: struct utrace_record_file, then chunks, each with a header of
 * its own, in any order but the last. A file without the END chunk was cut.
 */
#define UTRACE_RECORD_FILE_MAGIC	"utrace\r\n"

/**
 * struct utrace_record_file - the beginning of a trace file
 * @magic: UTRACE_RECORD_FILE_MAGIC, without a NUL.
 * @version: UTRACE_RECORD_VERSION.
 * @header_bytes: Size of this header; the first chunk follows.
 * @realtime_offset: CLOCK_REALTIME - CLOCK_MONOTONIC in nanoseconds.
 * @nr_cpus: Number of rings.
 * @page_bytes: Page size of the machine.
 * @reserved: Zero.
 */
struct utrace_record_file {
	char magic[8];
	__u32 version;
	__u32 header_bytes;
	__s64 realtime_offset;
	__u32 nr_cpus;
	__u32 page_bytes;
	__u64 reserved[2];
};

/**
 * struct utrace_record_chunk - header of one chunk
 * @type: enum utrace_record_chunk_type; unknown ones are to be skipped.
 * @cpu: Ring number for DATA and ZSTD, else 0.
 * @bytes: Size of what follows this header; a multiple of 8.
 */
struct utrace_record_chunk {
	__u32 type;
	__u32 cpu;
	__u64 bytes;
};

/** UTRACE_RECORD_ZSTD_MAX_BYTES - what a reader has to have room for, per ring. */
#define UTRACE_RECORD_ZSTD_MAX_BYTES	(4u << 20)

/**
 * enum utrace_record_chunk_type - what a chunk contains
 */
enum utrace_record_chunk_type {
	/** @UTRACE_RECORD_CHUNK_FORMAT: Text: the layout of every record type, NUL-padded. */
	UTRACE_RECORD_CHUNK_FORMAT = 1,
	/** @UTRACE_RECORD_CHUNK_CALLS: Text: names and prototypes of system calls, NUL-padded. */
	UTRACE_RECORD_CHUNK_CALLS = 2,
	/** @UTRACE_RECORD_CHUNK_DATA: Whole records of one ring. */
	UTRACE_RECORD_CHUNK_DATA = 3,
	/** @UTRACE_RECORD_CHUNK_END: struct utrace_record_status at the end. */
	UTRACE_RECORD_CHUNK_END = 4,
	/**
	 * @UTRACE_RECORD_CHUNK_ZSTD: What a DATA chunk holds, as one zstd frame
	 * that says how long it is, NUL-padded; at most
	 * UTRACE_RECORD_ZSTD_MAX_BYTES when decompressed.
	 */
	UTRACE_RECORD_CHUNK_ZSTD = 5,
	/**
	 * @UTRACE_RECORD_CHUNK_FDS: Text: what the tasks had open when tracing
	 * began, lines "TGID FD FLAG PATH"; FD is "cwd" for the directory, FLAG
	 * "x" for what exec closes, or "-". NUL-padded.
	 */
	UTRACE_RECORD_CHUNK_FDS = 6,
};

#endif /* _UAPI_LINUX_UTRACE_RECORD_H */
