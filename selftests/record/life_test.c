// SPDX-License-Identifier: GPL-2.0
/* How a session and its tasks part. */
#include "recorder.h"
#include "../hold.h"
#include "../suid.h"

TEST(session_learns_of_an_exec_that_takes_its_task_away)
{
	struct recorder *r = rec_start(_metadata, 65536);
	struct pollfd p = { .fd = r->fd, .events = POLLIN };
	struct tracee t;

	ASSERT_TRUE(become_somebody());
	t = tracee_start(exec_suid);
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
	EXPECT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_TRUE(p.revents & POLLHUP);
}

static void fork_one(void)
{
	stay_on(0);
	shared[0] = fork();
	if (!shared[0])
		_exit(0);
	waitpid(shared[0], NULL, 0);
}

/* What would be used after it is freed, only KASAN sees. */
TEST(session_may_end_while_it_attaches_a_child)
{
	struct tracee t = tracee_start(fork_one);
	struct recorder *r = rec_open();

	stay_on(1);
	ASSERT_EQ(0, rec_setup(r, 65536));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	ASSERT_EQ(0, hold_at("utrace_set_events", t.pid));
	tracee_go(&t);
	ASSERT_TRUE(wait_held());
	EXPECT_EQ(2, rec_status(r).attached);
	close(r->fd);
	EXPECT_EQ(0, hold_go());
	EXPECT_EQ(0, tracee_end(&t));
}

TEST_HARNESS_MAIN
