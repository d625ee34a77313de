// SPDX-License-Identifier: GPL-2.0
/*
 * System calls whose arguments are scalars, for the test that compares how
 * they are printed. No address is a good one: what is there is another test's.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/futex.h>
#include <linux/keyctl.h>
#include <linux/membarrier.h>
#include <linux/prctl.h>
#include <linux/reboot.h>
#include <linux/seccomp.h>
#include <linux/stat.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ioctl.h>
#include <sys/ipc.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/personality.h>
#include <sys/resource.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/wait.h>
#include <sys/xattr.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define BAD	0x10L
#define C(name, ...)	{ SYS_##name, { __VA_ARGS__ } }

static const struct {
	long nr, args[6];
} calls[] = {
	/* Files. */
	C(open, BAD, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640),
	C(openat, AT_FDCWD, BAD, O_WRONLY | O_APPEND | O_DIRECT | O_NOATIME | O_PATH),
	C(openat, 77, BAD, O_RDWR | O_TMPFILE | O_SYNC | O_DIRECTORY, 0600),
	C(openat, -1, BAD, 3 | O_DSYNC | O_ASYNC | O_NONBLOCK | O_NOCTTY | O_TRUNC),
	C(creat, BAD, 04755),
	C(access, BAD, R_OK | X_OK), C(access, BAD, F_OK), C(access, BAD, 8 | W_OK),
	C(faccessat2, AT_FDCWD, BAD, R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW),
	C(newfstatat, -1, BAD, BAD, AT_SYMLINK_NOFOLLOW | AT_NO_AUTOMOUNT),
	C(statx, AT_FDCWD, BAD, AT_STATX_FORCE_SYNC | AT_EMPTY_PATH, STATX_MODE | STATX_BTIME, BAD),
	C(statx, AT_FDCWD, BAD, 0, STATX_BASIC_STATS, BAD),
	C(unlinkat, 5, BAD, AT_REMOVEDIR), C(unlinkat, 5, BAD, 0),
	C(linkat, 5, BAD, 6, BAD, AT_SYMLINK_FOLLOW),
	C(renameat2, 5, BAD, AT_FDCWD, BAD, 1 | 2),
	C(fchownat, AT_FDCWD, BAD, 0, -1, AT_SYMLINK_NOFOLLOW),
	C(mkdirat, AT_FDCWD, BAD, 01777),
	C(mknod, BAD, S_IFCHR | 0666, 0x103), C(mknodat, 5, BAD, S_IFIFO | 0600, 0),
	C(umask, 027), C(umask, 022),
	C(lseek, 99, -5, SEEK_END), C(lseek, 99, 5, 77),
	C(fcntl, 1, F_GETFD), C(fcntl, 1, F_SETFD, FD_CLOEXEC), C(fcntl, 1, F_GETFD),
	C(fcntl, 1, F_SETFD, 0), C(fcntl, 0, F_GETFL), C(fcntl, 99, F_SETFL, O_NONBLOCK | O_APPEND),
	C(fcntl, 99, F_DUPFD_CLOEXEC, 10), C(fcntl, 99, F_SETLK, BAD), C(fcntl, 99, F_SETOWN, -5),
	C(fcntl, 99, F_SETSIG, SIGIO), C(fcntl, 99, F_SETPIPE_SZ, 4096), C(fcntl, 99, F_GETPIPE_SZ),
	C(fcntl, 99, F_ADD_SEALS, F_SEAL_WRITE | F_SEAL_SHRINK), C(fcntl, 99, 777, 5),
	C(fcntl, 99, F_SETLEASE, F_RDLCK),
	C(flock, 99, LOCK_EX | LOCK_NB), C(flock, 99, LOCK_UN),
	C(dup3, 99, 100, O_CLOEXEC), C(dup2, 99, 3), C(pipe2, BAD, O_CLOEXEC | O_NONBLOCK),
	C(fallocate, 99, FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE, 4096, 8192),
	C(fadvise64, 99, 0, 0, POSIX_FADV_SEQUENTIAL), C(ftruncate, 99, 12345),
	C(memfd_create, BAD, MFD_CLOEXEC | MFD_ALLOW_SEALING), C(close_range, 90, 91, 0),
	C(splice, 99, 0, 98, 0, 100, SPLICE_F_MOVE | SPLICE_F_MORE),
	C(sync_file_range, 99, 0, 10, SYNC_FILE_RANGE_WRITE),
	C(pread64, 99, BAD, 10, 1L << 40), C(preadv2, 99, BAD, 1, 5, 0, 8),
	C(inotify_init1, IN_NONBLOCK | 0x8000), C(inotify_add_watch, 99, BAD, IN_CREATE | IN_DELETE),
	C(mount, BAD, BAD, BAD, MS_BIND | MS_RDONLY | MS_NOSUID, BAD), C(umount2, BAD, MNT_DETACH),
	C(fsetxattr, 99, BAD, BAD, 3, XATTR_CREATE), C(utimensat, 99, BAD, 0, AT_SYMLINK_NOFOLLOW),
	C(copy_file_range, 99, 0, 98, 0, 100, 0),
	/* ioctl */
	C(ioctl, 99, TCGETS, BAD), C(ioctl, 99, TIOCGWINSZ, BAD), C(ioctl, 99, FIONREAD, BAD),
	C(ioctl, 99, FIOCLEX), C(ioctl, 99, 0x12345678, BAD), C(ioctl, 99, TIOCSCTTY, 1),
	C(ioctl, 99, 0x80081272, BAD), C(ioctl, 99, 0x8912, BAD), C(ioctl, 99, TCFLSH, TCIOFLUSH),
	C(ioctl, 99, 0xc020660b, BAD), C(ioctl, 99, 0x40049409, 5),
	/* Memory. */
	C(mmap, 0, 4096, PROT_READ | PROT_EXEC, MAP_SHARED | MAP_FIXED, 99, 0x3000),
	C(mmap, 0, 4096, PROT_NONE, MAP_SHARED_VALIDATE | MAP_SYNC | MAP_POPULATE, 99, 0),
	C(mmap, 0, 0, 0x40, MAP_PRIVATE | MAP_ANONYMOUS | MAP_STACK | MAP_NORESERVE, -1, 0),
	C(mprotect, 1, 4096, PROT_READ | PROT_WRITE), C(madvise, 1, 4096, MADV_DONTNEED),
	C(madvise, 1, 4096, 777), C(mremap, 1, 2, 3, MREMAP_MAYMOVE, 5),
	C(mremap, 1, 2, 3, MREMAP_MAYMOVE | MREMAP_FIXED, 0x5000), C(msync, 1, 1, MS_SYNC | MS_INVALIDATE),
	C(munmap, 1, 4096), C(mlockall, 0x80), C(mlock2, 1, 0, 0x10), C(pkey_alloc, 1, 2),
	C(shmget, IPC_PRIVATE, 0, IPC_CREAT | IPC_EXCL | 0600), C(shmget, 0x1234, 10, 0644),
	C(shmat, -1, 0, SHM_RDONLY), C(shmctl, -1, IPC_RMID, 0), C(semget, 5, -1, IPC_CREAT | 0666),
	C(semctl, -1, 3, IPC_RMID, 0), C(msgget, 0x777, 0600), C(msgctl, -1, IPC_STAT, BAD),
	/* Processes and signals. */
	C(clone, CLONE_THREAD | SIGCHLD, 0), C(clone, CLONE_SIGHAND | CLONE_SETTLS, BAD, 0, 0, 0x20),
	C(clone, CLONE_THREAD | CLONE_CHILD_CLEARTID, BAD, 0, 0x30),
	C(unshare, 0x80), C(unshare, CLONE_FILES | CLONE_FS), C(setns, 99, CLONE_NEWNET),
	C(wait4, -1, 0, WNOHANG | WUNTRACED, 0), C(waitid, P_PIDFD, -5, BAD, WEXITED | WNOWAIT, 0),
	C(kill, 0x7fffffff, SIGUSR1), C(kill, 0x7fffffff, 0), C(kill, 0x7fffffff, 64),
	C(tgkill, 1, 0x7fffffff, 32), C(tgkill, 1, 0x7fffffff, 34), C(rt_sigaction, 99, 0, 0, 8), C(rt_sigaction, SIGKILL, BAD, 0, 8),
	C(rt_sigprocmask, SIG_SETMASK, BAD, 0, 8), C(signalfd4, -1, BAD, 8, SFD_CLOEXEC | SFD_NONBLOCK),
	C(getpriority, PRIO_PROCESS, 0), C(setpriority, 7, 0, -3), C(getrlimit, RLIMIT_NOFILE, BAD),
	C(prlimit64, 0, RLIMIT_STACK, BAD, 0), C(getrusage, RUSAGE_CHILDREN, BAD),
	C(sched_setscheduler, 0, SCHED_FIFO, BAD), C(sched_get_priority_max, SCHED_RR),
	C(personality, 0xffffffff), C(personality, ADDR_NO_RANDOMIZE), C(personality, 0),
	C(prctl, PR_SET_PDEATHSIG, SIGTERM), C(prctl, PR_CAPBSET_READ, 21),
	C(prctl, PR_SET_NO_NEW_PRIVS, 2, 0, 0, 0), C(prctl, PR_CAP_AMBIENT, 1, 5, 0, 0),
	C(prctl, PR_SET_NAME, BAD), C(prctl, 54321, 1, 2, 3, 4), C(prctl, PR_SET_SECCOMP, 5, BAD), C(prctl, PR_GET_KEEPCAPS),
	C(arch_prctl, 0x1004, BAD), C(arch_prctl, 0x3001, BAD), C(seccomp, 1, 9, BAD),
	C(futex, BAD, FUTEX_WAIT_PRIVATE, 1, 0), C(futex, BAD, FUTEX_WAKE, 5),
	C(futex, BAD, FUTEX_WAIT_BITSET_PRIVATE | FUTEX_CLOCK_REALTIME, 1, 0, 0, -1),
	C(futex, BAD, FUTEX_CMP_REQUEUE_PRIVATE, 1, 2, BAD, 3),
	C(membarrier, MEMBARRIER_CMD_QUERY, 1), C(set_robust_list, BAD, 3), C(rseq, BAD, 32, 0, 0x53053053),
	C(reboot, 1, LINUX_REBOOT_MAGIC2, LINUX_REBOOT_CMD_CAD_ON, 0), C(delete_module, BAD, O_NONBLOCK),
	C(setresuid, -1, -1, -1), C(getpgid, 0x7fffffff),
	/* Sockets. */
	C(socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, IPPROTO_TCP), C(close, 3),
	C(socket, AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 7), C(socket, AF_NETLINK, SOCK_RAW, 77),
	C(socket, AF_INET6, SOCK_SEQPACKET, IPPROTO_UDP), C(socket, 77, 9, 0),
	C(socketpair, AF_UNIX, SOCK_SEQPACKET, 0, BAD), C(bind, 99, BAD, 16), C(listen, 99, 128),
	C(accept4, 99, BAD, BAD, SOCK_CLOEXEC), C(shutdown, 99, SHUT_RDWR),
	C(setsockopt, 99, SOL_SOCKET, SO_REUSEADDR, BAD, 4), C(setsockopt, 99, IPPROTO_TCP, TCP_NODELAY, BAD, 4),
	C(getsockopt, 99, SOL_SOCKET, SO_ERROR, BAD, BAD), C(setsockopt, 99, IPPROTO_IPV6, IPV6_V6ONLY, BAD, 4),
	C(setsockopt, 99, IPPROTO_IP, IP_TOS, BAD, 4), C(setsockopt, 99, 4321, 5, BAD, 4),
	C(recvfrom, 99, BAD, 10, MSG_PEEK | MSG_DONTWAIT, 0, 0), C(sendmsg, 99, BAD, MSG_NOSIGNAL),
	/* Others. */
	C(epoll_create1, 5), C(epoll_ctl, 99, EPOLL_CTL_ADD, 98, BAD), C(epoll_ctl, 99, EPOLL_CTL_DEL, 98, 0),
	C(epoll_wait, 99, BAD, 10, -1), C(eventfd2, 5, 0x40), C(timerfd_create, CLOCK_BOOTTIME, 8),
	C(timerfd_settime, 99, TFD_TIMER_ABSTIME, BAD, 0), C(clock_nanosleep, CLOCK_MONOTONIC, TIMER_ABSTIME, BAD, 0),
	C(clock_getres, CLOCK_TAI, BAD), C(getitimer, ITIMER_PROF, BAD), C(getrandom, BAD, 10, 1 | 2),
	C(keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_USER_KEYRING, 0), C(bpf, 5, BAD, 10),
	C(alarm, 0), C(sched_yield),
};

int main(void)
{
	/* So that the test knows where it begins. */
	syscall(SYS_getpgid, 424242);
	for (unsigned int i = 0; i < sizeof(calls) / sizeof(calls[0]); i++) {
		const long *a = calls[i].args;

		syscall(calls[i].nr, a[0], a[1], a[2], a[3], a[4], a[5]);
	}
	return 0;
}
