// SPDX-License-Identifier: GPL-2.0
/* What happens when a ring is full: records are lost, or overwritten. See block_test.c, too. */
#include "numbered.h"

/* ---- Drop ---- */

TEST(dropped_calls_are_counted_exactly_where_they_are_missing)
{
	unsigned long long lost = 0;
	struct tracee t;
	struct recorder *r;

	shared[0] = 30000;
	t = tracee_start(numbered);
	r = attached(_metadata, &t, SETUP(.ring_bytes = 4096));
	tracee_go(&t);
	while (rec_status(r).attached) {
		/* Whenever some more are lost. */
		if (rec_status(r).lost > lost) {
			lost = rec_status(r).lost;
			rec_drain(_metadata, r);
		}
	}
	EXPECT_EQ(0, tracee_end(&t));
	rec_drain(_metadata, r);
	EXPECT_GT(seen.missing, 100);
	EXPECT_EQ(0, seen.untold);
	EXPECT_EQ(0, seen.torn);
	/* The last ones have nothing behind them that could tell. */
	EXPECT_LE(r->getppids + seen.missing, 30000);
	EXPECT_GE(r->getppids + rec_status(r).lost, 30000);
}

static void sleep_long(void)
{
	shared[8] = 1000;
	syscall(SYS_nanosleep, &shared[8], NULL);
}

/* Some calls, then shared[3] calls, then a short one; each when shared[2] says so. */
static void numbered_and_short(void)
{
	long n;

	numbered();
	while (shared[2] < 1)
		;
	for (n = 0; n < shared[3]; n++)
		numbered_call(n);
	shared[4] = 1;
	while (shared[2] < 2)
		;
	syscall(SYS_getuid);
	shared[4] = 2;
	pause();
}

static bool told, too_late;

static void look_what_is_behind_the_lost(struct recorder *r, const struct utrace_record *rec)
{
	(void)r;
	told |= UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_LOST;
	too_late |= rec_is_call(rec, SYS_getuid) && !told;
}

TEST(no_call_comes_before_what_tells_that_some_are_lost)
{
	const unsigned int bytes = sizeof(struct utrace_record_call) + 6 * 8;
	struct utrace_record_call_spec specs[SYS_getuid + 1] = {};
	struct utrace_record_calls calls = { .nr = SYS_getuid + 1, .specs = (uintptr_t)specs };
	struct tracee t = tracee_start(numbered_and_short), other = tracee_start(sleep_long);
	struct recorder *r = rec_start(_metadata, 4096);
	const struct utrace_record_ring *page = r->rings[0].page;
	unsigned int tail;

	specs[SYS_nanosleep].nr_args = 6;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	ASSERT_EQ(0, rec_attach(r, other.pid, 0));
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	stay_on(1);
	shared[0] = 10;
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[1] == 10));
	rec_drain(_metadata, r);
	/* Up to where the ring begins again, from there to the reader, and one more. */
	tail = r->rings[0].tail;
	shared[3] = (4096 - tail) / bytes + tail / bytes + 1;
	shared[2] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[4] == 1));
	ASSERT_EQ(1, page->lost);
	/* A short call has room, and so has one with what tells of the other. */
	ASSERT_LE(page->head, tail + 4096 - sizeof(struct utrace_record_call) -
			      sizeof(struct utrace_record_lost));
	tracee_go(&other);
	ASSERT_TRUE(wait_blocked_in(other.pid, SYS_nanosleep));
	stay_on(0);
	EXPECT_EQ(-ENOSPC, rec_in_flight(r));
	shared[2] = 2;
	ASSERT_TRUE(WAIT_FOR(shared[4] == 2));
	r->each = look_what_is_behind_the_lost;
	rec_drain(_metadata, r);
	EXPECT_TRUE(told);
	EXPECT_FALSE(too_late);
	tracee_kill(&t);
	tracee_kill(&other);
}

/* ---- Overwrite ---- */

/* The newest of a ring, as include/uapi has it. Return: where it begins. */
static unsigned long long snapshot(struct recorder *r, unsigned int cpu, char *copy,
				   unsigned long long *head)
{
	const struct utrace_record_ring *page = r->rings[cpu].page;
	unsigned long long tail, after;

	*head = __atomic_load_n(&page->head, __ATOMIC_ACQUIRE);
	tail = __atomic_load_n(&page->tail, __ATOMIC_RELAXED);
	memcpy(copy, r->rings[cpu].data, r->setup.ring_bytes);
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	after = __atomic_load_n(&page->tail, __ATOMIC_RELAXED);
	if (after > tail)
		tail = after;
	return tail < *head ? tail : *head;
}

