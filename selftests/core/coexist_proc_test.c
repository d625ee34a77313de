// SPDX-License-Identifier: GPL-2.0
/* What the rest of the system says of a task that an engine has stopped. */
#include "coexist.h"
#include "coexist_stopped.h"

static bool proc_has(pid_t pid, const char *name, const char *word)
{
	char buf[8192];

	if (read_proc(pid, name, buf, sizeof(buf)) < 0)
		return false;
	if (strstr(buf, word))
		return true;
	printf("# no \"%s\" in %s:\n# %s\n", word, name, buf);
	return false;
}

static bool ps_says(pid_t pid, const char *wanted)
{
	char command[64], line[64] = "";
	FILE *f;

	snprintf(command, sizeof(command), "ps -o stat= -p %d", pid);
	f = popen(command, "r");
	if (!fgets(line, sizeof(line), f))
		line[0] = 0;
	pclose(f);
	if (!strncmp(line, wanted, strlen(wanted)))
		return true;
	printf("# ps: %s\n", line);
	return false;
}

static void expect_sane(struct __test_metadata *_metadata, const struct tracee *t)
{
	EXPECT_TRUE(proc_has(t->pid, "status", "State:\tt (tracing stop)\n"));
	/* It is nobody's tracee in the sense of ptrace. */
	EXPECT_TRUE(proc_has(t->pid, "status", "TracerPid:\t0\n"));
	EXPECT_TRUE(proc_has(t->pid, "stack", "[utrace]"));
	EXPECT_TRUE(ps_says(t->pid, "t"));
}

TEST(task_stopped_at_entry_is_shown_in_its_call)
{
	struct tracee t;
	char call[16];

	stopped_at(_metadata, &t, getppid_forever, TEST_SYSCALL_ENTRY);
	expect_sane(_metadata, &t);
	snprintf(call, sizeof(call), "%d 0x", SYS_getppid);
	EXPECT_TRUE(proc_has(t.pid, "syscall", call));
	tracee_kill(&t);
}

TEST(task_stopped_at_quiesce_is_shown_in_no_call)
{
	struct tracee t;

	stopped_at(_metadata, &t, spin, TEST_QUIESCE);
	expect_sane(_metadata, &t);
	EXPECT_TRUE(proc_has(t.pid, "syscall", "-1 0x"));
	tracee_kill(&t);
}

TEST(task_stopped_at_exit_is_shown_stopped)
{
	struct tracee t;
	struct session *s = stopped_at(_metadata, &t, exit_7, TEST_EXIT);

	expect_sane(_metadata, &t);
	/* It still has its memory, and what belongs to it. */
	EXPECT_TRUE(proc_has(t.pid, "maps", "coexist_proc_test"));
	EXPECT_TRUE(proc_has(t.pid, "status", "VmRSS:"));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(7 << 8, tracee_end(&t));
}

TEST(traced_task_that_runs_is_shown_as_any_other)
{
	struct tracee t = tracee_start(spin);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	EXPECT_TRUE(proc_has(t.pid, "status", "State:\tR (running)\n"));
	EXPECT_TRUE(proc_has(t.pid, "status", "TracerPid:\t0\n"));
	tracee_kill(&t);
}

#define HUNG_TASK	"/proc/sys/kernel/hung_task_timeout_secs"

/* Nothing else here waits for time to pass: this must not happen. */
TEST(hung_task_detector_says_nothing_of_stopped_tasks)
{
	struct tracee t[3];
	int log, i;

	ASSERT_EQ(0, access(HUNG_TASK, W_OK));
	stopped_at(_metadata, &t[0], getppid_forever, TEST_SYSCALL_ENTRY);
	shared[0] = 0;
	stopped_at(_metadata, &t[1], spin, TEST_QUIESCE);
	stopped_at(_metadata, &t[2], exit_7, TEST_EXIT);
	put_back_at_end(HUNG_TASK);
	log = kernel_log();
	/* It looks as often as that. */
	ASSERT_EQ(0, write_file(HUNG_TASK, "1"));
	usleep(3500000);
	EXPECT_FALSE(is_logged(log, "blocked for more than", ""));
	for (i = 0; i < 3; i++) {
		EXPECT_EQ('t', state_of(t[i].pid));
		tracee_kill(&t[i]);
	}
	close(log);
}

TEST_HARNESS_MAIN
