// SPDX-License-Identifier: GPL-2.0
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "summary.h"
#include "utrace.h"

#define DASHES	"----------------"

/* ---- Counting ---- */

static struct summary_call *find_call(struct summary *s, unsigned int abi, int64_t nr)
{
	struct summary_call **calls = s->abis[abi].calls, *call;
	size_t low = 0, high = s->abis[abi].nr;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (calls[middle]->nr == nr)
			return calls[middle];
		if (calls[middle]->nr < nr)
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
	call = calloc(1, sizeof(*call));
	if (!call)
		return NULL;
	*call = (struct summary_call){ .nr = nr, .min = UINT64_MAX };
	memmove(&calls[low + 1], &calls[low], (s->abis[abi].nr++ - low) * sizeof(*calls));
	return calls[low] = call;
}

/* Few kinds for each call: no need to be clever. */
static bool add_error(struct summary_call *call, int error)
{
	struct summary_error *kinds;

	call->errors++;
	for (size_t i = 0; i < call->nr_kinds; i++) {
		if (call->kinds[i].error == error) {
			call->kinds[i].count++;
			return true;
		}
	}
	kinds = realloc(call->kinds, (call->nr_kinds + 1) * sizeof(*kinds));
	if (!kinds)
		return false;
	kinds[call->nr_kinds++] = (struct summary_error){ error, 1 };
	call->kinds = kinds;
	return true;
}

bool summary_add(struct summary *s, const struct record *r)
{
	struct summary_call *call;
	int error;

	if (r->type != UTRACE_RECORD_CALL || r->unfinished)
		return true;
	call = find_call(s, r->compat ? UTRACE_RECORD_ABI_COMPAT : UTRACE_RECORD_ABI_NATIVE, r->nr);
	if (!call)
		return false;
	call->calls++;
	call->nanoseconds += r->duration;
	if (call->min > r->duration)
		call->min = r->duration;
	if (call->max < r->duration)
		call->max = r->duration;
	histogram_add(&call->histogram, r->duration);
	error = record_error(r);
	return !error || add_error(call, error);
}

/* ---- Sorting ---- */

static const struct {
	const char *name;
	enum summary_sort sort;
} sorts[] = {
	{ "time", SUMMARY_BY_TIME }, { "time-total", SUMMARY_BY_TIME },
	{ "total-time", SUMMARY_BY_TIME }, { "time-percent", SUMMARY_BY_TIME },
	{ "calls", SUMMARY_BY_CALLS }, { "count", SUMMARY_BY_CALLS },
	{ "errors", SUMMARY_BY_ERRORS }, { "error", SUMMARY_BY_ERRORS },
	{ "avg-time", SUMMARY_BY_AVG }, { "time-avg", SUMMARY_BY_AVG },
	{ "min-time", SUMMARY_BY_MIN }, { "time-min", SUMMARY_BY_MIN },
	{ "max-time", SUMMARY_BY_MAX }, { "time-max", SUMMARY_BY_MAX },
	{ "name", SUMMARY_BY_NAME }, { "syscall", SUMMARY_BY_NAME },
};

bool summary_sort(const char *name, enum summary_sort *sort)
{
	for (size_t i = 0; i < ARRAY_SIZE(sorts); i++) {
		if (!strcmp(sorts[i].name, name)) {
			*sort = sorts[i].sort;
			return true;
		}
	}
	return false;
}

static uint64_t average(const struct summary_call *c)
{
	return c->calls ? c->nanoseconds / c->calls : 0;
}

static uint64_t sort_key(const struct summary_call *c, enum summary_sort sort)
{
	switch (sort) {
	case SUMMARY_BY_CALLS: return c->calls;
	case SUMMARY_BY_ERRORS: return c->errors;
	case SUMMARY_BY_AVG: return average(c);
	case SUMMARY_BY_MIN: return c->min;
	case SUMMARY_BY_MAX: return c->max;
	default: return c->nanoseconds;
	}
}

struct order {
	enum summary_sort sort;
	const struct syscalls *syscalls;
	bool compat;
};

static int by_order(const void *a, const void *b, void *data)
{
	const struct summary_call *x = *(struct summary_call *const *)a;
	const struct summary_call *y = *(struct summary_call *const *)b;
	const struct order *order = data;
	uint64_t key = sort_key(x, order->sort), other = sort_key(y, order->sort);

	if (order->sort == SUMMARY_BY_NAME) {
		const struct syscall *s = syscalls_find(order->syscalls, order->compat, x->nr);
		const struct syscall *t = syscalls_find(order->syscalls, order->compat, y->nr);
		int n = strcmp(s ? s->name : "~", t ? t->name : "~");

		if (n)
			return n;
	} else if (key != other) {
		return key < other ? 1 : -1;
	}
	if (x->calls != y->calls)
		return x->calls < y->calls ? 1 : -1;
	return x->nr < y->nr ? -1 : x->nr > y->nr;
}

/* ---- Printing ---- */

