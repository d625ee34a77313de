/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Socket addresses, vectors of buffers and messages, as strace prints them.
 */
#ifndef UTRACE_TOOL_MESSAGE_H
#define UTRACE_TOOL_MESSAGE_H

#include <stdbool.h>

#include "record.h"
#include "text.h"

/** print_quoted_piece() - a string, with dots if it is truncated */
void print_quoted_piece(struct text *text, const struct piece *piece);

/** print_sockaddr() - Return: false if it is too short to be one */
bool print_sockaddr(struct text *text, const unsigned char *bytes, size_t len);

/**
 * print_iovec() - the array, and what its elements point to
 * @array: The array itself.
 * @out: What they point to is of the call's return.
 */
bool print_iovec(struct text *text, const struct record *record, const struct piece *array,
		 bool out);

/** print_msghdr() - a message; @piece: its struct msghdr */
bool print_msghdr(struct text *text, const struct record *record, const struct piece *piece);

#endif
