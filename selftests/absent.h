/* SPDX-License-Identifier: GPL-2.0 */
/* A page that is not there, and comes when a test says so. After session.h. */
#ifndef _SELFTESTS_ABSENT_H
#define _SELFTESTS_ABSENT_H

#include <linux/userfaultfd.h>

#define ABSENT_BYTES	4096

struct absent {
	char *page;
	int uffd;
};

/* @page: anonymous memory that nobody has touched. */
static inline struct absent absent_from(char *page)
{
	struct uffdio_register reg = {
		.mode = UFFDIO_REGISTER_MODE_MISSING,
		.range = { .start = (uintptr_t)page, .len = ABSENT_BYTES },
	};
	struct uffdio_api api = { .api = UFFD_API };
	struct absent a = { page, syscall(SYS_userfaultfd, O_CLOEXEC) };

	if (a.uffd < 0 || ioctl(a.uffd, UFFDIO_API, &api) || ioctl(a.uffd, UFFDIO_REGISTER, &reg))
		abort();
	return a;
}

static inline struct absent absent_new(void)
{
	return absent_from(mmap(NULL, ABSENT_BYTES, PROT_READ | PROT_WRITE,
				MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
}

/* Until somebody wants it. */
static inline bool absent_wanted(const struct absent *a)
{
	struct uffd_msg msg;

	return read(a->uffd, &msg, sizeof(msg)) == sizeof(msg);
}

static inline bool absent_supply(const struct absent *a, const void *bytes)
{
	struct uffdio_copy copy = {
		.dst = (uintptr_t)a->page, .src = (uintptr_t)bytes, .len = ABSENT_BYTES,
	};

	return !ioctl(a->uffd, UFFDIO_COPY, &copy);
}

#endif /* _SELFTESTS_ABSENT_H */
