// SPDX-License-Identifier: GPL-2.0
/* The freezers, of a cgroup and of suspend, and tasks that an engine stops. */
#include "coexist.h"
#include "coexist_stopped.h"
#include "freezer.h"

/* Where a task is stopped, and what it does there. */

static void expect_still_stopped(struct __test_metadata *_metadata, const struct tracee *t)
{
	long before = shared[0];

	usleep(20000);
	EXPECT_EQ('t', state_of(t->pid));
	EXPECT_EQ(before, shared[0]);
}

static void expect_resumable(struct __test_metadata *_metadata, struct session *s,
			     struct tracee *t, unsigned int event)
{
	long before = shared[0];

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	if (event == TEST_EXIT) {
		EXPECT_EQ(7 << 8, tracee_end(t));
		return;
	}
	EXPECT_TRUE(WAIT_FOR(shared[0] > before + 1));
	EXPECT_EQ(0, shared[1]);
	tracee_kill(t);
}

static void freeze_while_stopped(struct __test_metadata *_metadata, void (*fn)(void),
				 unsigned int event)
{
	struct session *s;
	struct tracee t;

	make_cgroup(_metadata);
	s = stopped_at(_metadata, &t, fn, event);
	put_into_cgroup(_metadata, &t);
	ASSERT_TRUE(is_frozen(false));
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	EXPECT_TRUE(WAIT_FOR(is_frozen(true)));
	expect_still_stopped(_metadata, &t);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	EXPECT_TRUE(WAIT_FOR(is_frozen(false)));
	expect_still_stopped(_metadata, &t);
	expect_resumable(_metadata, s, &t, event);
}

TEST(cgroup_with_a_task_stopped_at_entry_freezes_and_thaws)
{
	freeze_while_stopped(_metadata, getppid_forever, TEST_SYSCALL_ENTRY);
}

TEST(cgroup_with_a_task_stopped_at_quiesce_freezes_and_thaws)
{
	freeze_while_stopped(_metadata, spin, TEST_QUIESCE);
}

TEST(cgroup_with_a_task_stopped_at_exit_freezes_and_thaws)
{
	freeze_while_stopped(_metadata, exit_7, TEST_EXIT);
}

/* It leaves our stop for the one of the freezer, in user space nothing runs. */
TEST(task_resumed_in_a_frozen_cgroup_runs_when_that_is_thawed)
{
	struct session *s;
	struct tracee t;
	long before;

	make_cgroup(_metadata);
	s = stopped_at(_metadata, &t, getppid_forever, TEST_SYSCALL_ENTRY);
	put_into_cgroup(_metadata, &t);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	ASSERT_TRUE(WAIT_FOR(is_frozen(true)));
	before = shared[0];
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(state_of(t.pid) == 'S' && is_frozen(true)));
	EXPECT_EQ(before, shared[0]);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	EXPECT_TRUE(WAIT_FOR(shared[0] > before + 1));
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

TEST(task_can_be_stopped_and_killed_in_a_frozen_cgroup)
{
	struct session *s;
	struct tracee t;

	make_cgroup(_metadata);
	s = stopped_at(_metadata, &t, getppid_forever, TEST_SYSCALL_ENTRY);
	put_into_cgroup(_metadata, &t);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	ASSERT_TRUE(WAIT_FOR(is_frozen(true)));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	session_close(s);
}

enum { EXAMINED = 20, ANSWER };

/* By a process of its own: who waits too long there cannot be killed. */
static pid_t examine(struct session *s)
{
	pid_t pid = fork();

	if (pid == 0) {
		shared[ANSWER] = session_prepare_examine(s, 1) ?: session_finish_examine(s, 1);
		shared[EXAMINED] = 1;
		_exit(0);
	}
	return pid;
}

TEST(stopped_task_that_a_freezer_of_v1_has_frozen_is_examined)
{
	struct session *s;
	struct tracee t;
	char text[16];
	pid_t pid;

	make_freezer(_metadata);
	s = stopped_at(_metadata, &t, getppid_forever, TEST_SYSCALL_ENTRY);
	snprintf(text, sizeof(text), "%d", t.pid);
	ASSERT_EQ(0, freezer_write("tasks", text));
	ASSERT_EQ(0, freezer_write("freezer.state", "FROZEN"));
	ASSERT_TRUE(WAIT_FOR(freezer_is("FROZEN")));
	pid = examine(s);
	EXPECT_TRUE(WAIT_FOR(shared[EXAMINED]));
	EXPECT_EQ(0, shared[ANSWER]);
	EXPECT_EQ(0, freezer_write("freezer.state", "THAWED"));
	kill(pid, SIGKILL);
	EXPECT_EQ(pid, waitpid(pid, NULL, 0));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	expect_still_stopped(_metadata, &t);
	expect_resumable(_metadata, s, &t, TEST_SYSCALL_ENTRY);
}

