// SPDX-License-Identifier: GPL-2.0
/* The policy that loses nothing: who finds no room waits. */
#include "numbered.h"
#include "../absent.h"
#include "../core/freezer.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

/* A task that waits for room shows up as stopped, and counts for no load. */
static struct recorder *blocked(struct __test_metadata *_metadata, struct tracee *t,
				void (*fn)(void), struct utrace_record_setup setup)
{
	struct recorder *r;

	*t = tracee_start(fn);
	r = attached(_metadata, t, setup);
	tracee_go(t);
	ASSERT_TRUE(wait_state(t->pid, 't'));
	return r;
}

static void expect_all_in_order(struct __test_metadata *_metadata, unsigned int ring_bytes,
				long calls)
{
	struct utrace_record_status status;
	struct recorder *r;
	struct tracee t;

	shared[0] = calls;
	t = tracee_start(numbered);
	/* Nobody would come for as little as fits: who waits calls the reader. */
	r = attached(_metadata, &t, BLOCK(.ring_bytes = ring_bytes, .watermark = ring_bytes));
	tracee_go(&t);
	/* Once at least; from then on it depends on who is faster. */
	ASSERT_TRUE(wait_state(t.pid, 't'));
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(0, tracee_end(&t));
	status = rec_status(r);
	EXPECT_EQ(calls, r->getppids);
	EXPECT_EQ(0, seen.missing);
	EXPECT_EQ(0, seen.torn);
	EXPECT_EQ(UTRACE_RECORD_EVENT_EXIT, seen.last_event);
	EXPECT_EQ(0, status.lost);
	EXPECT_EQ(0, status.timeouts);
	EXPECT_EQ(r->calls + r->events, status.records);
	EXPECT_GT(status.blocked, 0);
	EXPECT_GT(status.blocked_ns, 0);
}

TEST(blocking_ring_of_4_KiB_has_every_call_in_order)
{
	expect_all_in_order(_metadata, 4096, 20000);
}

TEST(blocking_ring_of_64_KiB_has_every_call_in_order)
{
	expect_all_in_order(_metadata, 65536, 50000);
}

TEST(blocking_rings_have_every_call_of_many_processes)
{
	struct tracee t[6];
	struct recorder *r;
	unsigned int i;

	shared[0] = 3000;
	r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));
	for (i = 0; i < 6; i++) {
		t[i] = tracee_start(numbered);
		ASSERT_EQ(0, rec_attach(r, t[i].pid, 0));
	}
	for (i = 0; i < 6; i++)
		tracee_go(&t[i]);
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(6 * 3000, r->getppids);
	EXPECT_EQ(6, r->events);
	EXPECT_EQ(0, rec_status(r).lost);
}

static void fork_forty(void)
{
	int i;

	for (i = 0; i < 40; i++) {
		pid_t pid = syscall(SYS_fork);

		if (pid == 0)
			syscall(SYS_exit_group, 0);
		syscall(SYS_wait4, pid, NULL, 0, NULL);
	}
}

TEST(blocking_rings_have_every_event)
{
	struct tracee t = tracee_start(fork_forty);
	struct recorder *r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));

	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	rec_drain_to_the_end(_metadata, r);
	/* 40 times CLONE, 41 times EXIT; fork and wait4, and exit_group of all. */
	EXPECT_EQ(81, r->events);
	EXPECT_EQ(121, r->calls);
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(blocked_task_goes_on_when_the_reader_makes_room)
{
	struct tracee t;
	struct recorder *r;
	long before;

	r = blocked(_metadata, &t, numbered_forever, BLOCK(.ring_bytes = 4096));
	before = shared[1];
	EXPECT_EQ(1, rec_status(r).blocked);
	rec_drain(_metadata, r);
	EXPECT_TRUE(WAIT_FOR(shared[1] > before));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, rec_status(r).lost);
	tracee_kill(&t);
}

