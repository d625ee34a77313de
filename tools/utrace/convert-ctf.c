// SPDX-License-Identifier: GPL-2.0
/*
 * CTF 1.8, written by babeltrace's own sink.ctf.fs: we are the source component
 * before it. One stream for each ring; one event for each call, at its return.
 *
 * Only the beginning of a packet tells how many events were discarded before
 * its end. Where records are missing, a packet ends, and one with a single
 * event follows: so much is known of where.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ctf-classes.h"
#include "utrace.h"

#define EVENTS_PER_PACKET	4096

/**
 * struct ctf_stream - one ring
 * @time: Of the last message: no message may be older, whatever a file says.
 * @events: So many in @packet, of @limit.
 */
struct ctf_stream {
	bt_stream *stream;
	bt_packet *packet;
	uint64_t time;
	unsigned int events, limit;
};

/**
 * struct ctf_source - what the component and its iterator have
 * @pending: Messages that there was no room for yet: what a record takes at
 *	most, the beginning of a stream and the change of a packet included.
 */
struct ctf_source {
	const struct conversion *conversion;
	struct ctf_classes classes;
	struct ctf_stream *streams;
	const bt_message *pending[8];
	unsigned int first, last;
	uint64_t lost;
	uint32_t ending;
	bool failed, at_end;
};

/* ---- Messages ---- */

static void add(struct ctf_source *s, const bt_message *message)
{
	if (!message)
		s->failed = true;
	else
		s->pending[s->last++] = message;
}

static void begin_stream(struct ctf_source *s, bt_self_message_iterator *self,
			 struct ctf_stream *stream, unsigned int cpu)
{
	char name[24];

	stream->stream = bt_stream_create_with_id(s->classes.stream, s->classes.trace, cpu);
	/* Also the name of its file. */
	snprintf(name, sizeof(name), "cpu%u", cpu);
	if (!stream->stream || bt_stream_set_name(stream->stream, name)) {
		s->failed = true;
		return;
	}
	stream->limit = EVENTS_PER_PACKET;
	add(s, bt_message_stream_beginning_create(self, stream->stream));
}

static void begin_packet(struct ctf_source *s, bt_self_message_iterator *self,
			 struct ctf_stream *stream, unsigned int cpu)
{
	stream->packet = bt_packet_create(stream->stream);
	if (!stream->packet) {
		s->failed = true;
		return;
	}
	ctf_fill_packet(stream->packet, cpu);
	stream->events = 0;
	add(s, bt_message_packet_beginning_create_with_default_clock_snapshot(self, stream->packet,
									      stream->time));
}

static void end_packet(struct ctf_source *s, bt_self_message_iterator *self,
		       struct ctf_stream *stream)
{
	if (!stream->packet)
		return;
	add(s, bt_message_packet_end_create_with_default_clock_snapshot(self, stream->packet,
									stream->time));
	bt_packet_put_ref(stream->packet);
	stream->packet = NULL;
	stream->limit = EVENTS_PER_PACKET;
}

static void add_lost(struct ctf_source *s, bt_self_message_iterator *self,
		     struct ctf_stream *stream, uint64_t count)
{
	bt_message *message;

	end_packet(s, self, stream);
	message = bt_message_discarded_events_create(self, stream->stream);
	/* Babeltrace does not take none for a number. */
	if (message && count)
		bt_message_discarded_events_set_count(message, count);
	add(s, message);
	stream->limit = 1;
	s->lost += count;
}

static void add_event(struct ctf_source *s, bt_self_message_iterator *self,
		      struct ctf_stream *stream, const struct record *r)
{
	const bt_event_class *class;
	bt_message *message = NULL;

