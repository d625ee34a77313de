// SPDX-License-Identifier: GPL-2.0
/*
 * What a worker does, in an order that its chance decides. Engines may swallow
 * any signal, break any sleep and end any process: so nothing here waits for
 * something without an end, and no result is taken for granted.
 */
#include "stress.h"

#include <poll.h>
#include <pthread.h>
#include <setjmp.h>
#include <sys/mman.h>

static volatile unsigned long handled;

void stress_handler(int sig)
{
	(void)sig;
	handled++;
}

/* What the C library has the kernel call when a handler returns. */
uint64_t stress_restorer(void)
{
	struct {
		void *handler;
		unsigned long flags;
		void *restorer;
		unsigned long mask;
	} action = { 0 };

	signal(SIGUSR1, stress_handler);
	syscall(SYS_rt_sigaction, SIGUSR1, NULL, &action, sizeof(action.mask));
	return (uint64_t)action.restorer;
}

static void fine_sleep(struct chance *c)
{
	struct timespec t = { .tv_nsec = chance(c) % 2000000 };

	nanosleep(&t, NULL);
}

/*
 * Whatever becomes of it, the child ends: PR_SET_PDEATHSIG, or we get impatient.
 * A job control stop is ended by a storm, or by us.
 */
static void reap(pid_t pid)
{
	int status, tries;

	for (tries = 0; waitpid(pid, &status, WNOHANG | __WALL) == 0; tries++) {
		pause_ms(tries < 20 ? 1 : 20);
		if (tries == 50)
			kill(pid, SIGCONT);
		if (tries > 100)
			kill(pid, SIGKILL);
	}
}

/* 0 in the child, which goes with its parent. */
static pid_t bear(void)
{
	pid_t pid = fork();

	if (pid == 0)
		prctl(PR_SET_PDEATHSIG, SIGKILL);
	return pid;
}

/*
 * The parent may have gone before the prctl(). Not for a worker itself. Engines
 * change what getppid(2) says, but not to this.
 */
static bool is_orphan(void)
{
	return syscall(SYS_getppid) == shared->supervisor;
}

static void calls(struct chance *c)
{
	int i, n = chance(c) % 500;

	for (i = 0; i < n; i++)
		syscall(i % 4 ? SYS_getppid : SYS_getsid, 0, 1, 2, 3, 4, 5);
}

static void pipes(struct chance *c)
{
	int fds[2], i, n = chance(c) % 50;
	char byte;

	if (pipe2(fds, O_NONBLOCK | O_CLOEXEC))
		return;
	for (i = 0; i < n; i++) {
		struct pollfd p = { .fd = fds[0], .events = POLLIN };

		if (one_in(c, 3) && write(fds[1], "x", 1) == 1)
			poll(&p, 1, 1);
		if (read(fds[0], &byte, 1) == 0)
			break;
	}
	close(fds[0]);
	close(fds[1]);
}

static void sleeps(struct chance *c)
{
	int i;

	for (i = 0; i < 4; i++)
		fine_sleep(c);
	poll(NULL, 0, chance(c) % 5);
}

static void fork_and_wait(struct chance *c)
{
	int code = chance(c) % 256;
	pid_t pid = bear();

	if (pid == 0) {
		calls(c);
		_exit(code);
	}
	if (pid > 0)
		reap(pid);
}

static void exec_true(void)
{
	char *argv[] = { "true", NULL }, *env[] = { NULL };

	execve("/bin/true", argv, env);
	_exit(1);
}

static void exec_with(struct chance *c)
{
	pid_t pid = one_in(c, 2) ? vfork() : fork();

	if (pid == 0)
		exec_true();
	if (pid > 0)
		reap(pid);
}

static void *thread_calls(void *arg)
{
	struct chance c = { (uintptr_t)arg | 1 };

	calls(&c);
	fine_sleep(&c);
	return NULL;
}

/* Threads are joined without an end: each ends by itself. */
static void threads(struct chance *c)
{
	pthread_t t[4];
	int i, n = 1 + chance(c) % 4;

	for (i = 0; i < n; i++)
		if (pthread_create(&t[i], NULL, thread_calls, (void *)(uintptr_t)chance(c)))
			break;
	while (i--)
		pthread_join(t[i], NULL);
}

static void *thread_execs(void *arg)
{
	struct chance c = { (uintptr_t)arg | 1 };

	fine_sleep(&c);
	exec_true();
	return NULL;
}

static void *thread_exits(void *arg)
{
	struct chance c = { (uintptr_t)arg | 1 };

	fine_sleep(&c);
	syscall(SYS_exit_group, 0);
	return NULL;
}

static void *thread_stays(void *arg)
{
	struct chance c = { (uintptr_t)arg | 1 };

	while (!is_orphan()) {
		thread_calls(arg);
		fine_sleep(&c);
	}
	_exit(0);
}

/* A process of several threads ends at the wish of one that is not the leader. */
static void end_by_thread(struct chance *c)
{
	static void *(* const ends[])(void *) = { thread_execs, thread_execs, thread_exits };
	void *(*end)(void *) = ends[chance(c) % 3];
	bool leader_goes = one_in(c, 3);
	pid_t pid = bear();
	pthread_t t;
	int i, n;

	if (pid == 0) {
		n = 1 + chance(c) % 3;
		for (i = 0; i < n; i++)
			pthread_create(&t, NULL, thread_stays, (void *)(uintptr_t)chance(c));
		if (pthread_create(&t, NULL, end, (void *)(uintptr_t)chance(c)))
			_exit(1);
		if (leader_goes)
			syscall(SYS_exit, 0);
		thread_stays(NULL);
	}
	if (pid > 0)
		reap(pid);
}

