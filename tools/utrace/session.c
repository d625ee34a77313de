// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "session.h"
#include "syscalls.h"
#include "utrace.h"

/* So long ATTACH may wait before we look what there is to read, and who wants us to end. */
#define ATTACH_NSEC	20000000

/** struct interrupts - by a timer, and what was there before */
struct interrupts {
	timer_t timer;
	struct sigaction old;
	sigset_t old_mask;
};

static bool open_device(struct session *s)
{
	s->fd = open(UTRACE_RECORD_DEVICE, O_RDWR | O_CLOEXEC);
	if (s->fd >= 0)
		return true;
	switch (errno) {
	case ENOENT:
	case ENODEV:
	case ENXIO:
		complain("%s: no such device: load the module with 'modprobe utrace_record'",
			 UTRACE_RECORD_DEVICE);
		break;
	case EACCES:
	case EPERM:
		complain("%s: %s: this takes root, or CAP_SYS_PTRACE and access to the device",
			 UTRACE_RECORD_DEVICE, strerror(errno));
		break;
	default:
		complain("%s: %s", UTRACE_RECORD_DEVICE, strerror(errno));
	}
	return false;
}

static bool set_up(struct session *s, const struct session_options *options)
{
	struct utrace_record_setup setup = {
		.size = sizeof(setup),
		.version = UTRACE_RECORD_VERSION,
		.ring_bytes = options->ring_bytes,
		.watermark = options->watermark,
		.max_string = SESSION_MAX_STRING,
		.policy = options->policy,
		.block_timeout_ms = options->block_timeout_ms,
		.max_data = options->max_data,
	};

	if (!ioctl(s->fd, UTRACE_RECORD_IOC_SETUP, &setup)) {
		s->nr_cpus = setup.nr_cpus;
		s->map_bytes = setup.map_bytes;
		s->ring_bytes = setup.ring_bytes;
		return true;
	}
	if (errno == EINVAL)
		complain("set up: the module does not speak version %d of the interface",
			 UTRACE_RECORD_VERSION);
	else if (errno == ENOMEM)
		complain("set up: no memory for a ring of %u bytes on each CPU: see option -b",
			 options->ring_bytes);
	else
		complain("set up: %s", strerror(errno));
	return false;
}

static bool map_rings(struct session *s)
{
	s->rings = calloc(s->nr_cpus ?: 1, sizeof(*s->rings));
	if (!s->rings) {
		complain("out of memory");
		return false;
	}
	for (uint32_t cpu = 0; cpu < s->nr_cpus; cpu++) {
		struct session_ring *ring = &s->rings[cpu];
		void *map = mmap(NULL, s->map_bytes, PROT_READ, MAP_SHARED, s->fd,
				 (off_t)cpu * (off_t)s->map_bytes);

		if (map == MAP_FAILED && errno == ENODEV) {
			/* A CPU that this machine cannot have: always empty. */
			static const struct utrace_record_ring absent;

			ring->page = &absent;
			continue;
		}
		if (map == MAP_FAILED) {
			complain("map ring %u: %s", cpu, strerror(errno));
			return false;
		}
		ring->page = map;
		ring->data = (const unsigned char *)map + ring->page->data_offset;
		ring->data_bytes = ring->page->data_bytes;
		ring->tail = ring->page->tail;
		if (!ring->data_bytes || ring->data_bytes & (ring->data_bytes - 1) ||
		    ring->page->data_offset > s->map_bytes ||
		    ring->data_bytes > s->map_bytes - ring->page->data_offset) {
			complain("map ring %u: its first page makes no sense", cpu);
			return false;
		}
	}
	return true;
}

static bool describe_calls(struct session *s)
{
	struct utrace_record_call_spec specs[UTRACE_RECORD_MAX_CALLS];

	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++) {
		struct utrace_record_calls calls = {
			.abi = abi,
			.nr = syscalls_specs(abi, specs),
			.specs = (uintptr_t)specs,
		};

		if (ioctl(s->fd, UTRACE_RECORD_IOC_CALLS, &calls)) {
			complain("describe system calls: %s", strerror(errno));
			return false;
		}
	}
	return true;
}