TEST(blocked_task_dies_of_SIGKILL_and_its_records_count_as_lost)
{
	struct tracee t;
	struct recorder *r;

	r = blocked(_metadata, &t, numbered_forever, BLOCK(.ring_bytes = 4096));
	kill(t.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_TRUE(WAIT_FOR(!rec_status(r).attached));
	/* The call that has returned, and the exit. */
	EXPECT_EQ(2, rec_status(r).lost);
}

TEST(task_can_be_killed_whatever_record_it_waits_for)
{
	unsigned int in_exit = 0;

	/* Ever one call more, until the ring is too full for its exit, then for a call. */
	for (shared[0] = 0; shared[0] < 90; shared[0]++) {
		struct tracee t = tracee_start(numbered);
		struct recorder *r = attached(_metadata, &t, BLOCK(.ring_bytes = 4096));
		char state;

		tracee_go(&t);
		ASSERT_TRUE(WAIT_FOR((state = state_of(t.pid)) == 't' || state == 'Z'));
		if (state == 't') {
			in_exit += shared[1] == shared[0];
			kill(t.pid, SIGKILL);
			ASSERT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
			EXPECT_GT(rec_status(r).lost, 0);
		}
		ASSERT_NE(-1, tracee_end(&t));
		close(r->fd);
	}
	EXPECT_GT(in_exit, 0);
}

static void *numbered_thread(void *arg)
{
	(void)arg;
	while (!shared[3])
		;
	numbered();
	return NULL;
}

static void exit_beside_a_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, numbered_thread, NULL);
	stay_on(1);
	/* Else the ring that it fills might be the one that we write to, and wait for. */
	shared[3] = 1;
	while (!shared[2])
		;
	syscall(SYS_exit_group, 5);
}

/* Its thread gets a SIGKILL then, but nobody has sent one. */
TEST(exit_of_a_process_does_not_lose_what_its_blocked_thread_has)
{
	struct tracee t = tracee_start(exit_beside_a_thread);
	struct recorder *r;

	shared[0] = 1L << 40;
	r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));
	r->each = look_at_number;
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(rec_status(r).blocked));
	shared[2] = 1;
	ASSERT_TRUE(wait_state(t.pid, 'Z'));
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(5 << 8, tracee_end(&t));
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(0, seen.missing);
	/* What had returned when it was told to exit is there. */
	EXPECT_GE(r->getppids, shared[1]);
}

TEST(cgroup_with_a_blocked_task_freezes_and_thaws)
{
	struct tracee t;
	struct recorder *r;
	long before;

	make_cgroup(_metadata);
	r = blocked(_metadata, &t, numbered_forever, BLOCK(.ring_bytes = 4096));
	put_into_cgroup(_metadata, &t);
	ASSERT_TRUE(is_frozen(false));
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "1"));
	EXPECT_TRUE(WAIT_FOR(is_frozen(true)));
	before = shared[1];
	rec_drain(_metadata, r);
	EXPECT_TRUE(WAIT_FOR(state_of(t.pid) == 'S' && is_frozen(true)));
	EXPECT_EQ(before, shared[1]);
	ASSERT_EQ(0, cgroup_write("cgroup.freeze", "0"));
	EXPECT_TRUE(WAIT_FOR(shared[1] > before));
	EXPECT_EQ(0, rec_status(r).lost);
	tracee_kill(&t);
}

TEST(system_with_a_blocked_task_suspends)
{
	struct tracee t;
	struct recorder *r;
	long before;

	r = blocked(_metadata, &t, numbered_forever, BLOCK(.ring_bytes = 4096));
	before = shared[1];
	suspend(_metadata);
	EXPECT_TRUE(wait_state(t.pid, 't'));
	rec_drain(_metadata, r);
	EXPECT_TRUE(WAIT_FOR(shared[1] > before));
	EXPECT_EQ(0, rec_status(r).lost);
	tracee_kill(&t);
}

