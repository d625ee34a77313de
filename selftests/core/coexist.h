/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of living together share: a program that does a bit of
 * everything while somebody else is at work in the same kernel, the check that
 * its engine has seen all of it, and settings that are put back in any case.
 */
#ifndef _COEXIST_H
#define _COEXIST_H

#include "../session.h"

#define TRACEFS	"/sys/kernel/tracing/"

/*
 * All that is hooked, by anybody: "name (number of users)" in each line. The
 * rest of a line tells how, which others may change for good.
 */
static inline char *hooked_functions(void)
{
	char *text = read_file(TRACEFS "enabled_functions"), *to = text, *from, *end;

	for (from = text; *from; from = end + !!*end) {
		end = strchrnul(from, '\n');
		if (*from == '\t')
			continue;
		while (from < end && (*to++ = *from++) != ')')
			;
		*to++ = '\n';
	}
	*to = 0;
	return text;
}

/*
 * Settings are put back by a process that outlives the test and its tracees,
 * however they end: it waits for the end of a pipe that all of them hold.
 */
static inline void at_end(void (*fn)(void *), void *arg)
{
	int fds[2];
	pid_t pid;
	char c;

	if (pipe2(fds, O_CLOEXEC))
		abort();
	pid = fork();
	if (pid < 0)
		abort();
	if (pid == 0) {
		setsid();
		close(fds[1]);
		while (read(fds[0], &c, 1) < 0 && errno == EINTR)
			;
		fn(arg);
		_exit(0);
	}
	close(fds[0]);
}

struct setting {
	const char *path;
	char *text;
};

static inline void put_back(void *arg)
{
	struct setting *s = arg;

	if (write_file(s->path, s->text))
		printf("# cannot put %s back\n", s->path);
	fflush(stdout);
}

static inline void put_back_at_end(const char *path)
{
	struct setting s = { .path = path, .text = read_file(path) };

	at_end(put_back, &s);
	free(s.text);
}

/* Modules, without modprobe(8): what matters is the errno. */

static inline int load_with(const char *name, const char *options)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", getenv("UTRACE_MODULES") ?: "/utrace/modules",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, options, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static inline int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* An engine's last reference may still be on its way out. */
static inline int unload_utrace(void)
{
	unload("utrace_record");
	unload("utrace_ptrace");
	unload("utrace_block");
	if (module_refs("test_utrace") >= 0 &&
	    (!WAIT_FOR(module_refs("test_utrace") == 0) || unload("test_utrace")))
		return -EBUSY;
	return module_refs("utrace") < 0 ? 0 : unload("utrace");
}

static inline int load_utrace(void)
{
	int ret = 0;

	if (module_refs("utrace") < 0)
		ret = load_with("utrace", "");
	if (!ret && module_refs("test_utrace") < 0)
		ret = load_with("test_utrace", "");
	return ret;
}

/* The log of the kernel, from now on. */
static inline int kernel_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	lseek(fd, 0, SEEK_END);
	return fd;
}

