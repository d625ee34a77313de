// SPDX-License-Identifier: GPL-2.0
/* Buffers that are too large for the record of their call. */
#include "one_ring.h"

#include <pthread.h>
#include <sys/uio.h>

#define NR_SPECS	512
#define PAGE		4096
#define LENGTH		UTRACE_RECORD_LENGTH
#define LARGE		UTRACE_RECORD_DATA_LARGE
#define TRUNCATED	UTRACE_RECORD_DATA_TRUNCATED
#define OUT		UTRACE_RECORD_DATA_OUT
#define FAULT		UTRACE_RECORD_DATA_FAULT

static const struct utrace_record_call_spec write_spec = {
	.nr_args = 3, .in = 2,
	.args[1] = { UTRACE_RECORD_BUFFER, LENGTH(UTRACE_RECORD_LENGTH_ARG, 2), 1 },
};
static const struct utrace_record_call_spec read_spec = {
	.nr_args = 3, .out = 2,
	.args[1] = { UTRACE_RECORD_BUFFER, LENGTH(UTRACE_RECORD_LENGTH_RESULT, 2), 1 },
};
static const struct utrace_record_call_spec writev_spec = {
	.nr_args = 3, .in = 2,
	.args[1] = { UTRACE_RECORD_IOVEC, LENGTH(UTRACE_RECORD_LENGTH_ARG, 2), 0 },
};

static struct recorder *start_as(struct __test_metadata *_metadata,
				 struct utrace_record_setup setup)
{
	struct utrace_record_call_spec specs[NR_SPECS] = {};
	struct utrace_record_calls calls = { .nr = NR_SPECS, .specs = (uintptr_t)specs };
	struct recorder *r;

	stay_on(0);
	r = rec_start_as(_metadata, setup);
	specs[SYS_write] = write_spec;
	specs[SYS_read] = read_spec;
	specs[SYS_writev] = writev_spec;
	ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CALLS, &calls));
	return r;
}

#define BIG(...)	SETUP(.ring_bytes = 1 << 20, .max_data = 16384, __VA_ARGS__)

static char text[2 * PAGE];

static void fill(void)
{
	unsigned int i;

	for (i = 0; i < sizeof(text); i++)
		text[i] = i * 7 + i / 251;
}

static const struct utrace_record_large *large_of(struct recorder *r,
						  const struct utrace_record_data *d)
{
	const struct ring *ring = &r->rings[0];
	uint64_t cookie = *(const uint64_t *)(d + 1);
	unsigned long long at = 0;

	while (at < ring->page->head) {
		const struct utrace_record_large *large = (const void *)(ring->data + at);

		if (UTRACE_RECORD_TYPE(large->head.info) == UTRACE_RECORD_LARGE &&
		    large->cookie == cookie)
			return large;
		at += UTRACE_RECORD_BYTES(large->head.info);
	}
	return NULL;
}

/* The @n-th piece of the first such call is @len bytes of @text from @at on. */
static void expect_large(struct __test_metadata *_metadata, struct recorder *r, int nr,
			 unsigned int n, unsigned int flags, unsigned int at, unsigned int len)
{
	const struct utrace_record *rec = find(r, UTRACE_RECORD_CALL, nr);
	const struct utrace_record_large *large;
	const struct utrace_record_data *d;

	ASSERT_TRUE(rec);
	d = nth_data(rec, n);
	ASSERT_TRUE(d);
	EXPECT_EQ(UTRACE_RECORD_BUFFER, d->kind);
	EXPECT_EQ(LARGE | flags, d->flags);
	EXPECT_EQ(8, d->len);
	large = large_of(r, d);
	ASSERT_TRUE(large);
	EXPECT_EQ(len, large->len);
	EXPECT_EQ(0, large->reserved);
	EXPECT_EQ(0, memcmp(large + 1, text + at, len));
	/* Before its call. */
	EXPECT_LT((const char *)large, (const char *)rec);
}

static void write_page(void)
{
	syscall(SYS_write, -1, text, PAGE);
}

