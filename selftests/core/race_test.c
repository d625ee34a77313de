// SPDX-License-Identifier: GPL-2.0
/* Races, lost each time: the thread is held where the other one has to come in. */
#include "signals.h"
#include "../hold.h"

TEST(stop_that_comes_when_a_thread_has_begun_to_go_on_stops_it_again)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, run_until_told, 0);

	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	ASSERT_EQ(0, hold_at("cgroup_leave_frozen", t.pid));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(wait_held());
	/* It has seen that nobody holds it. */
	EXPECT_EQ(-EINPROGRESS, session_control(s, 2, TEST_DO_STOP));
	hold_go();
	EXPECT_EQ(0, session_wait_stop(s, 2, true, 2, PATIENCE * 1000));
	EXPECT_FALSE(moves());
	EXPECT_EQ(0, session_control(s, 2, TEST_DO_RESUME));
	expect_unhurt(_metadata, &t);
}

static void *call_once(void *arg)
{
	syscall(SYS_getpgrp);
	return arg;
}

static void make_thread(void)
{
	pthread_t thread;

	if (!pthread_create(&thread, NULL, call_once, NULL))
		pthread_join(thread, NULL);
}

/* In the middle of clone(2): past what tells us the flags. */
TEST(thread_whose_parent_is_attached_to_in_the_middle_of_clone_is_in_its_scope)
{
	struct tracee t = tracee_start(make_thread);
	struct session *s = session_open();
	const struct test_utrace_event *clone;

	ASSERT_EQ(0, hold_at("alloc_pid", t.pid));
	tracee_go(&t);
	ASSERT_TRUE(wait_held());
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(CLONE), 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_PROCESS, 0));
	hold_go();
	EXPECT_EQ(0, tracee_end(&t));
	clone = FIND_EVENT(s, .event = TEST_CLONE, .tid = t.pid);
	ASSERT_TRUE(clone);
	EXPECT_EQ(CLONE_THREAD | CLONE_SIGHAND | CLONE_VM,
		  clone->values[1] & (CLONE_THREAD | CLONE_SIGHAND | CLONE_VM | CLONE_VFORK));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .tid = clone->values[0],
			       VALUE(SYS_getpgrp)));
}

static void call_once_in_main(void)
{
	syscall(SYS_getpgrp);
	run_until_told();
}

/* The last callback has returned, and the thread has yet to let the engine go. */
TEST(barrier_behind_a_detach_in_progress_says_that_the_engine_is_detached)
{
	struct tracee t = tracee_start(call_once_in_main);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getpgrp,
	     .what = TEST_UTRACE_BLOCK | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp)));
	EXPECT_EQ(-EINPROGRESS, session_control(s, 1, TEST_DO_DETACH));
	ASSERT_EQ(0, hold_at("utrace_detach_finish", t.pid));
	session_open_gate(s);
	ASSERT_TRUE(wait_held());
	EXPECT_EQ(-ESRCH, session_barrier(s, 1));
	hold_go();
	expect_unhurt(_metadata, &t);
}

TEST_HARNESS_MAIN
