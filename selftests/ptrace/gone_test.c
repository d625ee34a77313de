// SPDX-License-Identifier: GPL-2.0
/* Tracers that go: what becomes of whom they trace, or were just going to. */
#include "both.h"
#include "../core/coexist.h"
#include "../hold.h"
#include "../leased_exec.h"

#define NOBODY	65534
#define SETUID	"/var/tmp/ptrace-gone-sleep"

/* Of a tracer that another process looks at. */
enum { TRACER_GOES_ON = 1, CHILD, CHILD_GOES_ON, THREAD, RESULT };

static void ask_to_be_traced(void)
{
	shared[RESULT] = 1;
	shared[RESULT] = trace(PTRACE_TRACEME, 0, 0, 0);
	for (;;)
		pause();
}

static void *exec_in_thread(void *unused)
{
	shared[THREAD] = gettid();
	exec_leased();
	return unused;
}

static void ask_while_another_thread_execs(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, exec_in_thread, NULL) ||
	    !WAIT_FOR(shared[THREAD]) || !wait_for_leased_exec(shared[THREAD]))
		abort();
	ask_to_be_traced();
}

static void ask_when_told(void)
{
	while (!shared[CHILD_GOES_ON])
		breathe();
	ask_to_be_traced();
}

static void start_child(void (*fn)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		fn();
	shared[CHILD] = pid;
}

/* Not traced by anybody: no signal stops it. */
static bool dies_of_sigterm(pid_t pid)
{
	return kill(pid, SIGTERM) == 0 && wait_state(pid, 'Z');
}

/* The engine of who asks is attached when his tracer has let go of all that he knew. */
TEST(who_asks_a_tracer_that_dies_meanwhile_is_not_traced)
{
	int lease = lease_interpreter("/dev/null");
	pid_t tracer;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	tracer = fork();
	if (tracer == 0) {
		if (enter())
			_exit(1);
		start_child(ask_while_another_thread_execs);
		pause();
	}
	ASSERT_TRUE(WAIT_FOR(shared[CHILD]));
	ASSERT_TRUE(wait_blocked_in(shared[CHILD], SYS_ptrace));
	kill(tracer, SIGKILL);
	ASSERT_EQ(SIGKILL, status_of(tracer));
	lease_end(lease);
	EXPECT_TRUE(wait_blocked_in(shared[CHILD], SYS_pause));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(dies_of_sigterm(shared[CHILD]));
}

/* Of a user who may not trace a set-uid program, which he becomes. */
static void enter_and_exec(int device)
{
	if (setresgid(NOBODY, NOBODY, NOBODY) || setresuid(NOBODY, NOBODY, NOBODY))
		_exit(1);
	prctl(PR_SET_DUMPABLE, 1);
	if (enter_by(device))
		_exit(1);
	start_child(ask_when_told);
	while (!shared[TRACER_GOES_ON])
		breathe();
	execl(SETUID, SETUID, "1000", NULL);
	_exit(1);
}

static bool has_become(pid_t pid, const char *program)
{
	char line[256];

	return read_proc(pid, "cmdline", line, sizeof(line)) > 0 && !strcmp(line, program) &&
	       is_blocked_in(pid, SYS_clock_nanosleep);
}

TEST(who_asks_a_tracer_that_execs_a_setuid_program_meanwhile_is_not_traced)
{
	int device = open_device();
	pid_t tracer;

	ASSERT_GE(device, 0);
	ASSERT_EQ(0, system("cp /usr/bin/sleep " SETUID " && chmod 4755 " SETUID));
	stay_on(0);
	tracer = fork();
	if (tracer == 0)
		enter_and_exec(device);
	ASSERT_TRUE(WAIT_FOR(shared[CHILD]));
	put_on(shared[CHILD], 1);
	ASSERT_EQ(0, hold_at("security_ptrace_traceme", shared[CHILD]));
	shared[CHILD_GOES_ON] = 1;
	ASSERT_TRUE(wait_held());
	shared[TRACER_GOES_ON] = 1;
	ASSERT_TRUE(WAIT_FOR(has_become(tracer, SETUID)));
	ASSERT_EQ(0, hold_go());
	ASSERT_TRUE(wait_blocked_in(shared[CHILD], SYS_pause));
	EXPECT_EQ(0, shared[RESULT]);
	EXPECT_TRUE(dies_of_sigterm(shared[CHILD]));
}

TEST_HARNESS_MAIN
