// SPDX-License-Identifier: GPL-2.0
/* The recorder's device: its rings, what it loses, and its errnos. */
#include "recorder.h"
#include "../call32.h"
#include "../io_uring.h"
#include "../slow_exec.h"
#include "../threads.h"

#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

static void burst(void)
{
	long n = shared[0];

	while (n-- > 0)
		syscall(SYS_getppid);
}

static void burst_of_two(void)
{
	int child = fork();

	burst();
	if (!child)
		_exit(0);
	waitpid(child, NULL, 0);
}

static void sleep_forever(void)
{
	for (;;)
		pause();
}

static int expect_call_count(struct __test_metadata *_metadata, unsigned int ring_bytes,
			     struct recorder **rp)
{
	struct tracee t = tracee_start(burst);
	struct recorder *r = rec_start(_metadata, ring_bytes);

	*rp = r;
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	for (;;) {
		int status;

		if (waitpid(t.pid, &status, WNOHANG) == t.pid) {
			EXPECT_EQ(0, status);
			break;
		}
		if (ring_bytes == 4096)
			usleep(3000);	/* too slow by far */
		rec_drain(_metadata, r);
	}
	ASSERT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
	rec_drain(_metadata, r);
	EXPECT_EQ(0, r->bad);
	return r->calls + r->events;
}

TEST(no_call_is_missing_from_a_ring_that_is_large_enough)
{
	struct recorder *r;

	shared[0] = 20000;
	expect_call_count(_metadata, 16 << 20, &r);
	EXPECT_EQ(20000, r->getppids);
	EXPECT_EQ(0, r->lost);
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(1, rec_status(r).attached_ever);
}

TEST(what_a_small_ring_loses_is_counted_in_its_place)
{
	struct recorder *r;
	struct utrace_record_status status;
	unsigned long long all, seen, pages = 0;
	unsigned int i;

	/* As many as there are: calls, and events, of this very program. */
	shared[0] = 20000;
	all = expect_call_count(_metadata, 16 << 20, &r);
	EXPECT_EQ(0, r->lost);

	seen = expect_call_count(_metadata, 4096, &r);
	status = rec_status(r);
	for (i = 0; i < r->setup.nr_cpus; i++)
		pages += r->rings[i].page->lost;
	EXPECT_GT(status.lost, 0);
	EXPECT_EQ(pages, status.lost);
	EXPECT_EQ(all, seen + status.lost);
	/* All but those after which nothing came say so where they were. */
	EXPECT_GT(r->lost, 0);
	EXPECT_LE(r->lost, status.lost);
}

TEST(reader_that_never_comes_does_not_hold_the_program_up)
{
	struct tracee t;
	struct recorder *r;
	struct utrace_record_status status;

	shared[0] = 5000;
	t = tracee_start(burst);
	r = rec_start(_metadata, 4096);
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	status = rec_status(r);
	EXPECT_GT(status.lost, 4000);
}

TEST(poll_says_when_there_is_something_and_when_it_is_over)
{
	struct pollfd p = { .events = POLLIN };
	struct recorder *r;
	struct tracee t;

	shared[0] = 5000;
	t = tracee_start(burst);
	r = rec_start(_metadata, 4096);
	p.fd = r->fd;
	EXPECT_EQ(0, poll(&p, 1, 0));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	EXPECT_EQ(0, poll(&p, 1, 0));
	tracee_go(&t);
	EXPECT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_TRUE(p.revents & POLLIN);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_TRUE(WAIT_FOR(poll(&p, 1, 100) == 1 && p.revents & POLLHUP));
}

TEST(wrong_setup_is_einval)
{
	struct utrace_record_setup good = {
		.size = sizeof(good), .version = UTRACE_RECORD_VERSION, .ring_bytes = 65536,
		.max_string = 256,
	}, bad;
	struct recorder *r = rec_open();

#define EXPECT_BAD(field, value)	do {					\
	bad = good;								\
	bad.field = value;							\
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_SETUP, &bad));	\
} while (0)
	EXPECT_BAD(size, sizeof(good) - 4);
	EXPECT_BAD(size, 0);
	EXPECT_BAD(version, 0);
	EXPECT_BAD(version, 99);
	EXPECT_BAD(flags, 1);
	EXPECT_BAD(ring_bytes, 0);
	EXPECT_BAD(ring_bytes, 2048);
	EXPECT_BAD(ring_bytes, 65537);
	EXPECT_BAD(ring_bytes, 1U << 31);
	EXPECT_BAD(max_string, 0);
	EXPECT_BAD(max_string, 4097);
	EXPECT_BAD(reserved[sizeof(good.reserved) / 4 - 1], 1);
	EXPECT_BAD(max_data, 16385);
	bad = good;
	EXPECT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_SETUP, &bad));
	EXPECT_EQ(-EBUSY, rec_ioctl(r, UTRACE_RECORD_IOC_SETUP, &bad));
}

