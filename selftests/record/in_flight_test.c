// SPDX-License-Identifier: GPL-2.0
/* The calls that tasks are in. */
#include "numbered.h"

static unsigned int in_progress, at_address;

static void look_for_progress(struct recorder *r, const struct utrace_record *rec)
{
	const struct utrace_record_call *call = (const void *)rec;

	(void)r;
	if (UTRACE_RECORD_TYPE(rec->info) != UTRACE_RECORD_CALL ||
	    !(UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_UNFINISHED))
		return;
	in_progress += call->result == UTRACE_RECORD_IN_PROGRESS &&
		       UTRACE_RECORD_NR(rec->info) == SYS_nanosleep;
	at_address += rec_arg(rec) == (uintptr_t)&shared[8];
}

static void sleep_long(void)
{
	shared[8] = 1000;
	syscall(SYS_nanosleep, &shared[8], NULL);
}

TEST(call_that_a_task_is_in_can_be_asked_for)
{
	struct tracee t[3];
	struct recorder *r = rec_start(_metadata, 65536);
	unsigned int i;

	r->each = look_for_progress;
	for (i = 0; i < 3; i++) {
		t[i] = tracee_start(sleep_long);
		ASSERT_EQ(0, rec_attach(r, t[i].pid, 0));
	}
	/* One is in a call that began before: of that there is nothing to tell. */
	EXPECT_EQ(0, rec_in_flight(r));
	rec_drain(_metadata, r);
	EXPECT_EQ(0, r->calls);
	tracee_go(&t[0]);
	tracee_go(&t[1]);
	ASSERT_TRUE(wait_blocked_in(t[0].pid, SYS_nanosleep));
	ASSERT_TRUE(wait_blocked_in(t[1].pid, SYS_nanosleep));
	EXPECT_EQ(0, rec_in_flight(r));
	rec_drain(_metadata, r);
	EXPECT_EQ(2, in_progress);
	EXPECT_EQ(2, at_address);
	/* As often as one asks. */
	EXPECT_EQ(0, rec_in_flight(r));
	rec_drain(_metadata, r);
	EXPECT_EQ(4, in_progress);
	for (i = 0; i < 3; i++)
		tracee_kill(&t[i]);
}

static unsigned int unfinished;

static void look_at_unfinished(struct recorder *r, const struct utrace_record *rec)
{
	const unsigned long long *args;

	(void)r;
	if (!rec_is_call(rec, SYS_getppid) ||
	    !(UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_UNFINISHED))
		return;
	args = rec_args(rec);
	unfinished++;
	seen.torn += args[0] != args[5] || args[0] != args[3];
}

TEST(call_that_ends_while_it_is_asked_for_is_never_torn)
{
	struct tracee t = tracee_start(numbered_forever);
	struct recorder *r = attached(_metadata, &t, SETUP(.ring_bytes = 1 << 20));
	int i;

	r->each = look_at_unfinished;
	stay_on(1);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[1]));
	for (i = 0; i < 20000; i++) {
		ASSERT_EQ(0, rec_in_flight(r));
		rec_drain(_metadata, r);
	}
	EXPECT_GT(unfinished, 0);
	EXPECT_EQ(0, seen.torn);
	EXPECT_EQ(0, r->bad);
	tracee_kill(&t);
}

TEST(calls_that_tasks_are_in_wait_for_room_in_the_ring)
{
	struct tracee full = tracee_start(numbered), t[3];
	struct recorder *r;
	unsigned int i;

	shared[0] = 1000;
	r = attached(_metadata, &full, SETUP(.ring_bytes = 4096));
	r->each = look_for_progress;
	for (i = 0; i < 3; i++) {
		t[i] = tracee_start(sleep_long);
		ASSERT_EQ(0, rec_attach(r, t[i].pid, 0));
		tracee_go(&t[i]);
		ASSERT_TRUE(wait_blocked_in(t[i].pid, SYS_nanosleep));
	}
	tracee_go(&full);
	EXPECT_EQ(0, tracee_end(&full));
	stay_on(0);
	EXPECT_EQ(-ENOSPC, rec_in_flight(r));
	EXPECT_EQ(-ENOSPC, rec_in_flight(r));
	rec_drain(_metadata, r);
	EXPECT_EQ(0, rec_in_flight(r));
	rec_drain(_metadata, r);
	EXPECT_EQ(3, in_progress);
	for (i = 0; i < 3; i++)
		tracee_kill(&t[i]);
}

TEST_HARNESS_MAIN
