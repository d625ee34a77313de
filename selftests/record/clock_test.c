// SPDX-License-Identifier: GPL-2.0
/* The clock of the records is the clock of the program. */
#include "recorder.h"

#include <time.h>

#define CALLS	3000
/* Between two readings of CLOCK_MONOTONIC it goes by what the CPU counts. */
#define SLACK	1000

static struct stamps { unsigned long long before, after; } *stamps;
static unsigned long long time_of_ring, worst;
static unsigned int seen, after_time, before_time;

static unsigned long long monotonic(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000ULL + t.tv_nsec;
}

static void stamped(void)
{
	struct timespec pause = { .tv_nsec = 200000 };
	int i;

	stay_on(0);
	for (i = 0; i < CALLS; i++) {
		/* Close to each other, and so far that the count is too old. */
		if (i % 300 == 299)
			nanosleep(&pause, NULL);
		stamps[i].before = monotonic();
		syscall(SYS_getppid);
		stamps[i].after = monotonic();
	}
}

static void compare(struct recorder *r, const struct utrace_record *rec)
{
	const struct utrace_record_call *call = (const void *)rec;
	const struct stamps *s = &stamps[seen];
	unsigned long long begin;

	(void)r;
	if (UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_TASK)
		time_of_ring = ((const struct utrace_record_task *)rec)->time;
	else
		time_of_ring += rec->delta;
	if (!rec_is_call(rec, SYS_getppid) || seen == CALLS)
		return;
	begin = time_of_ring - call->duration;
	if (begin + SLACK < s->before) {
		before_time++;
		worst = s->before - begin;
	}
	if (time_of_ring > s->after + SLACK) {
		after_time++;
		worst = time_of_ring - s->after;
	}
	seen++;
}

TEST(calls_begin_and_end_when_the_program_says)
{
	struct recorder *r = rec_start(_metadata, 1 << 18);
	struct tracee t;

	stamps = mmap(NULL, CALLS * sizeof(*stamps), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	ASSERT_NE(MAP_FAILED, (void *)stamps);
	t = tracee_start(stamped);
	ASSERT_EQ(0, rec_attach(r, t.pid, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	r->each = compare;
	rec_drain(_metadata, r);
	EXPECT_EQ(CALLS, seen);
	EXPECT_EQ(0, rec_status(r).lost);
	EXPECT_EQ(0, before_time);
	EXPECT_EQ(0, after_time);
	if (worst)
		printf("# wrong by %llu ns\n", worst);
}

TEST_HARNESS_MAIN
