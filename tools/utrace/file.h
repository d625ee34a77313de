/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Trace files: written as a stream, read as a whole.
 */
#ifndef UTRACE_TOOL_FILE_H
#define UTRACE_TOOL_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "merge.h"
#include "pack.h"
#include "syscalls.h"

/** struct trace_writer - a trace file that is being written */
struct trace_writer {
	int fd;
	const char *path;
	/** @bytes: Written so far. */
	uint64_t bytes;

	/* Its own: */
	struct packer packer;
};

/*
 * All of these complain and return false if they cannot. After the first
 * failure nothing more is to be written.
 */
/**
 * writer_open() - create the file
 * @path: "-" is standard output, but no terminal.
 * @level: Compress so hard; 0: not at all.
 */
bool writer_open(struct trace_writer *writer, const char *path, int level);
/** writer_begin() - the header, the layout of the records, the system calls */
bool writer_begin(struct trace_writer *writer, uint32_t nr_cpus);
/** writer_fds() - what fds_text() has of the tasks at the beginning */
bool writer_fds(struct trace_writer *writer, const char *text, size_t bytes);
/**
 * writer_data() - whole records of one ring
 * @may_pack: There is time to compress them, if that is wanted at all.
 */
bool writer_data(struct trace_writer *writer, uint32_t cpu, const void *data, size_t bytes,
		 bool may_pack);
/** writer_end() - what makes it complete */
bool writer_end(struct trace_writer *writer, const struct utrace_record_status *status);

/** writer_abandon() - after a failure, if there is something else to do */
void writer_abandon(struct trace_writer *writer);

/**
 * struct trace_file - a trace file in memory
 * @head: Its header.
 * @chunks: The DATA and ZSTD chunks, in the order of the file.
 * @calls: Text of the CALLS chunk; NULL if there is none.
 * @status: Contents of the END chunk, if @has_end.
 * @cut_at: Where the file ends too early; 0 if it does not.
 * @damaged_at: Where it first does not make sense; 0 if it does.
 */
struct trace_file {
	const unsigned char *bytes;
	size_t size;
	struct utrace_record_file head;
	struct trace_chunk *chunks;
	size_t nr_chunks, chunks_room;
	const char *calls;
	size_t calls_bytes;
	/** @fds: Text of the FDS chunk, or NULL. */
	const char *fds;
	size_t fds_bytes;
	bool has_end;
	struct utrace_record_status status;
	size_t cut_at, damaged_at;
	/** @with_stacks: To be set: trace_file_next() gives also STACK records, and MAP events. */
	bool with_stacks;

	/* Its own: */
	bool is_mapped;
	struct trace_source *sources;
	struct merge merge;
	const struct record *given;
};

/**
 * trace_file_open() - read the file; "-" is standard input
 *
 * Return: false, after complaining, if there is nothing to read in it. That it
 * is cut or damaged is no reason not to read what is there.
 */
bool trace_file_open(struct trace_file *file, const char *path);

/**
 * trace_file_parse() - the same for bytes in memory
 * @bytes: From malloc(); trace_file_close() frees them.
 *
 * Return: NULL, or what is wrong with it.
 */
const char *trace_file_parse(struct trace_file *file, const void *bytes, size_t size);

/**
 * trace_file_rewind() - make trace_file_next() begin with the first record
 *
 * Return: false without memory.
 */
bool trace_file_rewind(struct trace_file *file);

/** trace_file_next() - the next record of all rings by time, or NULL */
const struct record *trace_file_next(struct trace_file *file);

/**
 * trace_file_syscalls() - how its calls are named
 * @file: If it does not say, or is NULL, our own are a good guess.
 *
 * Return: for syscalls_free(); NULL without memory.
 */
struct syscalls *trace_file_syscalls(const struct trace_file *file);

/**
 * trace_file_verdict() - after the last record: was that all there is to read?
 *
 * Return: the exit code, after complaining if it is cut or damaged.
 */
int trace_file_verdict(const struct trace_file *file, const char *path);

void trace_file_close(struct trace_file *file);

#endif
