// SPDX-License-Identifier: GPL-2.0
/* Attach, events, control, barrier, detach: what they return, and their end. */
#include "../session.h"
#include "../io_uring.h"

/* The flags of include/linux/utrace.h. */
#define MATCH_OPS	(1 << 0)
#define MATCH_DATA	(1 << 1)
#define CREATE		(1 << 4)
#define EXCLUSIVE	(1 << 5)

static void sleep_forever(void)
{
	for (;;)
		pause();
}

static void spin(void)
{
	for (;;)
		shared[0]++;
}

static void getppid_forever(void)
{
	for (;;) {
		if (syscall(SYS_getppid) != shared[1])
			shared[2]++;
		shared[0]++;
	}
}

static void exit_7(void)
{
	syscall(SYS_exit_group, 7);
}

static int attach_flags(struct session *s, pid_t pid, unsigned int id, unsigned int flags)
{
	return session_attach_req(s, ATTACH_REQ(.pid = pid, .id = id, .attach_flags = flags));
}

TEST(attach_to_a_pid_that_is_not_there_is_esrch)
{
	struct session *s = session_open();
	pid_t pid = fork();

	if (pid == 0)
		_exit(0);
	waitpid(pid, NULL, 0);
	EXPECT_EQ(-ESRCH, session_attach(s, pid, 1, 0, 0));
}

TEST(attach_to_a_zombie_is_esrch)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 'Z'));
	EXPECT_EQ(-ESRCH, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(0, session_status(s).engines);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
}

TEST(attach_to_a_kernel_thread_is_eperm)
{
	struct session *s = session_open();

	EXPECT_EQ(-EPERM, session_attach(s, 2, 1, 0, 0));
	EXPECT_EQ(0, session_status(s).engines);
}

TEST(attach_to_a_worker_of_io_uring_is_eperm)
{
	struct tracee t = tracee_start(read_by_io_uring);
	struct session *s = session_open();
	pid_t worker;

	/* In time for its creation to be reported, if it were a child. */
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(CLONE), TEST_UTRACE_INHERIT));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR((worker = io_uring_worker(t.pid)) || shared[1]));
	ASSERT_EQ(0, shared[1]);
	EXPECT_EQ(-EPERM, session_attach(s, worker, 2, 0, 0));
	EXPECT_EQ(1, session_status(s).engines);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_CLONE));
	tracee_kill(&t);
}

TEST(attach_with_unknown_flags_is_einval)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	EXPECT_EQ(-EINVAL, attach_flags(s, t.pid, 1, CREATE | 1 << 2));
	EXPECT_EQ(-EINVAL, attach_flags(s, t.pid, 1, CREATE | 1 << 31));
	EXPECT_EQ(-EINVAL, attach_flags(s, t.pid, 1, MATCH_OPS | EXCLUSIVE));
	tracee_kill(&t);
}

TEST(exclusive_attach_is_eexist_when_one_matches)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	EXPECT_EQ(1, attach_flags(s, t.pid, 1, CREATE | EXCLUSIVE | MATCH_OPS));
	EXPECT_EQ(-EEXIST, attach_flags(s, t.pid, 2, CREATE | EXCLUSIVE | MATCH_OPS));
	EXPECT_EQ(3, attach_flags(s, t.pid, 3, CREATE));
	EXPECT_EQ(-EEXIST, session_attach_req(s, ATTACH_REQ(.pid = t.pid, .id = 4,
		.attach_flags = CREATE | EXCLUSIVE | MATCH_DATA, .match_id = 3)));
	EXPECT_EQ(5, attach_flags(s, t.pid, 5, CREATE | EXCLUSIVE | MATCH_DATA));
	tracee_kill(&t);
}

