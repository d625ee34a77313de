// SPDX-License-Identifier: GPL-2.0
/* Levels: an engine's place among others, whenever it was attached. */
#include "signals.h"

/* The flags of engines 1, 2, 3, by level; any order of attaching is the same. */
static const unsigned int flags_of[] = {
	[1] = TEST_UTRACE_LEVEL_LOW, [2] = 0, [3] = TEST_UTRACE_LEVEL_HIGH,
};

static const int orders[][3] = {
	{ 1, 2, 3 }, { 1, 3, 2 }, { 2, 1, 3 }, { 2, 3, 1 }, { 3, 1, 2 }, { 3, 2, 1 },
};
#define NORDERS	(sizeof(orders) / sizeof(*orders))

static void everything(void)
{
	char *argv[] = { "true", NULL };
	int status;
	pid_t pid;

	handle(SIGUSR1, 0);
	pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	waitpid(pid, &status, 0);
	syscall(SYS_getppid);
	raise(SIGUSR1);
	syscall(SYS_execve, "/bin/true", argv, environ);
	syscall(SYS_exit_group, 99);
}

static void attach_in_order(struct __test_metadata *_metadata, struct session *s, pid_t pid,
			    const int *order, unsigned int events)
{
	int i;

	for (i = 0; i < 3; i++)
		ASSERT_EQ(0, session_attach(s, pid, order[i], events, flags_of[order[i]]));
}

/* Engines 1, 2, 3, or 3, 2, 1, get the first event of that kind in this order. */
static void expect_order(struct __test_metadata *_metadata, struct session *s,
			 struct wanted wanted, bool reverse)
{
	const struct test_utrace_event *e[4];
	int id;

	for (id = 1; id <= 3; id++) {
		wanted.id = id;
		e[id] = session_find(s, &wanted);
		if (!e[id])
			TH_LOG("engine %d: no event %u", id, wanted.event);
		ASSERT_TRUE(e[id]);
	}
	if (reverse) {
		EXPECT_LT(e[3]->seq, e[2]->seq);
		EXPECT_LT(e[2]->seq, e[1]->seq);
	} else {
		EXPECT_LT(e[1]->seq, e[2]->seq);
		EXPECT_LT(e[2]->seq, e[3]->seq);
	}
}

TEST(lowest_level_is_called_first_but_at_the_entry_of_a_call)
{
	static const unsigned int events[] = {
		TEST_SYSCALL_EXIT, TEST_SIGNAL, TEST_SIGNAL_HANDLER, TEST_CLONE, TEST_EXEC,
		TEST_EXIT, TEST_DEATH, TEST_REAP,
	};
	size_t i, k;

	for (i = 0; i < NORDERS; i++) {
		struct tracee t = tracee_start(everything);
		struct session *s = session_open();

		attach_in_order(_metadata, s, t.pid, orders[i], TEST_BITS_ALL);
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .id = 3));
		for (k = 0; k < sizeof(events) / sizeof(*events); k++)
			expect_order(_metadata, s, (struct wanted){ .event = events[k] }, false);
		expect_order(_metadata, s, (struct wanted){ .event = TEST_SYSCALL_ENTRY,
			     VALUE(SYS_getppid) }, true);
		EXPECT_NONE_ATOMIC(s);
		session_close(s);
	}
}

static void getppid_forever(void)
{
	int i;

	ready();
	for (;;) {
		syscall(SYS_getppid);
		shared[TURNS]++;
		/* Else a busy machine cannot read the log as fast as it fills. */
		for (i = 0; i < 20000; i++)
			__asm__ volatile("" : : : "memory");
	}
}

TEST(engine_attached_to_a_running_thread_takes_its_place)
{
	size_t i;

	for (i = 0; i < NORDERS; i++) {
		struct tracee t = tracee_start(getppid_forever);
		struct session *s = session_open();
		int k;

		tracee_go(&t);
		ASSERT_TRUE(WAIT_FOR(shared[READY]));
		for (k = 0; k < 3; k++) {
			ASSERT_EQ(0, session_attach(s, t.pid, orders[i][k], TEST_BITS_SYSCALL,
						    flags_of[orders[i][k]]));
			ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT,
					       .id = orders[i][k]));
		}
		/* From the next entry on all three take part. */
		session_mark(s);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 3));
		while (s->events[s->mark].event != TEST_SYSCALL_ENTRY ||
		       s->events[s->mark].id != 3)
			s->mark++;
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 3));
		expect_order(_metadata, s, (struct wanted){ .event = TEST_SYSCALL_ENTRY }, true);
		expect_order(_metadata, s, (struct wanted){ .event = TEST_SYSCALL_EXIT }, false);
		tracee_kill(&t);
		session_close(s);
	}
}

