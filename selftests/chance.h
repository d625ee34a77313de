/* SPDX-License-Identifier: GPL-2.0 */
/* What tests that go by chance have in common. */
#ifndef _SELFTESTS_CHANCE_H
#define _SELFTESTS_CHANCE_H

#include <stdbool.h>
#include <stdint.h>
#include <time.h>

/* Numbers that the seed determines: a sequence for each process. */
struct chance { uint64_t state; };

static inline uint32_t chance(struct chance *c)
{
	c->state ^= c->state >> 12;
	c->state ^= c->state << 25;
	c->state ^= c->state >> 27;
	return (c->state * 0x2545f4914f6cdd1dULL) >> 32;
}

static inline bool one_in(struct chance *c, unsigned int n)
{
	return chance(c) % n == 0;
}

/* The sequences of two processes have nothing in common. */
static inline struct chance chance_of(uint64_t seed, unsigned int who, unsigned int generation)
{
	struct chance c = { seed ^ (uint64_t)who << 32 ^ generation ^ 0x9e3779b97f4a7c15ULL };
	int i;

	if (!c.state)
		c.state = 1;
	for (i = 0; i < 10; i++)
		chance(&c);
	return c;
}

static inline double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec + t.tv_nsec / 1e9;
}

static inline void pause_ms(unsigned int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

#endif /* _SELFTESTS_CHANCE_H */
