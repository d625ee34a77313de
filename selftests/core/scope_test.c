// SPDX-License-Identifier: GPL-2.0
/* utrace_set_scope(): which children get an engine, too, and from when on. */
#include "signals.h"

/*
 * A line of processes, each the child of the one before; each makes getsid(n)
 * its first call. NEXT: how many more to make.
 */
enum { NEXT = 40, PIDS = 48 };

static void mark(int n)
{
	syscall(SYS_getsid, n);
}

static void generation(int n)
{
	int status = -1;
	pid_t pid;

	shared[PIDS + n] = syscall(SYS_getpid);
	if (n < shared[NEXT]) {
		/* By the system call alone: the child's first one is ours. */
		pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
		if (pid == 0) {
			mark(n + 1);
			generation(n + 1);
		}
		waitpid(pid, &status, 0);
	} else {
		status = 0;
	}
	syscall(SYS_exit_group, status ? 1 : 0);
}

static void line(void)
{
	mark(0);
	generation(0);
}

#define TEST_BITS_SCOPE	(TEST_BITS_SYSCALL | TEST_BIT(CLONE) | TEST_BIT(DEATH) | TEST_BIT(EXEC))

/* Which of the line were seen from the first call to the last. */
static void expect_seen(struct __test_metadata *_metadata, struct session *s, int n, int last)
{
	int i;

	for (i = 0; i <= n; i++) {
		bool want = i <= last;

		if (want)
			EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH, .tid = shared[PIDS + i]));
		EXPECT_EQ(want, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = shared[PIDS + i]));
		EXPECT_EQ(want, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid),
					     .tid = shared[PIDS + i]));
		EXPECT_EQ(want, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getsid),
					     .tid = shared[PIDS + i]));
	}
	EXPECT_EQ(last < n ? last + 1 : n, COUNT_EVENTS(s, .event = TEST_CLONE));
	EXPECT_NONE_ATOMIC(s);
}

static void follow_line(struct __test_metadata *_metadata, unsigned int scope,
			unsigned int depth, int last)
{
	struct session *s = session_open();
	struct tracee t;

	shared[NEXT] = 4;
	t = tracee_start(line);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, scope, depth));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	expect_seen(_metadata, s, 4, last);
}

TEST(engine_without_a_scope_stays_alone)
{
	struct session *s = session_open();
	struct tracee t;

	shared[NEXT] = 2;
	t = tracee_start(line);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	expect_seen(_metadata, s, 2, 0);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_INHERIT_OP));
}

TEST(scope_of_a_thread_has_no_children)
{
	follow_line(_metadata, TEST_SCOPE_THREAD, TEST_DEPTH_MAX, 0);
}

TEST(scope_of_a_process_has_no_processes)
{
	follow_line(_metadata, TEST_SCOPE_PROCESS, TEST_DEPTH_MAX, 0);
}

TEST(tree_of_depth_0_has_no_processes)
{
	follow_line(_metadata, TEST_SCOPE_TREE, 0, 0);
}

TEST(tree_of_depth_1_has_children)
{
	follow_line(_metadata, TEST_SCOPE_TREE, 1, 1);
}

TEST(tree_of_depth_2_has_children_of_children)
{
	follow_line(_metadata, TEST_SCOPE_TREE, 2, 2);
}

TEST(tree_of_any_depth_has_all)
{
	follow_line(_metadata, TEST_SCOPE_TREE, TEST_DEPTH_MAX, 4);
}

TEST(child_has_its_engine_before_its_parent_reports_it)
{
	struct session *s = session_open();
	const struct test_utrace_event *inherit, *clone;
	struct tracee t;

	shared[NEXT] = 1;
	t = tracee_start(line);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	inherit = FIND_EVENT(s, .event = TEST_INHERIT_OP);
	clone = FIND_EVENT(s, .event = TEST_CLONE);
	ASSERT_TRUE(inherit && clone);
	EXPECT_EQ(t.pid, inherit->tid);
	EXPECT_EQ(0, inherit->flags & (TEST_UTRACE_NOT_CURRENT | TEST_UTRACE_IN_ATOMIC));
	EXPECT_EQ(shared[PIDS + 1], inherit->values[0]);
	EXPECT_LT(inherit->seq, clone->seq);
	EXPECT_LT(clone->seq, FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY,
					 .tid = shared[PIDS + 1])->seq);
}

