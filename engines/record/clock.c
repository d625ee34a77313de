// SPDX-License-Identifier: GPL-2.0
/*
 * The clock of the records: CLOCK_MONOTONIC itself. See clock.h.
 */
#include <linux/ktime.h>
#include <linux/math64.h>
#include <linux/time64.h>
#include "clock.h"

DEFINE_PER_CPU(struct record_clock, record_clocks);

/* More than reading the clock takes: an interrupt, or the hypervisor. */
#define MAX_TICKS	1000

/**
 * record_clock_read() - read CLOCK_MONOTONIC, for this CPU to count from there
 *
 * The kernel knows when counters stop in idle states, change their rate or differ
 * from each other: then they are unstable, and each reading comes by here.
 *
 * Context: Preemption is off.
 * Return: CLOCK_MONOTONIC in nanoseconds.
 */
u64 record_clock_read(void)
{
	struct record_clock *clock = this_cpu_ptr(&record_clocks);
	u64 before = rdtsc_ordered(), took;

	clock->ns = ktime_get_mono_fast_ns();
	clock->mult = div_u64((u64)NSEC_PER_MSEC << 32, tsc_khz ?: 1);
	took = rdtsc_ordered() - before;
	/* Which moment it was must be known, too; most likely the middle. */
	clock->at = took < MAX_TICKS && !check_tsc_unstable() ? before + took / 2 : 0;
	return clock->ns;
}
