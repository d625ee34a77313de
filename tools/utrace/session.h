/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A session of the recorder: its device and the rings mapped from it.
 *
 * Whatever ends this process, the kernel closes the session and lets every
 * task go.
 */
#ifndef UTRACE_TOOL_SESSION_H
#define UTRACE_TOOL_SESSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include <linux/utrace_record.h>

#include "filter.h"

/**
 * struct session_ring - the ring of one CPU, as seen by its only reader
 * @page: The kernel writes it.
 * @tail: How far we have consumed.
 */
struct session_ring {
	const struct utrace_record_ring *page;
	const unsigned char *data;
	uint64_t data_bytes;
	uint64_t tail;
};

struct session {
	int fd;
	uint32_t nr_cpus;
	size_t map_bytes, ring_bytes;
	struct session_ring *rings;
};

struct session_options {
	uint32_t ring_bytes, max_data;
	/** @watermark, @block_timeout_ms: As in struct utrace_record_setup. */
	uint32_t watermark, block_timeout_ms;
	enum utrace_record_policy policy;
	/** @stack_depth: Addresses of a user call chain; 0: record none. */
	uint32_t stack_depth;
	/** @filter: Which calls to record; NULL: all. */
	const struct filter *filter;
};

#define SESSION_DEFAULT_RING_BYTES	(4u << 20)
/* Of a path: as long as any. */
#define SESSION_MAX_STRING		4096u
#define SESSION_DEFAULT_MAX_DATA	32u
#define SESSION_MAX_DATA		16384u
/* As perf has it. */
#define SESSION_DEFAULT_DEPTH		127u

/**
 * enum session_answer - did the session do all that it was asked for?
 * @SESSION_AGAIN: Not before there is room: consume, then ask for the rest.
 */
enum session_answer { SESSION_DONE, SESSION_AGAIN, SESSION_FAILED };

/* These complain and return false, or SESSION_FAILED, if they cannot. */
bool session_open(struct session *session, const struct session_options *options);

/**
 * session_attach() - a task, or its process
 * @flags: UTRACE_RECORD_FOLLOW, UTRACE_RECORD_PROCESS
 *
 * Return: SESSION_AGAIN: the process execs, which may wait for threads that wait
 * for the reader.
 */
enum session_answer session_attach(struct session *session, pid_t pid, uint32_t flags);
bool session_status(struct session *session, struct utrace_record_status *status);
/** session_consume() - give all before @tail back; nothing to do if it is there */
bool session_consume(struct session *session, uint32_t cpu, uint64_t tail);

/** session_in_flight() - have the calls written that tasks are in */
enum session_answer session_in_flight(struct session *session);

/** session_head() - the end of what can be read; read it after this */
uint64_t session_head(const struct session_ring *ring);

/**
 * session_stretch() - records that lie in one piece
 * @from: Where to begin.
 * @to: Not beyond this.
 * @bytes: Out: how many there are from @from on, up to @to or the ring's end.
 */
const unsigned char *session_stretch(const struct session_ring *ring, uint64_t from,
				     uint64_t to, size_t *bytes);

/**
 * session_snapshot() - what an overwritten ring has now
 * @copy: Room for data_bytes of the ring.
 * @bytes: Out: how many there are.
 *
 * Return: where they begin in @copy.
 */
const unsigned char *session_snapshot(const struct session_ring *ring, unsigned char *copy,
				      size_t *bytes);

void session_close(struct session *session);

#endif
