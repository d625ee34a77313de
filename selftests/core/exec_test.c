// SPDX-License-Identifier: GPL-2.0
/* EXEC: the new image is there, and the thread stays traced. */
#include "../session.h"
#include "../slow_exec.h"

/* Run as "exec_test --exec N": the program that the tracees become. */
static void run_after_exec(int argc, char **argv)
{
	if (argc == 3 && !strcmp(argv[1], "--exec")) {
		syscall(SYS_getsid, 7777);
		syscall(SYS_exit_group, atoi(argv[2]));
	}
}

static void exec_self(const char *code)
{
	char *argv[] = { "exec_test", "--exec", (char *)code, NULL };

	syscall(SYS_execve, "/proc/self/exe", argv, environ);
	syscall(SYS_exit_group, 99);
}

static void exec_by_leader(void)
{
	exec_self("7");
}

static void exec_fails(void)
{
	char *argv[] = { "nothing", NULL };

	shared[1] = syscall(SYS_execve, "/nonexistent", argv, environ);
}

static void *exec_thread(void *arg)
{
	(void)arg;
	shared[1] = syscall(SYS_gettid);
	exec_self("8");
	return NULL;
}

static void exec_by_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_thread, NULL);
	for (;;)
		pause();
}

static void exec_in_vfork_child(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0)
		exec_self("5");
	waitpid(pid, &status, 0);
	shared[1] = status;
}

TEST(exec_is_reported_once_with_the_program)
{
	struct tracee t = tracee_start(exec_by_leader);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXEC));
	e = FIND_EVENT(s, .event = TEST_EXEC);
	ASSERT_TRUE(e);
	EXPECT_EQ(1, e->values[1]);
	EXPECT_EQ(1, e->values[2]);
	EXPECT_EQ(t.pid, e->tid);
	EXPECT_EQ(0, e->flags & TEST_UTRACE_NOT_CURRENT);
	EXPECT_NONE_ATOMIC(s);
}

TEST(exec_of_an_engine_that_wants_nothing_else_is_reported)
{
	struct tracee t = tracee_start(exec_by_leader);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXEC), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXEC));
}

TEST(leader_that_execs_stays_traced)
{
	struct tracee t = tracee_start(exec_by_leader);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_execve)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getsid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_exit_group)));
}

/* No exit of execve is seen on the way, which could arm the thread again. */
TEST(leader_that_execs_stays_traced_by_entries_alone)
{
	struct tracee t = tracee_start(exec_by_leader);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
}

TEST(thread_that_execs_stays_traced)
{
	struct tracee t = tracee_start(exec_by_thread);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(8, WEXITSTATUS(tracee_end(&t)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXEC));
	e = FIND_EVENT(s, .event = TEST_EXEC);
	ASSERT_TRUE(e);
	/* The engine is the thread's; the thread has the leader's ID now. */
	EXPECT_EQ(shared[1], e->tid);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .tid = shared[1],
				  VALUE(SYS_getsid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, .tid = shared[1],
				  VALUE(SYS_execve)));
	/* The last report may come from the thread itself, after we have waited. */
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_REAP, .tid = shared[1]));
	/* The old leader has died of it, and everything about it was said. */
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXIT, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REAP, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_REAP, .tid = shared[1]));
}

TEST(exec_that_fails_is_a_call_like_any_other)
{
	struct tracee t = tracee_start(exec_fails);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-1, shared[1]);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_EXEC));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_execve));
	ASSERT_TRUE(e);
	EXPECT_EQ(-ENOENT, e->values[1]);
}

TEST(child_of_vfork_execs_traced_and_the_parent_too)
{
	struct tracee t = tracee_start(exec_in_vfork_child);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(5, WEXITSTATUS(shared[1]));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXEC));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_EXEC, .tid = t.pid));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, .tid = t.pid, VALUE(SYS_vfork)));
}

struct attacher {
	struct session *s;
	pid_t pid, tid;
	int ret;
};

static void *attach_it(void *arg)
{
	struct attacher *a = arg;

	__atomic_store_n(&a->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	a->ret = session_attach(a->s, a->pid, 1,
				TEST_BITS_SYSCALL | TEST_BIT(EXEC), 0);
	return NULL;
}

TEST(who_attaches_during_an_exec_sees_the_new_program_only)
{
	struct tracee t = tracee_start(exec_that_waits);
	struct session *s = session_open();
	struct attacher a = { .s = s, .pid = t.pid };
	pthread_t thread;

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(is_in_exec(t.pid)));
	ASSERT_EQ(0, pthread_create(&thread, NULL, attach_it, &a));
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&a.tid, __ATOMIC_ACQUIRE)));
	ASSERT_TRUE(wait_blocked_in(a.tid, SYS_ioctl));
	ASSERT_TRUE(let_exec_go_on());
	pthread_join(thread, NULL);
	EXPECT_EQ(0, a.ret);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_EXEC));
	session_close(s);
	tracee_kill(&t);
}

TEST(exec_may_sleep)
{
	struct tracee t = tracee_start(exec_by_leader);
	struct session *s = session_open();
	const struct test_utrace_event *end;
	unsigned long long begin;

	RULE(s, .id = 1, .event = TEST_EXEC, .sleep_ms = 100,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_LOG_END);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(EXEC), 0));
	tracee_go(&t);
	EXPECT_EQ(7, WEXITSTATUS(tracee_end(&t)));
	end = FIND_EVENT(s, .event = TEST_EXEC, .flags = TEST_UTRACE_END);
	ASSERT_TRUE(end);
	begin = FIND_EVENT(s, .event = TEST_EXEC)->time;
	EXPECT_GE(end->time - begin, 80000000);
	EXPECT_NONE_ATOMIC(s);
}

int main(int argc, char **argv)
{
	run_after_exec(argc, argv);
	return test_harness_run(argc, argv);
}
