// SPDX-License-Identifier: GPL-2.0
/* What a task is like while it waits, and that it does not wait for ever. */
#include "supervisor.h"
#include "../core/freezer.h"

#include <linux/bpf.h>

static void getppids(void)
{
	while (!shared[9]) {
		syscall(SYS_getppid);
		shared[0]++;
	}
}

/* One is stopped at getppid(), and its event received. */
static struct supervisor *stopped(struct __test_metadata *_metadata, struct tracee *t,
				  struct utrace_block_setup setup)
{
	struct supervisor *s;

	*t = tracee_start(getppids);
	s = supervise(_metadata, t, setup, ONLY(SYS_getppid), 0);
	tracee_go(t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_TRUE(wait_state(t->pid, 't'));
	return s;
}

TEST(sigkill_ends_it_and_no_call_is_made)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP());

	EXPECT_EQ(0, kill(t.pid, SIGKILL));
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_EQ(0, shared[0]);
	EXPECT_EQ(-ENOENT, RUN(s));
	EXPECT_EQ(0, sup_status(s).blocked);
}

static void exits(void)
{
	syscall(SYS_exit_group, 3);
}

TEST(sigkill_ends_it_at_exit)
{
	struct tracee t = tracee_start(exits);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = EXIT), NULL, 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_EXIT, 0);
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, kill(t.pid, SIGKILL));
	tracee_end(&t);
	EXPECT_EQ(0, sup_recv(s));
}

TEST(system_with_a_stopped_task_suspends)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP());

	suspend(_metadata);
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, sup_valid(s, s->event.cookie));
	EXPECT_EQ(0, RUN(s));
	tracee_kill(&t);
}

TEST(sigterm_waits_for_the_verdict)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP());

	EXPECT_EQ(0, kill(t.pid, SIGTERM));
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, sup_valid(s, s->event.cookie));
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(SIGTERM, tracee_end(&t));
}

TEST(cgroup_with_a_stopped_task_freezes_and_thaws)
{
	struct tracee t = tracee_start(getppids);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	make_cgroup(_metadata);
	put_into_cgroup(_metadata, &t);
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	EXPECT_TRUE(WAIT_FOR(is_frozen(true)));
	/* Answered, it stays frozen. */
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, shared[0]);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(1, shared[0]);
	tracee_kill(&t);
}

TEST(task_goes_on_when_the_time_is_over)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP(.timeout_ms = 50));

	EXPECT_TRUE(WAIT_FOR(shared[0] > 0));
	EXPECT_EQ(-ENOENT, RUN(s));
	EXPECT_GE(sup_status(s).timeouts, 1);
	shared[9] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(task_is_killed_when_the_time_is_over)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP(.timeout_ms = 50,
							    .on_timeout = UTRACE_BLOCK_KILL_IT));

	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_EQ(0, shared[0]);
	EXPECT_EQ(1, sup_status(s).timeouts);
}

TEST(task_goes_on_when_the_session_is_closed)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP());

	sup_close(s);
	EXPECT_TRUE(WAIT_FOR(shared[0] > 100));
	shared[9] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(WAIT_FOR(module_refs("utrace_block") == 0));
}

TEST(tasks_are_killed_when_the_session_is_closed)
{
	struct tracee t, idle = tracee_start(getppids);
	struct supervisor *s = stopped(_metadata, &t, SETUP(.on_close = UTRACE_BLOCK_KILL_IT));

	/* One that is not stopped, too. */
	ASSERT_EQ(0, sup_attach(s, idle.pid, 0));
	sup_close(s);
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_EQ(SIGKILL, tracee_end(&idle));
	EXPECT_EQ(0, shared[0]);
}

