// SPDX-License-Identifier: GPL-2.0
/* strace(1), as it comes from Debian, on a program that an engine traces. */
#include "coexist.h"

static char log_path[64], log_path_alone[128];

static void remove_logs(void *arg)
{
	(void)arg;
	unlink(log_path);
	unlink(log_path_alone);
}

static bool has_tracer(pid_t pid, bool has)
{
	char buf[4096];

	return read_proc(pid, "status", buf, sizeof(buf)) > 0 &&
	       !strstr(buf, "TracerPid:\t0\n") == has;
}

/* strace -f -n -o @path -p @pid, as soon as it has attached and lets go on */
static pid_t strace_attach(struct __test_metadata *_metadata, pid_t pid, const char *path,
			   bool waits_in_read)
{
	char number[16];
	pid_t strace;

	snprintf(number, sizeof(number), "%d", pid);
	strace = fork();
	if (strace == 0) {
		int fd = open("/dev/null", O_WRONLY);

		dup2(fd, 2);
		execlp("strace", "strace", "-f", "-n", "-o", path, "-p", number, NULL);
		_exit(127);
	}
	ASSERT_TRUE(WAIT_FOR(has_tracer(pid, true)));
	/* It has seen the call that the program waits in, and made it again. */
	if (waits_in_read)
		ASSERT_TRUE(WAIT_FOR(file_has(path, "read(") && is_blocked_in(pid, SYS_read)));
	return strace;
}

static int end_of(pid_t pid)
{
	int status;

	return waitpid(pid, &status, 0) == pid ? status : -1;
}

/*
 * What a log has of a thread: the numbers of its calls in turn. Lines are
 * "PID [ 39] getppid() = 1", "PID [  7] poll( <unfinished ...>", "PID [  7]
 * <... poll resumed>) = 0", "PID [ 61] --- ..." and "PID [231] +++ ...".
 */
struct calls {
	pid_t tid;
	int nr[8192];
	int count;
	int unfinished;		/* calls that are on at the end of the log */
	char end[80];		/* the last "+++" */
};