TEST(engines_of_one_level_are_called_in_the_order_of_attaching)
{
	struct tracee t = tracee_start(everything);
	struct session *s = session_open();
	const struct test_utrace_event *e, *f;

	/* 4 and 5 are both high, 6 and 7 both low. */
	ASSERT_EQ(0, session_attach(s, t.pid, 4, TEST_BITS_SYSCALL, TEST_UTRACE_LEVEL_HIGH));
	ASSERT_EQ(0, session_attach(s, t.pid, 6, TEST_BITS_SYSCALL, TEST_UTRACE_LEVEL_LOW));
	ASSERT_EQ(0, session_attach(s, t.pid, 5, TEST_BITS_SYSCALL, TEST_UTRACE_LEVEL_HIGH));
	ASSERT_EQ(0, session_attach(s, t.pid, 7, TEST_BITS_SYSCALL, TEST_UTRACE_LEVEL_LOW));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	for (unsigned int event = TEST_SYSCALL_ENTRY; event <= TEST_SYSCALL_EXIT; event++) {
		static const int entry[] = { 5, 4, 7, 6 }, leave[] = { 6, 7, 4, 5 };
		const int *order = event == TEST_SYSCALL_ENTRY ? entry : leave;
		int i;

		for (i = 0; i < 3; i++) {
			e = FIND_EVENT(s, .event = event, .id = order[i], VALUE(SYS_getppid));
			f = FIND_EVENT(s, .event = event, .id = order[i + 1],
				       VALUE(SYS_getppid));
			ASSERT_TRUE(e && f);
			EXPECT_LT(e->seq, f->seq);
		}
	}
}

static void one_getppid(void)
{
	shared[RESULT] = syscall(SYS_getppid);
}

TEST(lowest_level_has_the_last_word_at_the_entry_of_a_call)
{
	size_t i;

	for (i = 0; i < NORDERS; i++) {
		struct tracee t = tracee_start(one_getppid);
		struct session *s = session_open();
		int id;

		for (id = 1; id <= 3; id++)
			RULE(s, .id = id, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
			     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR,
			     .result = 100 + id);
		attach_in_order(_metadata, s, t.pid, orders[i], TEST_BIT(SYSCALL_ENTRY));
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(101, shared[RESULT]);
		session_close(s);
	}
}

TEST(highest_level_has_the_last_word_on_a_signal)
{
	size_t i;

	for (i = 0; i < NORDERS; i++) {
		struct tracee t;
		struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);
		int id;

		ASSERT_EQ(0, session_detach(s, 1));
		for (id = 1; id <= 3; id++)
			RULE(s, .id = id, .event = TEST_SIGNAL, .sig = SIGUSR1,
			     .sig_code = SI_QUEUE, .sig_value = 100 + id,
			     .what = TEST_UTRACE_SIG_REPLACE);
		attach_in_order(_metadata, s, t.pid, orders[i], TEST_BIT(SIGNAL));
		kill(t.pid, SIGUSR1);
		EXPECT_TRUE(WAIT_FOR(shared[SEEN]));
		EXPECT_EQ(103, shared[SEEN_VALUE]);
		expect_unhurt(_metadata, &t);
		session_close(s);
	}
}

/* Whoever looks before others change asks to be called again, if they do. */
TEST(entry_that_is_changed_later_is_reported_again_if_asked)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	/* High is called first, low changes. */
	RULE(s, .id = 3, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_RECHECK | TEST_UTRACE_MATCH_NR);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getpgrp);
	attach_in_order(_metadata, s, t.pid, orders[0], TEST_BIT(SYSCALL_ENTRY));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpgrp(), shared[RESULT]);
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 3, VALUE(SYS_getppid));
	ASSERT_TRUE(e);
	EXPECT_EQ(0, e->changed);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_RESUMED);
	/* All get it once more. */
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp),
				  .flags = TEST_UTRACE_RESUMED));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 3, VALUE(SYS_getpgrp));
	ASSERT_TRUE(e);
	EXPECT_EQ(1, e->changed & 1);
}

TEST(entry_that_is_not_changed_is_not_reported_again)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 3, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_RECHECK);
	attach_in_order(_metadata, s, t.pid, orders[0], TEST_BIT(SYSCALL_ENTRY));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
}

TEST(entry_that_was_changed_before_is_not_reported_again)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_RECHECK);
	RULE(s, .id = 3, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getpgrp);
	attach_in_order(_metadata, s, t.pid, orders[0], TEST_BIT(SYSCALL_ENTRY));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .id = 1, VALUE(SYS_getpgrp)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_RESUMED));
	EXPECT_EQ(1, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1,
				VALUE(SYS_getpgrp))->changed & 1);
}

/* Two engines that both change and both want to see it do not go round for ever. */
TEST(engines_that_always_change_and_look_again_come_to_an_end)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	int id;

	for (id = 1; id <= 3; id++)
		RULE(s, .id = id, .event = TEST_SYSCALL_ENTRY, .arg = 0, .value = id,
		     .what = TEST_UTRACE_RECHECK | TEST_UTRACE_SET_ARG);
	attach_in_order(_metadata, s, t.pid, orders[0], TEST_BIT(SYSCALL_ENTRY));
	tracee_go(&t);
	/* exit_group(2) too: its argument is 1 in the end. */
	EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(6, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
}

TEST_HARNESS_MAIN
