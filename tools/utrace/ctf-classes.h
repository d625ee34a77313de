/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What there is in a CTF trace of ours: a stream for each ring, in it an event
 * class for each system call.
 */
#ifndef UTRACE_TOOL_CTF_CLASSES_H
#define UTRACE_TOOL_CTF_CLASSES_H

#include <babeltrace2/babeltrace.h>

#include "convert.h"
#include "stacks.h"

/**
 * struct ctf_classes - made as they are needed
 * @events: Event classes, by what is in them; a tree of <search.h>.
 * @stacks: Has been told of every record.
 */
struct ctf_classes {
	const struct syscalls *syscalls;
	bt_trace *trace;
	bt_stream_class *stream;
	void *events;
	struct stacks *stacks;
};

/** ctf_classes_init() - @self: the component that the trace is of. Return: false without memory. */
bool ctf_classes_init(struct ctf_classes *classes, const struct conversion *conversion,
		      bt_self_component *self);

/** ctf_event_class() - that of a CALL, EVENT or STACK record; NULL without memory */
const bt_event_class *ctf_event_class(struct ctf_classes *classes, const struct record *record);

/** ctf_fill_packet() - what the packets of this ring have in common */
void ctf_fill_packet(bt_packet *packet, unsigned int cpu);

/** ctf_fill_event() - @event: of the class of this record. Return: false without memory. */
bool ctf_fill_event(struct ctf_classes *classes, bt_event *event, const struct record *record);

void ctf_classes_free(struct ctf_classes *classes);

#endif
