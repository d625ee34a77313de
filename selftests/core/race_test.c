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

TEST_HARNESS_MAIN