TEST(large_buffer_that_a_call_reads_is_a_record_of_its_own)
{
	struct recorder *r = start_as(_metadata, BIG());
	struct utrace_record_status status;

	fill();
	run(_metadata, r, write_page, 0);
	expect_large(_metadata, r, SYS_write, 0, 0, 0, PAGE);
	EXPECT_LT(UTRACE_RECORD_BYTES(((const struct utrace_record *)
				       find(r, UTRACE_RECORD_CALL, SYS_write))->info), 100);
	status = rec_status(r);
	rec_drain(_metadata, r);
	EXPECT_EQ(1, r->larges);
	EXPECT_EQ(status.records, r->calls + r->events + r->larges);
	EXPECT_EQ(0, r->bad);
}

TEST(no_more_than_max_data_is_kept)
{
	struct recorder *r = start_as(_metadata, SETUP(.ring_bytes = 1 << 20, .max_data = 1001));

	fill();
	run(_metadata, r, write_page, 0);
	expect_large(_metadata, r, SYS_write, 0, TRUNCATED, 0, 1001);
}

static void write_small(void)
{
	syscall(SYS_write, -1, text, UTRACE_RECORD_MIN_LARGE);
}

TEST(small_buffer_is_in_the_record_of_its_call)
{
	struct recorder *r = start_as(_metadata, BIG());
	const struct utrace_record_data *d;

	fill();
	run(_metadata, r, write_small, 0);
	d = nth_data(find(r, UTRACE_RECORD_CALL, SYS_write), 0);
	ASSERT_TRUE(d);
	EXPECT_EQ(0, d->flags);
	EXPECT_EQ(UTRACE_RECORD_MIN_LARGE, d->len);
	EXPECT_EQ(0, memcmp(d + 1, text, d->len));
	rec_drain(_metadata, r);
	EXPECT_EQ(0, r->larges);
}

static int file_of_text(void)
{
	int fd = memfd_create("text", 0);

	if (pwrite(fd, text, sizeof(text), 0) != sizeof(text))
		abort();
	return fd;
}

static void read_page(void)
{
	static char buf[2 * PAGE];

	syscall(SYS_read, shared[0], buf, sizeof(buf));
}

TEST(large_buffer_that_a_call_has_filled_too)
{
	struct recorder *r = start_as(_metadata, BIG());

	fill();
	shared[0] = file_of_text();
	run(_metadata, r, read_page, 0);
	expect_large(_metadata, r, SYS_read, 0, OUT, 0, 2 * PAGE);
}

static void write_vector(void)
{
	struct iovec v[] = { { text, 1000 }, { text + 1000, 10 }, { text + 2000, 2000 } };

	syscall(SYS_writev, -1, v, 3);
}

TEST(each_large_element_of_a_vector_is_one)
{
	struct recorder *r = start_as(_metadata, BIG());
	const struct utrace_record_data *d;

	fill();
	run(_metadata, r, write_vector, 0);
	expect_large(_metadata, r, SYS_writev, 1, 0, 0, 1000);
	expect_large(_metadata, r, SYS_writev, 3, 0, 2000, 2000);
	d = nth_data(find(r, UTRACE_RECORD_CALL, SYS_writev), 2);
	EXPECT_EQ(10, d->len);
	EXPECT_EQ(1, d->index);
}

/* ---- Pages that are not there ---- */

static void write_absent(void)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, shared[0], 0);

	syscall(SYS_write, -1, map + 100, 2 * PAGE - 100);
}

TEST(pages_that_are_not_there_are_faulted_in)
{
	struct recorder *r = start_as(_metadata, BIG());

	fill();
	shared[0] = file_of_text();
	run(_metadata, r, write_absent, 0);
	expect_large(_metadata, r, SYS_write, 0, 0, 100, 2 * PAGE - 100);
	rec_drain(_metadata, r);
	EXPECT_EQ(1, r->larges);
	EXPECT_EQ(0, rec_status(r).lost);
}

