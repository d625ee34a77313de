// SPDX-License-Identifier: GPL-2.0
/* What a user without privileges may trace, and what he may not see of others. */
#include "../session.h"

#include <grp.h>
#include <sys/stat.h>

#define SOMEBODY	1000
#define EVENTS		(TEST_BIT(QUIESCE) | TEST_BITS_SYSCALL | TEST_BIT(EXEC) | TEST_BIT(EXIT))

static char suid_program[64];
static char *own_path;

/*
 * Run as "security_test --suid", set-uid root: what it is, and whether anybody
 * traces it. Its mark in the trace is getsid(4711).
 */
static int traced_by_list(void)
{
	char line[256], pid[16];
	int traced = 0;
	FILE *f = fopen("/proc/utrace/tasks", "re");

	snprintf(pid, sizeof(pid), "%d ", getpid());
	while (f && fgets(line, sizeof(line), f))
		traced |= !strncmp(line, pid, strlen(pid));
	return traced;
}

static void run_as_suid(int argc, char **argv)
{
	if (argc == 2 && !strcmp(argv[1], "--suid-forever"))
		for (;;)
			pause();
	if (argc != 2 || strcmp(argv[1], "--suid"))
		return;
	syscall(SYS_getsid, 4711);
	/* 1: has root's privileges. 2: somebody traces it, as far as it can tell. */
	syscall(SYS_exit_group, (geteuid() == 0 ? 1 : 0) | (traced_by_list() ? 2 : 0));
}

static void copy_self(const char *to)
{
	char cmd[512];

	snprintf(cmd, sizeof(cmd), "cp %s %s && chown 0:0 %s && chmod 4755 %s", own_path, to, to, to);
	if (system(cmd))
		abort();
}

/* From here on the test is run by somebody; it may use the test engine. */
static void become_somebody(void)
{
	snprintf(suid_program, sizeof(suid_program), "/var/tmp/suid.%d", getpid());
	copy_self(suid_program);
	if (chmod(TEST_UTRACE_DEVICE, 0666) || setgroups(0, NULL) ||
	    setresgid(SOMEBODY, SOMEBODY, SOMEBODY) || setresuid(SOMEBODY, SOMEBODY, SOMEBODY) ||
	    prctl(PR_SET_DUMPABLE, 1))
		abort();
}

static void exec_suid_with(char *option)
{
	char *argv[] = { suid_program, option, NULL };

	syscall(SYS_execve, suid_program, argv, environ);
	syscall(SYS_exit_group, 99);
}

static void exec_suid(void)
{
	exec_suid_with("--suid");
}

static void do_nothing(void)
{
}

static void not_dumpable(void)
{
	prctl(PR_SET_DUMPABLE, 0);
	shared[0] = 1;
	for (;;)
		pause();
}

TEST(own_process_may_be_attached_those_of_others_not)
{
	struct session *s;
	struct tracee own, others;

	others = tracee_start(do_nothing);
	become_somebody();
	own = tracee_start(do_nothing);
	s = session_open();
	EXPECT_EQ(0, session_attach(s, own.pid, 1, EVENTS, 0));
	EXPECT_EQ(-EPERM, session_attach(s, others.pid, 2, EVENTS, 0));
	EXPECT_EQ(-EPERM, session_attach(s, 1, 3, EVENTS, 0));
	EXPECT_EQ(1, session_status(s).engines);
	session_close(s);
	tracee_kill(&own);
}

TEST(own_process_that_hides_its_memory_may_not_be_attached)
{
	struct session *s;
	struct tracee t;

	become_somebody();
	t = tracee_start(not_dumpable);
	s = session_open();
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	EXPECT_EQ(-EPERM, session_attach(s, t.pid, 1, EVENTS, 0));
	session_close(s);
	tracee_kill(&t);
}

TEST(suid_program_gets_its_privileges_when_nobody_traces)
{
	struct tracee t;

	become_somebody();
	t = tracee_start(exec_suid);
	tracee_go(&t);
	EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
}

TEST(engine_of_a_user_is_gone_before_a_suid_program_has_its_privileges)
{
	struct session *s;
	struct tracee t;

	become_somebody();
	t = tracee_start(exec_suid);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	tracee_go(&t);
	EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
	/* It has seen the call, and nothing of the program. */
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_execve)));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_EXEC));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_EXIT));
	EXPECT_EQ(-ESRCH, session_control(s, 1, TEST_DO_STOP));
	EXPECT_EQ(-ESRCH, session_set_events(s, 1, EVENTS));
	session_close(s);
}

TEST(unsafe_exec_keeps_the_engine_and_takes_the_privileges)
{
	struct session *s;
	struct tracee t;

	become_somebody();
	t = tracee_start(exec_suid);
	s = session_open();
	ASSERT_EQ(1, session_attach_req(s, ATTACH_REQ(.pid = t.pid, .id = 1, .events = EVENTS,
						      .attach_flags = 1 << 4 | 1 << 6)));
	tracee_go(&t);
	/* The list is root's: the program cannot tell that it is traced. */
	EXPECT_EQ(0, WEXITSTATUS(tracee_end(&t)));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_EXEC));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	session_close(s);
}

