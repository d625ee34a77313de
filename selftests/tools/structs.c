// SPDX-License-Identifier: GPL-2.0
/*
 * System calls with structures in good memory, for the test that compares how
 * they are printed. They differ in what is printed, and most of them fail: what
 * the kernel would make of them is not the question.
 */
#define _GNU_SOURCE
#include <fcntl.h>
#include <linux/capability.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NOBODY		0x7fffffff
#define NO_FD		99

static void of_signals(void)
{
	static const unsigned long flags[] = { ~0ul, 0x100, 0x24000000, 0, SA_RESTART };
	static const int signals[] = {
		SIGILL, SIGFPE, SIGSEGV, SIGBUS, SIGTRAP, SIGCHLD, SIGPOLL, SIGSYS, SIGUSR1,
	};
	static const int codes[] = { -1, -2, -3, -4, -5, -6, -7, -8, -60, -99, 0, 1, 2, 5, 9, 0x80 };
	stack_t stack = { .ss_flags = (int)0x80000007, .ss_size = 99 };
	siginfo_t info;

	for (unsigned int i = 0; i < ARRAY_SIZE(flags); i++) {
		unsigned long action[4] = { i, flags[i], 0x77, 5 };

		syscall(SYS_rt_sigaction, SIGUSR1, action, NULL, 8);
	}
	syscall(SYS_sigaltstack, &stack, NULL);
	stack.ss_flags = 8;
	syscall(SYS_sigaltstack, &stack, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(signals); i++) {
		for (unsigned int j = 0; j < ARRAY_SIZE(codes); j++) {
			memset(&info, 0, sizeof(info));
			info.si_signo = signals[i];
			info.si_code = codes[j];
			info.si_pid = 5;
			info.si_uid = 6;
			info.si_value.sival_int = 7;
			syscall(SYS_rt_sigqueueinfo, NOBODY, signals[i], &info);
		}
	}
}

static void of_timers(void)
{
	static const int kinds[] = { SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID, 77 };

	for (unsigned int i = 0; i < ARRAY_SIZE(kinds); i++) {
		struct sigevent event = { .sigev_signo = SIGALRM, .sigev_notify = kinds[i] };
		int timer;

		event._sigev_un._tid = 5;
		syscall(SYS_timer_create, CLOCK_MONOTONIC, &event, &timer);
		event.sigev_value.sival_int = 6;
		syscall(SYS_timer_create, -99, &event, &timer);
	}
}

static void of_processes(void)
{
	unsigned long long args[11] = { ~0ull };

	/* None of them makes one. */
	syscall(SYS_clone3, args, sizeof(args));
	args[0] = 0x310010080ull;
	args[10] = 9;
	syscall(SYS_clone3, args, sizeof(args));
	args[0] = 0x1000000000ull;
	syscall(SYS_clone3, args, 64);
}

static void of_capabilities(void)
{
	static const unsigned int versions[] = { 0, 7, _LINUX_CAPABILITY_VERSION_1,
						 _LINUX_CAPABILITY_VERSION_3 };

	for (unsigned int i = 0; i < ARRAY_SIZE(versions); i++) {
		struct __user_cap_header_struct head = { .version = versions[i] };
		struct __user_cap_data_struct data[2] = {};

		syscall(SYS_capget, &head, NULL);
		head.version = versions[i];
		syscall(SYS_capget, &head, data);
		data[0] = (struct __user_cap_data_struct){ ~0u, 0, 5 };
		data[1] = (struct __user_cap_data_struct){ ~0u, 1, 0 };
		head.version = versions[i];
		/* Of nobody: nothing changes. */
		head.pid = NOBODY;
		syscall(SYS_capset, &head, data);
	}
}

static void of_files(void)
{
	static const char *const paths[] = { "/", "/dev/null", "/bin/su", "/tmp", "/nothing" };
	static const unsigned int modes[] = { 04644, 0174644, S_IFCHR | 07644, S_IFREG, 02000 };
	struct statx statx;
	struct statfs fs;
	struct stat st;

	for (unsigned int i = 0; i < ARRAY_SIZE(paths); i++) {
		stat(paths[i], &st);
		syscall(SYS_statx, AT_FDCWD, paths[i], 0, STATX_BASIC_STATS, &statx);
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(modes); i++)
		syscall(SYS_mknod, "/proc/x", modes[i], 0);
	statfs("/proc", &fs);
	statfs("/sys", &fs);
}

static void of_events(void)
{
	struct pollfd fds[] = {
		{ NO_FD, 0x3fff & ~0x800, 0 }, { NO_FD, 0x800, 0 }, { -1, POLLIN, 0 },
		{ NO_FD, POLLIN | POLLRDHUP, 0 },
	};
	struct epoll_event event = { .events = ~0u, .data.u64 = 0x500000006 };

	poll(fds, ARRAY_SIZE(fds), 0);
	epoll_ctl(NO_FD, EPOLL_CTL_ADD, NO_FD, &event);
	event.events = 0x1800;
	epoll_ctl(NO_FD, EPOLL_CTL_ADD, NO_FD, &event);
	event.events = EPOLLIN | EPOLLET;
	epoll_ctl(NO_FD, EPOLL_CTL_MOD, NO_FD, &event);
}

