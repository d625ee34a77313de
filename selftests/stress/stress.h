/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The stress test: workers that live, storms that disturb them, and a
 * supervisor that sees to it that the workers get on.
 *
 *	main.c		phases, checks, progress
 *	workers.c	what a process can do in its life
 *	storms.c	who attaches, kills, freezes, signals, traces
 */
#ifndef _STRESS_H
#define _STRESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "../chance.h"
#include "../file.h"
#include "../test_stress.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define NR_WORKERS	6
#define NR_WORKERS_OF_LOADS	2
#define NR_STORMS	8
#define CGROUP		"/sys/fs/cgroup/utrace-stress"

/**
 * struct stress_shared - what all processes of the test see
 *
 * Each word has one writer, or it does not matter.
 */
struct stress_shared {
	/** @supervisor: To whom orphans come. */
	pid_t supervisor;
	/** @storms_end: Storms, the weather is to be fine from now on. */
	bool storms_end;
	/** @nr_workers: Workers, beginning with this one, finish what you are at. */
	unsigned int nr_workers;
	/** @rounds: What each worker has done. */
	unsigned long rounds[NR_WORKERS];
	/** @activity: What each worker is at. */
	const char *activity[NR_WORKERS];
	/** @blows: What each storm has done. */
	unsigned long blows[NR_STORMS];
	/** @failed: Somebody has found that something is wrong. */
	unsigned long failed;
};

extern struct stress_shared *shared;
/** slower - a debug kernel takes so many times longer */
extern unsigned int slower;

/* main.c */
void say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
void fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* workers.c */
void work(unsigned int nr, struct chance c) __attribute__((noreturn));
void stress_handler(int sig);
uint64_t stress_restorer(void);

/* storms.c */
struct storm {
	const char *name;
	void (*blow)(struct chance *c, unsigned int nr);
	/** @as_worker: With the workers' user, so that it cannot hit others. */
	bool as_worker;
};
extern const struct storm storms[NR_STORMS];
void storm(unsigned int nr, struct chance c) __attribute__((noreturn));
void become_worker_user(void);

#endif /* _STRESS_H */
