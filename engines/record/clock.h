/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The clock of the records.
 *
 * CLOCK_MONOTONIC, but for most readings only what the CPU has counted since it
 * was last asked for: a third of the instructions of asking, twice in each call.
 */
#ifndef _UTRACE_RECORD_CLOCK_H
#define _UTRACE_RECORD_CLOCK_H

#include <linux/compiler.h>
#include <linux/percpu.h>
#include <linux/preempt.h>
#include <linux/types.h>
#include <asm/tsc.h>

/*
 * So long a reading counts: 30 to 100 microseconds. The rates of both clocks
 * differ by up to 500 ppm while NTP slews, in that time by some ten nanoseconds:
 * less than what is done on one CPU takes to have an effect on another.
 */
#define RECORD_CLOCK_TICKS	100000

/**
 * struct record_clock - the last reading of CLOCK_MONOTONIC on a CPU
 */
struct record_clock {
	/** @at: What the CPU's counter was then; 0: it cannot be used. */
	u64 at;
	/** @ns: What the clock said. */
	u64 ns;
	/** @mult: Nanoseconds per tick, with 32 bits of fraction. */
	u64 mult;
};

DECLARE_PER_CPU(struct record_clock, record_clocks);

u64 record_clock_read(void);

/* CLOCK_MONOTONIC in nanoseconds. Preemption is off; not in interrupts. */
static __always_inline u64 __record_clock(void)
{
	u64 ticks = rdtsc_ordered() - __this_cpu_read(record_clocks.at);

	if (unlikely(ticks >= RECORD_CLOCK_TICKS))
		return record_clock_read();
	return __this_cpu_read(record_clocks.ns) +
	       (ticks * __this_cpu_read(record_clocks.mult) >> 32);
}

static __always_inline u64 record_clock(void)
{
	u64 ns;

	preempt_disable();
	ns = __record_clock();
	preempt_enable();
	return ns;
}

#endif /* _UTRACE_RECORD_CLOCK_H */
