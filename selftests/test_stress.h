/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Interface of /dev/utrace_stress: engines that do anything an engine may, by
 * chance. An open file is a controller with slots for engines.
 */
#ifndef _TEST_STRESS_H
#define _TEST_STRESS_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define TEST_STRESS_DEVICE	"/dev/utrace_stress"
#define TEST_STRESS_SLOTS	16
/** TEST_STRESS_UID - whose threads may be attached to. */
#define TEST_STRESS_UID		12345
/** TEST_STRESS_COMM - who has the handler that a request names. */
#define TEST_STRESS_COMM	"stress-worker"

/** enum test_stress_op - what to do with the engine in a slot */
enum test_stress_op {
	TEST_STRESS_ATTACH,	/* a new one, to tid, in place of the one there */
	TEST_STRESS_FIND,	/* adopt one of ours that tid has already */
	TEST_STRESS_FORGET,	/* let go of the reference; it stays attached */
	TEST_STRESS_DETACH,	/* and wait until it is */
	TEST_STRESS_SET_EVENTS,	/* to arg */
	TEST_STRESS_CONTROL,	/* arg: a resume action */
	TEST_STRESS_BARRIER,	/* arg: of which kind */
	TEST_STRESS_SCOPE,	/* arg: which; arg2: depth */
	TEST_STRESS_TIMEOUT,	/* of its holds, to arg */
	TEST_STRESS_EXAMINE,	/* hold it, look, write back what was there, let go */
	TEST_STRESS_STATUS,
	TEST_STRESS_NR_OPS
};

/**
 * struct test_stress_request - one operation
 * @op: enum test_stress_op.
 * @slot: Which.
 * @tid: Whom to attach to.
 * @arg: Depends.
 * @arg2: Depends.
 * @reserved: 0.
 * @seed: Of what an engine that is attached does.
 * @handler: A signal handler of the workers, and
 * @restorer: what it returns to.
 */
struct test_stress_request {
	__u32 op;
	__u32 slot;
	__s32 tid;
	__u32 arg;
	__u32 arg2;
	__u32 reserved;
	__u64 seed;
	__u64 handler;
	__u64 restorer;
};

/**
 * struct test_stress_counters - since the module was loaded
 * @engines: Those that have not been released.
 * @made: All.
 * @callbacks: All that were made.
 * @strange: Answers of the core that it says it never gives.
 */
struct test_stress_counters {
	__u64 engines;
	__u64 made;
	__u64 callbacks;
	__u64 strange;
};

#define TEST_STRESS_IOC_DO		_IOW('U', 0, struct test_stress_request)
#define TEST_STRESS_IOC_COUNTERS	_IOR('U', 1, struct test_stress_counters)
/* Every callback answers DETACH from now on; detaches all that can be found. */
#define TEST_STRESS_IOC_LEAVE		_IO('U', 2)

#endif /* _TEST_STRESS_H */