TEST(exclusive_attach_may_come_again_after_a_detach)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	EXPECT_EQ(1, attach_flags(s, t.pid, 1, CREATE | EXCLUSIVE | MATCH_OPS));
	EXPECT_EQ(0, session_detach(s, 1));
	EXPECT_EQ(2, attach_flags(s, t.pid, 2, CREATE | EXCLUSIVE | MATCH_OPS));
	tracee_kill(&t);
}

TEST(lookup_finds_the_engine_that_matches_or_is_enoent)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	EXPECT_EQ(-ENOENT, attach_flags(s, t.pid, 9, MATCH_OPS));
	EXPECT_EQ(1, attach_flags(s, t.pid, 1, CREATE));
	EXPECT_EQ(2, attach_flags(s, t.pid, 2, CREATE));
	EXPECT_EQ(1, attach_flags(s, t.pid, 9, MATCH_OPS));
	EXPECT_EQ(2, session_attach_req(s, ATTACH_REQ(.pid = t.pid, .id = 9,
		.attach_flags = MATCH_DATA, .match_id = 2)));
	EXPECT_EQ(-ENOENT, attach_flags(s, t.pid, 9, MATCH_DATA));
	EXPECT_EQ(2, session_status(s).engines);
	tracee_kill(&t);
}

TEST(lookup_of_other_ops_is_enoent)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	EXPECT_EQ(1, attach_flags(s, t.pid, 1, CREATE));
	EXPECT_EQ(-ENOENT, session_attach_req(s, ATTACH_REQ(.pid = t.pid, .id = 9,
		.flags = TEST_UTRACE_EMPTY, .attach_flags = MATCH_OPS)));
	tracee_kill(&t);
}

TEST(set_events_refuses_unknown_events)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, 1U << TEST_NEVENTS));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, 1U << 31));
	EXPECT_EQ(0, session_set_events(s, 1, TEST_BITS_ALL));
	EXPECT_EQ(0, session_set_events(s, 1, 0));
	tracee_kill(&t);
}

TEST(set_events_refuses_an_event_without_a_callback)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), TEST_UTRACE_NO_DEATH));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, TEST_BIT(DEATH)));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, TEST_BIT(EXEC)));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, TEST_BIT(CLONE)));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, TEST_BIT(EXIT)));
	EXPECT_EQ(-EINVAL, session_set_events(s, 1, TEST_BIT(REAP)));
	EXPECT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, TEST_UTRACE_EMPTY));
	EXPECT_EQ(-EINVAL, session_set_events(s, 2, TEST_BIT(QUIESCE)));
	tracee_kill(&t);
}

TEST(calls_with_the_task_of_another_engine_are_esrch)
{
	struct tracee t = tracee_start(sleep_forever), u = tracee_start(sleep_forever);
	struct session *s = session_open();
	struct test_utrace_engine req = { .id = 1, .task_of = 2 };

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	ASSERT_EQ(0, session_attach(s, u.pid, 2, TEST_BIT(QUIESCE), 0));
	req.arg = TEST_BIT(EXIT);
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_SET_EVENTS, &req));
	req.arg = TEST_DO_STOP;
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_CONTROL, &req));
	req.arg = TEST_DO_RESUME;
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_CONTROL, &req));
	req.arg = TEST_DO_DETACH;
	EXPECT_EQ(-ESRCH, __session_ioctl(s, TEST_UTRACE_IOC_CONTROL, &req));
	tracee_kill(&t);
	tracee_kill(&u);
}

TEST(control_refuses_an_action_that_is_none)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	EXPECT_EQ(-EINVAL, session_control(s, 1, TEST_DO_DETACH + 1));
	EXPECT_EQ(-EINVAL, session_control(s, 1, ~0U));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	tracee_kill(&t);
}

TEST(report_and_interrupt_without_quiesce_are_einval)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXIT), 0));
	EXPECT_EQ(-EINVAL, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_EQ(-EINVAL, session_control(s, 1, TEST_DO_INTERRUPT));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	tracee_kill(&t);
}