static void parse_log(struct __test_metadata *_metadata, char *text, pid_t tid, struct calls *c)
{
	char *line, *save;

	memset(c, 0, sizeof(*c));
	c->tid = tid;
	for (line = strtok_r(text, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		int pid, nr, at = 0;
		char *text;

		if (sscanf(line, "%d [%d] %n", &pid, &nr, &at) != 2 || !at || pid != tid)
			continue;
		text = line + at;
		if (!strncmp(text, "--- ", 4))
			continue;
		if (!strncmp(text, "+++ ", 4)) {
			snprintf(c->end, sizeof(c->end), "%s", text);
		} else if (!strncmp(text, "<... ", 5)) {
			EXPECT_EQ(1, c->unfinished);
			c->unfinished--;
		} else {
			EXPECT_EQ(0, c->unfinished);
			ASSERT_LT(c->count, 8192);
			c->nr[c->count++] = nr;
			if (strstr(text, "<unfinished ...>"))
				c->unfinished++;
			else
				EXPECT_TRUE(strstr(text, " = "));
		}
	}
}

static void read_calls(struct __test_metadata *_metadata, const char *path, pid_t tid,
		       struct calls *c)
{
	char *text = read_file(path);

	parse_log(_metadata, text, tid, c);
	free(text);
}

/* What the engine was told of a thread. */
static int engine_calls(struct session *s, pid_t tid, int *nr, int room)
{
	int n = 0;
	size_t i;

	for (i = 0; i < s->nr; i++)
		if (s->events[i].event == TEST_SYSCALL_ENTRY && s->events[i].tid == tid &&
		    n < room)
			nr[n++] = s->events[i].values[0];
	return n;
}

/* The calls of both from the first @marker on. */
static void expect_same_calls(struct __test_metadata *_metadata, const struct calls *c,
			      const int *nr, int n, int marker)
{
	int i = 0, j = 0;

	while (marker >= 0 && i < c->count && c->nr[i] != marker)
		i++;
	while (marker >= 0 && j < n && nr[j] != marker)
		j++;
	EXPECT_LT(i, c->count);
	for (; i < c->count && j < n; i++, j++) {
		if (c->nr[i] != nr[j])
			TH_LOG("thread %d: call %d of strace is %d, of the engine %d", c->tid, i,
			       c->nr[i], nr[j]);
		ASSERT_EQ(c->nr[i], nr[j]);
	}
	EXPECT_EQ(c->count - i, n - j);
}

static void begin(struct __test_metadata *_metadata)
{
	snprintf(log_path, sizeof(log_path), "/tmp/coexist-strace-%d", getpid());
	snprintf(log_path_alone, sizeof(log_path_alone), "%s-alone", log_path);
	at_end(remove_logs, NULL);
	ASSERT_EQ(0, load_utrace());
}

TEST(strace_and_engine_see_the_same_calls_of_every_thread)
{
	static struct calls c;
	static int nr[8192];
	struct session *s;
	struct tracee t;
	pid_t strace;
	size_t i;

	begin(_metadata);
	s = life_begin(_metadata, &t, 2);
	strace = strace_attach(_metadata, t.pid, log_path, true);
	tracee_go(&t);
	/* It gets the status first, and passes it on. */
	expect_life(_metadata, s, &t);
	EXPECT_EQ(0, end_of(strace));
	for (i = 0; i < s->nr && !_metadata->failed; i++) {
		pid_t tid = s->events[i].tid;

		if (s->events[i].event != TEST_DEATH)
			continue;
		read_calls(_metadata, log_path, tid, &c);
		expect_same_calls(_metadata, &c, nr, engine_calls(s, tid, nr, 8192),
				  tid == t.pid ? SYS_getppid : -1);
		EXPECT_STRNE("", c.end);
		/* A call that does not return is not resumed when SIGKILL ends it. */
		if (!strstr(c.end, "killed"))
			EXPECT_EQ(0, c.unfinished);
	}
}

/* Of the first thread, without its waiting for the second, who may be quicker. */
static int calls_of_main(struct __test_metadata *_metadata, const char *path, pid_t tid, int *nr,
			 char *end)
{
	static struct calls c;
	int i, n = 0;

	read_calls(_metadata, path, tid, &c);
	for (i = 0; i < c.count && c.nr[i] != SYS_getppid; i++)
		;
	for (; i < c.count; i++)
		if (c.nr[i] != SYS_futex)
			nr[n++] = c.nr[i];
	strcpy(end, c.end);
	return n;
}

TEST(strace_sees_the_same_calls_with_an_engine_as_without)
{
	static int alone[8192], traced[8192];
	char alone_end[80], traced_end[80];
	int n_alone, n_traced, i;
	struct session *s;
	struct tracee t;
	pid_t strace;

	begin(_metadata);
	shared[ROUNDS] = shared[READ] = 2;
	shared[PARENT] = getpid();
	t = tracee_start(life);
	strace = strace_attach(_metadata, t.pid, log_path_alone, true);
	tracee_go(&t);
	EXPECT_EQ(LIFE_STATUS << 8, tracee_end(&t));
	EXPECT_EQ(0, end_of(strace));
	n_alone = calls_of_main(_metadata, log_path_alone, t.pid, alone, alone_end);

	s = life_begin(_metadata, &t, 2);
	strace = strace_attach(_metadata, t.pid, log_path, true);
	tracee_go(&t);
	expect_life(_metadata, s, &t);
	EXPECT_EQ(0, end_of(strace));
	n_traced = calls_of_main(_metadata, log_path, t.pid, traced, traced_end);

	EXPECT_GT(n_alone, 2 * LIFE_CALLS);
	EXPECT_EQ(n_alone, n_traced);
	for (i = 0; i < n_alone && i < n_traced; i++)
		ASSERT_EQ(alone[i], traced[i]);
	EXPECT_STREQ("+++ exited with 42 +++", alone_end);
	EXPECT_STREQ(alone_end, traced_end);
}

TEST(strace_that_comes_and_goes_loses_nothing_for_the_engine)
{
	struct session *s;
	struct tracee t;
	int i;

	begin(_metadata);
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	for (i = 0; i < 3; i++) {
		pid_t strace;

		EXPECT_TRUE(life_goes_on(s, 1));
		strace = strace_attach(_metadata, t.pid, log_path, false);
		EXPECT_TRUE(WAIT_FOR((life_read(s), file_has(log_path, "getppid"))));
		EXPECT_TRUE(life_goes_on(s, 1));
		kill(strace, SIGINT);
		EXPECT_TRUE(WAIT_FOR((life_read(s), waitpid(strace, NULL, WNOHANG) == strace)));
		EXPECT_TRUE(has_tracer(t.pid, false));
	}
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
}

TEST(strace_that_is_killed_loses_nothing_for_the_engine)
{
	struct session *s;
	struct tracee t;
	pid_t strace;

	begin(_metadata);
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	strace = strace_attach(_metadata, t.pid, log_path, false);
	EXPECT_TRUE(WAIT_FOR((life_read(s), file_has(log_path, "getppid"))));
	kill(strace, SIGKILL);
	EXPECT_EQ(SIGKILL, end_of(strace));
	EXPECT_TRUE(life_goes_on(s, 2));
	expect_life(_metadata, s, &t);
}

/* The other way round: the engine comes and goes. */
TEST(engine_that_comes_and_goes_loses_nothing_for_strace)
{
	static struct calls c;
	pid_t strace;
	struct tracee t;
	int i;

	begin(_metadata);
	shared[ROUNDS] = FOREVER;
	shared[READ] = FOREVER;
	shared[PARENT] = getpid();
	t = tracee_start(life);
	strace = strace_attach(_metadata, t.pid, log_path, true);
	tracee_go(&t);
	for (i = 0; i < 5; i++) {
		struct session *s = session_open();
		long done;

		ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT));
		session_close(s);
		done = shared[DONE];
		ASSERT_TRUE(WAIT_FOR(shared[DONE] > done));
	}
	shared[ROUNDS] = shared[DONE] + 1;
	EXPECT_EQ(LIFE_STATUS << 8, tracee_end(&t));
	EXPECT_EQ(0, end_of(strace));
	EXPECT_EQ(0, shared[WRONG]);
	read_calls(_metadata, log_path, t.pid, &c);
	EXPECT_STREQ("+++ exited with 42 +++", c.end);
	EXPECT_EQ(0, c.unfinished);
	for (i = 0; i < c.count; i++)
		shared[0] += c.nr[i] == SYS_getppid;
	EXPECT_EQ(shared[DONE] * LIFE_CALLS, shared[0]);
}

TEST_HARNESS_MAIN
