// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>

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

const struct record *merge_first(const struct merge *m)
{
	return m->nr ? &m->heap[0]->next : NULL;
}

void merge_take(struct merge *m)
{
	if (!read_ahead(m->heap[0]))
		m->heap[0] = m->heap[--m->nr];
	sift_down(m, 0);
}

void merge_free(struct merge *m)
{
	free(m->heap);
	*m = (struct merge){};
}