TEST(everything_is_esrch_after_a_detach)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE), 0));
	/* By control, which leaves it known to the session. */
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(-ESRCH, session_set_events(s, 1, TEST_BIT(EXIT)));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_STOP));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_INTERRUPT));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(-ESRCH, session_barrier(s, 1));
	tracee_kill(&t);
}

TEST(control_of_a_dead_task_is_esrch)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(QUIESCE) | TEST_BIT(DEATH), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
	ASSERT_TRUE(wait_state(t.pid, 'Z'));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_STOP));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_INTERRUPT));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(-ESRCH, session_set_events(s, 1, 0));
}

TEST(death_cannot_be_changed_or_left_while_it_is_reported)
{
	struct tracee t = tracee_start(exit_7);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_DEATH, .sleep_ms = 500,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(DEATH), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
	EXPECT_EQ(-EALREADY, session_set_events(s, 1, 0));
	EXPECT_EQ(-EALREADY, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_DEATH, .flags = TEST_UTRACE_END));
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH, .flags = TEST_UTRACE_END));
}

TEST(disabling_an_event_whose_callback_runs_is_einprogress)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .sleep_ms = 300,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	EXPECT_EQ(-EINPROGRESS, session_set_events(s, 1, 0));
	EXPECT_EQ(0, session_barrier(s, 1));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END));
	session_mark(s);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 10));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY));
	tracee_kill(&t);
}

TEST(detach_in_a_callback_is_einprogress_and_barrier_waits_for_its_end)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .sleep_ms = 300,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	EXPECT_EQ(-EINPROGRESS, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END));
	EXPECT_EQ(-ESRCH, session_barrier(s, 1));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END));
	ASSERT_TRUE(WAIT_FOR(shared[0] > 10));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY));
	tracee_kill(&t);
}

TEST(barrier_with_no_callback_running_returns_at_once)
{
	struct tracee t = tracee_start(sleep_forever);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	EXPECT_EQ(0, session_barrier(s, 1));
	tracee_kill(&t);
}

static void do_nothing(int sig)
{
	(void)sig;
}

TEST(barrier_ends_for_a_signal_of_the_caller)
{
	struct sigaction sa = { .sa_handler = do_nothing };	/* no SA_RESTART */
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	pid_t killer, self = getpid();

	sigaction(SIGUSR1, &sa, NULL);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .sleep_ms = 3000,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	killer = fork();
	if (killer == 0) {
		wait_blocked_in(self, SYS_ioctl);
		kill(self, SIGUSR1);
		_exit(0);
	}
	EXPECT_EQ(-EINTR, session_barrier(s, 1));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END));
	waitpid(killer, NULL, 0);
	tracee_kill(&t);
}

TEST(barrier_in_the_own_callback_returns_at_once)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY,
	     .what = TEST_UTRACE_BARRIER | TEST_UTRACE_LOG_END | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	e = WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END);
	ASSERT_TRUE(e);
	EXPECT_EQ(0, e->values[7]);
	tracee_kill(&t);
}

TEST(callback_that_detaches_its_engine_is_its_last)
{
	unsigned int whats[] = { TEST_UTRACE_DETACH_SELF, TEST_UTRACE_RETURN };
	unsigned int i;

	for (i = 0; i < 2; i++) {
		struct tracee t = tracee_start(getppid_forever);
		struct session *s = session_open();
		const struct test_utrace_event *e;

		shared[0] = 0;
		RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .action = TEST_DO_DETACH,
		     .what = whats[i] | TEST_UTRACE_LOG_END);
		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
		tracee_go(&t);
		e = WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, .flags = TEST_UTRACE_END);
		ASSERT_TRUE(e);
		EXPECT_EQ(0, e->values[7]);
		ASSERT_TRUE(WAIT_FOR(shared[0] > 10));
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY));
		EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT));
		EXPECT_EQ(-ESRCH, session_detach(s, 1));
		EXPECT_TRUE(WAIT_FOR(session_status(s).engines == 0));
		tracee_kill(&t);
		session_close(s);
	}
}