TEST(attach_has_an_errno_for_each_mistake)
{
	struct tracee t = tracee_start(sleep_forever), gone = tracee_start(sleep_forever);
	struct recorder *r = rec_open();
	int zombie = fork();

	if (zombie == 0)
		_exit(0);
	ASSERT_TRUE(wait_state(zombie, 'Z'));
	tracee_kill(&gone);
	EXPECT_EQ(-ENXIO, rec_attach(r, t.pid, 0));
	ASSERT_EQ(0, rec_setup(r, 65536));
	EXPECT_EQ(-EINVAL, rec_attach(r, t.pid, 8));
	EXPECT_EQ(-EINVAL, rec_attach(r, 0, 0));
	EXPECT_EQ(-EINVAL, rec_attach(r, -1, 0));
	EXPECT_EQ(-ESRCH, rec_attach(r, gone.pid, 0));
	EXPECT_EQ(-ESRCH, rec_attach(r, zombie, 0));
	EXPECT_EQ(-EPERM, rec_attach(r, 2, 0));
	EXPECT_EQ(-EDEADLK, rec_attach(r, getpid(), 0));
	EXPECT_EQ(0, rec_attach(r, t.pid, 0));
	EXPECT_EQ(-EEXIST, rec_attach(r, t.pid, 0));
	EXPECT_EQ(-ENOTTY, rec_ioctl(r, _IO(UTRACE_RECORD_IOC_MAGIC, 99), NULL));
	EXPECT_EQ(1, rec_status(r).attached);
	waitpid(zombie, NULL, 0);
	tracee_kill(&t);
}

TEST(process_with_a_worker_of_io_uring_is_attached_without_it)
{
	struct tracee t = tracee_start(read_by_io_uring);
	struct recorder *r = rec_start(_metadata, 65536);

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(io_uring_worker(t.pid) || shared[1]));
	ASSERT_EQ(0, shared[1]);
	EXPECT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_PROCESS));
	EXPECT_EQ(1, rec_status(r).attached);
	tracee_kill(&t);
}

TEST(reader_of_32_bits_is_one)
{
	struct tracee t = tracee_start(sleep_forever);
	struct utrace_record_setup setup = SETUP(.ring_bytes = 65536);
	struct utrace_record_attach attach = { .pid = t.pid };
	struct utrace_record_status status;
	struct recorder *r = rec_open();

	EXPECT_EQ(-ENXIO, ioctl32(r->fd, UTRACE_RECORD_IOC_ATTACH, &attach));
	ASSERT_EQ(0, ioctl32(r->fd, UTRACE_RECORD_IOC_SETUP, &setup));
	EXPECT_EQ(4096 + 65536, setup.map_bytes);
	EXPECT_EQ(0, ioctl32(r->fd, UTRACE_RECORD_IOC_ATTACH, &attach));
	EXPECT_EQ(0, ioctl32(r->fd, UTRACE_RECORD_IOC_STATUS, &status));
	EXPECT_EQ(1, status.attached);
	tracee_kill(&t);
}

static void two_threads(void)
{
	threads_forever(1, sleep_forever);
	shared[0] = 1;
	sleep_forever();
}

TEST(process_gets_the_threads_that_it_lacks)
{
	struct tracee t = tracee_start(two_threads);
	struct recorder *r = rec_start(_metadata, 65536);

	/* As after an attach that a signal has interrupted. */
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	EXPECT_EQ(1, rec_status(r).attached);
	EXPECT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_PROCESS));
	EXPECT_EQ(2, rec_status(r).attached);
	EXPECT_EQ(-EEXIST, rec_attach(r, t.pid, UTRACE_RECORD_PROCESS));
	tracee_kill(&t);
}

#define MANY 3000

static void many_threads(void)
{
	while (shared[0] < MANY - 1) {
		threads_forever(1, sleep_forever);
		shared[0]++;
	}
	sleep_forever();
}

/* Each is looked for among all the others: in no time, or not within a minute. */
TEST(process_of_thousands_of_threads_is_attached)
{
	struct tracee t = tracee_start(many_threads);
	struct recorder *r = rec_start(_metadata, 65536);
	long made;

	tracee_go(&t);
	/* It takes minutes on a debug kernel that is not alone. */
	for (made = 0; made < MANY - 1; made = shared[0])
		ASSERT_TRUE(WAIT_FOR(shared[0] > made));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_PROCESS));
	EXPECT_EQ(MANY, rec_status(r).attached);
	tracee_kill(&t);
}

