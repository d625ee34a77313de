// SPDX-License-Identifier: GPL-2.0
/* CLONE: the child is there, cannot run, and can be attached to. */
#include "../session.h"
#include "../threads.h"

#define CLONE_EVENTS	(TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(CLONE))

static void wait_for(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, __WALL) < 0 && errno == EINTR)
		;
	if (status)
		shared[8]++;
}

static void fork_once(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		shared[1] = syscall(SYS_getppid);
		syscall(SYS_exit_group, 0);
	}
	shared[2] = pid;
	wait_for(pid);
}

static void vfork_once(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		syscall(SYS_getppid);
		_exit(0);
	}
	shared[2] = pid;
	wait_for(pid);
}

static void vfork_tells(void)
{
	pid_t pid = vfork();

	if (pid == 0) {
		shared[1] = 1;
		_exit(0);
	}
	shared[2] = pid;
	wait_for(pid);
}

static void one_thread(void)
{
	thread_once(&shared[1]);
}

/* The first instruction of the child is its first call: no libc in between. */
static long raw_fork(long nr, long flags)
{
	long ret;

	__asm__ volatile("syscall\n\t"
			 "test %%rax, %%rax\n\t"
			 "jnz 1f\n\t"
			 "mov %[getpgrp], %%eax\n\t"
			 "syscall\n\t"
			 "xor %%edi, %%edi\n\t"
			 "mov %[exit], %%eax\n\t"
			 "syscall\n"
			 "1:"
			 : "=a" (ret)
			 : "a" (nr), "D" (flags), "S" (0L), "d" (0L),
			   [getpgrp] "i" (SYS_getpgrp), [exit] "i" (SYS_exit)
			 : "rcx", "r11", "memory");
	return ret;
}

#define ROW	200

static void fork_row(void)
{
	int i;

	for (i = 0; i < ROW; i++)
		wait_for(shared[100 + i] = raw_fork(SYS_fork, 0));
}

static void vfork_row(void)
{
	int i;

	for (i = 0; i < ROW; i++)
		wait_for(shared[100 + i] = raw_fork(SYS_vfork, 0));
}

static void thread_row(void)
{
	static volatile int tid;
	int i;

	for (i = 0; i < ROW; i++) {
		long ret;
		register long r10 __asm__("r10") = (long)&tid;

		/* Runs on our stack, but it uses none. */
		tid = 1;
		__asm__ volatile("syscall\n\t"
				 "test %%rax, %%rax\n\t"
				 "jnz 1f\n\t"
				 "mov %[getpgrp], %%eax\n\t"
				 "syscall\n\t"
				 "xor %%edi, %%edi\n\t"
				 "mov %[exit], %%eax\n\t"
				 "syscall\n"
				 "1:"
				 : "=a" (ret)
				 : "a" (SYS_clone),
				   "D" (CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND |
					CLONE_THREAD | CLONE_CHILD_CLEARTID),
				   "S" (0L), "d" (0L), "r" (r10),
				   [getpgrp] "i" (SYS_getpgrp), [exit] "i" (SYS_exit)
				 : "rcx", "r11", "memory");
		shared[100 + i] = ret;
		while (tid)
			syscall(SYS_futex, &tid, 0 /* FUTEX_WAIT */, 1, NULL);
	}
}

static void great_grandchild(void)
{
	int i;

	for (i = 0; i < 4; i++) {
		pid_t pid = fork();

		if (pid) {
			shared[100 + i] = pid;
			wait_for(pid);
			break;
		}
		syscall(SYS_getsid, 4000 + i);
	}
	syscall(SYS_exit_group, 0);
}

static void fork_waits(void)
{
	double begin;
	pid_t pid;

	shared[3] = now() * 1000;
	pid = fork();
	if (pid == 0) {
		shared[4] = now() * 1000;
		_exit(0);
	}
	begin = now();
	wait_for(pid);
	shared[5] = (now() - begin) * 1000;
}

static void failing_clone(void)
{
	/* CLONE_THREAD without CLONE_SIGHAND */
	shared[1] = syscall(SYS_clone, CLONE_THREAD, 0, 0, 0, 0);
}

TEST(fork_is_reported_with_the_child_before_it_returns)
{
	struct tracee t = tracee_start(fork_once);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_CLONE));
	e = FIND_EVENT(s, .event = TEST_CLONE);
	ASSERT_TRUE(e);
	EXPECT_EQ(shared[2], e->values[0]);
	EXPECT_EQ(0, e->values[1] & (CLONE_VM | CLONE_THREAD | CLONE_VFORK));
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_NOT_CURRENT);
	EXPECT_EQ(t.pid, shared[1]);
	EXPECT_NONE_ATOMIC(s);
}

