/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of the core share: a session of /dev/utrace_test, a program
 * to trace, and ways to wait for a state.
 *
 * A tracee is forked by the test and waits in read(2) until tracee_go(): what
 * is attached meanwhile sees every call that it makes from there on, and they
 * are exactly those that the test wrote: the tracees make their calls by
 * syscall(2) and talk to the test through the shared page.
 */
#ifndef _SESSION_H
#define _SESSION_H

#include "harness.h"
#include "file.h"
#include "test_utrace.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>

/** PATIENCE - seconds until a state that does not come is a failure; more on a debug kernel */
#define PATIENCE	__seconds(20)

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

/*
 * A callback that sleeps for 100 ms: tests ask for 80, because the clock of an
 * emulated machine and its timer ticks are not quite of one mind.
 */

/* Between two looks at a state, nothing else. */
static inline void breathe(void)
{
	struct timespec t = { .tv_nsec = 1000000 };

	nanosleep(&t, NULL);
}

/** WAIT_FOR() - wait until @cond; false when it does not come. */
#define WAIT_FOR(cond)	({					\
	double __end = now() + PATIENCE;			\
	bool __come;						\
								\
	while (!(__come = !!(cond)) && now() < __end)		\
		breathe();					\
	__come;							\
})

/* The state of a process. */

static inline int read_proc(pid_t pid, const char *name, char *buf, size_t size)
{
	char path[64];
	ssize_t n;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/%s", pid, name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -1;
	n = read(fd, buf, size - 1);
	close(fd);
	if (n < 0)
		return -1;
	buf[n] = 0;
	return n;
}

static inline char state_of(pid_t pid)
{
	char buf[1024], *p;

	if (read_proc(pid, "stat", buf, sizeof(buf)) < 0)
		return 0;
	p = strrchr(buf, ')');
	return p ? p[2] : 0;
}

static inline bool wait_state(pid_t pid, char state)
{
	return WAIT_FOR(state_of(pid) == state);
}

static inline bool is_blocked_in(pid_t pid, int nr)
{
	char buf[256], *end;

	/* "running", or the number of the call it sleeps in. */
	if (state_of(pid) != 'S' || read_proc(pid, "syscall", buf, sizeof(buf)) <= 0)
		return false;
	return strtol(buf, &end, 0) == nr && end != buf;
}

static inline bool wait_blocked_in(pid_t pid, int nr)
{
	return WAIT_FOR(is_blocked_in(pid, nr));
}

/** put_on() - let a thread run on this CPU only */
static inline void put_on(pid_t tid, int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	if (sched_setaffinity(tid, sizeof(set), &set))
		abort();
}

/** stay_on() - run on this CPU only, with all that is forked from here on */
static inline void stay_on(int cpu)
{
	put_on(0, cpu);
}

/** be_first() - on its CPU nobody else runs before this thread sleeps, or says be_first(false) */
static inline void be_first(bool really)
{
	struct sched_param param = { .sched_priority = really };

	if (sched_setscheduler(0, really ? SCHED_FIFO : SCHED_OTHER, &param))
		abort();
}

/** module_refs() - references to a module; -1: not loaded */
static inline int module_refs(const char *name)
{
	char path[96];
	int refs = -1;
	FILE *f;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	f = fopen(path, "re");
	if (!f)
		return -1;
	if (fscanf(f, "%d", &refs) != 1)
		refs = -1;
	fclose(f);
	return refs;
}

/* The tracee. */

struct tracee {
	pid_t pid;
	int go;
};

/** shared - words that all processes of a test see; zero when it begins */
static volatile long *shared;