static void fork_three(void)
{
	int i;

	for (i = 0; i < 3; i++) {
		pid_t pid = fork();

		if (pid == 0)
			_exit(0);
		waitpid(pid, NULL, 0);
	}
}

TEST(children_that_should_be_attached_but_cannot_be_are_counted)
{
	struct tracee t = tracee_start(fork_three);
	struct recorder *r = rec_start(_metadata, 65536);

	set_parameter("utrace", "max_engines", "1");
	/* Nobody without privileges: the limit does not hold for others. */
	ASSERT_EQ(0, seteuid(1000));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(3, rec_status(r).attach_failed);
	EXPECT_EQ(1, rec_status(r).attached_ever);
	ASSERT_EQ(0, seteuid(0));
	set_parameter("utrace", "max_engines", "65536");
}

struct attacher {
	struct recorder *r;
	pthread_t thread;
	pid_t pid, tid;
	int ret;
};

static void *attach_it(void *arg)
{
	struct attacher *a = arg;

	__atomic_store_n(&a->tid, syscall(SYS_gettid), __ATOMIC_RELEASE);
	a->ret = rec_attach(a->r, a->pid, 0);
	return NULL;
}

static void start_attaching(struct __test_metadata *_metadata, struct attacher *a)
{
	ASSERT_EQ(0, pthread_create(&a->thread, NULL, attach_it, a));
	ASSERT_TRUE(WAIT_FOR(__atomic_load_n(&a->tid, __ATOMIC_ACQUIRE)));
	ASSERT_TRUE(wait_blocked_in(a->tid, SYS_ioctl));
}

static void interrupted(int sig)
{
	(void)sig;
}

TEST(attach_that_waits_for_an_exec_keeps_no_reader_waiting)
{
	struct sigaction act = { .sa_handler = interrupted };
	struct tracee t = tracee_start(exec_that_waits);
	struct recorder *r = rec_start(_metadata, 65536);
	struct attacher first = { .r = r, .pid = t.pid }, second = first;

	sigaction(SIGUSR1, &act, NULL);
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(is_in_exec(t.pid)));
	start_attaching(_metadata, &first);
	EXPECT_EQ(0, rec_consume(r, 0, 0));
	EXPECT_EQ(0, rec_status(r).attached);

	/* Who wants to attach too waits for his turn, but not whatever happens. */
	start_attaching(_metadata, &second);
	pthread_kill(second.thread, SIGUSR1);
	pthread_join(second.thread, NULL);
	EXPECT_EQ(-EINTR, second.ret);

	ASSERT_TRUE(let_exec_go_on());
	pthread_join(first.thread, NULL);
	EXPECT_EQ(0, first.ret);
	EXPECT_EQ(1, rec_status(r).attached);
	tracee_kill(&t);
}

TEST(consume_refuses_a_position_that_makes_no_sense)
{
	struct recorder *r = rec_open();
	struct utrace_record_consume c = { .cpu = 0 };

	EXPECT_EQ(-ENXIO, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
	ASSERT_EQ(0, rec_setup(r, 65536));
	EXPECT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
	c.tail = 8;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
	c.tail = ~0ULL;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
	c.tail = 0;
	c.cpu = 100000;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
	c.cpu = 0;
	c.reserved = 1;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &c));
}

TEST(rings_are_read_only_for_the_reader)
{
	struct recorder *r = rec_open();
	char *map;

	ASSERT_EQ(0, rec_setup(r, 65536));
	map = mmap(NULL, r->setup.map_bytes, PROT_READ | PROT_WRITE, MAP_SHARED, r->fd, 0);
	EXPECT_TRUE(map == MAP_FAILED);
	map = mmap(NULL, r->setup.map_bytes, PROT_READ, MAP_SHARED, r->fd, 0);
	ASSERT_TRUE(map != MAP_FAILED);
	EXPECT_EQ(-1, mprotect(map, r->setup.map_bytes, PROT_READ | PROT_WRITE));
}

