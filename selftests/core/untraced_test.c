// SPDX-License-Identifier: GPL-2.0
/*
 * Who is not traced is not touched; and a program that uses
 * PR_SET_SYSCALL_USER_DISPATCH itself, whose hook we stand in for, does not
 * notice us, traced or not.
 */
#include "../session.h"

#include <linux/prctl.h>
#include <ucontext.h>

static void getppid_forever(void)
{
	for (;;) {
		syscall(SYS_getppid);
		shared[0]++;
	}
}

/* System call user dispatch: calls become SIGSYS while @selector says so. */
static char selector;

#define EMULATED	0x5555

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;

	(void)sig;
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	shared[20]++;
	shared[21] = info->si_syscall;
	shared[22] = info->si_code;
	uc->uc_mcontext.gregs[REG_RAX] = EMULATED;
}

static bool dispatch_on(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &sa, NULL);
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	return prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, &selector) == 0;
}

static long dispatched(long nr)
{
	long ret;

	selector = SYSCALL_DISPATCH_FILTER_BLOCK;
	ret = syscall(nr);
	selector = SYSCALL_DISPATCH_FILTER_ALLOW;
	return ret;
}

/* One step per word that the test writes, so that it can attach in between. */
static void wait_for_step(long step)
{
	while (shared[1] < step)
		syscall(SYS_sched_yield);
}

static void use_dispatch(void)
{
	long step;

	shared[3] = dispatch_on();
	for (step = 1; step <= 3; step++) {
		wait_for_step(step);
		shared[30 + step] = dispatched(SYS_getppid);
		shared[40 + step] = syscall(SYS_getppid);
		shared[2] = step;
	}
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	shared[5] = syscall(SYS_getpgrp);
	shared[2] = 4;
	wait_for_step(5);
}

static void expect_step(struct __test_metadata *_metadata, long step)
{
	shared[1] = step;
	ASSERT_TRUE(WAIT_FOR(shared[2] >= step));
	EXPECT_EQ(EMULATED, shared[30 + step]);
	EXPECT_EQ(getpid(), shared[40 + step]);
	EXPECT_EQ(step, shared[20]);
	EXPECT_EQ(SYS_getppid, shared[21]);
	EXPECT_EQ(2 /* SYS_USER_DISPATCH */, shared[22]);
}

/* Where the kernel has it: only what is called at one address is dispatched. */
#ifndef PR_SYS_DISPATCH_INCLUSIVE_ON
#define PR_SYS_DISPATCH_INCLUSIVE_ON	2
#endif

__asm__(".pushsection .text\n"
	".globl call_getppid, behind_getppid\n"
	".type call_getppid, @function\n"
	"call_getppid:\n"
	"	mov $110, %eax\n"
	"	syscall\n"
	"behind_getppid:\n"
	"	ret\n"
	".size call_getppid, . - call_getppid\n"
	".popsection");
extern long call_getppid(void);
extern char behind_getppid[];

static void use_dispatch_of_one_address(void)
{
	struct sigaction sa = { .sa_sigaction = on_sigsys, .sa_flags = SA_SIGINFO };
	long step;

	sigaction(SIGSYS, &sa, NULL);
	shared[3] = prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_INCLUSIVE_ON,
			  behind_getppid, 1, NULL) ? -errno : 1;
	for (step = 1; step <= 3; step++) {
		wait_for_step(step);
		shared[30 + step] = call_getppid();
		shared[40 + step] = syscall(SYS_getppid);
		shared[2] = step;
	}
	wait_for_step(5);
}

static void switch_dispatch_on_and_off(void)
{
	shared[3] = dispatch_on();
	syscall(SYS_getsid, 1);
	shared[31] = dispatched(SYS_getppid);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	syscall(SYS_getsid, 2);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	syscall(SYS_getsid, 3);
}

/* After a detach nothing may be left of ours: dispatch works as new. */
static void use_dispatch_late(void)
{
	wait_for_step(1);
	shared[3] = dispatch_on();
	shared[31] = dispatched(SYS_getppid);
	shared[2] = 1;
}

