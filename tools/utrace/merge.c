// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "merge.h"

static bool read_ahead(struct merge_source *s)
{
	for (;;) {
		switch (record_next(&s->stream, &s->next)) {
		case RECORD_FOUND:
			s->next.cpu = s->cpu;
			return s->waiting = true;
		case RECORD_DAMAGED:
			s->damaged(s);
			break;
		case RECORD_NONE:
			if (!s->more(s))
				return s->waiting = false;
			break;
		}
	}
}

static bool is_before(const struct merge_source *a, const struct merge_source *b)
{
	return a->next.time < b->next.time || (a->next.time == b->next.time && a->cpu < b->cpu);
}

static void swap(struct merge *m, size_t i, size_t j)
{
	struct merge_source *s = m->heap[i];

	m->heap[i] = m->heap[j];
	m->heap[j] = s;
}

static void sift_down(struct merge *m, size_t i)
{
	for (;;) {
		size_t least = i, child = 2 * i + 1;

		for (size_t c = child; c < child + 2 && c < m->nr; c++)
			if (is_before(m->heap[c], m->heap[least]))
				least = c;
		if (least == i)
			return;
		swap(m, i, least);
		i = least;
	}
}

static void sift_up(struct merge *m, size_t i)
{
	while (i && is_before(m->heap[i], m->heap[(i - 1) / 2])) {
		swap(m, i, (i - 1) / 2);
		i = (i - 1) / 2;
	}
}

bool merge_add(struct merge *m, struct merge_source *s)
{
	if (s->waiting)
		return true;
	if (m->nr == m->room) {
		size_t room = m->room ? 2 * m->room : 16;
		struct merge_source **heap = realloc(m->heap, room * sizeof(*heap));

		if (!heap)
			return false;
		m->heap = heap;
		m->room = room;
	}
	if (read_ahead(s)) {
		m->heap[m->nr] = s;
		sift_up(m, m->nr++);
	}
	return true;
}

/* ---- Large buffers ---- */

static struct merge_larges *larges_of(struct merge *m, uint32_t tid)
{
	for (size_t i = 0; i < m->nr_larges; i++)
		if (m->larges[i].tid == tid)
			return &m->larges[i];
	return NULL;
}

/* Without memory for it, it is as if it was lost. */
static void keep_large(struct merge *m, const struct record *r)
{
	struct record_large *large = malloc(sizeof(*large) + r->data_bytes);
	struct merge_larges *of = larges_of(m, r->tid);

	if (!of && m->nr_larges == m->larges_room) {
		size_t room = m->larges_room ? 2 * m->larges_room : 16;
		struct merge_larges *more = realloc(m->larges, room * sizeof(*more));

		if (more) {
			m->larges = more;
			m->larges_room = room;
		}
	}
	if (!large || (!of && m->nr_larges == m->larges_room)) {
		free(large);
		return;
	}
	if (!of) {
		of = &m->larges[m->nr_larges++];
		*of = (struct merge_larges){ .tid = r->tid };
	}
	large->next = of->first;
	large->cookie = r->value;
	large->len = r->data_bytes;
	memcpy(large->bytes, r->data, r->data_bytes);
	of->first = large;
}

static void free_larges(struct merge *m, struct merge_larges *of)
{
	while (of->first) {
		struct record_large *large = of->first;

		of->first = large->next;
		free(large);
	}
	*of = m->larges[--m->nr_larges];
}

/* A call that is over, or a thread that is. */
static bool ends_call(const struct record *r)
{
	return (r->type == UTRACE_RECORD_CALL && !r->in_progress) ||
	       (r->type == UTRACE_RECORD_EVENT && r->kind == UTRACE_RECORD_EVENT_EXIT);
}

static void drop_first(struct merge *m)
{
	if (!read_ahead(m->heap[0]))
		m->heap[0] = m->heap[--m->nr];
	sift_down(m, 0);
}

const struct record *merge_first(struct merge *m)
{
	const struct merge_larges *of;
	struct record *r;

	while (m->nr && m->heap[0]->next.type == UTRACE_RECORD_LARGE) {
		keep_large(m, &m->heap[0]->next);
		drop_first(m);
	}
	if (!m->nr)
		return NULL;
	r = &m->heap[0]->next;
	of = r->type == UTRACE_RECORD_CALL ? larges_of(m, r->tid) : NULL;
	r->larges = of ? of->first : NULL;
	return r;
}

void merge_take(struct merge *m)
{
	const struct record *r = &m->heap[0]->next;
	struct merge_larges *of = ends_call(r) ? larges_of(m, r->tid) : NULL;

	if (of)
		free_larges(m, of);
	drop_first(m);
}

void merge_free(struct merge *m)
{
	while (m->nr_larges)
		free_larges(m, m->larges);
	free(m->larges);
	free(m->heap);
	*m = (struct merge){};
}
