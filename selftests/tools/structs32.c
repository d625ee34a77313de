// SPDX-License-Identifier: GPL-2.0
/*
 * System calls of a 32-bit task, whose structures have another layout and whose
 * arguments are half as wide, for the test that compares how they are printed.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <signal.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NO_FD		99
#define NOBODY		0x7fffffff

enum {
	NR32_UTIME = 30, NR32_TIMES = 43, NR32_IOCTL = 54, NR32_STATFS = 99, NR32_STAT = 106,
	NR32_SYSINFO = 116, NR32_RT_SIGACTION = 174, NR32_RT_SIGQUEUEINFO = 178,
	NR32_STAT64 = 195, NR32_FCNTL64 = 221, NR32_STATFS64 = 268, NR32_UTIMES = 271,
	NR32_UTIMENSAT = 320,
	NR32_LLSEEK = 140, NR32_PREAD64 = 180, NR32_PWRITE64 = 181, NR32_MMAP2 = 192,
	NR32_TRUNCATE64 = 193, NR32_FTRUNCATE64 = 194, NR32_READAHEAD = 225,
	NR32_FADVISE64 = 250, NR32_LOOKUP_DCOOKIE = 253, NR32_FADVISE64_64 = 272,
	NR32_SYNC_FILE_RANGE = 314, NR32_FALLOCATE = 324, NR32_PREADV = 333,
	NR32_PWRITEV = 334, NR32_PREADV2 = 378, NR32_PWRITEV2 = 379,
};

static char *low;

static void call(int nr, long a, long b, long c, long d)
{
	long ret;

	__asm__ volatile("int $0x80" : "=a" (ret)
			 : "a" (nr), "b" (a), "c" (b), "d" (c), "S" (d)
			 : "memory", "r8", "r9", "r10", "r11");
}

static void call_of_six(int nr, const uint32_t *args)
{
	uint64_t sixth = args[5];
	long ret;

	__asm__ volatile("xchg %%rbp, %1; int $0x80; xchg %%rbp, %1" : "=a" (ret), "+r" (sixth)
			 : "0" (nr), "b" (args[0]), "c" (args[1]), "d" (args[2]), "S" (args[3]),
			   "D" (args[4])
			 : "memory", "r8", "r9", "r10", "r11");
}

/* Where 32 bits are enough. */
static long at(const void *from, size_t bytes)
{
	memset(low, 0, 1024);
	memcpy(low, from, bytes);
	return (long)low;
}

static long path(const char *name)
{
	strcpy(low + 1024, name);
	return (long)(low + 1024);
}

static void of_files(void)
{
	static const char *const paths[] = { "/", "/dev/null", "/bin/su", "/proc", "/nothing" };
	static const int32_t times[] = { 100, 200, 300, 0x3fffffff };

	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		call(NR32_STAT, path(paths[i]), (long)low, 0, 0);
		call(NR32_STAT64, path(paths[i]), (long)low, 0, 0);
	}
	for (unsigned int i = 3; i < ARRAY_SIZE(paths); i++) {
		call(NR32_STATFS, path(paths[i]), (long)low, 0, 0);
		call(NR32_STATFS64, path(paths[i]), 84, (long)low, 0);
	}
	call(NR32_UTIME, path("/nothing"), at(times, sizeof(times)), 0, 0);
	call(NR32_UTIMES, path("/nothing"), at(times, sizeof(times)), 0, 0);
	call(NR32_UTIMENSAT, AT_FDCWD, path("/nothing"), at(times, sizeof(times)), 0);
}

static void of_locks(void)
{
	static const struct { int16_t type, whence; int32_t start, len, pid; } lock = {
		F_RDLCK, SEEK_END, -5, 6, 7,
	};
	static const struct { int16_t type, whence; int64_t start, len; int32_t pid; }
		__attribute__((packed)) lock64 = { F_RDLCK, SEEK_SET, 1LL << 40, -2, 0 };
	static const int commands[] = { 5, 6, 7, 12, 13, 14, 36, 37, 38 };
	int fd = memfd_create("locks", 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		call(NR32_FCNTL64, NO_FD, commands[i], i < 3 ? at(&lock, sizeof(lock)) :
		     at(&lock64, sizeof(lock64)), 0);
		call(NR32_FCNTL64, fd, commands[i], i < 3 ? at(&lock, sizeof(lock)) :
		     at(&lock64, sizeof(lock64)), 0);
	}
}