static bool set_filter(struct session *s, const struct filter *filter)
{
	struct utrace_record_filter set = {};
	struct sock_fprog program = {};
	bool ok = true;

	if (filter && !filter_program(filter, &program))
		return false;
	set.nr = program.len;
	set.insns = (uintptr_t)program.filter;
	if (set.nr && ioctl(s->fd, UTRACE_RECORD_IOC_FILTER, &set)) {
		ok = false;
		if (errno == ENOTTY)
			complain("-e: the module cannot filter: it is older than this tool");
		else
			complain("-e: filter of %u instructions: %s", set.nr, strerror(errno));
	}
	free(program.filter);
	return ok;
}

static bool set_stack(struct session *s, uint32_t depth)
{
	struct utrace_record_stacks stacks = { .depth = depth };

	if (!depth || !ioctl(s->fd, UTRACE_RECORD_IOC_STACK, &stacks))
		return true;
	if (errno == ENOTTY)
		complain("--stack: the module cannot: it is older than this tool");
	else
		complain("--stack: %s", strerror(errno));
	return false;
}

bool session_open(struct session *s, const struct session_options *options)
{
	*s = (struct session){ .fd = -1 };
	if (open_device(s) && set_up(s, options) && map_rings(s) && describe_calls(s) &&
	    set_filter(s, options->filter) && set_stack(s, options->stack_depth))
		return true;
	session_close(s);
	return false;
}

static bool is_kernel_thread(pid_t pid)
{
	const unsigned int pf_kthread = 0x00200000;
	char path[32], line[512], *after_name;
	unsigned int flags = 0;
	FILE *stat;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	stat = fopen(path, "re");
	if (!stat)
		return false;
	after_name = fgets(line, sizeof(line), stat) ? strrchr(line, ')') : NULL;
	fclose(stat);
	/* state ppid pgrp session tty tpgid flags */
	return after_name && sscanf(after_name + 1, " %*c %*d %*d %*d %*d %*d %u", &flags) == 1 &&
	       flags & pf_kthread;
}

static void wake(int sig)
{
	(void)sig;
}

/* Have a signal of a timer interrupt us, again and again: one can come too early. */
static bool begin_interrupts(struct interrupts *i)
{
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct itimerspec often = {
		.it_value.tv_nsec = ATTACH_NSEC, .it_interval.tv_nsec = ATTACH_NSEC,
	};
	sigset_t set;

	/* A timer of our own: alarm(2) may be somebody else's, from before our exec. */
	if (timer_create(CLOCK_MONOTONIC, &event, &i->timer))
		return false;
	sigaction(SIGALRM, &(struct sigaction){ .sa_handler = wake }, &i->old);
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	sigprocmask(SIG_UNBLOCK, &set, &i->old_mask);
	timer_settime(i->timer, 0, &often, NULL);
	return true;
}

static void end_interrupts(struct interrupts *i)
{
	timer_delete(i->timer);
	sigprocmask(SIG_SETMASK, &i->old_mask, NULL);
	sigaction(SIGALRM, &i->old, NULL);
}

/*
 * Who attaches to a process that execs waits for the exec, which waits for the
 * other threads of the process, and these may wait for us to make room.
 *
 * Return: 0 or an error.
 */
static int attach_or_wait(struct session *s, const struct utrace_record_attach *attach)
{
	struct interrupts interrupts;
	int error;

	if (!begin_interrupts(&interrupts))
		return errno;
	error = ioctl(s->fd, UTRACE_RECORD_IOC_ATTACH, attach) ? errno : 0;
	end_interrupts(&interrupts);
	return error;
}

enum session_answer session_attach(struct session *s, pid_t pid, uint32_t flags)
{
	struct utrace_record_attach attach = { .pid = pid, .flags = flags };
	int error = attach_or_wait(s, &attach);

