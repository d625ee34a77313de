/* SPDX-License-Identifier: GPL-2.0 */
/* A reader of /dev/utrace/record, as small as it can be. */
#ifndef _RECORDER_H
#define _RECORDER_H

#include "../session.h"

#include <linux/utrace_record.h>

struct ring {
	const struct utrace_record_ring *page;
	const char *data;
	unsigned long long tail;
};

struct recorder {
	int fd;
	struct utrace_record_setup setup;
	struct ring rings[64];
	/* What has been read. */
	unsigned long long calls, getppids, events, stacks, larges, lost, tasks, bad;
	/* Called for each record that is read, if set. */
	void (*each)(struct recorder *r, const struct utrace_record *rec);
};

static inline int rec_ioctl(struct recorder *r, unsigned long cmd, void *arg)
{
	return ioctl(r->fd, cmd, arg) < 0 ? -errno : 0;
}

#define SETUP(...)	((struct utrace_record_setup){				\
	.size = sizeof(struct utrace_record_setup),				\
	.version = UTRACE_RECORD_VERSION, .max_string = 4096,			\
	.max_data = 32, __VA_ARGS__ })

static inline int rec_setup_as(struct recorder *r, struct utrace_record_setup setup)
{
	r->setup = setup;
	return rec_ioctl(r, UTRACE_RECORD_IOC_SETUP, &r->setup);
}

static inline int rec_setup(struct recorder *r, unsigned int ring_bytes)
{
	return rec_setup_as(r, SETUP(.ring_bytes = ring_bytes));
}

static inline struct recorder *rec_open(void)
{
	struct recorder *r = calloc(1, sizeof(*r));

	r->fd = open(UTRACE_RECORD_DEVICE, O_RDWR | O_CLOEXEC);
	if (r->fd < 0) {
		printf("# %s: %m\n", UTRACE_RECORD_DEVICE);
		fflush(stdout);
		_exit(TEST_STATUS_FAIL);
	}
	return r;
}

static inline struct recorder *rec_start_as(struct __test_metadata *_metadata,
				     struct utrace_record_setup setup)
{
	struct recorder *r = rec_open();
	unsigned int i;

	ASSERT_EQ(0, rec_setup_as(r, setup));
	ASSERT_LE(r->setup.nr_cpus, 64);
	for (i = 0; i < r->setup.nr_cpus; i++) {
		void *map = mmap(NULL, r->setup.map_bytes, PROT_READ, MAP_SHARED, r->fd,
				 (off_t)i * r->setup.map_bytes);

		ASSERT_TRUE(map != MAP_FAILED);
		r->rings[i].page = map;
		r->rings[i].data = (char *)map + r->rings[i].page->data_offset;
		ASSERT_EQ(setup.ring_bytes, r->rings[i].page->data_bytes);
	}
	return r;
}

static inline struct recorder *rec_start(struct __test_metadata *_metadata, unsigned int ring_bytes)
{
	return rec_start_as(_metadata, SETUP(.ring_bytes = ring_bytes));
}

static inline int rec_attach(struct recorder *r, int pid, unsigned int flags)
{
	struct utrace_record_attach a = { .pid = pid, .flags = flags };

	return rec_ioctl(r, UTRACE_RECORD_IOC_ATTACH, &a);
}

static inline struct utrace_record_status rec_status(struct recorder *r)
{
	struct utrace_record_status status = {};

	rec_ioctl(r, UTRACE_RECORD_IOC_STATUS, &status);
	return status;
}

/* The record at a position of @data, which is as large as the ring. */
static inline const struct utrace_record *rec_at(struct __test_metadata *_metadata,
					  const struct recorder *r, const char *data,
					  unsigned long long at)
{
	unsigned long long size = r->setup.ring_bytes;
	const struct utrace_record *rec = (const void *)(data + at % size);

	ASSERT_GE(UTRACE_RECORD_BYTES(rec->info), sizeof(*rec));
	ASSERT_LE(at % size + UTRACE_RECORD_BYTES(rec->info), size);
	return rec;
}

/* The arguments of a call; what CALLS says nothing about has all six. */
static inline const unsigned long long *rec_args(const struct utrace_record *rec)
{
	const struct utrace_record_call *call = (const void *)rec;
	const char *args = (const char *)(call + 1);

	if (UTRACE_RECORD_FLAGS(rec->info) & UTRACE_RECORD_CALL_WIDE)
		args += sizeof(struct utrace_record_call_wide);
	return (const unsigned long long *)args;
}

static inline unsigned long long rec_arg(const struct utrace_record *rec)
{
	return *rec_args(rec);
}

static inline bool rec_is_call(const struct utrace_record *rec, unsigned int nr)
{
	return UTRACE_RECORD_TYPE(rec->info) == UTRACE_RECORD_CALL &&
	       UTRACE_RECORD_NR(rec->info) == nr;
}

static inline void rec_drain(struct __test_metadata *_metadata, struct recorder *r)
{
	unsigned int i;

	for (i = 0; i < r->setup.nr_cpus; i++) {
		struct ring *ring = &r->rings[i];
		unsigned long long head = __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE);
		struct utrace_record_consume consume = { .cpu = i };

		while (ring->tail < head) {
			const struct utrace_record *rec =
				rec_at(_metadata, r, ring->data, ring->tail);

			if (r->each)
				r->each(r, rec);
			switch (UTRACE_RECORD_TYPE(rec->info)) {
			case UTRACE_RECORD_PAD:
				break;
			case UTRACE_RECORD_CALL:
				r->calls++;
				r->getppids += UTRACE_RECORD_NR(rec->info) == SYS_getppid;
				break;
			case UTRACE_RECORD_TASK:
				r->tasks++;
				break;
			case UTRACE_RECORD_LOST:
				r->lost += ((const struct utrace_record_lost *)rec)->count;
				break;
			case UTRACE_RECORD_EVENT:
				r->events++;
				break;
			case UTRACE_RECORD_STACK:
				r->stacks++;
				break;
			case UTRACE_RECORD_LARGE:
				r->larges++;
				break;
			default:
				r->bad++;
			}
			ring->tail += UTRACE_RECORD_BYTES(rec->info);
		}
		consume.tail = ring->tail;
		ASSERT_EQ(0, rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &consume));
	}
}

/* As poll() tells that there is something, until nothing can come any more. */
static inline void rec_drain_to_the_end(struct __test_metadata *_metadata, struct recorder *r)
{
	struct pollfd p = { .fd = r->fd, .events = POLLIN };

	do {
		ASSERT_EQ(1, poll(&p, 1, PATIENCE * 1000));
		rec_drain(_metadata, r);
	} while (!(p.revents & POLLHUP));
	rec_drain(_metadata, r);
	EXPECT_EQ(0, r->bad);
}

static inline int rec_consume(struct recorder *r, unsigned int cpu, unsigned long long tail)
{
	struct utrace_record_consume consume = { .cpu = cpu, .tail = tail };

	return rec_ioctl(r, UTRACE_RECORD_IOC_CONSUME, &consume);
}

static inline int rec_in_flight(struct recorder *r)
{
	struct utrace_record_in_flight in_flight = {};

	return rec_ioctl(r, UTRACE_RECORD_IOC_IN_FLIGHT, &in_flight);
}

#endif /* _RECORDER_H */