static void write_half_bad(void)
{
	char *map = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, shared[0], 0);

	munmap(map + PAGE, PAGE);
	syscall(SYS_write, -1, map, 2 * PAGE);
	syscall(SYS_write, -1, (1UL << 63) + PAGE, PAGE);
	syscall(SYS_write, -1, -PAGE, PAGE);
}

TEST(buffer_that_cannot_be_read_is_a_fault_and_leaves_nothing)
{
	struct recorder *r = start_as(_metadata, BIG());
	const struct utrace_record_data *d;

	fill();
	shared[0] = file_of_text();
	run(_metadata, r, write_half_bad, 0);
	d = nth_data(find(r, UTRACE_RECORD_CALL, SYS_write), 0);
	ASSERT_TRUE(d);
	EXPECT_EQ(FAULT, d->flags);
	EXPECT_EQ(0, d->len);
	rec_drain(_metadata, r);
	EXPECT_EQ(0, r->larges);
	EXPECT_EQ(0, r->bad);
	EXPECT_EQ(0, rec_status(r).lost);
}

static char *taken_away;

static void *take_away(void *arg)
{
	(void)arg;
	stay_on(1);
	while (!shared[1])
		madvise(taken_away, 2 * PAGE, MADV_DONTNEED);
	return NULL;
}

static void write_while_pages_go(void)
{
	pthread_t thread;
	int i;

	taken_away = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, shared[0], 0);
	pthread_create(&thread, NULL, take_away, NULL);
	for (i = 0; i < 100; i++)
		syscall(SYS_write, -1, taken_away, 2 * PAGE);
	shared[1] = 1;
	pthread_join(thread, NULL);
}

static void look_at_whole(struct recorder *r, const struct utrace_record *rec)
{
	const struct utrace_record_data *d;
	const struct utrace_record_large *large;

	if (!rec_is_call(rec, SYS_write))
		return;
	d = nth_data(rec, 0);
	if (!d)
		return;
	if (d->flags & LARGE) {
		large = large_of(r, d);
		shared[2] += large && large->len == 2 * PAGE && !memcmp(large + 1, text, 2 * PAGE);
	} else {
		/* Too often: by way of the task's own memory. */
		shared[2] += d->len == 2 * PAGE && !memcmp(d + 1, text, 2 * PAGE);
	}
}

TEST(buffer_is_whole_though_its_pages_are_taken_away_all_the_time)
{
	struct recorder *r = start_as(_metadata, BIG(.ring_bytes = 1 << 22));

	fill();
	shared[0] = file_of_text();
	run(_metadata, r, write_while_pages_go, 0);
	r->each = look_at_whole;
	rec_drain(_metadata, r);
	EXPECT_EQ(100, shared[2]);
	EXPECT_EQ(0, rec_status(r).lost);
}

/* ---- Policies ---- */

TEST(large_buffer_that_finds_no_room_is_lost_and_its_call_says_so)
{
	struct recorder *r = start_as(_metadata, SETUP(.ring_bytes = 4096, .max_data = 16384));
	const struct utrace_record_data *d;

	run(_metadata, r, write_page, 0);
	EXPECT_EQ(1, rec_status(r).lost);
	d = nth_data(find(r, UTRACE_RECORD_CALL, SYS_write), 0);
	ASSERT_TRUE(d);
	EXPECT_EQ(LARGE, d->flags);
	EXPECT_EQ(0, *(const uint64_t *)(d + 1));
	rec_drain(_metadata, r);
	EXPECT_EQ(1, r->lost);
}

static void write_many(void)
{
	int i;

	for (i = 0; i < 200; i++)
		write_page();
}

TEST(nothing_is_lost_when_tasks_wait)
{
	struct recorder *r = start_as(_metadata, BIG(.ring_bytes = 8192,
						     .policy = UTRACE_RECORD_POLICY_BLOCK));
	struct tracee t = tracee_start(write_many);

	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	rec_drain_to_the_end(_metadata, r);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(200, r->larges);
}

TEST_HARNESS_MAIN