static void of_sockets(void)
{
	static const struct { int level, type; } controls[] = {
		{ SOL_SOCKET, SCM_RIGHTS }, { SOL_SOCKET, 77 }, { SOL_IP, 77 }, { SOL_IPV6, 1 },
		{ 999, 5 },
	};
	static const int flags[] = { 0, MSG_EOR | MSG_NOSIGNAL, 0x800000 };
	char control[64] __attribute__((aligned(8))) = {};
	struct cmsghdr *head = (struct cmsghdr *)control;
	struct iovec iov = { "abc", 3 };
	struct msghdr message = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct sockaddr address = { .sa_data = "abc" };

	for (unsigned short family = 0; family < 60; family += 7) {
		address.sa_family = family;
		/* One that has an address of its own. */
		if (family != 42)
			bind(NO_FD, &address, family ? sizeof(address) : sizeof(family));
	}
	for (unsigned int i = 0; i < ARRAY_SIZE(controls); i++) {
		head->cmsg_level = controls[i].level;
		head->cmsg_type = controls[i].type;
		head->cmsg_len = sizeof(*head) + (i ? 0 : 4);
		message.msg_controllen = head->cmsg_len;
		message.msg_flags = flags[i % ARRAY_SIZE(flags)];
		syscall(SYS_sendmsg, NO_FD, &message, 0);
	}
}

static void of_terminals(void)
{
	static const unsigned long numbers[] = {
		TIOCGPGRP, TIOCSPGRP, TIOCGSID, TIOCGETD, TIOCSETD, TIOCOUTQ, FIONREAD, FIONBIO,
		TIOCPKT, TIOCMGET, TIOCMSET, TIOCSTI, TIOCEXCL, TIOCNXCL,
	};
	int pty = open("/dev/ptmx", O_RDWR | O_NOCTTY), zero = 0, number;
	unsigned int flags[16] = {};
	struct winsize size = { 25, 80, 1, 2 };
	int tty;

	ioctl(pty, TIOCSPTLCK, &zero);
	tty = ioctl(pty, TIOCGPTPEER, O_RDWR | O_NOCTTY);
	ioctl(tty, TCGETS, flags);
	ioctl(tty, TCSETSF, flags);
	memset(flags, 0xff, sizeof(flags));
	ioctl(NO_FD, TCSETSW, flags);
	ioctl(tty, TCGETA, flags);
	ioctl(tty, TCSETA, flags);
	ioctl(tty, TIOCSWINSZ, &size);
	ioctl(tty, TIOCGWINSZ, &size);
	ioctl(tty, TIOCGWINSZ, NULL);
	for (unsigned int i = 0; i < ARRAY_SIZE(numbers); i++) {
		number = 'x';
		ioctl(i % 2 ? tty : pty, numbers[i], &number);
		ioctl(NO_FD, numbers[i], &number);
	}
	ioctl(NO_FD, FIOASYNC, &number);
	ioctl(NO_FD, TCXONC, TCOON);
	ioctl(NO_FD, TIOCSWINSZ, 8);
}

static void of_interfaces(void)
{
	static const unsigned long requests[] = {
		SIOCGIFINDEX, SIOCGIFFLAGS, SIOCGIFADDR, SIOCGIFNETMASK, SIOCGIFMTU, SIOCGIFMETRIC,
		SIOCGIFNAME, SIOCGIFTXQLEN, SIOCGIFBRDADDR,
	};
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(requests); i++) {
		struct ifreq request = { .ifr_name = "lo" };

		if (requests[i] == SIOCGIFNAME)
			request.ifr_ifindex = 1;
		ioctl(fd, requests[i], &request);
		ioctl(NO_FD, requests[i], &request);
	}
}

static void of_locks(void)
{
	static const int commands[] = {
		F_SETLK, F_GETLK, F_SETLKW, F_OFD_SETLK, F_OFD_GETLK, F_OFD_SETLKW,
	};
	struct f_owner_ex owner = { F_OWNER_PGRP, 0 };
	int fd = memfd_create("locks", 0);

	for (unsigned int i = 0; i < ARRAY_SIZE(commands); i++) {
		struct flock lock = { F_RDLCK, SEEK_SET, 1, 2, i < 3 ? 3 : 0 };

		fcntl(fd, commands[i], &lock);
		lock = (struct flock){ 7, 9, -1, 1L << 40, 5 };
		fcntl(NO_FD, commands[i], &lock);
	}
	fcntl(fd, F_SETOWN_EX, &owner);
	fcntl(fd, F_GETOWN_EX, &owner);
	owner.type = 9;
	fcntl(NO_FD, F_SETOWN_EX, &owner);
	fcntl(NO_FD, F_SETLK, NULL);
}

int main(void)
{
	/* So that the test knows where it begins. */
	syscall(SYS_getpgid, 424242);
	of_signals();
	of_timers();
	of_processes();
	of_capabilities();
	of_files();
	of_events();
	of_sockets();
	of_terminals();
	of_interfaces();
	of_locks();
	return 0;
}