TEST(blocked_task_goes_on_when_the_session_is_closed)
{
	struct tracee t;
	struct recorder *r;
	unsigned int i;
	long before;

	r = blocked(_metadata, &t, numbered_forever, BLOCK(.ring_bytes = 4096));
	before = shared[1];
	for (i = 0; i < r->setup.nr_cpus; i++)
		munmap((void *)r->rings[i].page, r->setup.map_bytes);
	close(r->fd);
	EXPECT_TRUE(WAIT_FOR(shared[1] > before + 1000));
	tracee_kill(&t);
}

TEST(blocked_task_goes_on_when_the_reader_is_killed)
{
	struct tracee t = tracee_start(numbered_forever);
	pid_t reader = fork();
	long before;

	if (reader == 0) {
		attached(_metadata, &t, BLOCK(.ring_bytes = 4096));
		tracee_go(&t);
		for (;;)
			pause();
	}
	ASSERT_TRUE(wait_state(t.pid, 't'));
	before = shared[1];
	kill(reader, SIGKILL);
	EXPECT_EQ(reader, waitpid(reader, NULL, 0));
	EXPECT_TRUE(WAIT_FOR(shared[1] > before + 1000));
	tracee_kill(&t);
}

TEST(reader_that_does_not_come_in_time_loses_records_until_it_comes)
{
	struct tracee t = tracee_start(numbered_forever);
	struct utrace_record_status status;
	struct recorder *r;
	long before;

	r = attached(_metadata, &t, BLOCK(.ring_bytes = 4096, .block_timeout_ms = 200));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR((status = rec_status(r)).lost > 1000));
	EXPECT_EQ(1, status.timeouts);
	EXPECT_GE(status.blocked_ns, 150000000);

	/* It is back: blocked again, and nothing more is lost. */
	rec_drain(_metadata, r);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	before = shared[1];
	EXPECT_EQ(0, seen.untold);
	status = rec_status(r);
	rec_drain(_metadata, r);
	ASSERT_TRUE(WAIT_FOR(shared[1] > before));
	/* In its place, how many. */
	EXPECT_GE(seen.missing, 1000);
	EXPECT_EQ(0, seen.untold);
	EXPECT_EQ(1, status.timeouts);
	tracee_kill(&t);
}

static void long_chdir(void)
{
	static char path[4096];

	memset(path, 'x', sizeof(path) - 1);
	syscall(SYS_chdir, path);
}

TEST(record_that_no_ring_can_hold_is_not_waited_for)
{
	struct utrace_record_call_spec specs[SYS_chdir + 1] = {
		[SYS_chdir] = { .nr_args = 1, .in = 1, .args[0].kind = UTRACE_RECORD_PATH },
	};
	struct utrace_record_calls calls = { .nr = SYS_chdir + 1, .specs = (uintptr_t)specs };
	struct recorder *r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));
	struct tracee t;

	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	t = tracee_start(long_chdir);
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, rec_status(r).lost);
	EXPECT_EQ(0, rec_status(r).blocked);
}

/* ---- Who waits for whom ---- */

/* shared[3], shared[4]: what it got for attaching to its own tracer. */
static void trace_the_tracer(void)
{
	struct recorder *r = rec_open(), *s = rec_open();

	rec_setup_as(r, BLOCK(.ring_bytes = 65536));
	shared[3] = rec_attach(r, getppid(), 0);
	rec_setup_as(s, SETUP(.ring_bytes = 65536));
	shared[4] = rec_attach(s, getppid(), 0);
}

TEST(task_cannot_make_its_own_reader_wait_for_it)
{
	struct tracee t = tracee_start(trace_the_tracer);

	shared[3] = shared[4] = 1;
	attached(_metadata, &t, BLOCK(.ring_bytes = 1 << 20));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-EDEADLK, shared[3]);
	/* Nobody waits for one that drops. */
	EXPECT_EQ(0, shared[4]);
}