	/* Seconds since 1970 have to fit, too. */
	if (r->time > stream->time && r->time < INT64_MAX / 2)
		stream->time = r->time;
	if (stream->packet && stream->events == stream->limit)
		end_packet(s, self, stream);
	if (!stream->packet)
		begin_packet(s, self, stream, r->cpu);
	class = s->failed ? NULL : ctf_event_class(&s->classes, r);
	if (class)
		message = bt_message_event_create_with_packet_and_default_clock_snapshot(
			self, class, stream->packet, stream->time);
	if (message && !ctf_fill_event(&s->classes, bt_message_event_borrow_event(message), r))
		s->failed = true;
	add(s, message);
	stream->events++;
}

static void add_ends(struct ctf_source *s, bt_self_message_iterator *self)
{
	struct ctf_stream *stream = &s->streams[s->ending++];

	if (!stream->stream)
		return;
	/* What was lost last is counted by a packet, if only by an empty one. */
	if (stream->limit == 1 && !stream->packet)
		begin_packet(s, self, stream, s->ending - 1);
	end_packet(s, self, stream);
	add(s, bt_message_stream_end_create(self, stream->stream));
}

static void add_record(struct ctf_source *s, bt_self_message_iterator *self,
		       const struct record *r)
{
	struct ctf_stream *stream = &s->streams[r->cpu];

	if (!stacks_take(s->classes.stacks, r))
		s->failed = true;
	if (s->failed || !convert_has_line(r))
		return;
	if (!stream->stream)
		begin_stream(s, self, stream, r->cpu);
	if (s->failed)
		return;
	if (r->type == UTRACE_RECORD_LOST)
		add_lost(s, self, stream, r->value);
	else
		add_event(s, self, stream, r);
}

static void add_next(struct ctf_source *s, bt_self_message_iterator *self)
{
	const struct record *r;

	s->first = s->last = 0;
	while (s->first == s->last && !s->failed && !s->at_end) {
		r = trace_file_next(s->conversion->file);
		if (r)
			add_record(s, self, r);
		else
			s->at_end = true;
	}
	while (s->first == s->last && !s->failed && s->ending < s->conversion->file->head.nr_cpus)
		add_ends(s, self);
}

static bt_message_iterator_class_next_method_status
next(bt_self_message_iterator *self, bt_message_array_const messages, uint64_t capacity,
     uint64_t *count)
{
	struct ctf_source *s = bt_self_component_get_data(
		bt_self_message_iterator_borrow_component(self));

	for (*count = 0; *count < capacity; messages[(*count)++] = s->pending[s->first++]) {
		if (s->first == s->last)
			add_next(s, self);
		if (s->failed)
			break;
		if (s->first == s->last)
			return *count ? BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK :
					BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_END;
	}
	if (!s->failed)
		return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_OK;
	while (*count)
		bt_message_put_ref(messages[--*count]);
	while (s->first < s->last)
		bt_message_put_ref(s->pending[s->first++]);
	return BT_MESSAGE_ITERATOR_CLASS_NEXT_METHOD_STATUS_MEMORY_ERROR;
}

/* ---- The graph ---- */

static bt_component_class_initialize_method_status
initialize(bt_self_component_source *source, bt_self_component_source_configuration *configuration,
	   const bt_value *params, void *data)
{
	bt_self_component *self = bt_self_component_source_as_self_component(source);
	struct ctf_source *s = data;

	(void)configuration;
	(void)params;
	bt_self_component_set_data(self, s);
	if (ctf_classes_init(&s->classes, s->conversion, self) &&
	    !bt_self_component_source_add_output_port(source, "out", NULL, NULL))
		return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_OK;
	return BT_COMPONENT_CLASS_INITIALIZE_METHOD_STATUS_MEMORY_ERROR;
}

static void finalize(bt_self_component_source *source)
{
	struct ctf_source *s = bt_self_component_get_data(
		bt_self_component_source_as_self_component(source));

	for (uint32_t cpu = 0; cpu < s->conversion->file->head.nr_cpus; cpu++) {
		bt_packet_put_ref(s->streams[cpu].packet);
		bt_stream_put_ref(s->streams[cpu].stream);
	}
	ctf_classes_free(&s->classes);
}