TEST(privileged_engine_stays_and_takes_nothing)
{
	struct session *s = session_open();
	struct tracee t;

	become_somebody();
	t = tracee_start(exec_suid);
	/* The session was opened by root, but it is the attacher who counts. */
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	tracee_go(&t);
	EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_EXEC));
	session_close(s);
}

TEST(engine_of_root_sees_the_suid_program)
{
	struct session *s;
	struct tracee t;
	pid_t somebody;
	int go[2], status;
	char c;

	/* A tracee of somebody's, and root who attaches. */
	ASSERT_EQ(0, pipe(go));
	somebody = fork();
	if (!somebody) {
		become_somebody();
			shared[0] = 1;
		if (read(go[0], &c, 1) != 1)
			_exit(98);
		exec_suid();
	}
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	t.pid = somebody;
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	ASSERT_EQ(1, write(go[1], "g", 1));
	ASSERT_EQ(somebody, waitpid(somebody, &status, 0));
	EXPECT_EQ(1 | 2, WEXITSTATUS(status));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_EXEC));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	session_close(s);
}

static void fork_and_exec_suid(void)
{
	int status;
	pid_t pid = fork();

	if (!pid)
		exec_suid();
	waitpid(pid, &status, 0);
	syscall(SYS_exit_group, WEXITSTATUS(status));
}

TEST(engine_that_attached_itself_to_a_child_has_no_more_rights)
{
	struct session *s;
	struct tracee t;

	become_somebody();
	t = tracee_start(fork_and_exec_suid);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS | TEST_BIT(CLONE), TEST_UTRACE_INHERIT));
	tracee_go(&t);
	EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_execve)));
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_EXEC));
	session_close(s);
}

/* Words of the shared page. */
enum { CHILD, CHILD_EXECS, ASKED };

/* Has a child, of which it says who it is, and makes a call when asked to. */
static void have_a_child(void)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe2(fds, O_CLOEXEC))
		return;
	pid = fork();
	if (!pid && shared[CHILD_EXECS])
		exec_suid_with("--suid-forever");
	if (!pid)
		close(fds[1]);
	while (!pid)
		pause();
	/* The exec closes it; who asks before its end waits for that. */
	close(fds[1]);
	if (read(fds[0], &c, 1))
		return;
	shared[CHILD] = pid;
	while (!shared[ASKED])
		breathe();
	syscall(SYS_getsid, 0);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
}

/* Return: what becomes of an engine that attaches itself to it when it runs. */
static int attach_late_to_a_child(struct __test_metadata *_metadata, bool execs)
{
	const struct test_utrace_event *e;
	struct session *s;
	struct tracee t;
	int ret;

	become_somebody();
	shared[CHILD_EXECS] = execs;
	t = tracee_start(have_a_child);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[CHILD]));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getsid, .arg = shared[CHILD],
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_ATTACH);
	shared[ASKED] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid));
	ASSERT_TRUE(e);
	ret = e->values[7];
	session_close(s);
	return ret;
}

TEST(engine_may_attach_itself_to_a_child_that_runs)
{
	EXPECT_EQ(0, attach_late_to_a_child(_metadata, false));
}

TEST(engine_may_not_attach_itself_to_a_child_that_has_become_a_suid_program)
{
	EXPECT_EQ(-EPERM, attach_late_to_a_child(_metadata, true));
}

/* The engine comes in the very moment of the exec: either too early or refused. */
TEST_TIMEOUT(attach_during_exec_never_catches_the_suid_program, 60)
{
	int i, attached = 0, refused = 0, ret;

	become_somebody();
	for (i = 0; i < 100; i++) {
		struct session *s = session_open();
		struct tracee t = tracee_start(exec_suid);

		tracee_go(&t);
		do {
			ret = session_attach(s, t.pid, 1, EVENTS, 0);
		} while (ret == -EINTR);
		attached += ret == 0;
		refused += ret == -EPERM || ret == -ESRCH;
		EXPECT_EQ(1, WEXITSTATUS(tracee_end(&t)));
		EXPECT_FALSE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
		session_close(s);
		free(s->events);
		free(s);
	}
	printf("# attached %d, refused %d\n", attached, refused);
	EXPECT_EQ(100, attached + refused);
}

