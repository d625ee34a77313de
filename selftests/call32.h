/* SPDX-License-Identifier: GPL-2.0 */
/* Calls as a 32-bit program makes them. */
#ifndef _SELFTESTS_CALL32_H
#define _SELFTESTS_CALL32_H

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#define IA32_NR_IOCTL	54

/* Memory that it can point to. */
static inline char *low_page(void)
{
	return mmap(NULL, 4096, PROT_READ | PROT_WRITE,
		    MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
}

static inline long call32_5(long nr, long a, unsigned long b, const void *c, const void *d,
			    const void *e)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a" (ret)
			 : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d), "D" (e)
			 : "memory", "r8", "r9", "r10", "r11");
	return ret;
}

static inline long call32(long nr, long a, unsigned long b, const void *c)
{
	return call32_5(nr, a, b, c, NULL, NULL);
}

/* Return: 0 or more; or -errno. @arg is of the size that @cmd says. */
static inline int ioctl32(int fd, unsigned long cmd, void *arg)
{
	char *low = low_page();
	long ret;

	memcpy(low, arg, _IOC_SIZE(cmd));
	ret = call32(IA32_NR_IOCTL, fd, cmd, low);
	memcpy(arg, low, _IOC_SIZE(cmd));
	munmap(low, 4096);
	return ret;
}

#endif /* _SELFTESTS_CALL32_H */
