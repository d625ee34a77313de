// SPDX-License-Identifier: GPL-2.0
/* What there is to see of engines: how long they take, who they are, what they do. */
#include "coexist.h"

#define EVENTS	(TEST_BITS_SYSCALL | TEST_BIT(QUIESCE))

static void one_getppid(void)
{
	syscall(SYS_getppid);
}

static void three_getppid(void)
{
	int i;

	for (i = 0; i < 3; i++)
		syscall(SYS_getppid);
}

/* A line that the kernel prints from now on. */
static int kmsg_open(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0 || lseek(fd, 0, SEEK_END) < 0)
		abort();
	return fd;
}

#define NAMED	"engine test has been in a callback for"

static int kmsg_count(int fd, const char *text)
{
	static int n;
	char line[1024];
	ssize_t size;

	while ((size = read(fd, line, sizeof(line) - 1)) > 0) {
		line[size] = 0;
		n += !!strstr(line, text);
	}
	return n;
}

TEST_TIMEOUT(callback_that_does_not_return_is_named_once, 60)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	int fd = kmsg_open();
	double end;

	set_parameter("utrace", "watchdog_seconds", "1");
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_BLOCK | TEST_UTRACE_ONCE);
	tracee_go(&t);
	EXPECT_TRUE(WAIT_FOR(kmsg_count(fd, NAMED)));
	/* As long as the watchdog needs for two more looks. */
	for (end = now() + 1.5; now() < end; )
		breathe();
	EXPECT_EQ(1, kmsg_count(fd, NAMED));
	session_open_gate(s);
	tracee_end(&t);
	set_parameter("utrace", "watchdog_seconds", "10");
	session_close(s);
}

TEST_TIMEOUT(watchdog_goes_by_its_new_limit_at_once, 60)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	int fd = kmsg_open();

	set_parameter("utrace", "watchdog_seconds", "3600");
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_BLOCK | TEST_UTRACE_ONCE);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(FIND_EVENT(s, .id = 1, .event = TEST_SYSCALL_ENTRY)));
	set_parameter("utrace", "watchdog_seconds", "1");
	EXPECT_TRUE(WAIT_FOR(kmsg_count(fd, NAMED)));
	session_open_gate(s);
	tracee_end(&t);
	set_parameter("utrace", "watchdog_seconds", "10");
	session_close(s);
}

TEST_TIMEOUT(thread_that_is_stopped_is_in_no_callback, 60)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();
	int fd = kmsg_open();
	double end;

	set_parameter("utrace", "watchdog_seconds", "1");
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE,
	     .action = TEST_DO_STOP);
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	/* Nothing must come: as long as the watchdog needs for two looks. */
	for (end = now() + 2.5; now() < end; )
		breathe();
	EXPECT_EQ(0, kmsg_count(fd, "has been in a callback for"));
	set_parameter("utrace", "watchdog_seconds", "10");
	session_close(s);
	tracee_end(&t);
}

/* The line of the list that @pid has; its last three columns. */
static bool listed(pid_t pid, unsigned long *callbacks, unsigned int *ms, unsigned int *worst)
{
	char *list = read_file("/proc/utrace/tasks"), *line, *rest = list;
	bool found = false;

	while (!found && (line = strsep(&rest, "\n"))) {
		if (atoi(line) != pid)
			continue;
		found = sscanf(line, "%*d %*d %*s %*s %*s %*s %*d %lu %u %u",
			       callbacks, ms, worst) == 3;
	}
	free(list);
	return found;
}

TEST(list_has_the_callbacks_and_the_time_of_an_engine)
{
	struct tracee t = tracee_start(three_getppid);
	struct session *s = session_open();
	unsigned int ms = 0, worst = 0;
	unsigned long callbacks = 0;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL | TEST_BIT(EXIT), 0));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SLEEP | TEST_UTRACE_MATCH_NR, .sleep_ms = 200);
	RULE(s, .id = 1, .event = TEST_EXIT, .what = TEST_UTRACE_RETURN, .action = TEST_DO_STOP);
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	ASSERT_TRUE(listed(t.pid, &callbacks, &ms, &worst));
	/* Three calls, their exits, exit_group's entry, the exit; the read's exit may be one. */
	EXPECT_GE(callbacks, 8);
	EXPECT_LE(callbacks, 9);
	EXPECT_GE(ms, 500);
	EXPECT_GE(worst, 150);
	EXPECT_LT(worst, ms);
	session_close(s);
	tracee_end(&t);
}

static bool traced(const char *event, pid_t pid, const char *more)
{
	char *trace = read_file(TRACEFS "trace"), *line, *rest = trace;
	char tid[24], name[48];
	bool found = false;

	snprintf(tid, sizeof(tid), "tid=%d", pid);
	snprintf(name, sizeof(name), " %s: ", event);
	while (!found && (line = strsep(&rest, "\n")))
		found = strstr(line, name) && strstr(line, tid) && strstr(line, more);
	free(trace);
	return found;
}

TEST(tracepoints_tell_attach_report_stop_resume_and_detach)
{
	struct tracee t = tracee_start(one_getppid);
	struct session *s = session_open();

	ASSERT_EQ(0, write_file(TRACEFS "trace", "\n"));
	ASSERT_EQ(0, write_file(TRACEFS "events/utrace/enable", "1"));
	ASSERT_EQ(0, session_attach(s, t.pid, 1, EVENTS, 0));
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE,
	     .action = TEST_DO_STOP);
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	ASSERT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	tracee_end(&t);
	session_detach(s, 1);
	ASSERT_EQ(0, write_file(TRACEFS "events/utrace/enable", "0"));
	EXPECT_TRUE(traced("utrace_attach", t.pid, "engine=test"));
	EXPECT_TRUE(traced("utrace_report", t.pid, "event=0x40"));
	EXPECT_TRUE(traced("utrace_stop", t.pid, ""));
	EXPECT_TRUE(traced("utrace_resume", t.pid, "by=test"));
	EXPECT_TRUE(traced("utrace_detach", t.pid, "engine=test"));
	session_close(s);
}

TEST_HARNESS_MAIN
