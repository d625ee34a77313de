/* SPDX-License-Identifier: GPL-2.0 */
/* A task that an engine has stopped, at an event of choice. */
#ifndef _COEXIST_STOPPED_H
#define _COEXIST_STOPPED_H

static void getppid_forever(void)
{
	for (;;) {
		if (syscall(SYS_getppid) <= 0)
			shared[1]++;
		shared[0]++;
	}
}

static void spin(void)
{
	for (;;)
		shared[0]++;
}

static void exit_7(void)
{
	syscall(SYS_exit_group, 7);
}

static struct session *stopped_at(struct __test_metadata *_metadata, struct tracee *t,
				  void (*fn)(void), unsigned int event)
{
	struct session *s;

	*t = tracee_start(fn);
	s = session_open();
	RULE(s, .id = 1, .event = event, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t->pid, 1, 1U << event, 0));
	tracee_go(t);
	if (event == TEST_QUIESCE) {
		ASSERT_TRUE(WAIT_FOR(shared[0]));
		session_control(s, 1, TEST_DO_REPORT);
	}
	ASSERT_TRUE(WAIT_EVENT(s, .event = event));
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	/* And until it is off its CPU: before, it has no stack to show. */
	ASSERT_EQ(0, session_prepare_examine(s, 1));
	return s;
}

#endif
