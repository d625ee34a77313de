/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What file a descriptor is of (-y): known from /proc when tracing begins, and
 * followed from then on by what the records say.
 *
 * Paths are those that the program opened, made absolute: a symbolic link is
 * not resolved, a file that is renamed keeps its name. Descriptors that come by
 * other ways (pipe(), SCM_RIGHTS, a table shared without being a thread) have
 * no path, unless the task is there to be asked. Where records were lost, all
 * that was known is forgotten.
 */
#ifndef UTRACE_TOOL_FDS_H
#define UTRACE_TOOL_FDS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "record.h"
#include "syscalls.h"
#include "text.h"

struct fds;

/**
 * fds_new() - nothing is known yet
 * @live: The tasks are there: ask /proc for a descriptor that is not known.
 *
 * Return: NULL, after complaining, without memory.
 */
struct fds *fds_new(const struct syscalls *syscalls, bool live);

/** fds_take_text() - what fds_text() wrote; what is not understood is left out */
void fds_take_text(struct fds *fds, const char *text, size_t bytes);

/** fds_apply() - what a record changes; in the order of the records */
void fds_apply(struct fds *fds, const struct record *record);

/** fds_print() - "</its/path>" of a descriptor, or of AT_FDCWD, of a thread; or nothing */
void fds_print(struct fds *fds, struct text *text, const struct record *record, int fd);

void fds_free(struct fds *fds);

/**
 * fds_text() - descriptors that processes have now, as lines "TGID FD FLAG PATH"
 * @bytes: Out: its length.
 *
 * FD is "cwd" for the working directory; FLAG "x" if it is closed by exec, or "-". A path with a line feed is left out.
 *
 * Return: to be freed; NULL without memory.
 */
char *fds_text(const pid_t *pids, size_t nr, size_t *bytes);

#endif
