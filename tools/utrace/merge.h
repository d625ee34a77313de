/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The records of several rings in the order of their time; large buffers, which
 * are records of their own, together with their calls.
 */
#ifndef UTRACE_TOOL_MERGE_H
#define UTRACE_TOOL_MERGE_H

#include "record.h"

/**
 * struct merge_source - one ring, wherever its bytes are
 * @stream: Where it is.
 * @more: Give @stream its next stretch; false: there is none now.
 * @damaged: The rest of a stretch had to be given up.
 * @cpu: Number of the ring; of two records of one time, the lower is first.
 * @next: The record that waits for its turn.
 * @waiting: There is one.
 */
struct merge_source {
	struct record_stream stream;
	bool (*more)(struct merge_source *source);
	void (*damaged)(struct merge_source *source);
	unsigned int cpu;
	struct record next;
	bool waiting;
};

/**
 * struct merge - the sources that have a record waiting, as a heap
 * @larges: By thread: buffers whose call is still to come, the last one first.
 */
struct merge {
	struct merge_source **heap;
	size_t nr, room;
	struct merge_larges {
		uint32_t tid;
		struct record_large *first;
	} *larges;
	size_t nr_larges, larges_room;
};

/**
 * merge_add() - let the records of @source take part
 *
 * A source leaves when it has no more; add it again when it has. One that is
 * there stays.
 *
 * Return: false without memory.
 */
bool merge_add(struct merge *merge, struct merge_source *source);

/** merge_first() - the oldest record, or NULL; valid until merge_take() */
const struct record *merge_first(struct merge *merge);

/** merge_take() - be done with the oldest record */
void merge_take(struct merge *merge);

void merge_free(struct merge *merge);

#endif