/* Threads. */

enum { THREADS = 3 };

static void *thread_body(void *arg)
{
	long i = (long)arg;

	mark(10 + i);
	shared[PIDS + i] = syscall(SYS_gettid);
	__atomic_fetch_add(&shared[READY], 1, __ATOMIC_SEQ_CST);
	while (!shared[TOLD])
		usleep(100);
	mark(20 + i);
	return NULL;
}

static void threads(void)
{
	pthread_t thread[THREADS];
	long i;

	for (i = 1; i <= THREADS; i++)
		pthread_create(&thread[i - 1], NULL, thread_body, (void *)i);
	while (!shared[TOLD])
		usleep(100);
	for (i = 0; i < THREADS; i++)
		pthread_join(thread[i], NULL);
}

static void follow_threads(struct __test_metadata *_metadata, unsigned int scope,
			   unsigned int depth, bool want)
{
	struct tracee t = tracee_start(threads);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, scope, depth));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] == THREADS));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	for (i = 1; i <= THREADS; i++) {
		/* getsid(2) of the thread itself, at both its ends. */
		EXPECT_EQ(want ? 2 : 0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY,
						     VALUE(SYS_getsid),
						     .tid = shared[PIDS + i]));
		if (want)
			EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH,
					       .tid = shared[PIDS + i]));
		EXPECT_EQ(want, COUNT_EVENTS(s, .event = TEST_DEATH, .tid = shared[PIDS + i]));
	}
}

TEST(scope_of_a_thread_has_no_other_threads)
{
	follow_threads(_metadata, TEST_SCOPE_THREAD, 0, false);
}

TEST(scope_of_a_process_has_its_threads)
{
	follow_threads(_metadata, TEST_SCOPE_PROCESS, 0, true);
}

TEST(tree_has_the_threads_of_each_process_whatever_its_depth)
{
	follow_threads(_metadata, TEST_SCOPE_TREE, 0, true);
}

static void threads_of_a_child(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		threads();
		syscall(SYS_exit_group, 0);
	}
	waitpid(pid, &status, 0);
	syscall(SYS_exit_group, status ? 1 : 0);
}

TEST(tree_counts_processes_not_threads)
{
	struct tracee t = tracee_start(threads_of_a_child);
	struct session *s = session_open();
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] == THREADS));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	for (i = 1; i <= THREADS; i++)
		EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid),
					  .tid = shared[PIDS + i]));
}

/* What a child's engine is. */

TEST(inherit_can_refuse)
{
	struct session *s = session_open();
	struct tracee t;

	shared[NEXT] = 2;
	t = tracee_start(line);
	RULE(s, .id = 1, .event = TEST_INHERIT_OP, .action = -EPERM,
	     .what = TEST_UTRACE_RETURN);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, TEST_DEPTH_MAX));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	expect_seen(_metadata, s, 2, 0);
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_INHERIT_OP));
	EXPECT_EQ(1, session_status(s).engines);
}

TEST(engine_without_inherit_shares_its_data)
{
	struct session *s = session_open();
	struct tracee t;
	int i;

	shared[NEXT] = 2;
	t = tracee_start(line);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, TEST_UTRACE_SHARED));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, TEST_DEPTH_MAX));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	for (i = 0; i <= 2; i++)
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid),
					  .tid = shared[PIDS + i]));
	EXPECT_NONE_ATOMIC(s);
}

static void fork_when_told(void)
{
	int status = 0;
	pid_t pid;

	ready();
	while (!shared[TOLD])
		shared[TURNS]++;
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);
	if (pid == 0) {
		mark(1);
		shared[PIDS + 1] = syscall(SYS_getpid);
		while (shared[TOLD] < 2)
			shared[TURNS]++;
		mark(2);
		syscall(SYS_exit_group, 0);
	}
	waitpid(pid, &status, 0);
	syscall(SYS_exit_group, status ? 1 : 0);
}

TEST(child_has_the_events_and_the_scope_of_that_moment)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, fork_when_told, 0);

	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 5));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BIT(SYSCALL_ENTRY)));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[PIDS + 1]));
	/* Later changes are for this one alone. */
	ASSERT_EQ(0, session_set_events(s, 1, 0));
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(2, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid),
				  .tid = shared[PIDS + 1]));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT));
}

