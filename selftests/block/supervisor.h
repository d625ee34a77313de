/* SPDX-License-Identifier: GPL-2.0 */
/* A supervisor of /dev/utrace/block, as small as it can be. */
#ifndef _SUPERVISOR_H
#define _SUPERVISOR_H

#include "../session.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <linux/utrace_block.h>
#include <stddef.h>

/* Room for an event and its strings. */
#define STRIDE	16384

struct supervisor {
	int fd;
	struct utrace_block_setup setup;
	/* The event that was received last. */
	union {
		struct utrace_block_event event;
		char room[STRIDE];
	};
};

static inline int sup_ioctl(const struct supervisor *s, unsigned long cmd, void *arg)
{
	return ioctl(s->fd, cmd, arg) < 0 ? -errno : 0;
}

#define ENTRY	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_ENTRY)
#define RETURN	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_RETURN)
#define SIGNAL	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_SIGNAL)
#define CLONE	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_CLONE)
#define START	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_START)
#define EXEC	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_EXEC)
#define EXIT	UTRACE_BLOCK_EVENT(UTRACE_BLOCK_EXIT)

#define SETUP(...)	((struct utrace_block_setup){				\
	.size = sizeof(struct utrace_block_setup),				\
	.version = UTRACE_BLOCK_VERSION, .events = ENTRY, __VA_ARGS__ })

static inline struct supervisor *sup_open(void)
{
	struct supervisor *s = calloc(1, sizeof(*s));

	s->fd = open(UTRACE_BLOCK_DEVICE, O_RDWR | O_CLOEXEC);
	if (s->fd < 0) {
		printf("# %s: %m\n", UTRACE_BLOCK_DEVICE);
		fflush(stdout);
		_exit(TEST_STATUS_FAIL);
	}
	return s;
}

static inline int sup_setup(struct supervisor *s, struct utrace_block_setup setup)
{
	s->setup = setup;
	return sup_ioctl(s, UTRACE_BLOCK_IOC_SETUP, &s->setup);
}

static inline void sup_close(struct supervisor *s)
{
	close(s->fd);
	free(s);
}

static inline int sup_attach(const struct supervisor *s, pid_t pid, unsigned int flags)
{
	struct utrace_block_task req = { .pid = pid, .flags = flags };

	return sup_ioctl(s, UTRACE_BLOCK_IOC_ATTACH, &req);
}

static inline int sup_detach(const struct supervisor *s, pid_t pid, unsigned int flags)
{
	struct utrace_block_task req = { .pid = pid, .flags = flags };

	return sup_ioctl(s, UTRACE_BLOCK_IOC_DETACH, &req);
}

/* Only calls with these numbers: up to 8, ended by -1. */
static inline int sup_filter(const struct supervisor *s, const int *nrs)
{
	struct sock_filter insns[20] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
	};
	struct utrace_block_filter filter = { .insns = (uintptr_t)insns, .nr = 1 };

	for (; *nrs >= 0; nrs++) {
		insns[filter.nr++] = (struct sock_filter)
			BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, *nrs, 0, 1);
		insns[filter.nr++] = (struct sock_filter)
			BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
	}
	insns[filter.nr++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD);
	return sup_ioctl(s, UTRACE_BLOCK_IOC_FILTER, &filter);
}
#define FILTER(s, ...)	sup_filter(s, (const int[]){ __VA_ARGS__, -1 })

static inline int sup_strings(const struct supervisor *s, int nr, unsigned int args)
{
	struct utrace_block_strings req = { .arch = AUDIT_ARCH_X86_64, .nr = nr, .args = args };

	return sup_ioctl(s, UTRACE_BLOCK_IOC_STRINGS, &req);
}

/* Return: how many: 1, 0 when all are gone; or -errno. */
static inline int sup_recv(struct supervisor *s)
{
	struct utrace_block_recv recv = {
		.events = (uintptr_t)s->room, .nr = 1, .stride = STRIDE,
	};
	int err = sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv);

	return err ?: (int)recv.nr;
}

static inline int sup_send_raw(const struct supervisor *s, struct utrace_block_verdict verdict)
{
	struct utrace_block_send send = { .verdicts = (uintptr_t)&verdict, .nr = 1 };

	return sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &send);
}

/* To the event that was received last. */
#define SEND(s, ...)	sup_send_raw(s, (struct utrace_block_verdict){		\
	.cookie = (s)->event.cookie, __VA_ARGS__ })
#define RUN(s)		SEND(s, .action = UTRACE_BLOCK_RUN)

static inline int sup_valid(const struct supervisor *s, unsigned long long cookie)
{
	__u64 c = cookie;

	return sup_ioctl(s, UTRACE_BLOCK_IOC_VALID, &c);
}

static inline int sup_pidfd(const struct supervisor *s, unsigned long long cookie)
{
	__u64 c = cookie;
	int fd = ioctl(s->fd, UTRACE_BLOCK_IOC_PIDFD, &c);

	return fd < 0 ? -errno : fd;
}

static inline struct utrace_block_status sup_status(const struct supervisor *s)
{
	struct utrace_block_status status = { };

	sup_ioctl(s, UTRACE_BLOCK_IOC_STATUS, &status);
	return status;
}

/* One that is set up, with its tracee attached, which waits for tracee_go(). */
static inline struct supervisor *supervise(struct __test_metadata *_metadata,
					   const struct tracee *t,
					   struct utrace_block_setup setup, const int *nrs,
					   unsigned int flags)
{
	struct supervisor *s = sup_open();

	ASSERT_EQ(0, sup_setup(s, setup));
	if (nrs)
		ASSERT_EQ(0, sup_filter(s, nrs));
	ASSERT_EQ(0, sup_attach(s, t->pid, flags));
	return s;
}
#define ONLY(...)	((const int[]){ __VA_ARGS__, -1 })

/* The next event is of this kind, and of this number. */
#define EXPECT_EVENT(s, kind_, nr_)	do {					\
	ASSERT_EQ(1, sup_recv(s));						\
	ASSERT_EQ(kind_, (s)->event.kind);					\
	ASSERT_EQ(nr_, (s)->event.nr);						\
} while (0)

/* Answer RUN to all that comes, until all are gone. */
static inline void let_run(struct __test_metadata *_metadata, struct supervisor *s)
{
	int ret;

	while ((ret = sup_recv(s)) == 1)
		ASSERT_EQ(0, RUN(s));
	ASSERT_EQ(0, ret);
}

#endif /* _SUPERVISOR_H */
