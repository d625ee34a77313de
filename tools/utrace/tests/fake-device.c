// SPDX-License-Identifier: GPL-2.0
/*
 * The recorder's device in user space, for tests of the tool on any kernel:
 * preload it. Attached tasks are not traced: a thread makes up records until
 * they are gone.
 *
 * FAKE_RECORDS=N	so many calls for each attached task, over two CPUs; the
 *			result of each is its number
 * FAKE_LOG=FILE	what the tool asked for, one line each
 * FAKE_OLD=1		cannot filter
 * FAKE_EXEC=N		ATTACH waits N times, -1: for ever, each time after records
 *			have filled a ring, until there is a signal
 * FAKE_TASKS=FILE	read instead of /proc/utrace/tasks
 *
 * It also watches over the tool: a CONSUME that is not at the end of a record
 * fails, as does reading with the wrong setup.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#include <linux/utrace_record.h>

#define NR_CPUS		2
#define MAX_TASKS	16

static int device = -1, gone = -1, memory = -1;
static struct utrace_record_setup setup;
static struct {
	struct utrace_record_ring *page;
	unsigned char *data;
	__u64 last_time, missed;
	__u32 task;
} rings[NR_CPUS];
static struct utrace_record_status status;
static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_t writer;
static bool is_writing, is_hup;
static struct { int pid, pidfd; bool exited; } tasks[MAX_TASKS];
static int nr_tasks;

static void say(const char *format, ...)
{
	const char *path = getenv("FAKE_LOG");
	FILE *log = path ? fopen(path, "ae") : NULL;
	va_list args;

	if (!log)
		return;
	va_start(args, format);
	vfprintf(log, format, args);
	va_end(args);
	fclose(log);
}

static __u64 now(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (__u64)ts.tv_sec * 1000000000ull + (__u64)ts.tv_nsec;
}

/* Room for one record and maybe a PAD before it. NULL: none. */
static void *reserve(int cpu, __u32 bytes, __u64 *head)
{
	__u64 size = setup.ring_bytes, at = *head & (size - 1);
	__u64 pad = at + bytes > size ? size - at : 0;

	if (*head + pad + bytes - rings[cpu].page->tail > size)
		return NULL;
	if (pad) {
		struct utrace_record *r = (void *)(rings[cpu].data + at);

		*r = (struct utrace_record){
			.info = UTRACE_RECORD_INFO(UTRACE_RECORD_PAD, 0, 0, pad, 0),
		};
		*head += pad;
	}
	*head += bytes;
	return rings[cpu].data + ((*head - bytes) & (size - 1));
}

static bool put(int cpu, int tid, const void *record, __u32 bytes)
{
	__u64 head = rings[cpu].page->head, time = now();
	struct utrace_record_task *task;
	struct utrace_record_lost *lost;
	struct utrace_record *r;

	/* All of it or nothing: a TASK record each time keeps it simple. */
	task = reserve(cpu, sizeof(*task), &head);
	if (task)
		*task = (struct utrace_record_task){
			.head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_TASK, 0, 0, sizeof(*task), 0),
			.time = time, .tid = tid, .pid = tid,
		};
	if (task && rings[cpu].missed) {
		lost = reserve(cpu, sizeof(*lost), &head);
		if (!lost)
			goto full;
		*lost = (struct utrace_record_lost){
			.head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_LOST, 0, 0, sizeof(*lost), 0),
			.count = rings[cpu].missed,
		};
	}
	r = task ? reserve(cpu, bytes, &head) : NULL;
	if (!r)
		goto full;
	memcpy(r, record, bytes);
	rings[cpu].missed = 0;
	rings[cpu].page->records++;
	status.records++;
	__atomic_store_n(&rings[cpu].page->head, head, __ATOMIC_RELEASE);
	if (head - rings[cpu].page->tail >= (setup.watermark ?: setup.ring_bytes / 2))
		eventfd_write(device, 1);
	return true;
full:
	rings[cpu].missed++;
	rings[cpu].page->lost++;
	status.lost++;
	return false;
}

static void put_call(int cpu, int tid, int n)
{
	struct {
		struct utrace_record_call call;
		__u64 args[1];
	} r = {
		.call.head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_CALL, 1, 0, sizeof(r), 3),
		.call.duration = 1000, .call.result = n, .args = { (__u64)n },
	};

	put(cpu, tid, &r, sizeof(r));
}