TEST(engine_of_a_child_is_an_engine_of_its_own)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, fork_when_told, TEST_BIT(SYSCALL_ENTRY));
	pid_t child;

	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[PIDS + 1]));
	child = shared[PIDS + 1];
	/* Found by what inherit() returned, it is held, resumed and detached. */
	session_engine(s, TEST_UTRACE_IOC_CONTROL, 1, child, TEST_DO_STOP);
	ASSERT_TRUE(wait_state(child, 't'));
	EXPECT_FALSE(moves());
	EXPECT_NE('t', state_of(t.pid));
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_CONTROL, 1, child, TEST_DO_RESUME));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_DETACH, 1, child, 0));
	session_mark(s);
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .tid = child));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, .tid = t.pid));
}

TEST(detach_of_the_parents_engine_leaves_the_childs)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, fork_when_told, TEST_BIT(SYSCALL_ENTRY));

	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[PIDS + 1]));
	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_DETACH, 1, t.pid, 0));
	session_mark(s);
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid),
				  .tid = shared[PIDS + 1]));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, .tid = t.pid));
}

TEST(child_that_is_held_ends_its_hold_by_the_inherited_timeout)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, fork_when_told, 0);
	/* Stopped, and not any more. */
	struct test_utrace_stop over = { .id = 1, .stops = 1, .wait_ms = 10000 };
	pid_t child;

	EXPECT_EQ(0, session_engine(s, TEST_UTRACE_IOC_STOP_TIMEOUT, 1, 0, 150));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[PIDS + 1]));
	child = shared[PIDS + 1];
	session_engine(s, TEST_UTRACE_IOC_CONTROL, 1, child, TEST_DO_STOP);
	over.tid = child;
	EXPECT_EQ(0, __session_ioctl(s, TEST_UTRACE_IOC_WAIT_STOP, &over));
	EXPECT_TRUE(runs());
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
}

static void vfork_and_exec(void)
{
	char *argv[] = { "true", NULL };
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execve("/bin/true", argv, environ);
		_exit(9);
	}
	shared[PIDS + 1] = pid;
	waitpid(pid, &status, 0);
	syscall(SYS_exit_group, status ? 1 : 0);
}

TEST(child_by_vfork_is_in_the_tree_and_stays_there_over_exec)
{
	struct tracee t = tracee_start(vfork_and_exec);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SCOPE, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_EXEC, .tid = shared[PIDS + 1]));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_exit_group),
				  .tid = shared[PIDS + 1]));
}

TEST(closing_the_session_frees_the_engines_of_all_children)
{
	struct tracee t;
	struct session *s = trace(_metadata, &t, fork_when_told, TEST_BITS_SCOPE);
	int refs = module_refs("test_utrace");

	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, TEST_DEPTH_MAX));
	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[PIDS + 1]));
	EXPECT_EQ(2, session_status(s).engines);
	EXPECT_GT(module_refs("test_utrace"), refs);
	session_close(s);
	EXPECT_TRUE(WAIT_FOR(module_refs("test_utrace") < refs));
	shared[TOLD] = 2;
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(scope_that_is_none_is_refused)
{
	struct tracee t = tracee_start(line);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	EXPECT_EQ(-EINVAL, session_scope(s, 1, TEST_SCOPE_TREE + 1, 1));
	EXPECT_EQ(-EINVAL, session_scope(s, 1, ~0U, 1));
	EXPECT_EQ(0, session_scope(s, 1, TEST_SCOPE_THREAD, 0));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_DETACH));
	EXPECT_EQ(-ESRCH, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	tracee_kill(&t);
}

static void fork_many(void)
{
	int i, status, bad = 0;

	for (i = 0; i < 200; i++) {
		pid_t pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, 0);

		if (pid == 0) {
			mark(i);
			syscall(SYS_exit_group, 3);
		}
		if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3)
			bad++;
	}
	syscall(SYS_exit_group, bad);
}

TEST(no_child_of_many_is_missed_and_none_is_left)
{
	struct tracee t = tracee_start(fork_many);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY), 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, 1));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(200, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_EQ(200, COUNT_EVENTS(s, .event = TEST_INHERIT_OP));
}

TEST_HARNESS_MAIN