TEST(user_has_only_so_many_engines)
{
	struct session *s;
	struct tracee t;
	int i;

	set_parameter("utrace", "max_engines", "5");
	become_somebody();
	t = tracee_start(do_nothing);
	s = session_open();
	for (i = 1; i <= 5; i++)
		EXPECT_EQ(0, session_attach(s, t.pid, i, EVENTS, 0));
	EXPECT_EQ(-EDQUOT, session_attach(s, t.pid, 6, EVENTS, 0));
	EXPECT_EQ(0, session_detach(s, 3));
	EXPECT_TRUE(WAIT_FOR(session_attach(s, t.pid, 6, EVENTS, 0) == 0));
	EXPECT_EQ(-EDQUOT, session_attach(s, t.pid, 7, EVENTS, 0));
	session_close(s);
	tracee_kill(&t);
}

static void fork_and_be_seen(void)
{
	pid_t pid = fork();

	if (pid == 0)
		syscall(SYS_exit_group, syscall(SYS_getsid, 4711) < 0);
	waitpid(pid, NULL, 0);
}

TEST(child_beyond_the_limit_runs_untraced_and_leaves_nothing)
{
	struct tracee t;
	struct session *s;

	set_parameter("utrace", "max_engines", "1");
	become_somebody();
	t = tracee_start(fork_and_be_seen);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, ~0U));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	/* The session keeps that of the tracee. */
	EXPECT_EQ(1, session_status(s).engines);
	EXPECT_FALSE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	session_close(s);
}

TEST(children_of_who_has_no_limit_have_none_either)
{
	struct tracee t = tracee_start(fork_and_be_seen);
	struct session *s = session_open();

	set_parameter("utrace", "max_engines", "1");
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	ASSERT_EQ(0, session_scope(s, 1, TEST_SCOPE_TREE, ~0U));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getsid)));
	set_parameter("utrace", "max_engines", "65536");
	session_close(s);
}

TEST(root_has_as_many_engines_as_he_likes)
{
	struct session *s = session_open();
	struct tracee t = tracee_start(do_nothing);
	int i;

	set_parameter("utrace", "max_engines", "5");
	for (i = 1; i <= 10; i++)
		EXPECT_EQ(0, session_attach(s, t.pid, i, EVENTS, 0));
	set_parameter("utrace", "max_engines", "65536");
	session_close(s);
	tracee_kill(&t);
}

#define CONTROLLER	(1 << 4 | 1 << 7)

static int attach_controller(struct session *s, pid_t pid, int id)
{
	int ret = session_attach_req(s, ATTACH_REQ(.pid = pid, .id = id, .events = EVENTS,
						   .attach_flags = CONTROLLER));

	return ret > 0 ? 0 : ret;
}

TEST(process_does_not_control_itself)
{
	struct session *s = session_open();

	EXPECT_EQ(-EDEADLK, attach_controller(s, getpid(), 1));
	EXPECT_EQ(0, session_status(s).engines);
	/* Without control there is nothing to wait for. */
	EXPECT_EQ(0, session_attach(s, getpid(), 1, TEST_BIT(EXIT), 0));
	EXPECT_EQ(0, session_detach(s, 1));
	session_close(s);
}

/* Attaches to the process shared[1] when told to, and says what came of it. */
static void control_on_request(void)
{
	struct session *s = session_open();

	for (;;) {
		while (!shared[0])
			breathe();
		shared[2] = attach_controller(s, shared[1], 1);
		if (!shared[2])
			session_detach(s, 1);
		shared[0] = 0;
	}
}

static int ask_to_control(pid_t pid)
{
	shared[1] = pid;
	shared[0] = 1;
	if (!WAIT_FOR(!shared[0]))
		abort();
	return shared[2];
}

TEST(cycle_of_two_controllers_is_refused)
{
	struct tracee t = tracee_start(control_on_request);
	struct session *s = session_open();

	ASSERT_EQ(0, attach_controller(s, t.pid, 1));
	tracee_go(&t);
	EXPECT_EQ(-EDEADLK, ask_to_control(getpid()));
	EXPECT_EQ(0, session_detach(s, 1));
	/* Whoever is let go may. */
	EXPECT_TRUE(WAIT_FOR(ask_to_control(getpid()) == 0));
	session_close(s);
	tracee_kill(&t);
}

TEST(cycle_over_a_third_process_is_refused)
{
	struct tracee a = tracee_start(control_on_request);
	struct session *s = session_open();
	struct tracee b;

	/* b waits for us, we for nobody: a may control b, and we may control a. */
	b = tracee_start(do_nothing);
	ASSERT_EQ(0, attach_controller(s, b.pid, 1));
	tracee_go(&a);
	EXPECT_EQ(0, ask_to_control(b.pid));
	ASSERT_EQ(0, attach_controller(s, a.pid, 2));
	/* But a, which waits for us now, may not control us. */
	EXPECT_EQ(-EDEADLK, ask_to_control(getpid()));
	EXPECT_EQ(0, ask_to_control(b.pid));
	session_close(s);
	tracee_kill(&a);
	tracee_kill(&b);
}

int main(int argc, char **argv)
{
	own_path = realpath("/proc/self/exe", NULL);
	run_as_suid(argc, argv);
	return test_harness_run(argc, argv);
}