TEST(calls_cannot_be_described_wrongly_or_late)
{
	struct tracee t = tracee_start(sleep_forever);
	struct recorder *r = rec_open();
	struct utrace_record_call_spec specs[8] = { { .nr_args = 1 } };
	struct utrace_record_calls calls = { .nr = 8, .specs = (uintptr_t)specs };

	ASSERT_EQ(0, rec_setup(r, 65536));
	EXPECT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	calls.abi = 2;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	calls.abi = 0;
	calls.nr = UTRACE_RECORD_MAX_CALLS + 1;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	calls.nr = 8;
	specs[3].nr_args = 7;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	specs[3].nr_args = 0;
	calls.specs = 8;
	EXPECT_EQ(-EFAULT, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	calls.specs = (uintptr_t)specs;
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	EXPECT_EQ(-EBUSY, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	tracee_kill(&t);
}

TEST(filter_leaves_calls_out_of_tasks_and_their_children)
{
	const struct sock_filter getppid_only[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS),
	};
	struct utrace_record_filter f = { .nr = 4, .insns = (uintptr_t)getppid_only };
	struct recorder *r = rec_start(_metadata, 1 << 20);
	struct tracee t = tracee_start(burst_of_two);

	shared[0] = 100;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &f));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_FOR(rec_status(r).attached == 0));
	rec_drain(_metadata, r);
	EXPECT_EQ(200, r->getppids);
	EXPECT_EQ(200, r->calls);
}

TEST(filter_cannot_be_set_wrongly_or_late)
{
	const struct sock_filter all[] = { BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW) };
	const struct sock_filter endless[] = { BPF_STMT(BPF_LD | BPF_IMM, 0) };
	struct utrace_record_filter good = { .nr = 1, .insns = (uintptr_t)all }, bad;
	struct recorder *r = rec_start(_metadata, 65536), *late = rec_start(_metadata, 65536);
	struct tracee t = tracee_start(sleep_forever);

	bad = (struct utrace_record_filter){ .nr = 1, .insns = (uintptr_t)endless };
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &bad));
	bad = good;
	bad.nr = 0;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &bad));
	/* One that would be 1 in 16 bits. */
	bad.nr = 0x10001;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &bad));
	bad = good;
	bad.reserved = 1;
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &bad));
	bad = good;
	bad.insns = 8;
	EXPECT_EQ(-EFAULT, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &bad));
	EXPECT_EQ(-EFAULT, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, NULL));
	EXPECT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &good));
	EXPECT_EQ(-EBUSY, rec_ioctl(r, UTRACE_RECORD_IOC_FILTER, &good));
	ASSERT_EQ(0, rec_attach(late, t.pid, 0));
	EXPECT_EQ(-EBUSY, rec_ioctl(late, UTRACE_RECORD_IOC_FILTER, &good));
	tracee_kill(&t);
}

TEST(closing_the_session_detaches_every_task)
{
	struct tracee t = tracee_start(sleep_forever);
	struct recorder *r = rec_open();
	int refs = module_refs("utrace_record");

	ASSERT_EQ(0, rec_setup(r, 65536));
	ASSERT_EQ(0, rec_attach(r, t.pid, UTRACE_RECORD_FOLLOW | UTRACE_RECORD_PROCESS));
	EXPECT_EQ(refs + 1, module_refs("utrace_record"));
	close(r->fd);
	EXPECT_TRUE(WAIT_FOR(module_refs("utrace_record") == refs - 1));
	tracee_kill(&t);
}

static void getppid_once(void)
{
	syscall(SYS_getppid, 1);
	syscall(SYS_getuid);
}

static unsigned long long last_argument;

static void note_argument(struct recorder *r, const struct utrace_record *rec)
{
	(void)r;
	if (rec_is_call(rec, SYS_getppid))
		last_argument = rec_arg(rec);
}

/* After a stop in it, and with another argument after a change of that. */
static void expect_one_getppid(struct __test_metadata *_metadata, bool changed)
{
	struct session *s = session_open();
	struct tracee t = tracee_start(getppid_once);
	struct recorder *r = rec_start(_metadata, 65536);

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SYSCALL_ENTRY) | TEST_BIT(QUIESCE), 0));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	if (changed)
		RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
		     .what = TEST_UTRACE_SET_ARG | TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR |
			     TEST_UTRACE_ONCE, .arg = 0, .value = 2, .action = TEST_DO_STOP);
	else
		RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR | TEST_UTRACE_ONCE,
		     .action = TEST_DO_STOP);
	tracee_go(&t);
	ASSERT_EQ(0, session_wait_stop(s, 1, true, 1, PATIENCE * 1000));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	EXPECT_EQ(0, tracee_end(&t));
	r->each = note_argument;
	rec_drain(_metadata, r);
	EXPECT_EQ(1, r->getppids);
	EXPECT_EQ(changed ? 2 : 1, last_argument);
	EXPECT_EQ(0, rec_status(r).lost);
}

TEST(call_whose_entry_is_reported_again_is_recorded_once)
{
	expect_one_getppid(_metadata, false);
}

TEST(call_that_is_changed_and_reported_again_is_recorded_as_it_is_made)
{
	expect_one_getppid(_metadata, true);
}

TEST_HARNESS_MAIN
