// SPDX-License-Identifier: GPL-2.0
/* Two engines on one thread, which do not know of each other. */
#include "../session.h"

static void one_getppid(void)
{
	errno = 0;
	shared[1] = syscall(SYS_getppid);
	shared[2] = errno;
	shared[3] = syscall(SYS_getpgrp);
}

static void getppid_forever(void)
{
	for (;;) {
		syscall(SYS_getppid);
		shared[0]++;
	}
}

static void everything(void)
{
	char *argv[] = { "true", NULL };
	int status;
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_exit_group, 0);
	waitpid(pid, &status, 0);
	syscall(SYS_getppid);
	syscall(SYS_execve, "/bin/true", argv, environ);
	syscall(SYS_exit_group, 99);
}

TEST(entry_calls_the_engine_attached_last_first)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(2, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid))->id);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .id = 1, VALUE(SYS_getppid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .id = 2, VALUE(SYS_getppid)));
}

TEST(every_other_event_calls_the_engine_attached_first_first)
{
	unsigned int events[] = { TEST_SYSCALL_EXIT, TEST_CLONE, TEST_EXEC, TEST_EXIT,
				  TEST_DEATH, TEST_REAP };
	struct tracee t = tracee_start(everything);
	struct session *s = session_open();
	unsigned int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .id = 2));
	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		ASSERT_TRUE(FIND_EVENT(s, .event = events[i]));
		EXPECT_EQ(1, FIND_EVENT(s, .event = events[i])->id);
		EXPECT_TRUE(FIND_EVENT(s, .event = events[i], .id = 2));
	}
	EXPECT_NONE_ATOMIC(s);
}

TEST(abort_of_one_engine_survives_the_callbacks_of_the_next)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	/* Engine 2 is called first; 1 has a quiesce and an entry callback. */
	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = 4242);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4242, shared[1]);
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1, VALUE(SYS_getppid),
			       .flags = TEST_UTRACE_ABORTED));
	EXPECT_EQ(0, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1,
				VALUE(SYS_getpgrp))->flags & TEST_UTRACE_ABORTED);
	EXPECT_EQ(4242, FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 1,
				   VALUE(SYS_getppid))->values[1]);
}

TEST(abort_of_an_engine_that_detaches_itself_holds)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid, .result = 4242,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR | TEST_UTRACE_DETACH_SELF);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4242, shared[1]);
}

TEST(last_result_given_to_an_abort_counts)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = 2);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_ABORT | TEST_UTRACE_MATCH_NR, .result = 1);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[1]);
}

TEST(next_engine_sees_what_the_first_has_edited)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getpid);
	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_RESULT | TEST_UTRACE_MATCH_NR, .result = 11);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1, VALUE(SYS_getpid)));
	EXPECT_EQ(11, FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 2,
				 VALUE(SYS_getppid))->values[1]);
	EXPECT_EQ(11, shared[1]);
}

TEST(action_argument_is_what_the_engines_before_wanted)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR, .action = TEST_DO_REPORT);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	ASSERT_EQ(0, session_attach(s, t.pid, 2,
				    TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(QUIESCE), 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(TEST_DO_RESUME, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 2,
					     VALUE(SYS_getppid))->action);
	EXPECT_EQ(TEST_DO_REPORT, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 1,
					     VALUE(SYS_getppid))->action);
	/* And the report that it wanted has come. */
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_QUIESCE, .id = 2, VALUE(0)));
}

/* At the entry of @nr engine @stopper answers STOP, the other one @wish. */
static struct session *at_stop(struct __test_metadata *_metadata, struct tracee *t,
			       void (*fn)(void), int nr, unsigned int stopper, int wish)
{
	struct session *s;
	unsigned int id;

	*t = tracee_start(fn);
	s = session_open();
	for (id = 1; id <= 2; id++) {
		RULE(s, .id = id, .event = TEST_SYSCALL_ENTRY, .nr = nr,
		     .action = id == stopper ? TEST_DO_STOP : wish,
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE);
		ASSERT_EQ(0, session_attach(s, t->pid, id, TEST_BIT(SYSCALL_ENTRY) |
					    (id == stopper ? 0 : TEST_BIT(QUIESCE)), 0));
	}
	tracee_go(t);
	ASSERT_EQ(0, session_wait_stop(s, stopper, true, 1, PATIENCE * 1000));
	return s;
}