	/* Asked for twice, as a thread and with its process, say: it is there. */
	if (!error || error == EEXIST)
		return SESSION_DONE;
	if (error == EINTR)
		return SESSION_AGAIN;
	if (error == EPERM && is_kernel_thread(pid))
		complain("attach: pid %d: %s: it is a kernel thread", pid, strerror(error));
	else if (error == EPERM)
		complain("attach: pid %d: %s: this takes CAP_SYS_PTRACE in its user namespace",
			 pid, strerror(error));
	else if (error == EDEADLK)
		complain("attach: pid %d: a session cannot trace its own process, nor, with "
			 "--block, one that this one waits for", pid);
	else
		complain("attach: pid %d: %s", pid, strerror(error));
	return SESSION_FAILED;
}

bool session_status(struct session *s, struct utrace_record_status *status)
{
	if (!ioctl(s->fd, UTRACE_RECORD_IOC_STATUS, status))
		return true;
	complain("session status: %s", strerror(errno));
	return false;
}

bool session_consume(struct session *s, uint32_t cpu, uint64_t tail)
{
	struct utrace_record_consume consume = { .cpu = cpu, .tail = tail };

	if (tail == s->rings[cpu].tail)
		return true;
	if (ioctl(s->fd, UTRACE_RECORD_IOC_CONSUME, &consume)) {
		complain("consume ring %u: %s", cpu, strerror(errno));
		return false;
	}
	s->rings[cpu].tail = tail;
	return true;
}

enum session_answer session_in_flight(struct session *s)
{
	struct utrace_record_in_flight in_flight = {};

	if (!ioctl(s->fd, UTRACE_RECORD_IOC_IN_FLIGHT, &in_flight))
		return SESSION_DONE;
	if (errno == ENOSPC)
		return SESSION_AGAIN;
	complain("calls in progress: %s", strerror(errno));
	return SESSION_FAILED;
}

uint64_t session_head(const struct session_ring *ring)
{
	/* Pairs with the kernel's release store: the records before it are whole. */
	return __atomic_load_n(&ring->page->head, __ATOMIC_ACQUIRE);
}

const unsigned char *session_stretch(const struct session_ring *ring, uint64_t from,
				     uint64_t to, size_t *bytes)
{
	uint64_t at = from & (ring->data_bytes - 1);
	uint64_t to_end = ring->data_bytes - at;

	*bytes = (size_t)(to - from < to_end ? to - from : to_end);
	return ring->data + at;
}

const unsigned char *session_snapshot(const struct session_ring *ring, unsigned char *copy,
				      size_t *bytes)
{
	uint64_t head = session_head(ring);
	uint64_t from = __atomic_load_n(&ring->page->tail, __ATOMIC_RELAXED), tail;
	uint64_t at;
	size_t n;

	/* Overtaken already between the two. */
	if (from > head)
		from = head;
	for (at = from; at != head; at += n) {
		const unsigned char *data = session_stretch(ring, at, head, &n);

		memcpy(copy + (at - from), data, n);
	}
	/* Pairs with the kernel's write barrier: what it wrote over is behind the tail. */
	__atomic_thread_fence(__ATOMIC_ACQUIRE);
	tail = __atomic_load_n(&ring->page->tail, __ATOMIC_RELAXED);
	if (tail < from)
		tail = from;
	if (tail > head)
		tail = head;
	*bytes = (size_t)(head - tail);
	return copy + (tail - from);
}

void session_close(struct session *s)
{
	/* A mapping keeps the session open just as the descriptor does. */
	for (uint32_t cpu = 0; s->rings && cpu < s->nr_cpus; cpu++)
		if (s->rings[cpu].data)
			munmap((void *)s->rings[cpu].page, s->map_bytes);
	free(s->rings);
	if (s->fd >= 0)
		close(s->fd);
	*s = (struct session){ .fd = -1 };
}
