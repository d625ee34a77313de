/* SPDX-License-Identifier: GPL-2.0 */
/* Threads of tracees. */
#ifndef _SELFTESTS_THREADS_H
#define _SELFTESTS_THREADS_H

#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

static inline void *__thread_once(void *tid)
{
	*(volatile long *)tid = syscall(SYS_gettid);
	return NULL;
}

/* One that has ended when this returns. @tid gets its ID. */
static inline void thread_once(volatile long *tid)
{
	pthread_t thread;

	pthread_create(&thread, NULL, __thread_once, (void *)tid);
	pthread_join(thread, NULL);
}

static inline void *__thread_forever(void *body)
{
	((void (*)(void))body)();
	return NULL;
}

/* @nr more that run @body, which does not return. */
static inline void threads_forever(unsigned int nr, void (*body)(void))
{
	pthread_attr_t small;
	pthread_t thread;

	pthread_attr_init(&small);
	pthread_attr_setstacksize(&small, PTHREAD_STACK_MIN);
	while (nr--)
		if (pthread_create(&thread, &small, __thread_forever, body))
			abort();
}

#endif