static void put_exit(int cpu, int tid)
{
	struct utrace_record_event r = {
		.head.info = UTRACE_RECORD_INFO(UTRACE_RECORD_EVENT, 0, 0, sizeof(r),
						UTRACE_RECORD_EVENT_EXIT),
	};

	put(cpu, tid, &r, sizeof(r));
}

static void *write_records(void *unused)
{
	int n = atoi(getenv("FAKE_RECORDS") ?: "10"), left;

	(void)unused;
	for (int i = 0; i < n; i++) {
		pthread_mutex_lock(&lock);
		for (int t = 0; t < nr_tasks; t++)
			put_call(i % NR_CPUS, tasks[t].pid, i);
		pthread_mutex_unlock(&lock);
		/* Time stamps that differ, and a reader that keeps up. */
		if (!getenv("FAKE_BURST") && i % 64 == 0)
			usleep(1000);
	}
	do {
		left = 0;
		pthread_mutex_lock(&lock);
		for (int t = 0; t < nr_tasks; t++) {
			struct pollfd fd = { .fd = tasks[t].pidfd, .events = POLLIN };

			if (!tasks[t].exited && poll(&fd, 1, 0) == 1) {
				tasks[t].exited = true;
				put_exit(0, tasks[t].pid);
				status.attached--;
			}
			left += !tasks[t].exited;
		}
		pthread_mutex_unlock(&lock);
		usleep(1000);
	} while (left);
	is_hup = true;
	eventfd_write(gone, 1);
	return NULL;
}

static int do_setup(struct utrace_record_setup *s)
{
	size_t map = 4096 + s->ring_bytes;

	if (s->size != sizeof(*s) || s->version != UTRACE_RECORD_VERSION || s->flags)
		return errno = EINVAL, -1;
	s->nr_cpus = NR_CPUS;
	s->map_bytes = (__u32)map;
	setup = *s;
	memory = memfd_create("rings", MFD_CLOEXEC);
	if (ftruncate(memory, (off_t)(NR_CPUS * map)))
		return -1;
	for (int cpu = 0; cpu < NR_CPUS; cpu++) {
		rings[cpu].page = (void *)syscall(SYS_mmap, NULL, map, PROT_READ | PROT_WRITE,
						  MAP_SHARED, memory, cpu * map);
		rings[cpu].page->data_offset = 4096;
		rings[cpu].page->data_bytes = s->ring_bytes;
		rings[cpu].data = (unsigned char *)rings[cpu].page + 4096;
	}
	say("setup ring %u watermark %u string %u data %u policy %u timeout %u\n", s->ring_bytes,
	    s->watermark, s->max_string, s->max_data, s->policy, s->block_timeout_ms);
	return 0;
}

/*
 * One thread is attached and waits for room in a ring, another one execs and
 * waits for the first, and the reader for that one to attach it.
 */
static int wait_for_exec(int pid)
{
	static int laps, n;
	struct utrace_record_ring *page = rings[0].page;
	int never;

	/* Who has not read what there is waits for the same again. */
	if (page->head == page->tail) {
		if (laps == atoi(getenv("FAKE_EXEC") ?: "0"))
			return 0;
		laps++;
		while (setup.ring_bytes - (page->head - page->tail) >= 256)
			put_call(0, pid, n++);
	}
	say("attach waits\n");
	never = eventfd(0, EFD_CLOEXEC);
	if (never < 0 || read(never, &(eventfd_t){0}, sizeof(eventfd_t)) != -1)
		abort();
	close(never);
	return -1;
}

static int do_attach(const struct utrace_record_attach *a)
{
	int pidfd = (int)syscall(SYS_pidfd_open, a->pid, 0);

	if (pidfd < 0)
		return errno = ESRCH, -1;
	if (getenv("FAKE_ATTACH_ERROR"))
		return errno = atoi(getenv("FAKE_ATTACH_ERROR")), -1;
	if (wait_for_exec(a->pid)) {
		close(pidfd);
		return errno = EINTR, -1;
	}
	say("attach flags %u\n", a->flags);
	pthread_mutex_lock(&lock);
	tasks[nr_tasks].pid = a->pid;
	tasks[nr_tasks++].pidfd = pidfd;
	status.attached++;
	status.attached_ever++;
	pthread_mutex_unlock(&lock);
	return 0;
}