TEST(answer_that_is_no_resume_action_is_taken_as_resume)
{
	int garbage[] = { 5, 99, -1, 0x40000000 }, ret;
	unsigned int i;

	for (i = 0; i < 4; i++) {
		struct tracee t = tracee_start(getppid_forever);
		struct session *s = session_open();

		shared[0] = 0;
		RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .action = garbage[i],
		     .what = TEST_UTRACE_RETURN);
		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
		tracee_go(&t);
		EXPECT_TRUE(WAIT_FOR(shared[0] > 3));
		ret = session_detach(s, 1);
		EXPECT_TRUE(ret == 0 || ret == -ESRCH);
		tracee_kill(&t);
		session_close(s);
	}
}

/* Another engine on the same task must not notice. */
static void attach_and_detach(struct __test_metadata *_metadata, void (*fn)(void),
			      unsigned int events, int times)
{
	struct tracee t = tracee_start(fn);
	struct session *s = session_open();
	int refs = module_refs("utrace"), i;

	shared[1] = getpid();
	tracee_go(&t);
	for (i = 0; i < times; i++) {
		ASSERT_EQ(0, session_attach(s, t.pid, 1, events, 0));
		ASSERT_EQ(0, session_detach(s, 1));
	}
	EXPECT_EQ(0, session_status(s).engines);
	if (fn == getppid_forever) {
		long before = shared[0];

		EXPECT_TRUE(WAIT_FOR(shared[0] > before + 10));
		EXPECT_EQ(0, shared[2]);
	}
	EXPECT_EQ(refs, module_refs("utrace"));
	session_close(s);
	EXPECT_TRUE(WAIT_FOR(module_refs("test_utrace") == 0));
	tracee_kill(&t);
}

TEST(thousand_attaches_to_a_task_that_runs_user_code_leave_nothing)
{
	attach_and_detach(_metadata, spin, TEST_BITS_ALL, 1000);
}

TEST(thousand_attaches_to_a_task_that_makes_calls_leave_nothing)
{
	attach_and_detach(_metadata, getppid_forever, TEST_BITS_ALL, 1000);
}

TEST(thousand_attaches_to_a_sleeping_task_leave_nothing)
{
	attach_and_detach(_metadata, sleep_forever, TEST_BITS_ALL, 1000);
}

TEST(attaches_that_ask_for_nothing_leave_nothing)
{
	attach_and_detach(_metadata, getppid_forever, 0, 200);
}

TEST(detached_task_is_not_listed)
{
	struct tracee t = tracee_start(getppid_forever);
	struct session *s = session_open();
	char line[256], wanted[32];
	bool listed = false;
	int lines = 0;
	FILE *f;

	tracee_go(&t);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	snprintf(wanted, sizeof(wanted), "%d ", t.pid);
	f = fopen("/proc/utrace/tasks", "r");
	ASSERT_TRUE(f);
	while (fgets(line, sizeof(line), f))
		listed |= !strncmp(line, wanted, strlen(wanted)) && strstr(line, " test ") &&
			  strstr(line, "SYSCALL_ENTRY");
	fclose(f);
	EXPECT_TRUE(listed);
	session_close(s);
	f = fopen("/proc/utrace/tasks", "r");
	while (fgets(line, sizeof(line), f)) {
		EXPECT_EQ('#', line[0]);
		lines++;
	}
	fclose(f);
	EXPECT_EQ(1, lines);
	tracee_kill(&t);
}

TEST(device_is_for_root_alone)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		if (setgid(65534) || setuid(65534))
			_exit(1);
		_exit(open(TEST_UTRACE_DEVICE, O_RDWR) < 0 && errno == EACCES ? 0 : 2);
	}
	waitpid(pid, &status, 0);
	EXPECT_EQ(0, status);
}

TEST_HARNESS_MAIN