static void child_traces(void)
{
	pid_t tracer = getppid(), pid = fork();

	if (pid == 0) {
		struct recorder *r = rec_open();

		rec_setup_as(r, BLOCK(.ring_bytes = 65536));
		shared[3] = rec_attach(r, tracer, 0);
		_exit(0);
	}
	waitpid(pid, NULL, 0);
}

TEST(child_of_a_traced_task_cannot_make_its_reader_wait_either)
{
	struct tracee t;
	struct recorder *r;

	shared[3] = 1;
	t = tracee_start(child_traces);
	r = rec_start_as(_metadata, BLOCK(.ring_bytes = 1 << 20));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-EDEADLK, shared[3]);
}

static struct absent absent;

static void *open_path_in_absent_page(void *arg)
{
	(void)arg;
	shared[5] = syscall(SYS_openat, AT_FDCWD, absent.page, O_RDONLY) < 0 ? errno : 0;
	return NULL;
}

/* The thread whose fault it answers is traced as itself, into the same ring. */
static void supply_page_after_a_burst(void)
{
	static const char page[ABSENT_BYTES] = "/no/such/file";
	pthread_t thread;

	stay_on(0);
	absent = absent_new();
	pthread_create(&thread, NULL, open_path_in_absent_page, NULL);
	if (!absent_wanted(&absent))
		return;
	/* Many times what the ring holds, while the other one is in its fault. */
	numbered();
	absent_supply(&absent, page);
	pthread_join(thread, NULL);
}

static unsigned int paths;

static void look_for_path(struct recorder *r, const struct utrace_record *rec)
{
	(void)r;
	paths += rec_is_call(rec, SYS_openat) &&
		 memmem(rec, UTRACE_RECORD_BYTES(rec->info), "/no/such/file", 13);
}

TEST(supplier_of_a_page_that_a_blocking_session_waits_for_is_traced_too)
{
	struct utrace_record_call_spec specs[SYS_openat + 1] = {
		[SYS_openat] = { .nr_args = 4, .in = 2, .args[1].kind = UTRACE_RECORD_PATH },
	};
	struct utrace_record_calls calls = { .nr = SYS_openat + 1, .specs = (uintptr_t)specs };
	struct tracee t = tracee_start(supply_page_after_a_burst);
	struct recorder *r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));

	shared[0] = 2000;
	r->each = look_for_path;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(rec_status(r).blocked));
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(ENOENT, shared[5]);
	EXPECT_EQ(1, paths);
	EXPECT_EQ(2000, r->getppids);
	EXPECT_EQ(0, rec_status(r).lost);
}

static void fork_twice(void)
{
	int i;

	stay_on(0);
	for (i = 0; i < 2; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		waitpid(pid, NULL, 0);
		shared[4] = i + 1;
	}
}

static unsigned int clones;

static void count_clones(struct recorder *r, const struct utrace_record *rec)
{
	(void)r;
	clones += UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_EVENT &&
		  UTRACE_RECORD_NR(rec->info) == UTRACE_RECORD_EVENT_CLONE;
}

/* Its calls are not recorded, so that nothing but the forks themselves can wait. */
TEST(each_of_several_forks_waits_for_room)
{
	struct sock_filter insns[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
	};
	struct utrace_record_filter filter = { .nr = 4, .insns = (uintptr_t)insns };
	struct tracee full = tracee_start(numbered), t = tracee_start(fork_twice);
	struct recorder *r = rec_start_as(_metadata, BLOCK(.ring_bytes = 4096));

	shared[0] = 100;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &filter));
	ASSERT_EQ(0, rec_attach(r, full.pid, 0));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&full);
	ASSERT_TRUE(wait_state(full.pid, 't'));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, shared[4]);
	r->each = count_clones;
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(0, tracee_end(&full));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(2, clones);
	EXPECT_EQ(0, rec_status(r).lost);
}

TEST_HARNESS_MAIN
