/* SPDX-License-Identifier: GPL-2.0 */
/* Files of the kernel, read and written as a whole. */
#ifndef _SELFTESTS_FILE_H
#define _SELFTESTS_FILE_H

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static inline int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_TRUNC | O_CLOEXEC), ret = 0;
	size_t n = 0, len = strlen(text);
	ssize_t more;

	if (fd < 0)
		return -errno;
	/* Some take a word at a time. */
	for (; n < len && !ret; n += more) {
		more = write(fd, text + n, len - n);
		if (more <= 0)
			ret = more ? -errno : -EIO;
	}
	if (close(fd) && !ret)
		ret = -errno;
	return ret;
}

/* To be freed; "" if there is no such file. */
static inline char *read_file(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t size = 1 << 16, n = 0;
	char *text = malloc(size);
	ssize_t more;

	while (fd >= 0 && (more = read(fd, text + n, size - 1 - n)) > 0) {
		n += more;
		if (size - n < 4096)
			text = realloc(text, size *= 2);
	}
	text[n] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

static inline bool file_has(const char *path, const char *word)
{
	char *text = read_file(path);
	bool has = strstr(text, word);

	free(text);
	return has;
}

static inline void set_parameter(const char *module, const char *name, const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/module/%s/parameters/%s", module, name);
	if (write_file(path, value))
		abort();
}

#endif /* _SELFTESTS_FILE_H */
