// SPDX-License-Identifier: GPL-2.0
/* A ptracer and engines on one thread: each sees what it would see alone. */
#include "../session.h"

#include <linux/ptrace.h>
#include <sys/user.h>

#define CALLS	50

static void fifty_getppids(void)
{
	int i;

	for (i = 0; i < CALLS; i++)
		if (syscall(SYS_getppid) != shared[0])
			shared[1]++;
	shared[2] = 1;
}

static void getppid_forever(void)
{
	for (;;) {
		if (syscall(SYS_getppid) != shared[0])
			shared[1]++;
		shared[2]++;
	}
}

static void spin(void)
{
	for (;;)
		shared[2]++;
}

static void read_then_getppid(void)
{
	int fds[2] = { shared[10], shared[11] };
	char c;

	shared[3] = read(fds[0], &c, 1);
	shared[4] = syscall(SYS_getppid);
	shared[5] = 1;
	for (;;)
		pause();
}

static void vfork_then_getppid(void)
{
	pid_t pid;
	int status;

	pid = vfork();
	if (pid == 0) {
		shared[3] = 1;
		while (shared[4] == 0)
			syscall(SYS_sched_yield);
		_exit(0);
	}
	waitpid(pid, &status, __WALL);
	shared[5] = pid;
	syscall(SYS_getpgrp);
}

static void fork_then_getpgrp(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	waitpid(pid, &status, 0);
	shared[5] = pid;
	syscall(SYS_getpgrp);
}

static bool is_syscall_stop(int status)
{
	return WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static int next_stop(pid_t pid)
{
	int status = 0;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1;
	return status;
}

static int interrupt(pid_t pid)
{
	if (ptrace(PTRACE_INTERRUPT, pid, 0, 0))
		return -1;
	return next_stop(pid);
}

/*
 * As strace does: every stop of @t to its end, entry and exit in turn. Counts
 * the pairs of @nr; a call that was aborted is call -1 here.
 */
static int strace(struct __test_metadata *_metadata, const struct tracee *t, int nr)
{
	struct ptrace_syscall_info info;
	bool inside = false;
	int status, pairs = 0, sig;
	long entered = 0;

	for (;;) {
		status = next_stop(t->pid);
		if (!WIFSTOPPED(status))
			break;
		sig = status >> 16 ? 0 : WSTOPSIG(status);
		if (is_syscall_stop(status)) {
			sig = 0;
			memset(&info, 0, sizeof(info));
			if (ptrace(PTRACE_GET_SYSCALL_INFO, t->pid, sizeof(info), &info) < 0)
				TH_LOG("no syscall info: %m");
			if (inside)
				EXPECT_EQ(PTRACE_SYSCALL_INFO_EXIT, info.op);
			else
				EXPECT_EQ(PTRACE_SYSCALL_INFO_ENTRY, info.op);
			if (info.op == PTRACE_SYSCALL_INFO_ENTRY)
				entered = (int)info.entry.nr;
			else if (inside && entered == nr)
				pairs++;
			inside = !inside;
		}
		ptrace(PTRACE_SYSCALL, t->pid, 0, sig);
	}
	EXPECT_EQ(0, status);
	return pairs;
}

static void seize(struct __test_metadata *_metadata, const struct tracee *t, long options)
{
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t->pid, 0, PTRACE_O_TRACESYSGOOD | options));
}

/* The exit comes when the call has been made, not at a stop on the way to it. */
static void expect_results(struct __test_metadata *_metadata, struct session *s, int nr,
			   long long result)
{
	size_t i;

	session_read(s);
	for (i = 0; i < s->nr; i++) {
		const struct test_utrace_event *e = &s->events[i];

		if (e->event == TEST_SYSCALL_EXIT && e->values[0] == nr)
			ASSERT_EQ(result, e->values[1]);
	}
}

TEST(ptracer_of_a_traced_task_sees_entry_and_exit_in_pairs)
{
	struct tracee t = tracee_start(fifty_getppids);
	struct session *s = session_open();
	int status;

	shared[0] = getpid();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	seize(_metadata, &t, 0);
	status = interrupt(t.pid);
	ASSERT_TRUE(WIFSTOPPED(status));
	tracee_go(&t);
	ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
	EXPECT_EQ(CALLS, strace(_metadata, &t, SYS_getppid));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
	EXPECT_EQ(CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	expect_results(_metadata, s, SYS_getppid, getpid());
	EXPECT_NONE_ATOMIC(s);
}

TEST(result_edited_by_an_engine_under_a_ptracer_is_what_the_program_sees)
{
	struct tracee t = tracee_start(fifty_getppids);
	struct session *s = session_open();

	shared[0] = 4343;
	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = 4343);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	tracee_go(&t);
	ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
	EXPECT_EQ(CALLS, strace(_metadata, &t, SYS_getppid));
	EXPECT_EQ(0, shared[1]);
	expect_results(_metadata, s, SYS_getppid, getpid());
}

TEST(ptracer_sees_pairs_while_an_engine_aborts_calls)
{
	struct tracee t = tracee_start(fifty_getppids);
	struct session *s = session_open();

	shared[0] = 4242;
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = 4242);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	tracee_go(&t);
	ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
	EXPECT_EQ(CALLS, strace(_metadata, &t, -1));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	EXPECT_EQ(4242, FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid))->values[1]);
}