static void of_interfaces(void)
{
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	/* SIOCGIFFLAGS, SIOCGIFMTU, TCGETS, FIONBIO */
	call(NR32_IOCTL, fd, 0x8913, at("lo", 3), 0);
	call(NR32_IOCTL, NO_FD, 0x8921, at("lo", 3), 0);
	call(NR32_IOCTL, NO_FD, 0x5401, at("", 1), 0);
	call(NR32_IOCTL, fd, 0x5421, at("\1", 2), 0);
}

static void of_signals(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGCHLD, SIGPOLL, SIGSYS, SIGUSR1 };
	static const int codes[] = { -1, -2, -5, -6, 0, 1, 4 };
	static const uint32_t action[5] = { 5, SA_RESTART | 0x04000000, 0x77, 3, 0 };

	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(codes); j++) {
			const int info[8] = { signals[i], 0, codes[j], 5, 6, 7, 8, 9 };

			call(NR32_RT_SIGQUEUEINFO, NOBODY, signals[i], at(info, sizeof(info)), 0);
		}
	}
	call(NR32_RT_SIGACTION, SIGUSR1, at(action, sizeof(action)), 0, 8);
}

static void of_offsets(void)
{
	static const struct { int nr; uint32_t args[6]; } calls[] = {
		{ NR32_LLSEEK, { NO_FD, 1, 5, 0, SEEK_CUR } },
		{ NR32_LLSEEK, { NO_FD, -1, -5, 0, SEEK_CUR } },
		{ NR32_PREAD64, { NO_FD, 16, 3, 64 } },
		{ NR32_PREAD64, { NO_FD, 16, 3, 64, 1 } },
		{ NR32_PWRITE64, { NO_FD, 16, 3, -5, -1 } },
		{ NR32_MMAP2, { 0, 4096, PROT_READ, MAP_PRIVATE, NO_FD, 0 } },
		{ NR32_MMAP2, { 0, 4096, PROT_READ, MAP_PRIVATE, NO_FD, 0x1f } },
		{ NR32_MMAP2, { 0, 4096, PROT_READ, MAP_PRIVATE, NO_FD, 0x80000000 } },
		{ NR32_TRUNCATE64, { 0, 7, 1 } },
		{ NR32_FTRUNCATE64, { NO_FD, -7, -1 } },
		{ NR32_READAHEAD, { NO_FD, 5, 1, 16 } },
		{ NR32_FADVISE64, { NO_FD, 5, 1, -16, POSIX_FADV_DONTNEED } },
		{ NR32_FADVISE64_64, { NO_FD, -5, -1, 16, 1, POSIX_FADV_DONTNEED } },
		{ NR32_LOOKUP_DCOOKIE, { 5, 1, 0, 3 } },
		{ NR32_SYNC_FILE_RANGE, { NO_FD, 5, 1, -16, -1, SYNC_FILE_RANGE_WRITE } },
		{ NR32_FALLOCATE, { NO_FD, 1, 1, 2, 3, 0 } },
		{ NR32_PREADV, { NO_FD, 0, 1, 5, 1 } },
		{ NR32_PWRITEV, { NO_FD, 0, 1, -5, 0 } },
		{ NR32_PREADV2, { NO_FD, 0, 1, -1, -1, 0 } },
		{ NR32_PWRITEV2, { NO_FD, 0, 1, 5, 1, 8 } },
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(calls); i++)
		call_of_six(calls[i].nr, calls[i].args);
}

int main(void)
{
	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT,
		   -1, 0);
	/* So that the test knows where it begins. */
	syscall(SYS_getpgid, 424242);
	of_files();
	of_locks();
	of_interfaces();
	of_signals();
	of_offsets();
	return 0;
}
