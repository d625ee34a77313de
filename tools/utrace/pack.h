/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Records compressed by zstd, a frame for each chunk of a trace file: whoever
 * has the chunk can read it, whatever became of the rest of the file.
 */
#ifndef UTRACE_TOOL_PACK_H
#define UTRACE_TOOL_PACK_H

#include <stdbool.h>
#include <stddef.h>

#define PACK_MAX_LEVEL		19
/* Bytes on disk and instructions per call: see Documentation/utrace/record.rst. */
#define PACK_DEFAULT_LEVEL	1

/** struct packer - compresses; all zero: nothing is set up */
struct packer {
	struct ZSTD_CCtx_s *context;
	unsigned char *frame;
	size_t room;
};

/** pack_open() - @level: 1 to PACK_MAX_LEVEL. Return: false without memory. */
bool pack_open(struct packer *packer, int level);

/**
 * pack() - make one frame
 *
 * Return: its size, 0 without memory; it is in @packer->frame until the next.
 */
size_t pack(struct packer *packer, const void *data, size_t bytes);
void pack_close(struct packer *packer);

/** struct unpacker - what was in the frame read last; all zero: nothing yet */
struct unpacker {
	unsigned char *data;
	size_t bytes, room;
};

/**
 * unpack() - read the frame that @frame begins with
 * @bytes: From there to the end of the chunk.
 * @limit: A frame that says to hold more is not one of ours.
 *
 * Return: false if there is no whole frame, or no memory for what is in it.
 */
bool unpack(struct unpacker *unpacker, const void *frame, size_t bytes, size_t limit);
void unpack_free(struct unpacker *unpacker);

#endif