static void fork_with_dispatch(void)
{
	int status;
	pid_t pid;

	shared[3] = dispatch_on();
	pid = fork();
	if (pid == 0) {
		/* fork() switches dispatch off: an ordinary call. */
		selector = SYSCALL_DISPATCH_FILTER_BLOCK;
		shared[32] = syscall(SYS_getpid);
		selector = SYSCALL_DISPATCH_FILTER_ALLOW;
		syscall(SYS_exit_group, 0);
	}
	shared[33] = pid;
	waitpid(pid, &status, 0);
	shared[31] = dispatched(SYS_getppid);
}

TEST(calls_of_another_task_are_not_reported)
{
	struct tracee t = tracee_start(getppid_forever), other = tracee_start(getppid_forever);
	struct session *s = session_open();
	size_t i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&other);
	tracee_go(&t);
	for (i = 0; i < 100; i++)
		syscall(SYS_getpgid, 0);
	ASSERT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT) > 500));
	for (i = 0; i < s->nr; i++)
		ASSERT_EQ(t.pid, s->events[i].tid);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgid)));
	tracee_kill(&t);
	tracee_kill(&other);
}

TEST(sleeping_callback_does_not_hold_up_another_task)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	double begin;
	int i;

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_SLEEP,
	     .sleep_ms = 3000);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	begin = now();
	for (i = 0; i < 1000; i++)
		syscall(SYS_getppid);
	EXPECT_LT((now() - begin) * 1000, 2000);
	kill(t.pid, SIGKILL);
	session_clear_rules(s);
	tracee_end(&t);
}

TEST(user_of_syscall_dispatch_does_not_notice_attach_and_detach)
{
	struct tracee t = tracee_start(use_dispatch);
	struct session *s = session_open();

	tracee_go(&t);
	expect_step(_metadata, 1);
	ASSERT_EQ(1, shared[3]);

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	expect_step(_metadata, 2);
	/* What the program dispatches is no call; the others are. */
	EXPECT_LE(COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)), 1);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_sched_yield)));

	session_close(s);
	expect_step(_metadata, 3);
	ASSERT_TRUE(WAIT_FOR(shared[2] == 4));
	EXPECT_EQ(getpgrp(), shared[5]);
	shared[1] = 5;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(user_of_syscall_dispatch_of_one_address_does_not_notice_attach_and_detach)
{
	struct tracee t = tracee_start(use_dispatch_of_one_address);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[3]));
	if (shared[3] == -EINVAL)
		SKIP(return, "this kernel dispatches all calls but those of a range");
	ASSERT_EQ(1, shared[3]);
	expect_step(_metadata, 1);

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_sched_yield)));
	expect_step(_metadata, 2);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));

	session_close(s);
	expect_step(_metadata, 3);
	shared[1] = 5;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(task_that_switches_its_own_dispatch_stays_traced)
{
	struct tracee t = tracee_start(switch_dispatch_on_and_off);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[3]);
	EXPECT_EQ(EMULATED, shared[31]);
	EXPECT_EQ(1, shared[20]);
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getsid)));
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_prctl)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
}

TEST(task_that_switches_its_own_dispatch_stays_traced_by_entries_alone)
{
	struct tracee t = tracee_start(switch_dispatch_on_and_off);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(EMULATED, shared[31]);
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT));
}

TEST(dispatch_of_a_task_that_was_traced_works)
{
	struct tracee t = tracee_start(use_dispatch_late);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_sched_yield)));
	session_close(s);
	shared[1] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[3]);
	EXPECT_EQ(EMULATED, shared[31]);
	EXPECT_EQ(1, shared[20]);
}

TEST(fork_of_a_traced_user_of_dispatch_behaves_as_ever)
{
	unsigned int flags[] = { 0, TEST_UTRACE_INHERIT };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct tracee t = tracee_start(fork_with_dispatch);
		struct session *s = session_open();

		shared[20] = 0;
		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(CLONE),
					    flags[i]));
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(shared[33], shared[32]);
		EXPECT_EQ(EMULATED, shared[31]);
		EXPECT_EQ(1, shared[20]);
		EXPECT_EQ(flags[i] ? 1 : 0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY,
							 .tid = shared[33], VALUE(SYS_getpid)));
		session_close(s);
	}
}

TEST_HARNESS_MAIN