TEST(task_goes_on_when_it_is_detached)
{
	struct tracee t;
	struct supervisor *s = stopped(_metadata, &t, SETUP());

	EXPECT_EQ(0, sup_detach(s, t.pid, 0));
	EXPECT_TRUE(WAIT_FOR(shared[0] > 100));
	EXPECT_EQ(-ENOENT, RUN(s));
	shared[9] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(stopped_supervisor_does_not_hold_a_task_longer_than_the_time)
{
	struct tracee t = tracee_start(getppids);
	pid_t pid = fork();

	if (pid == 0) {
		struct supervisor *s = supervise(_metadata, &t, SETUP(.timeout_ms = 100),
						 ONLY(SYS_getppid), 0);

		shared[2] = 1;
		while (sup_recv(s) == 1)
			RUN(s);
		_exit(0);
	}
	ASSERT_TRUE(WAIT_FOR(shared[2]));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0] > 3));
	kill(pid, SIGSTOP);
	ASSERT_TRUE(wait_state(pid, 'T'));
	shared[1] = shared[0];
	EXPECT_TRUE(WAIT_FOR(shared[0] > shared[1] + 1));
	kill(pid, SIGKILL);
	shared[1] = shared[0];
	EXPECT_TRUE(WAIT_FOR(shared[0] > shared[1] + 100));
	shared[9] = 1;
	EXPECT_EQ(0, tracee_end(&t));
}

/* A BPF program at a tracepoint, which does nothing. Return: its link. */
static int bpf_at(const char *tracepoint)
{
	static const struct bpf_insn insns[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr load = {
		.prog_type = BPF_PROG_TYPE_RAW_TRACEPOINT,
		.insns = (uintptr_t)insns,
		.insn_cnt = sizeof(insns) / sizeof(*insns),
		.license = (uintptr_t)"GPL",
	};
	union bpf_attr open = { .raw_tracepoint.name = (uintptr_t)tracepoint };
	int prog = syscall(SYS_bpf, BPF_PROG_LOAD, &load, sizeof(load)), link;

	if (prog < 0)
		return -errno;
	open.raw_tracepoint.prog_fd = prog;
	link = syscall(SYS_bpf, BPF_RAW_TRACEPOINT_OPEN, &open, sizeof(open));
	close(prog);
	return link;
}

/* 50 of them, and whatever grace period there is: it ends. */
TEST_TIMEOUT(grace_periods_end_while_50_tasks_are_stopped, 120)
{
	static const char * const kinds[] = { "rcu", "tasks", "tasks_trace", "tracepoint" };
	struct supervisor *s;
	struct tracee t[50];
	unsigned int i;
	int link;

	/* First all of them: a child would have the session, too. */
	for (i = 0; i < 50; i++)
		t[i] = tracee_start(getppids);
	s = sup_open();
	if (module_refs("test_grace") < 0)
		ASSERT_EQ(0, load_with("test_grace", ""));
	ASSERT_EQ(0, sup_setup(s, SETUP()));
	ASSERT_EQ(0, FILTER(s, SYS_getppid));
	/* Where they come by on their way to us. */
	link = bpf_at("sys_enter");
	ASSERT_LE(0, link);
	for (i = 0; i < 50; i++) {
		ASSERT_EQ(0, sup_attach(s, t[i].pid, 0));
		tracee_go(&t[i]);
	}
	ASSERT_TRUE(WAIT_FOR(sup_status(s).blocked == 50));
	/* It goes, and what it was is freed after the grace periods. */
	EXPECT_EQ(0, close(link));
	for (i = 0; i < sizeof(kinds) / sizeof(*kinds); i++)
		EXPECT_EQ(0, write_file("/sys/module/test_grace/parameters/wait", kinds[i]));
	/* A kprobe and a tracepoint come and go. */
	EXPECT_EQ(0, write_file(TRACEFS "kprobe_events", "p:utrace_block_test vfs_read"));
	EXPECT_EQ(0, write_file(TRACEFS "events/kprobes/utrace_block_test/enable", "1"));
	EXPECT_EQ(0, write_file(TRACEFS "events/kprobes/utrace_block_test/enable", "0"));
	EXPECT_EQ(0, write_file(TRACEFS "kprobe_events", ""));
	EXPECT_EQ(0, write_file(TRACEFS "events/syscalls/sys_enter_getppid/enable", "1"));
	EXPECT_EQ(0, write_file(TRACEFS "events/syscalls/sys_enter_getppid/enable", "0"));
	EXPECT_EQ(50, sup_status(s).blocked);
	EXPECT_EQ(0, shared[0]);
	shared[9] = 1;
	sup_close(s);
	for (i = 0; i < 50; i++)
		EXPECT_EQ(0, tracee_end(&t[i]));
	EXPECT_EQ(0, unload("test_grace"));
}

TEST_HARNESS_MAIN
