// SPDX-License-Identifier: GPL-2.0
/* Several sessions, supervisors that are supervised, supervisors that die. */
#include "supervisor.h"

static void getppids(void)
{
	while (!shared[9]) {
		shared[1] = syscall(SYS_getppid);
		shared[0]++;
	}
}

static void one_dup(void)
{
	shared[1] = syscall(SYS_dup, 1000);
	if (shared[1] < 0)
		shared[1] = -errno;
}

TEST(higher_level_is_asked_first_and_the_next_sees_what_it_made_of_the_call)
{
	struct tracee t = tracee_start(one_dup);
	/* Attached first, so the level it is. */
	struct supervisor *near = supervise(_metadata, &t, SETUP(.level = 7, .events = ENTRY | RETURN),
					    ONLY(SYS_dup), 0);
	struct supervisor *far = supervise(_metadata, &t, SETUP(.level = -8,
								.events = ENTRY | RETURN),
					   ONLY(SYS_dup), 0);

	tracee_go(&t);
	EXPECT_EVENT(near, UTRACE_BLOCK_ENTRY, SYS_dup);
	EXPECT_EQ(0, sup_status(far).events);
	EXPECT_EQ(0, SEND(near, .action = UTRACE_BLOCK_CHANGE, .nr = SYS_getpgid,
			  .flags = UTRACE_BLOCK_NR | UTRACE_BLOCK_ARG(0), .args = { 0 }));
	EXPECT_EVENT(far, UTRACE_BLOCK_ENTRY, SYS_getpgid);
	EXPECT_EQ(0, far->event.args[0]);
	EXPECT_EQ(0, RUN(far));
	EXPECT_EVENT(far, UTRACE_BLOCK_RETURN, SYS_dup);
	EXPECT_EQ(getpgrp(), far->event.result);
	EXPECT_EQ(1, sup_status(near).events);
	EXPECT_EQ(0, SEND(far, .action = UTRACE_BLOCK_RESULT, .result = 5));
	EXPECT_EVENT(near, UTRACE_BLOCK_RETURN, SYS_dup);
	EXPECT_EQ(5, near->event.result);
	EXPECT_EQ(0, RUN(near));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(5, shared[1]);
}

TEST(call_that_one_has_skipped_is_not_asked_about_again)
{
	struct tracee t = tracee_start(one_dup);
	struct supervisor *near = supervise(_metadata, &t, SETUP(.level = 1), ONLY(SYS_dup), 0);
	struct supervisor *far = supervise(_metadata, &t, SETUP(), ONLY(SYS_dup), 0);

	tracee_go(&t);
	EXPECT_EVENT(near, UTRACE_BLOCK_ENTRY, SYS_dup);
	EXPECT_EQ(0, SEND(near, .action = UTRACE_BLOCK_RESULT, .result = 6));
	EXPECT_EQ(0, sup_recv(far));
	EXPECT_EQ(0, sup_status(far).events);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(6, shared[1]);
}

TEST(a_hundred_sessions_of_one_task_are_all_asked)
{
	enum { SESSIONS = 100 };
	struct tracee t = tracee_start(one_dup);
	static struct supervisor *s[SESSIONS];
	int i;

	for (i = 0; i < SESSIONS; i++)
		s[i] = supervise(_metadata, &t, SETUP(), ONLY(SYS_dup), 0);
	tracee_go(&t);
	/* Of one level: the last one is next to the program. */
	for (i = SESSIONS - 1; i >= 0; i--) {
		EXPECT_EVENT(s[i], UTRACE_BLOCK_ENTRY, SYS_dup);
		if (i)
			ASSERT_EQ(0, RUN(s[i]));
	}
	EXPECT_EQ(0, SEND(s[0], .action = UTRACE_BLOCK_RESULT, .result = 8));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(8, shared[1]);
}

/* A supervisor in a process of its own: shared[@word] is what it has answered. */
static pid_t start_supervisor(const struct tracee *t, int word)
{
	pid_t pid = fork();

	if (pid == 0) {
		struct supervisor *s = sup_open();

		if (sup_setup(s, SETUP()) || FILTER(s, SYS_getppid) || sup_attach(s, t->pid, 0))
			_exit(1);
		shared[word + 1] = 1;
		while (sup_recv(s) == 1) {
			if (RUN(s) == 0)
				shared[word]++;
		}
		_exit(0);
	}
	return pid;
}