TEST(engine_sees_every_call_of_a_task_that_is_ptraced_already)
{
	struct tracee t = tracee_start(fifty_getppids);
	struct session *s = session_open();

	shared[0] = getpid();
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
	EXPECT_EQ(CALLS, strace(_metadata, &t, SYS_getppid));
	EXPECT_EQ(CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
	EXPECT_EQ(CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	expect_results(_metadata, s, SYS_getppid, getpid());
}

TEST(ptrace_cont_and_detach_leave_the_engine_attached)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	size_t entries, exits;
	int i;

	shared[0] = getpid();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	for (i = 0; i < 10; i++) {
		seize(_metadata, &t, 0);
		ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
		session_mark(s);
		ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
		ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
		ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
		session_mark(s);
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	}
	kill(t.pid, SIGSTOP);
	ASSERT_TRUE(wait_state(t.pid, 'T'));
	s->mark = 0;
	entries = COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid));
	exits = COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid));
	/* Between the two ends of one call it may have been stopped at either. */
	if (!session_status(s).lost)
		EXPECT_LE(entries - exits, 1);
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

TEST(single_steps_of_a_ptracer_trap_one_by_one)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	struct user_regs_struct regs;
	unsigned long last = 0;
	int i, status;

	shared[0] = getpid();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[2]));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	session_mark(s);
	/* Through several system calls, which trap behind their instruction. */
	for (i = 0; i < 300; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_SINGLESTEP, t.pid, 0, 0));
		status = next_stop(t.pid);
		ASSERT_TRUE(WIFSTOPPED(status));
		ASSERT_EQ(SIGTRAP, WSTOPSIG(status));
		ASSERT_EQ(0, ptrace(PTRACE_GETREGS, t.pid, 0, &regs));
		ASSERT_NE(last, regs.rip);
		last = regs.rip;
	}
	EXPECT_GE(COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)), 2);
	EXPECT_GE(COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)), 2);
	EXPECT_LE(COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY) -
		  COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT), 1);
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	session_mark(s);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT));
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

TEST(exit_is_reported_when_a_ptracer_comes_in_the_middle_of_a_call)
{
	int fds[2];
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, pipe(fds));
	shared[10] = fds[0];
	shared[11] = fds[1];
	t = tracee_start(read_then_getppid);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = 4343);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_read)));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	/* The interrupted call has ended, and is made again. */
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_read)));
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	ASSERT_TRUE(WAIT_FOR(shared[5]));
	EXPECT_EQ(1, shared[3]);
	EXPECT_EQ(4343, shared[4]);
	EXPECT_EQ(COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_read)),
		  COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_read)));
	tracee_kill(&t);
}

/* The ptracer attaches when the call is on, and resumes it in the call. */
TEST(exit_is_reported_when_a_late_ptracer_resumes_at_a_vfork_event)
{
	struct tracee t = tracee_start(vfork_then_getppid);
	struct session *s = session_open();
	int status;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[3]));
	ASSERT_TRUE(wait_state(t.pid, 'D'));
	seize(_metadata, &t, PTRACE_O_TRACEVFORKDONE);
	shared[4] = 1;
	status = next_stop(t.pid);
	ASSERT_EQ(SIGTRAP | PTRACE_EVENT_VFORK_DONE << 8, status >> 8);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	while (WIFSTOPPED(status = next_stop(t.pid)))
		ptrace(PTRACE_CONT, t.pid, 0, WSTOPSIG(status));
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_vfork)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getpgrp)));
}

TEST(exit_is_reported_when_a_ptracer_resumes_at_a_fork_event)
{
	struct tracee t = tracee_start(fork_then_getpgrp);
	struct session *s = session_open();
	long events = 0;
	int status;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(CLONE), 0));
	seize(_metadata, &t, PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE);
	tracee_go(&t);
	while (WIFSTOPPED(status = next_stop(t.pid))) {
		if (status >> 16 == PTRACE_EVENT_FORK || status >> 16 == PTRACE_EVENT_CLONE) {
			unsigned long child;

			events++;
			ptrace(PTRACE_GETEVENTMSG, t.pid, 0, &child);
			next_stop(child);
			ptrace(PTRACE_DETACH, child, 0, 0);
		}
		ptrace(PTRACE_CONT, t.pid, 0, status >> 16 ? 0 : WSTOPSIG(status));
	}
	EXPECT_EQ(0, status);
	EXPECT_EQ(1, events);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_CLONE));
	EXPECT_EQ(COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY),
		  COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT) + 1);	/* exit_group */
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getpgrp)));
}

TEST(ptracer_that_dies_leaves_the_engine_attached)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	pid_t ptracer;
	int status;

	shared[0] = getpid();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ptracer = fork();
	if (ptracer == 0) {
		if (ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_TRACESYSGOOD))
			_exit(1);
		if (!WIFSTOPPED(interrupt(t.pid)))
			_exit(2);
		ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
		if (!is_syscall_stop(next_stop(t.pid)))
			_exit(3);
		_exit(0);
	}
	waitpid(ptracer, &status, 0);
	EXPECT_EQ(0, status);
	session_mark(s);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

TEST(engine_that_detaches_leaves_the_ptracer_undisturbed)
{
	struct tracee t = tracee_start(fifty_getppids);
	struct session *s = session_open();

	shared[0] = getpid();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_DETACH_SELF | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	tracee_go(&t);
	ptrace(PTRACE_SYSCALL, t.pid, 0, 0);
	EXPECT_EQ(CALLS, strace(_metadata, &t, SYS_getppid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
}

TEST(task_in_a_ptrace_stop_and_held_by_an_engine_needs_both)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();
	long before;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[2]));
	seize(_metadata, &t, 0);
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	session_control(s, 1, TEST_DO_STOP);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	before = shared[2];
	usleep(20000);
	EXPECT_EQ(before, shared[2]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_TRUE(WAIT_FOR(shared[2] != before));
	ASSERT_TRUE(WIFSTOPPED(interrupt(t.pid)));
	ptrace(PTRACE_DETACH, t.pid, 0, 0);
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
