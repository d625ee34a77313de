/* SPDX-License-Identifier: GPL-2.0 */
/*
 * How often a value was from 2^n to 2^(n+1): bounded in size, exact in counts.
 */
#ifndef UTRACE_TOOL_HISTOGRAM_H
#define UTRACE_TOOL_HISTOGRAM_H

#include <stdint.h>
#include <stdio.h>

/** struct histogram - @counts[0] is of 0 and 1 */
struct histogram {
	uint64_t counts[64];
};

void histogram_add(struct histogram *histogram, uint64_t value);

/** histogram_print() - a line and a bar from the lowest to the highest count */
void histogram_print(const struct histogram *histogram, FILE *out);

#endif