static void signals_to_oneself(struct chance *c)
{
	int i, n = chance(c) % 30;

	for (i = 0; i < n; i++) {
		union sigval value = { .sival_int = i };

		switch (chance(c) % 5) {
		case 0:
			sigqueue(getpid(), SIGRTMIN + chance(c) % 5, value);
			break;
		case 1:
			kill(getpid(), SIGUSR1);
			break;
		case 2:
			syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), SIGUSR2);
			break;
		case 3:
			/* Ignored by default. */
			raise(SIGURG);
			break;
		case 4:
			raise(SIGCONT);
			break;
		}
	}
}

static void signals_that_wait(struct chance *c)
{
	struct timespec t = { .tv_nsec = 1000000 };
	sigset_t set, old;
	int i;

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, &old);
	for (i = 0; i < 3; i++)
		kill(getpid(), one_in(c, 2) ? SIGRTMIN : SIGUSR1);
	for (i = 0; i < 4; i++)
		sigtimedwait(&set, NULL, &t);
	sigprocmask(SIG_SETMASK, &old, NULL);
}

static sigjmp_buf after_fault;

static void leave_fault(int sig)
{
	(void)sig;
	siglongjmp(after_fault, 1);
}

/* Swallowed, the fault comes again: each time somebody has to decide anew. */
static void faults(struct chance *c)
{
	static volatile char *nowhere;
	volatile int sig = one_in(c, 2) ? SIGSEGV : SIGILL;

	if (sigsetjmp(after_fault, 1) == 0) {
		/* From here on: an engine may make the signal up. */
		signal(sig, leave_fault);
		if (sig == SIGSEGV)
			*nowhere = 1;
		else
			__asm__ volatile("ud2");
	}
	signal(sig, SIG_DFL);
}

static void die_of_signal(struct chance *c)
{
	static const int deadly[] = { SIGTERM, SIGKILL, SIGSEGV, SIGABRT, SIGALRM, SIGHUP };
	int sig = deadly[chance(c) % 6];
	pid_t pid = bear();

	if (pid == 0) {
		signal(sig, SIG_DFL);
		while (!is_orphan()) {
			kill(getpid(), sig);
			calls(c);
		}
		_exit(0);
	}
	if (pid > 0)
		reap(pid);
}

static void stop_and_go(struct chance *c)
{
	pid_t pid = bear();
	int i;

	if (pid == 0) {
		while (!is_orphan())
			calls(c);
		_exit(0);
	}
	if (pid < 0)
		return;
	for (i = 0; i < 5; i++) {
		kill(pid, one_in(c, 4) ? SIGTSTP : SIGSTOP);
		fine_sleep(c);
		kill(pid, SIGCONT);
	}
	kill(pid, SIGKILL);
	reap(pid);
}

static void killed_anywhere(struct chance *c)
{
	pid_t pid = bear();

	if (pid == 0) {
		while (!is_orphan()) {
			calls(c);
			threads(c);
			fork_and_wait(c);
		}
		_exit(0);
	}
	if (pid < 0)
		return;
	fine_sleep(c);
	fine_sleep(c);
	kill(pid, SIGKILL);
	reap(pid);
}

/* Its parent is gone before it is. */
static void orphan(struct chance *c)
{
	pid_t pid = bear();

	if (pid == 0) {
		if (fork() == 0) {
			calls(c);
			fine_sleep(c);
			_exit(0);
		}
		_exit(0);
	}
	if (pid > 0)
		reap(pid);
}

static void timers(struct chance *c)
{
	struct timespec interval = { .tv_nsec = 500000 };
	struct itimerspec spec = { interval, interval };
	timer_t timer;
	int i;

	signal(SIGALRM, stress_handler);
	if (timer_create(CLOCK_MONOTONIC, NULL, &timer))
		return;
	timer_settime(timer, 0, &spec, NULL);
	for (i = 0; i < 5; i++)
		fine_sleep(c);
	timer_delete(timer);
}

static void memory(struct chance *c)
{
	size_t size = 4096 * (1 + chance(c) % 64);
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (p == MAP_FAILED)
		return;
	memset(p, 1, size);
	munmap(p, size);
}

static const struct activity {
	const char *name;
	void (*fn)(struct chance *c);
} activities[] = {
	{ "calls", calls },
	{ "pipes", pipes },
	{ "sleeps", sleeps },
	{ "fork and wait", fork_and_wait },
	{ "exec", exec_with },
	{ "threads", threads },
	{ "end by thread", end_by_thread },
	{ "signals to oneself", signals_to_oneself },
	{ "signals that wait", signals_that_wait },
	{ "faults", faults },
	{ "die of a signal", die_of_signal },
	{ "stop and go", stop_and_go },
	{ "killed anywhere", killed_anywhere },
	{ "orphan", orphan },
	{ "timers", timers },
	{ "memory", memory },
};

static void handle_signals(void)
{
	int sig;

	signal(SIGUSR1, stress_handler);
	signal(SIGUSR2, stress_handler);
	signal(SIGPIPE, stress_handler);
	for (sig = SIGRTMIN; sig <= SIGRTMAX; sig++)
		signal(sig, stress_handler);
}

/**
 * work() - the life of a worker
 * @nr: Which one.
 * @c: What decides.
 */
void work(unsigned int nr, struct chance c)
{
	const struct activity *a;

	handle_signals();
	while (nr < __atomic_load_n(&shared->nr_workers, __ATOMIC_RELAXED)) {
		a = &activities[chance(&c) % (sizeof(activities) / sizeof(*activities))];
		shared->activity[nr] = a->name;
		a->fn(&c);
		shared->rounds[nr]++;
	}
	_exit(0);
}
