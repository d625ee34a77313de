// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "summary.h"

static struct summary_call *find_call(struct summary *s, unsigned int abi, int64_t nr)
{
	struct summary_call *calls = s->abis[abi].calls;
	size_t low = 0, high = s->abis[abi].nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (calls[middle].nr == nr)
			return &calls[middle];
		if (calls[middle].nr < nr)
			low = middle + 1;
		else
			high = middle;
	}
	if (s->abis[abi].nr == s->abis[abi].room) {
		size_t room = s->abis[abi].room ? 2 * s->abis[abi].room : 64;

		calls = realloc(calls, room * sizeof(*calls));
		if (!calls)
			return NULL;
		s->abis[abi].calls = calls;
		s->abis[abi].room = room;
	}
	memmove(&calls[low + 1], &calls[low], (s->abis[abi].nr++ - low) * sizeof(*calls));
	calls[low] = (struct summary_call){ .nr = nr };
	return &calls[low];
}

bool summary_add(struct summary *s, const struct record *r)
{
	struct summary_call *call;

	if (r->type != UTRACE_RECORD_CALL || r->unfinished)
		return true;
	call = find_call(s, r->compat ? UTRACE_RECORD_ABI_COMPAT : UTRACE_RECORD_ABI_NATIVE, r->nr);
	if (!call)
		return false;
	call->calls++;
	call->errors += record_error(r) != 0;
	call->nanoseconds += r->duration;
	return true;
}

static int longest_first(const void *a, const void *b)
{
	const struct summary_call *x = a, *y = b;

	if (x->nanoseconds != y->nanoseconds)
		return x->nanoseconds < y->nanoseconds ? 1 : -1;
	if (x->calls != y->calls)
		return x->calls < y->calls ? 1 : -1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

static void print_row(FILE *out, double percent, const struct summary_call *c, const char *name)
{
	char errors[24] = "";

	if (c->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, c->errors);
	fprintf(out, "%6.2f %11.6f %11" PRIu64 " %9" PRIu64 " %9s %s\n", percent,
		(double)c->nanoseconds / 1e9, c->calls ? c->nanoseconds / c->calls / 1000 : 0,
		c->calls, errors, name);
}

static void print_abi(struct summary *s, unsigned int abi, const struct syscalls *syscalls,
		      FILE *out)
{
	static const char line[] = "----------------";
	struct summary_call *calls = s->abis[abi].calls, total = {};
	size_t nr = s->abis[abi].nr;
	struct text name = {};

	if (nr)
		qsort(calls, nr, sizeof(*calls), longest_first);
	for (size_t i = 0; i < nr; i++) {
		total.calls += calls[i].calls;
		total.errors += calls[i].errors;
		total.nanoseconds += calls[i].nanoseconds;
	}
	fprintf(out, "%6s %11s %11s %9s %9s %s\n",
		"% time", "seconds", "usecs/call", "calls", "errors", "syscall");
	fprintf(out, "%.6s %.11s %.11s %.9s %.9s %s\n", line, line, line, line, line, line);
	for (size_t i = 0; i < nr; i++) {
		name.len = 0;
		print_call_name(&name, syscalls, abi == UTRACE_RECORD_ABI_COMPAT, calls[i].nr);
		text_add(&name, "%c", '\0');
		print_row(out, total.nanoseconds ? 100.0 * (double)calls[i].nanoseconds /
			  (double)total.nanoseconds : 0.0, &calls[i], name.s);
	}
	fprintf(out, "%.6s %.11s %.11s %.9s %.9s %s\n", line, line, line, line, line, line);
	print_row(out, 100.0, &total, "total");
	text_free(&name);
}

void summary_print(struct summary *s, const struct syscalls *syscalls, FILE *out)
{
	print_abi(s, UTRACE_RECORD_ABI_NATIVE, syscalls, out);
	if (s->abis[UTRACE_RECORD_ABI_COMPAT].nr) {
		fprintf(out, "System call usage summary for 32 bit mode:\n");
		print_abi(s, UTRACE_RECORD_ABI_COMPAT, syscalls, out);
	}
}

void summary_free(struct summary *s)
{
	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++)
		free(s->abis[abi].calls);
	*s = (struct summary){};
}