/* Return: how many records; what they are is in @seen and @r. */
static unsigned long long look_at_snapshot(struct __test_metadata *_metadata, struct recorder *r,
					   unsigned int cpu)
{
	unsigned long long head, at, n = 0;
	bool in_task = false, first = true;
	char *copy = malloc(r->setup.ring_bytes);

	for (at = snapshot(r, cpu, copy, &head); at < head;) {
		const struct utrace_record *rec = rec_at(_metadata, r, copy, at);
		unsigned int type = UTRACE_RECORD_TYPE(rec->info);

		in_task |= type == UTRACE_RECORD_TASK;
		if (type == UTRACE_RECORD_CALL || type == UTRACE_RECORD_EVENT) {
			ASSERT_TRUE(in_task);
			n++;
		}
		if (rec_is_call(rec, SYS_getppid) && first) {
			seen.next = rec_arg(rec);
			first = false;
		}
		look_at_number(r, rec);
		at += UTRACE_RECORD_BYTES(rec->info);
	}
	ASSERT_EQ(head, at);
	free(copy);
	return n;
}

TEST(overwritten_ring_has_the_newest)
{
	struct utrace_record_status status;
	unsigned long long n = 0;
	struct recorder *r;
	struct tracee t;
	unsigned int i;

	shared[0] = 20000;
	t = tracee_start(numbered);
	r = attached(_metadata, &t, OVERWRITE(.ring_bytes = 65536));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_TRUE(WAIT_FOR(!rec_status(r).attached));
	for (i = r->setup.nr_cpus; i--;)
		if (r->rings[i].page)
			n += look_at_snapshot(_metadata, r, i);
	EXPECT_EQ(20000, seen.next);
	EXPECT_EQ(0, seen.missing);
	EXPECT_EQ(UTRACE_RECORD_EVENT_EXIT, seen.last_event);
	/* At least seven of eight sub-buffers, and what is not there is counted. */
	EXPECT_GE(n, 65536 / 8 * 7 / 72);
	status = rec_status(r);
	EXPECT_EQ(status.records - status.overwritten, n);
	EXPECT_EQ(0, status.lost);
}

TEST(snapshot_is_whole_while_the_ring_is_overwritten)
{
	struct tracee t = tracee_start(numbered_forever);
	struct recorder *r = attached(_metadata, &t, OVERWRITE(.ring_bytes = 8192));
	unsigned long long n = 0, before = 0;
	int i;

	stay_on(1);
	tracee_go(&t);
	/* One that the writer overtook, as when this CPU stands still for a while, is empty. */
	for (i = 0; i < 300 || n <= 300; i++) {
		n += look_at_snapshot(_metadata, r, 0);
		ASSERT_TRUE(WAIT_FOR(rec_status(r).overwritten > before));
		before = rec_status(r).overwritten;
	}
	EXPECT_EQ(0, seen.missing);
	EXPECT_EQ(0, seen.torn);
	tracee_kill(&t);
}

TEST(overwritten_ring_is_neither_consumed_nor_polled_for)
{
	struct tracee t = tracee_start(numbered);
	struct pollfd p = { .events = POLLIN };
	struct recorder *r;

	shared[0] = 1000;
	r = attached(_metadata, &t, OVERWRITE(.ring_bytes = 4096));
	p.fd = r->fd;
	EXPECT_EQ(-EOPNOTSUPP, rec_consume(r, 0, 0));
	tracee_go(&t);
	ASSERT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_EQ(POLLHUP, p.revents);
	EXPECT_GT(rec_status(r).overwritten, 0);
}

/* ---- Mistakes ---- */

TEST(policy_that_makes_no_sense_is_refused)
{
	struct utrace_record_in_flight in_flight = { .flags = 1 };
	struct recorder *r = rec_open();

	EXPECT_EQ(-ENXIO, rec_in_flight(r));
	EXPECT_EQ(-EINVAL, rec_setup_as(r, SETUP(.ring_bytes = 4096, .policy = 3)));
	EXPECT_EQ(-EINVAL, rec_setup_as(r, SETUP(.ring_bytes = 4096, .policy = ~0U)));
	/* Of two policies. */
	EXPECT_EQ(-EINVAL, rec_setup_as(r, SETUP(.ring_bytes = 4096, .block_timeout_ms = 1)));
	EXPECT_EQ(-EINVAL, rec_setup_as(r, OVERWRITE(.ring_bytes = 4096, .block_timeout_ms = 1)));
	EXPECT_EQ(-EINVAL, rec_setup_as(r, OVERWRITE(.ring_bytes = 4096, .watermark = 8)));
	EXPECT_EQ(0, rec_setup_as(r, BLOCK(.ring_bytes = 4096, .block_timeout_ms = 1)));
	EXPECT_EQ(-EBUSY, rec_setup_as(r, SETUP(.ring_bytes = 4096)));
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_IN_FLIGHT, &in_flight));
	in_flight = (struct utrace_record_in_flight){ .reserved = 1 };
	EXPECT_EQ(-EINVAL, rec_ioctl(r, UTRACE_RECORD_IOC_IN_FLIGHT, &in_flight));
	EXPECT_EQ(0, rec_in_flight(r));
}

TEST_HARNESS_MAIN
