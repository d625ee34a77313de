// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>

#include "histogram.h"
#include "utrace.h"

#define BAR	40

void histogram_add(struct histogram *h, uint64_t value)
{
	h->counts[63 - __builtin_clzll(value | 1)]++;
}

/* 512, 1K, 512K, 1M: a power of two has a short name. */
static void print_limit(char *text, size_t room, unsigned int power)
{
	static const char *const units[] = { "", "K", "M", "G", "T", "P", "E" };

	snprintf(text, room, "%u%s", 1u << power % 10, units[power / 10]);
}

static void print_line(const struct histogram *h, unsigned int i, uint64_t most, FILE *out)
{
	/* Of 2^64 counts, too, a bar is a bar. */
	int bar = (int)((double)h->counts[i] / (double)most * BAR);
	char from[8], to[8], range[24];

	print_limit(from, sizeof(from), i);
	print_limit(to, sizeof(to), i + 1);
	snprintf(range, sizeof(range), "[%s, %s)", i ? from : "0", to);
	fprintf(out, "%-14s %10" PRIu64 " |%.*s%*s|\n", range, h->counts[i],
		bar, "@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@@", BAR - bar, "");
}

void histogram_print(const struct histogram *h, FILE *out)
{
	unsigned int first = ARRAY_SIZE(h->counts), last = 0;
	uint64_t most = 0;

	for (unsigned int i = 0; i < ARRAY_SIZE(h->counts); i++) {
		if (!h->counts[i])
			continue;
		if (first > i)
			first = i;
		last = i;
		if (most < h->counts[i])
			most = h->counts[i];
	}
	for (unsigned int i = first; i <= last; i++)
		print_line(h, i, most, out);
}