TEST(report_that_was_wanted_at_an_entry_comes_though_another_engine_stopped_there)
{
	unsigned int stopper;

	for (stopper = 1; stopper <= 2; stopper++) {
		const struct test_utrace_event *quiesce, *next;
		struct tracee t;
		struct session *s = at_stop(_metadata, &t, one_getppid, SYS_getppid, stopper,
					    TEST_DO_REPORT);

		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_QUIESCE, VALUE(0)));
		EXPECT_EQ(0, session_control(s, stopper, TEST_DO_RESUME));
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_QUIESCE, VALUE(0)));
		quiesce = FIND_EVENT(s, .event = TEST_QUIESCE, VALUE(0));
		next = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgrp));
		ASSERT_TRUE(quiesce && next);
		EXPECT_EQ(3 - stopper, quiesce->id);
		/* Before it runs user code. */
		EXPECT_LT(quiesce->seq, next->seq);
		/* The entry is not reported again for that. */
		EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getppid)));
		session_close(s);
	}
}

static void read_once(void)
{
	int fds[2];
	char c;

	if (pipe(fds))
		return;
	syscall(SYS_getppid);
	syscall(SYS_read, fds[0], &c, 1);
}

TEST(interrupt_that_was_wanted_at_an_entry_comes_though_another_engine_stopped_there)
{
	unsigned int stopper;

	for (stopper = 1; stopper <= 2; stopper++) {
		struct tracee t;
		struct session *s = at_stop(_metadata, &t, read_once, SYS_read, stopper,
					    TEST_DO_INTERRUPT);

		session_mark(s);
		EXPECT_EQ(0, session_control(s, stopper, TEST_DO_RESUME));
		/* It sleeps no more, and makes the call again. */
		EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_read)));
		tracee_kill(&t);
		session_close(s);
	}
}

/* In the callback of each event in turn, one of two engines leaves. */
TEST(engine_that_leaves_in_any_callback_does_not_disturb_the_other)
{
	unsigned int event;

	for (event = 0; event <= TEST_SYSCALL_EXIT; event++) {
		unsigned int leaver;

		for (leaver = 1; leaver <= 2; leaver++) {
			struct tracee t = tracee_start(everything);
			struct session *s = session_open();
			unsigned int stays = 3 - leaver, seen;

			if (event == TEST_REAP)
				continue;	/* nothing comes after it */
			RULE(s, .id = leaver, .event = event,
			     .what = TEST_UTRACE_DETACH_SELF);
			ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
			ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_ALL, 0));
			tracee_go(&t);
			EXPECT_EQ(0, tracee_end(&t));
			ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .id = stays));
			for (seen = 0; seen <= TEST_SYSCALL_EXIT; seen++)
				EXPECT_TRUE(FIND_EVENT(s, .event = seen, .id = stays));
			/* In report_death() it is too late to go that way. */
			if (event != TEST_DEATH) {
				EXPECT_EQ(1, COUNT_EVENTS(s, .event = event, .id = leaver));
				EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_REAP, .id = leaver));
			}
			session_close(s);
		}
	}
}

TEST(engine_attached_in_the_middle_sees_what_comes_after)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	int i;

	tracee_go(&t);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 1));
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_SYSCALL, 0));
		session_mark(s);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, .id = 2));
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 2));
		session_detach(s, 2);
		session_mark(s);
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT, .id = 1));
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .id = 2));
	}
	tracee_kill(&t);
}

TEST_HARNESS_MAIN
