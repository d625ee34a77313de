// SPDX-License-Identifier: GPL-2.0
/* A tracer gets no more than ptrace(2) gives it. */
#include "both.h"

#include <sys/stat.h>

#define NOBODY	65534
#define SETUID	"/var/tmp/ptrace-security-id"

static void become_nobody(struct __test_metadata *_metadata)
{
	ASSERT_EQ(0, setresgid(NOBODY, NOBODY, NOBODY));
	ASSERT_EQ(0, setresuid(NOBODY, NOBODY, NOBODY));
	/* Of setuid(): it may be traced again, and tell of itself. */
	prctl(PR_SET_DUMPABLE, 1);
}

static int out[2];

static void exec_setuid(void)
{
	dup2(out[1], 1);
	execl(SETUID, "id", "-u", NULL);
}

static long id_says(void)
{
	char buf[32] = {};

	close(out[1]);
	return read(out[0], buf, sizeof(buf) - 1) > 0 ? atol(buf) : -1;
}

BOTH(setuid_program_gets_nothing_under_a_tracer_without_rights)
{
	pid_t pid;
	int status;

	ASSERT_EQ(0, system("cp /usr/bin/id " SETUID " && chmod 4755 " SETUID));
	ASSERT_EQ(0, pipe(out));
	become_nobody(_metadata);
	pid = run_child(exec_setuid);
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP), status_of(pid));
	trace(PTRACE_CONT, pid, 0, 0);
	status = status_of(pid);
	EXPECT_EQ(EXITED(0), status);
	EXPECT_EQ(NOBODY, id_says());
}

static void just_exec_setuid(void)
{
	dup2(out[1], 1);
	execl(SETUID, "id", "-u", NULL);
	_exit(1);
}

BOTH(setuid_program_gets_its_rights_when_nobody_traces_it)
{
	pid_t pid;

	ASSERT_EQ(0, system("cp /usr/bin/id " SETUID " && chmod 4755 " SETUID));
	ASSERT_EQ(0, pipe(out));
	become_nobody(_metadata);
	pid = fork();
	if (pid == 0)
		just_exec_setuid();
	EXPECT_EQ(EXITED(0), status_of(pid));
	EXPECT_EQ(0, id_says());
}

BOTH(somebody_elses_process_is_refused)
{
	pid_t pid = idle_child();

	become_nobody(_metadata);
	EXPECT_EQ(-EPERM, trace(PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(-EPERM, trace(PTRACE_SEIZE, pid, 0, 0));
}

TEST_HARNESS_MAIN
