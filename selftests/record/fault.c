// SPDX-License-Identifier: GPL-2.0
/*
 * Paths and data in pages that this process has not touched: which of them does
 * a recorder show?
 *
 *	fault DIRECTORY		on a file system whose pages can be evicted
 *
 * One openat() per case, of a path that nobody opens otherwise, or a write() of
 * 64 bytes. All but "hot" is in a page without a page-table entry:
 *
 *	hot      on the stack, just written
 *	minor    in a new mapping of a file that is in the page cache
 *	major    the same, and the page evicted: the kernel has to read the disk
 *	rodata   a literal alone in its page of this program
 *	straddle the first half in a touched page, the second in an untouched one
 *	anon     a new anonymous page: the string is "", not an error
 *	wr-null  data for /dev/null, which the kernel never reads
 *	wr-file  data for a file: the kernel reads it
 *	bad      nothing is mapped: EFAULT
 *
 * Prints a case per line, and whether its page was there before.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE	4096

/* Far from all else, so that no read-around maps it with a neighbour. */
static const struct {
	char before[64 * PAGE];
	char string[PAGE];
	char after[64 * PAGE];
} rodata __attribute__((aligned(PAGE))) = {
	.before = "p", .string = "/case/rodata-string", .after = "q",
};

static int is_present(const void *p)
{
	int fd = open("/proc/self/pagemap", O_RDONLY);
	uint64_t entry = 0;

	if (pread(fd, &entry, 8, (uintptr_t)p / PAGE * 8) != 8)
		entry = 0;
	close(fd);
	return entry >> 63;
}

static void try_path(const char *name, const char *path)
{
	/* Of "straddle" it is the last page that matters. */
	int present = is_present(path) && is_present(path + 20);
	int ret = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);

	printf("%s present %d: %s\n", name, present, ret < 0 ? strerror(errno) : "opened");
}

static void try_write(const char *name, const char *data, int fd)
{
	int present = is_present(data);
	int ret = syscall(SYS_write, fd, data, 64);

	printf("%s present %d: %s\n", name, present, ret < 0 ? strerror(errno) : "written");
}

/* A file of 3 pages with the string @before bytes before the second. */
static char *cold_page(const char *dir, const char *name, const char *string, int before,
		       int evict)
{
	char path[512], *image = calloc(3, PAGE), *map;
	int fd;

	snprintf(path, sizeof(path), "%s/fault-%s", dir, name);
	fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
	strcpy(image + PAGE - before, string);
	if (fd < 0 || write(fd, image, 3 * PAGE) != 3 * PAGE) {
		perror(path);
		exit(1);
	}
	free(image);
	if (evict) {
		fsync(fd);
		posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED);
	}
	map = mmap(NULL, 3 * PAGE, PROT_READ, MAP_PRIVATE, fd, 0);
	madvise(map, 3 * PAGE, MADV_RANDOM);
	close(fd);
	return map;
}

int main(int argc, char **argv)
{
	const char *dir = argc > 1 ? argv[1] : "/var/tmp";
	char *minor = cold_page(dir, "minor", "/case/minor-string", 0, 0) + PAGE;
	char *major = cold_page(dir, "major", "/case/major-string", 0, 1) + PAGE;
	char *straddle = cold_page(dir, "straddle", "/case/straddle-string", 10, 1);
	char *wr_null = cold_page(dir, "wr-null", "/case/wr-null-data", 0, 0) + PAGE;
	char *wr_file = cold_page(dir, "wr-file", "/case/wr-file-data", 0, 0) + PAGE;
	char *anon = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char *bad = mmap(NULL, PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char hot[64] = "/case/hot-string";
	char out[512];

	snprintf(out, sizeof(out), "%s/fault-out", dir);
	munmap(bad, PAGE);
	try_path("hot", hot);
	try_path("minor", minor);
	try_path("major", major);
	try_path("rodata", rodata.string);
	*(volatile char *)straddle;
	try_path("straddle", straddle + PAGE - 10);
	try_path("anon", anon);
	try_write("wr-null", wr_null, open("/dev/null", O_WRONLY));
	try_write("wr-file", wr_file, open(out, O_WRONLY | O_CREAT | O_TRUNC, 0600));
	try_path("bad", bad);
	return 0;
}