static void print_row(FILE *out, const struct summary_format *format, double percent,
		      const struct summary_call *c, const char *name)
{
	char errors[24] = "";

	if (c->errors)
		snprintf(errors, sizeof(errors), "%" PRIu64, c->errors);
	fprintf(out, "%6.2f %11.6f ", percent, (double)c->nanoseconds / 1e9);
	if (format->extremes)
		fprintf(out, "%11.3f %11.3f %11.3f", (double)average(c) / 1e3,
			c->calls ? (double)c->min / 1e3 : 0, (double)c->max / 1e3);
	else
		fprintf(out, "%11" PRIu64, average(c) / 1000);
	fprintf(out, " %9" PRIu64 " %9s %s\n", c->calls, errors, name);
}

static void print_heading(FILE *out, const struct summary_format *format)
{
	fprintf(out, "%6s %11s %11s ", "% time", "seconds", "usecs/call");
	if (format->extremes)
		fprintf(out, "%11s %11s ", "min", "max");
	fprintf(out, "%9s %9s %s\n", "calls", "errors", "syscall");
}

static void print_line(FILE *out, const struct summary_format *format)
{
	fprintf(out, "%.6s %.11s %.11s ", DASHES, DASHES, DASHES);
	if (format->extremes)
		fprintf(out, "%.11s %.11s ", DASHES, DASHES);
	fprintf(out, "%.9s %.9s %s\n", DASHES, DASHES, DASHES);
}

static int most_first(const void *a, const void *b)
{
	const struct summary_error *x = a, *y = b;

	if (x->count != y->count)
		return x->count < y->count ? 1 : -1;
	return x->error - y->error;
}

/* Under "errors", which is where the numbers add up. */
static void print_kinds(FILE *out, const struct summary_format *format, struct summary_call *c)
{
	struct text name = {};

	if (c->nr_kinds)
		qsort(c->kinds, c->nr_kinds, sizeof(*c->kinds), most_first);
	for (size_t i = 0; i < c->nr_kinds; i++) {
		name.len = 0;
		print_errno_name(&name, c->kinds[i].error);
		fprintf(out, "%*s %9" PRIu64 "   %.*s\n", format->extremes ? 64 : 40, "",
			c->kinds[i].count, (int)name.len, name.s);
	}
	text_free(&name);
}

static const char *name_of(struct text *name, const struct syscalls *syscalls, unsigned int abi,
			   const struct summary_call *c)
{
	name->len = 0;
	print_call_name(name, syscalls, abi == UTRACE_RECORD_ABI_COMPAT, c->nr);
	text_add(name, "%c", '\0');
	return name->s;
}

static void print_abi(struct summary *s, unsigned int abi, const struct syscalls *syscalls,
		      const struct summary_format *format, FILE *out)
{
	struct order order = { format->sort, syscalls, abi == UTRACE_RECORD_ABI_COMPAT };
	struct summary_call **calls = s->abis[abi].calls, total = { .min = UINT64_MAX };
	size_t nr = s->abis[abi].nr;
	struct text name = {};

	if (nr)
		qsort_r(calls, nr, sizeof(*calls), by_order, &order);
	for (size_t i = 0; i < nr; i++) {
		total.calls += calls[i]->calls;
		total.errors += calls[i]->errors;
		total.nanoseconds += calls[i]->nanoseconds;
		if (total.min > calls[i]->min)
			total.min = calls[i]->min;
		if (total.max < calls[i]->max)
			total.max = calls[i]->max;
	}
	print_heading(out, format);
	print_line(out, format);
	for (size_t i = 0; i < nr; i++) {
		print_row(out, format, total.nanoseconds ? 100.0 * (double)calls[i]->nanoseconds /
			  (double)total.nanoseconds : 0.0, calls[i],
			  name_of(&name, syscalls, abi, calls[i]));
		if (format->kinds)
			print_kinds(out, format, calls[i]);
	}
	print_line(out, format);
	print_row(out, format, 100.0, &total, "total");
	for (size_t i = 0; format->histogram && i < nr; i++) {
		fprintf(out, "\n%s, nanoseconds:\n", name_of(&name, syscalls, abi, calls[i]));
		histogram_print(&calls[i]->histogram, out);
	}
	text_free(&name);
}

void summary_print(struct summary *s, const struct syscalls *syscalls,
		   const struct summary_format *format, FILE *out)
{
	print_abi(s, UTRACE_RECORD_ABI_NATIVE, syscalls, format, out);
	if (s->abis[UTRACE_RECORD_ABI_COMPAT].nr) {
		fprintf(out, "System call usage summary for 32 bit mode:\n");
		print_abi(s, UTRACE_RECORD_ABI_COMPAT, syscalls, format, out);
	}
}

void summary_free(struct summary *s)
{
	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++) {
		for (size_t i = 0; i < s->abis[abi].nr; i++) {
			free(s->abis[abi].calls[i]->kinds);
			free(s->abis[abi].calls[i]);
		}
		free(s->abis[abi].calls);
	}
	*s = (struct summary){};
}