/* A line that has both, from where the last look ended. */
static inline bool is_logged(int log, const char *word, const char *other)
{
	char line[1024];
	ssize_t n;

	while ((errno = 0, n = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = 0;
		if (strstr(line, word) && strstr(line, other))
			return true;
	}
	return false;
}

/*
 * The program: calls, forks, vforks, execs, threads, exits and a kill, in
 * rounds, as many as @shared[ROUNDS] says, which may grow meanwhile. It waits
 * for its log to be read, which has room for so many rounds.
 */

enum { ROUNDS = 1000, DONE, READ, WRONG, PARENT };
enum { LIFE_CALLS = 10, LIFE_STATUS = 42, LIFE_CHILDREN = 4, LIFE_AHEAD = 40 };
#define FOREVER		1000000000L

static void life_calls(int nr)
{
	int i;

	for (i = 0; i < LIFE_CALLS; i++)
		syscall(nr, 0);
}

static void *life_thread(void *arg)
{
	life_calls(SYS_getpgid);
	return arg;
}

static void life_child(pid_t pid, int wanted)
{
	int status;

	if (waitpid(pid, &status, 0) != pid || status != wanted)
		shared[WRONG]++;
}

static void life(void)
{
	struct timespec a_bit = { .tv_nsec = 10000000 };
	char *argv[] = { "true", NULL };
	pthread_t thread;
	pid_t pid;
	int i;

	while (shared[DONE] < shared[ROUNDS]) {
		while (shared[DONE] > shared[READ] + LIFE_AHEAD)
			nanosleep(&a_bit, NULL);
		for (i = 0; i < LIFE_CALLS; i++)
			if (syscall(SYS_getppid) != shared[PARENT])
				shared[WRONG]++;
		pid = fork();
		if (pid == 0) {
			life_calls(SYS_getsid);
			syscall(SYS_exit_group, 7);
		}
		life_child(pid, 7 << 8);
		pid = vfork();
		if (pid == 0) {
			execve("/bin/true", argv, environ);
			_exit(1);
		}
		life_child(pid, 0);
		pid = fork();
		if (pid == 0)
			syscall(SYS_kill, syscall(SYS_getpid), SIGKILL);
		life_child(pid, SIGKILL);
		if (pthread_create(&thread, NULL, life_thread, NULL) ||
		    pthread_join(thread, NULL))
			shared[WRONG]++;
		shared[DONE]++;
	}
	syscall(SYS_exit_group, LIFE_STATUS);
}

/* One is alive, with every event and its children's; it waits for tracee_go(). */
static inline struct session *life_begin(struct __test_metadata *_metadata, struct tracee *t,
					 long rounds)
{
	struct session *s;

	shared[ROUNDS] = rounds;
	shared[DONE] = shared[READ] = shared[WRONG] = 0;
	shared[PARENT] = getpid();
	*t = tracee_start(life);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	return s;
}

static inline void life_read(struct session *s)
{
	long done = shared[DONE];

	session_read(s);
	shared[READ] = done;
}

/* Wait until it has lived @rounds more, from now. */
static inline bool life_goes_on(struct session *s, long rounds)
{
	rounds += shared[DONE];
	return WAIT_FOR((life_read(s), shared[DONE] >= rounds));
}

/* One that nobody traces. */
static inline int life_untraced(long rounds)
{
	struct tracee t;

	shared[ROUNDS] = shared[READ] = rounds;
	shared[DONE] = shared[WRONG] = 0;
	shared[PARENT] = getpid();
	t = tracee_start(life);
	tracee_go(&t);
	return tracee_end(&t);
}

/*
 * Entry and exit of each call of a thread in turn, and what happens in a call
 * between the two.
 */
static inline void expect_pairs(struct __test_metadata *_metadata, struct session *s, pid_t tid)
{
	bool inside = false, first = true;
	long long nr = -1;
	size_t i;

	for (i = 0; i < s->nr; i++) {
		const struct test_utrace_event *e = &s->events[i];

		if (e->tid != tid || e->flags & TEST_UTRACE_END)
			continue;
		if (e->event == TEST_SYSCALL_ENTRY) {
			EXPECT_FALSE(inside);
			nr = e->values[0];
			inside = true;
		} else if (e->event == TEST_SYSCALL_EXIT) {
			/* A new thread comes out of the call that made it. */
			if (!first || inside)
				EXPECT_TRUE(inside && e->values[0] == nr);
			/* Not before the call has a result. */
			if (nr == SYS_getppid)
				EXPECT_EQ(shared[PARENT], e->values[1]);
			EXPECT_NE(-ENOSYS, e->values[1]);
			inside = false;
		} else if (e->event == TEST_CLONE || e->event == TEST_EXEC) {
			EXPECT_TRUE(inside);
		} else {
			continue;
		}
		first = false;
		if (_metadata->failed)
			return;
	}
	EXPECT_EQ(inside, inside && (nr == SYS_exit || nr == SYS_exit_group));
}

/* What it did is right, and its engine was told all of it. */
static inline void expect_complete(struct __test_metadata *_metadata, struct session *s,
				   int status)
{
	static const int calls[] = { SYS_getppid, SYS_getsid, SYS_getpgid };
	size_t done = shared[DONE], children = done * LIFE_CHILDREN, i;

	EXPECT_EQ(LIFE_STATUS << 8, status);
	EXPECT_EQ(0, shared[WRONG]);
	EXPECT_GT(done, 0);
	/* A thread is reaped on its own; who has been waited for may not be dead yet. */
	EXPECT_TRUE(WAIT_FOR(COUNT_EVENTS(s, .event = TEST_REAP) >= children + 1 &&
			     COUNT_EVENTS(s, .event = TEST_DEATH) >= children + 1));
	EXPECT_EQ(0, session_status(s).lost);
	for (i = 0; i < 3; i++) {
		EXPECT_EQ(done * LIFE_CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY,
							  VALUE(calls[i])));
		EXPECT_EQ(done * LIFE_CALLS, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT,
							  VALUE(calls[i])));
	}
	EXPECT_EQ(children, COUNT_EVENTS(s, .event = TEST_CLONE));
	EXPECT_EQ(done, COUNT_EVENTS(s, .event = TEST_EXEC));
	EXPECT_EQ(children + 1, COUNT_EVENTS(s, .event = TEST_EXIT));
	EXPECT_EQ(children + 1, COUNT_EVENTS(s, .event = TEST_DEATH));
	EXPECT_EQ(children + 1, COUNT_EVENTS(s, .event = TEST_REAP));
	EXPECT_NONE_ATOMIC(s);
	for (i = 0; i < s->nr && !_metadata->failed; i++)
		if (s->events[i].event == TEST_DEATH)
			expect_pairs(_metadata, s, s->events[i].tid);
}

static inline void expect_life(struct __test_metadata *_metadata, struct session *s,
			       const struct tracee *t)
{
	int status;

	if (shared[ROUNDS] == FOREVER)
		shared[ROUNDS] = shared[DONE] + 1;
	while (waitpid(t->pid, &status, WNOHANG) == 0) {
		life_read(s);
		breathe();
	}
	expect_complete(_metadata, s, status);
}

#endif /* _COEXIST_H */