TEST(supervisor_that_is_supervised_works)
{
	struct tracee t = tracee_start(getppids);
	pid_t inner = start_supervisor(&t, 10);
	struct supervisor *s = sup_open();
	int i;

	ASSERT_TRUE(WAIT_FOR(shared[11]));
	ASSERT_TRUE(wait_blocked_in(inner, SYS_ioctl));
	ASSERT_EQ(0, sup_setup(s, SETUP(.events = ENTRY | RETURN)));
	ASSERT_EQ(0, FILTER(s, SYS_ioctl));
	ASSERT_EQ(0, sup_attach(s, inner, 0));
	tracee_go(&t);
	for (i = 0; i < 40; i++) {
		ASSERT_EQ(1, sup_recv(s));
		EXPECT_EQ(SYS_ioctl, s->event.nr);
		EXPECT_EQ(inner, s->event.pid);
		ASSERT_EQ(0, RUN(s));
	}
	EXPECT_GT(shared[10], 5);
	shared[9] = 1;
	let_run(_metadata, s);
	EXPECT_EQ(0, tracee_end(&t));
}

/* shared[20] says whom to attach to; shared[21] is what became of it. */
static void attach_to_20(void)
{
	struct supervisor *s = sup_open();

	sup_setup(s, SETUP());
	shared[21] = sup_attach(s, shared[20], 0);
	shared[22] = 1;
}

TEST(tracee_cannot_supervise_its_supervisor)
{
	struct tracee t = tracee_start(attach_to_20);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	shared[20] = getpid();
	tracee_go(&t);
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(1, shared[22]);
	EXPECT_EQ(-EDEADLK, shared[21]);
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(cycle_over_another_supervisor_is_refused)
{
	struct tracee t = tracee_start(attach_to_20);
	pid_t inner = start_supervisor(&t, 10);
	struct supervisor *s;

	ASSERT_TRUE(WAIT_FOR(shared[11]));
	s = supervise(_metadata, &(struct tracee){ .pid = inner }, SETUP(), ONLY(SYS_getppid), 0);
	shared[20] = getpid();
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[22]);
	EXPECT_EQ(-EDEADLK, shared[21]);
	/* The inner one leaves when its task is gone, and so it did. */
	EXPECT_EQ(0, sup_recv(s));
}

/* Each call's cookie, and whether it has been seen before: by all supervisors. */
static void reader_of_all(const pid_t *pids, int nr)
{
	struct supervisor *s = sup_open();
	int i;

	if (sup_setup(s, SETUP()) || FILTER(s, SYS_getppid))
		_exit(1);
	for (i = 0; i < nr; i++)
		sup_attach(s, pids[i], 0);
	shared[11] = 1;
	while (sup_recv(s) == 1) {
		unsigned long long last = shared[12];

		/* Several tasks ask: in the order of the queue, so only rising. */
		if (s->event.cookie <= last)
			shared[13]++;
		shared[12] = s->event.cookie;
		RUN(s);
	}
	_exit(0);
}

TEST_TIMEOUT(killed_readers_leave_no_task_behind, 120)
{
	enum { TASKS = 4, KILLS = 100 };
	struct tracee t[TASKS];
	pid_t pids[TASKS], reader;
	unsigned int seed = 6;
	int i, status;

	for (i = 0; i < TASKS; i++) {
		t[i] = tracee_start(getppids);
		pids[i] = t[i].pid;
		tracee_go(&t[i]);
	}
	for (i = 0; i < KILLS; i++) {
		long calls = shared[0], wanted;

		shared[11] = 0;
		reader = fork();
		if (reader == 0)
			reader_of_all(pids, TASKS);
		/* Some die before they have answered anything, some later. */
		ASSERT_TRUE(WAIT_FOR(shared[11]));
		wanted = rand_r(&seed) % 8;
		WAIT_FOR(shared[0] >= calls + wanted);
		kill(reader, SIGKILL);
		ASSERT_EQ(reader, waitpid(reader, &status, 0));
		ASSERT_EQ(SIGKILL, status);
	}
	EXPECT_EQ(0, shared[13]);
	EXPECT_GT(shared[12], 0);
	shared[9] = 1;
	for (i = 0; i < TASKS; i++)
		EXPECT_EQ(0, tracee_end(&t[i]));
	EXPECT_TRUE(WAIT_FOR(module_refs("utrace_block") == 0));
}

TEST_HARNESS_MAIN