static int do_consume(const struct utrace_record_consume *c)
{
	__u64 at = rings[c->cpu].page->tail;

	if (c->cpu >= NR_CPUS || c->reserved)
		return errno = EINVAL, -1;
	while (at < c->tail) {
		const struct utrace_record *r = (void *)(rings[c->cpu].data + (at & (setup.ring_bytes - 1)));

		at += UTRACE_RECORD_BYTES(r->info);
	}
	if (at != c->tail || at > rings[c->cpu].page->head)
		return errno = EINVAL, -1;
	pthread_mutex_lock(&lock);
	rings[c->cpu].page->tail = at;
	pthread_mutex_unlock(&lock);
	return 0;
}

static int do_calls(const struct utrace_record_calls *c)
{
	const struct utrace_record_call_spec *specs = (void *)(unsigned long)c->specs;

	say("calls abi %u nr %u\n", c->abi, c->nr);
	for (__u32 i = 0; i < c->nr; i++)
		if (specs[i].nr_args > 6 || (specs[i].in | specs[i].out) >> specs[i].nr_args)
			return errno = EINVAL, -1;
	return 0;
}

static int do_filter(const struct utrace_record_filter *f)
{
	if (f->reserved || !f->nr)
		return errno = EINVAL, -1;
	if (status.attached_ever)
		return errno = EBUSY, -1;
	say("filter\n");
	/* FAKE_OLD: a module from before there were filters. */
	return getenv("FAKE_OLD") ? (errno = ENOTTY, -1) : 0;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int open(const char *path, int flags, ...)
{
	va_list args;
	mode_t mode;

	va_start(args, flags);
	mode = flags & O_CREAT ? va_arg(args, mode_t) : 0;
	va_end(args);
	if (strcmp(path, UTRACE_RECORD_DEVICE))
		return REAL(open)(path, flags, mode);
	gone = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return device = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
}

FILE *fopen(const char *path, const char *mode)
{
	const char *tasks = getenv("FAKE_TASKS");

	return REAL(fopen)(tasks && !strcmp(path, "/proc/utrace/tasks") ? tasks : path, mode);
}

int ioctl(int fd, unsigned long request, ...)
{
	va_list args;
	void *arg;

	va_start(args, request);
	arg = va_arg(args, void *);
	va_end(args);
	if (fd != device || device < 0)
		return REAL(ioctl)(fd, request, arg);
	switch (request) {
	case UTRACE_RECORD_IOC_SETUP: return do_setup(arg);
	case UTRACE_RECORD_IOC_ATTACH: return do_attach(arg);
	case UTRACE_RECORD_IOC_CONSUME: return do_consume(arg);
	case UTRACE_RECORD_IOC_CALLS: return do_calls(arg);
	case UTRACE_RECORD_IOC_FILTER: return do_filter(arg);
	case UTRACE_RECORD_IOC_STATUS:
		memcpy(arg, &status, sizeof(status));
		return 0;
	case UTRACE_RECORD_IOC_IN_FLIGHT: return 0;
	default: return errno = ENOTTY, -1;
	}
}

void *mmap(void *addr, size_t len, int prot, int flags, int fd, off_t offset)
{
	if (fd == device && device >= 0)
		fd = memory;
	return (void *)syscall(SYS_mmap, addr, len, prot, flags, fd, offset);
}

/* By another name: <poll.h> has it that poll() does not read *fds. */
int fake_poll(struct pollfd *fds, nfds_t nr, int timeout) __asm__("poll");
int fake_poll(struct pollfd *fds, nfds_t nr, int timeout)
{
	struct pollfd all[8];
	eventfd_t count;
	int n;

	if (device < 0 || !nr || fds[0].fd != device || nr > 6)
		return REAL(poll)(fds, nr, timeout);
	say("poll\n");
	/* The first time is when the tool has begun: not before, it may fail. */
	if (!is_writing)
		is_writing = !pthread_create(&writer, NULL, write_records, NULL);
	memcpy(all, fds, nr * sizeof(*fds));
	all[nr] = (struct pollfd){ .fd = gone, .events = POLLIN };
	n = REAL(poll)(all, nr + 1, timeout);
	if (n <= 0)
		return n;
	for (nfds_t i = 0; i < nr; i++)
		fds[i].revents = all[i].revents;
	if (fds[0].revents & POLLIN)
		eventfd_read(device, &count);
	if (all[nr].revents && is_hup)
		fds[0].revents |= POLLHUP;
	return n;
}