TEST(vfork_is_reported_with_its_flags)
{
	struct tracee t = tracee_start(vfork_once);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_CLONE));
	e = FIND_EVENT(s, .event = TEST_CLONE);
	ASSERT_TRUE(e);
	EXPECT_EQ(shared[2], e->values[0]);
	EXPECT_EQ(CLONE_VM | CLONE_VFORK, e->values[1] & (CLONE_VM | CLONE_VFORK | CLONE_THREAD));
}

TEST(clone_of_a_thread_is_reported_with_its_flags)
{
	struct tracee t = tracee_start(one_thread);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_CLONE));
	e = FIND_EVENT(s, .event = TEST_CLONE);
	ASSERT_TRUE(e);
	EXPECT_EQ(shared[1], e->values[0]);
	EXPECT_EQ(CLONE_VM | CLONE_THREAD, e->values[1] & (CLONE_VM | CLONE_THREAD));
}

TEST(clone_that_fails_is_not_reported)
{
	struct tracee t = tracee_start(failing_clone);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_CLONE));
}

TEST(child_does_not_run_while_a_clone_callback_sleeps)
{
	struct tracee t = tracee_start(fork_waits);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_CLONE, .what = TEST_UTRACE_SLEEP, .sleep_ms = 100);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[4] - shared[3], 80);
	EXPECT_NONE_ATOMIC(s);
}

/* Every child's first call must be there: an attach that came late misses it. */
static void child_row(struct __test_metadata *_metadata, void (*fn)(void))
{
	struct tracee t = tracee_start(fn);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, CLONE_EVENTS, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(ROW, COUNT_EVENTS(s, .event = TEST_CLONE, .tid = t.pid));
	for (i = 0; i < ROW; i++) {
		pid_t child = shared[100 + i];

		ASSERT_GT(child, 0);
		ASSERT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .tid = child,
					  VALUE(SYS_getpgrp)));
		ASSERT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .tid = child,
					  VALUE(SYS_exit)));
	}
	EXPECT_EQ(0, shared[8]);
	EXPECT_EQ(0, session_status(s).lost);
}

TEST(child_of_fork_is_attached_before_its_first_instruction)
{
	child_row(_metadata, fork_row);
}

TEST(child_of_vfork_is_attached_before_its_first_instruction)
{
	child_row(_metadata, vfork_row);
}

TEST(new_thread_is_attached_before_its_first_instruction)
{
	child_row(_metadata, thread_row);
}

TEST(grandchildren_are_attached_before_their_first_call)
{
	struct tracee t = tracee_start(great_grandchild);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, CLONE_EVENTS, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	for (i = 0; i < 4; i++)
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY,
					  .tid = shared[100 + i], VALUE(SYS_getsid)));
	EXPECT_EQ(4, COUNT_EVENTS(s, .event = TEST_CLONE));
}

TEST(child_that_nobody_attached_to_is_not_traced)
{
	struct tracee t = tracee_start(fork_once);
	struct session *s = session_open();
	size_t i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	session_read(s);
	for (i = 0; i < s->nr; i++)
		EXPECT_EQ(t.pid, s->events[i].tid);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
	EXPECT_EQ(t.pid, shared[1]);
}

TEST(child_runs_while_its_parent_is_in_cloned)
{
	struct tracee t = tracee_start(vfork_tells);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_CLONED, .what = TEST_UTRACE_BLOCK);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE) | TEST_BIT(CLONED), 0));
	tracee_go(&t);
	EXPECT_TRUE(WAIT_FOR(shared[1]));
	/* The child may have been quicker. */
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_CLONED));
	/* It has not come out of vfork(), though its child let it go. */
	EXPECT_EQ(0, shared[2]);
	session_open_gate(s);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_CLONED);
	ASSERT_TRUE(e);
	EXPECT_EQ(shared[2], e->values[0]);
	EXPECT_EQ(CLONE_VFORK, e->values[1] & CLONE_VFORK);
	EXPECT_GT(e->seq, FIND_EVENT(s, .event = TEST_CLONE)->seq);
	EXPECT_NONE_ATOMIC(s);
}

TEST_HARNESS_MAIN