static inline void map_shared(void)
{
	shared = mmap(NULL, 1 << 16, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
}

static inline void __attribute__((constructor)) prepare_shared(void)
{
	__test_prepare = map_shared;
}

static inline struct tracee tracee_start(void (*fn)(void))
{
	struct tracee t;
	int go[2];
	char c;

	if (pipe2(go, O_CLOEXEC))
		abort();
	t.go = go[1];
	t.pid = fork();
	if (t.pid < 0)
		abort();
	if (t.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(go[1]);
		while (read(go[0], &c, 1) < 0 && errno == EINTR)
			;
		fn();
		syscall(SYS_exit_group, 0);
	}
	close(go[0]);
	if (!wait_blocked_in(t.pid, SYS_read))
		abort();
	return t;
}

static inline void tracee_go(const struct tracee *t)
{
	if (write(t->go, "g", 1) != 1)
		abort();
}

/** tracee_end() - its wait status */
static inline int tracee_end(const struct tracee *t)
{
	int status;

	if (waitpid(t->pid, &status, 0) != t->pid)
		return -1;
	return status;
}

static inline void tracee_kill(const struct tracee *t)
{
	kill(t->pid, SIGKILL);
	tracee_end(t);
}

/* The session. */

struct session {
	int fd;
	/** @events: All that were read. */
	struct test_utrace_event *events;
	size_t nr;
	size_t room;
	/** @mark: Where a WAIT_EVENT() begins to look; see session_mark(). */
	size_t mark;
};

static inline struct session *session_open(void)
{
	struct session *s = calloc(1, sizeof(*s));

	s->fd = open(TEST_UTRACE_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (s->fd < 0) {
		printf("# %s: %m\n", TEST_UTRACE_DEVICE);
		fflush(stdout);
		_exit(TEST_STATUS_FAIL);
	}
	return s;
}

static inline void session_close(struct session *s)
{
	close(s->fd);
	s->fd = -1;
}

static inline int __session_ioctl(struct session *s, unsigned long cmd, void *arg)
{
	int ret = ioctl(s->fd, cmd, arg);

	return ret < 0 ? -errno : ret;
}

#define ATTACH_REQ(...)		(&(struct test_utrace_attach){ __VA_ARGS__ })

/** session_attach_req() - 0, or -errno; with attach_flags the id of the engine */
static inline int session_attach_req(struct session *s, struct test_utrace_attach *req)
{
	return __session_ioctl(s, TEST_UTRACE_IOC_ATTACH, req);
}

static inline int session_attach(struct session *s, pid_t pid, unsigned int id,
				 unsigned int events, unsigned int flags)
{
	int ret = session_attach_req(s, ATTACH_REQ(.pid = pid, .id = id, .events = events,
						   .flags = flags));

	return ret > 0 ? 0 : ret;
}

static inline int session_engine(struct session *s, unsigned long cmd, unsigned int id,
				 pid_t tid, unsigned int arg)
{
	struct test_utrace_engine req = { .id = id, .tid = tid, .arg = arg };

	return __session_ioctl(s, cmd, &req);
}

static inline int session_set_events(struct session *s, unsigned int id, unsigned int events)
{
	return session_engine(s, TEST_UTRACE_IOC_SET_EVENTS, id, 0, events);
}

static inline int session_control(struct session *s, unsigned int id, unsigned int action)
{
	return session_engine(s, TEST_UTRACE_IOC_CONTROL, id, 0, action);
}

static inline int session_barrier(struct session *s, unsigned int id)
{
	return session_engine(s, TEST_UTRACE_IOC_BARRIER, id, 0, 0);
}

static inline int session_detach(struct session *s, unsigned int id)
{
	return session_engine(s, TEST_UTRACE_IOC_DETACH, id, 0, 0);
}

static inline int session_filter(struct session *s, unsigned int id, const void *insns,
				 unsigned int nr)
{
	struct test_utrace_filter req = { .id = id, .nr = nr, .insns = (uintptr_t)insns };

	return __session_ioctl(s, TEST_UTRACE_IOC_SET_FILTER, &req);
}

static inline int session_scope(struct session *s, unsigned int id, unsigned int scope,
				unsigned int depth)
{
	struct test_utrace_engine req = { .id = id, .arg = scope, .depth = depth };

	return __session_ioctl(s, TEST_UTRACE_IOC_SET_SCOPE, &req);
}

/** session_open_gate() - what waits at TEST_UTRACE_BLOCK goes on */
static inline void session_open_gate(struct session *s)
{
	__session_ioctl(s, TEST_UTRACE_IOC_GO, NULL);
}

static inline struct test_utrace_stop session_stop_status(struct session *s, unsigned int id)
{
	struct test_utrace_stop status = { .id = id };

	if (__session_ioctl(s, TEST_UTRACE_IOC_STOP_STATUS, &status))
		abort();
	return status;
}

/** session_wait_stop() - on the wait queue of the core; 0, -EINTR or -ETIMEDOUT */
static inline int session_wait_stop(struct session *s, unsigned int id, bool stopped,
				    unsigned long stops, unsigned int ms)
{
	struct test_utrace_stop status = {
		.id = id, .stopped = stopped, .stops = stops, .wait_ms = ms,
	};

	return __session_ioctl(s, TEST_UTRACE_IOC_WAIT_STOP, &status);
}

static inline int session_prepare_examine(struct session *s, unsigned int id)
{
	return session_engine(s, TEST_UTRACE_IOC_PREPARE_EXAMINE, id, 0, 0);
}

static inline int session_finish_examine(struct session *s, unsigned int id)
{
	return session_engine(s, TEST_UTRACE_IOC_FINISH_EXAMINE, id, 0, 0);
}

static inline int session_regset(struct session *s, unsigned long cmd, unsigned int id,
				 unsigned int note, void *buf, unsigned int size)
{
	struct test_utrace_data req = {
		.id = id, .note = note, .size = size, .buf = (unsigned long)buf,
	};

	return __session_ioctl(s, cmd, &req);
}

static inline int session_get_regset(struct session *s, unsigned int id, unsigned int note,
				     void *buf, unsigned int size)
{
	return session_regset(s, TEST_UTRACE_IOC_GET_REGSET, id, note, buf, size);
}

static inline int session_set_regset(struct session *s, unsigned int id, unsigned int note,
				     void *buf, unsigned int size)
{
	return session_regset(s, TEST_UTRACE_IOC_SET_REGSET, id, note, buf, size);
}

static inline int session_read_memory(struct session *s, unsigned int id, unsigned long addr,
				      void *buf, unsigned int size)
{
	struct test_utrace_data req = {
		.id = id, .addr = addr, .size = size, .buf = (unsigned long)buf,
	};

	return __session_ioctl(s, TEST_UTRACE_IOC_READ_MEMORY, &req);
}

static inline int session_write_memory(struct session *s, unsigned int id, unsigned long addr,
				       const void *buf, unsigned int size)
{
	struct test_utrace_data req = {
		.id = id, .addr = addr, .size = size, .buf = (unsigned long)buf,
	};

	return __session_ioctl(s, TEST_UTRACE_IOC_WRITE_MEMORY, &req);
}

#define RULE(s, ...)								\
	ASSERT_EQ(0, __session_ioctl(s, TEST_UTRACE_IOC_RULE,			\
				     &(struct test_utrace_rule){ __VA_ARGS__ }))

static inline void session_clear_rules(struct session *s)
{
	__session_ioctl(s, TEST_UTRACE_IOC_CLEAR_RULES, NULL);
}

static inline struct test_utrace_status session_status(struct session *s)
{
	struct test_utrace_status status;

	if (__session_ioctl(s, TEST_UTRACE_IOC_STATUS, &status))
		abort();
	return status;
}

/** session_read() - take over what has been logged */
static inline void session_read(struct session *s)
{
	ssize_t n;

	for (;;) {
		if (s->room - s->nr < 256) {
			s->room = s->room ? 2 * s->room : 1024;
			s->events = realloc(s->events, s->room * sizeof(*s->events));
			if (!s->events)
				abort();
		}
		n = read(s->fd, s->events + s->nr, (s->room - s->nr) * sizeof(*s->events));
		if (n <= 0)
			return;
		s->nr += n / sizeof(*s->events);
	}
}

/** session_mark() - what has been logged so far is no longer looked at */
static inline void session_mark(struct session *s)
{
	session_read(s);
	s->mark = s->nr;
}

/**
 * struct wanted - which event
 * @event: TEST_*.
 * @id: Engine; 0: any.
 * @tid: Thread; 0: any.
 * @with_value: Only with values[0] == @value.
 * @flags: Those that it must have.
 */
struct wanted {
	unsigned int event;
	unsigned int id;
	pid_t tid;
	bool with_value;
	long long value;
	unsigned int flags;
};
#define VALUE(v)	.with_value = true, .value = (v)

static inline bool is_wanted(const struct test_utrace_event *e, const struct wanted *w)
{
	return e->event == w->event && (!w->id || e->id == w->id) &&
	       (!w->tid || e->tid == w->tid) &&
	       (!w->with_value || e->values[0] == w->value) &&
	       (w->flags & TEST_UTRACE_END || !(e->flags & TEST_UTRACE_END)) &&
	       (e->flags & w->flags) == w->flags;
}

static inline const struct test_utrace_event *
session_find(struct session *s, const struct wanted *w)
{
	size_t i;

	session_read(s);
	for (i = s->mark; i < s->nr; i++)
		if (is_wanted(&s->events[i], w))
			return &s->events[i];
	return NULL;
}

static inline size_t session_count(struct session *s, const struct wanted *w)
{
	size_t i, n = 0;

	session_read(s);
	for (i = s->mark; i < s->nr; i++)
		n += is_wanted(&s->events[i], w);
	return n;
}

static inline const struct test_utrace_event *
session_wait(struct session *s, const struct wanted *w)
{
	const struct test_utrace_event *e;
	double end = now() + PATIENCE;

	while (!(e = session_find(s, w)) && now() < end) {
		struct pollfd p = { .fd = s->fd, .events = POLLIN };

		poll(&p, 1, 100);
	}
	return e;
}

/* The pointers hold until the next of these. */
#define FIND_EVENT(s, ...)	session_find(s, &(struct wanted){ __VA_ARGS__ })
#define COUNT_EVENTS(s, ...)	session_count(s, &(struct wanted){ __VA_ARGS__ })
#define WAIT_EVENT(s, ...)	session_wait(s, &(struct wanted){ __VA_ARGS__ })

/* No callback was made where it could not sleep. */
#define EXPECT_NONE_ATOMIC(s)	do {						\
	size_t __i;								\
										\
	session_read(s);							\
	EXPECT_GT((s)->nr, 0);							\
	for (__i = 0; __i < (s)->nr; __i++)					\
		EXPECT_EQ(0, (s)->events[__i].flags & TEST_UTRACE_IN_ATOMIC);	\
} while (0)

/* The rest is for debugging a test. */
static inline void __attribute__((unused)) session_dump(struct session *s)
{
	static const char * const names[] = {
		"QUIESCE", "REAP", "CLONE", "EXEC", "EXIT", "DEATH", "ENTRY", "LEAVE",
		"SIGNAL", "SIGNAL_IGN", "SIGNAL_STOP", "SIGNAL_TERM", "SIGNAL_CORE",
		"SIGNAL_REPORT", "SIGNAL_HANDLER", "JCTL", "REQUEST", "CLONED",
		"INHERIT_OP",
	};
	size_t i;

	session_read(s);
	for (i = s->mark; i < s->nr; i++) {
		struct test_utrace_event *e = &s->events[i];

		printf("# %llu %s id %u tid %d flags %#x action %d: %lld %lld %lld %lld %lld\n",
		       (unsigned long long)e->seq, names[e->event], e->id, e->tid, e->flags,
		       e->action, (long long)e->values[0], (long long)e->values[1],
		       (long long)e->values[2], (long long)e->values[3],
		       (long long)e->values[7]);
	}
}

#endif /* _SESSION_H */