TEST(cgroup_is_frozen_when_a_callback_that_sleeps_has_ended)
{
	struct session *s = session_open();
	struct tracee t;
	long before;

	make_cgroup(_metadata);
	t = tracee_start(getppid_forever);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .sleep_ms = 700,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	put_into_cgroup(_metadata, &t);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	if (!FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END))
		EXPECT_TRUE(is_frozen(false));
	EXPECT_TRUE(WAIT_FOR(is_frozen(true)));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END));
	before = shared[0];
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	EXPECT_TRUE(WAIT_FOR(shared[0] > before + 1));
	EXPECT_EQ(0, shared[1]);
	tracee_kill(&t);
}

/*
 * No user code runs. A task that exits has left its cgroup by the time of its
 * death report, and the parent in vfork(), which counts as frozen, may wake up
 * then and end its call.
 */
static void expect_no_call(struct __test_metadata *_metadata, struct session *s)
{
	size_t i;

	for (i = s->mark; i < s->nr; i++)
		EXPECT_NE(TEST_SYSCALL_ENTRY, s->events[i].event);
}

TEST(cgroup_of_traced_tasks_that_run_freezes_and_loses_nothing)
{
	struct session *s;
	struct tracee t;
	int i;

	make_cgroup(_metadata);
	s = life_begin(_metadata, &t, FOREVER);
	put_into_cgroup(_metadata, &t);
	tracee_go(&t);
	for (i = 0; i < 5; i++) {
		long done;

		EXPECT_TRUE(life_goes_on(s, 1));
		ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
		ASSERT_TRUE(WAIT_FOR((life_read(s), is_frozen(true))));
		done = shared[DONE];
		session_mark(s);
		usleep(10000);
		session_read(s);
		expect_no_call(_metadata, s);
		EXPECT_EQ(done, shared[DONE]);
		ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	}
	s->mark = 0;
	expect_life(_metadata, s, &t);
}

static void load_again(void *arg)
{
	(void)arg;
	load_utrace();
}

static void call_prctl(void)
{
	syscall(SYS_prctl, PR_GET_DUMPABLE, 0, 0, 0, 0);
	syscall(SYS_exit_group, 6);
}

/* It is let go, and does not notice before it is thawed. */
TEST(task_frozen_at_the_entry_of_a_prctl_gets_no_trap_when_the_module_has_gone)
{
	struct tracee t = tracee_start(call_prctl);
	struct session *s;
	char text[16];
	pid_t rmmod;
	int status;

	/* Before the session: who tidies up at the end would keep it open. */
	at_end(load_again, NULL);
	make_freezer(_metadata);
	snprintf(text, sizeof(text), "%d", t.pid);
	ASSERT_EQ(0, freezer_write("tasks", text));
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_prctl, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_RETURN);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_prctl)));
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	ASSERT_EQ(0, freezer_write("freezer.state", "FROZEN"));
	ASSERT_TRUE(WAIT_FOR(freezer_is("FROZEN")));
	session_close(s);

	/* It waits for the thread, with nothing hooked any more. */
	rmmod = fork();
	if (rmmod == 0)
		_exit(unload_utrace() ? 1 : 0);
	EXPECT_TRUE(WAIT_FOR(!*hooked_functions()));
	EXPECT_EQ(0, waitpid(rmmod, &status, WNOHANG));
	ASSERT_EQ(0, freezer_write("freezer.state", "THAWED"));
	EXPECT_EQ(6 << 8, tracee_end(&t));
	ASSERT_EQ(rmmod, waitpid(rmmod, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, load_utrace());
}

static void suspend_while_stopped(struct __test_metadata *_metadata, void (*fn)(void),
				  unsigned int event)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, fn, event);

	suspend(_metadata);
	expect_still_stopped(_metadata, &t);
	expect_resumable(_metadata, s, &t, event);
}

TEST(system_with_a_task_stopped_at_entry_suspends)
{
	suspend_while_stopped(_metadata, getppid_forever, TEST_SYSCALL_ENTRY);
}

TEST(system_with_a_task_stopped_at_quiesce_suspends)
{
	suspend_while_stopped(_metadata, spin, TEST_QUIESCE);
}

TEST(system_with_a_task_stopped_at_exit_suspends)
{
	suspend_while_stopped(_metadata, exit_7, TEST_EXIT);
}

TEST(suspend_while_traced_tasks_run_loses_nothing)
{
	struct session *s;
	struct tracee t;

	suspend(_metadata);
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	EXPECT_EQ(0, write_file("/sys/power/state", "mem"));
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
}

TEST_HARNESS_MAIN