static bt_component_class_source *new_source_class(void)
{
	bt_message_iterator_class *iterator = bt_message_iterator_class_create(next);
	bt_component_class_source *class = iterator ?
		bt_component_class_source_create("utrace", iterator) : NULL;

	bt_message_iterator_class_put_ref(iterator);
	if (class) {
		bt_component_class_source_set_initialize_method(class, initialize);
		bt_component_class_source_set_finalize_method(class, finalize);
	}
	return class;
}

static bt_value *new_sink_params(const char *path)
{
	bt_value *params = bt_value_map_create();

	if (params && !bt_value_map_insert_string_entry(params, "path", path) &&
	    !bt_value_map_insert_bool_entry(params, "assume-single-trace", BT_TRUE) &&
	    !bt_value_map_insert_bool_entry(params, "quiet", BT_TRUE))
		return params;
	bt_value_put_ref(params);
	return NULL;
}

/* Component by component, @graph has references of its own. */
static bool build_and_run(bt_graph *graph, const bt_component_class_source *source_class,
			  const bt_component_class_sink *sink_class, const bt_value *params,
			  struct ctf_source *s)
{
	const bt_component_source *source;
	const bt_component_sink *sink;

	return !bt_graph_add_source_component_with_initialize_method_data(
			graph, source_class, "records", NULL, s, BT_LOGGING_LEVEL_NONE, &source) &&
	       !bt_graph_add_sink_component(graph, sink_class, "ctf", params,
					    BT_LOGGING_LEVEL_NONE, &sink) &&
	       !bt_graph_connect_ports(graph,
			bt_component_source_borrow_output_port_by_index_const(source, 0),
			bt_component_sink_borrow_input_port_by_index_const(sink, 0), NULL) &&
	       !bt_graph_run(graph);
}

/* The first cause is where it began: it says the most. */
static void complain_of_babeltrace(const char *path)
{
	const bt_error *error = bt_current_thread_take_error();

	if (error && bt_error_get_cause_count(error))
		complain("%s: babeltrace: %s", path, bt_error_cause_get_message(
			bt_error_borrow_cause_by_index(error, 0)));
	else
		complain("%s: babeltrace: it failed", path);
	if (error)
		bt_error_release(error);
}

static bool run(struct ctf_source *s, const bt_plugin *plugin)
{
	const bt_component_class_sink *sink_class =
		bt_plugin_borrow_sink_component_class_by_name_const(plugin, "fs");
	bt_component_class_source *source_class = new_source_class();
	bt_value *params = new_sink_params(s->conversion->path);
	bt_graph *graph = bt_graph_create(0);
	bool ok = sink_class && source_class && params && graph &&
		  build_and_run(graph, source_class, sink_class, params, s);

	if (!ok)
		complain_of_babeltrace(s->conversion->path);
	bt_graph_put_ref(graph);
	bt_value_put_ref(params);
	bt_component_class_source_put_ref(source_class);
	return ok;
}

bool convert_ctf(struct conversion *c)
{
	struct ctf_source source = { .conversion = c };
	const bt_plugin *plugin = NULL;
	bool ok = false;

	/* As for any of our files: what a task opened and read is its owner's. */
	umask(077);
	if (!access(c->path, F_OK)) {
		complain("%s: %s", c->path, strerror(EEXIST));
		return false;
	}
	c->file->with_stacks = true;
	source.streams = calloc(c->file->head.nr_cpus ?: 1, sizeof(*source.streams));
	if (!source.streams)
		complain("out of memory");
	else if (bt_plugin_find("ctf", BT_TRUE, BT_FALSE, BT_TRUE, BT_FALSE, BT_TRUE, &plugin))
		complain("babeltrace has no plugin 'ctf': install libbabeltrace2-0");
	else
		ok = run(&source, plugin);
	if (ok && c->file->has_end && c->file->status.lost > source.lost)
		complain("%llu records were lost at the end, it is not known from which stream",
			 (unsigned long long)(c->file->status.lost - source.lost));
	bt_plugin_put_ref(plugin);
	free(source.streams);
	return ok;
}
