// SPDX-License-Identifier: GPL-2.0
/*
 * What happens to the workers. A storm blows until it is told to end; each blow
 * ends by itself.
 */
#include "stress.h"

void become_worker_user(void)
{
	if (setresgid(TEST_STRESS_UID, TEST_STRESS_UID, TEST_STRESS_UID) ||
	    setresuid(TEST_STRESS_UID, TEST_STRESS_UID, TEST_STRESS_UID))
		fail("cannot become user %d: %m", TEST_STRESS_UID);
	/* Or nobody of the same user could trace us. */
	prctl(PR_SET_DUMPABLE, 1);
}

/* Any thread of any worker; 0: there is none. */
static pid_t some_thread(struct chance *c)
{
	char *text = read_file(CGROUP "/cgroup.threads"), *p;
	unsigned int n = 0, which;
	pid_t tid;

	for (p = text; (p = strchr(p, '\n')); p++)
		n++;
	if (!n) {
		free(text);
		return 0;
	}
	which = chance(c) % n;
	for (p = text; which--; p++)
		p = strchr(p, '\n');
	tid = atoi(p);
	free(text);
	return tid;
}

/* Controllers: the engines. */

static void control_blow(struct chance *c, unsigned int nr)
{
	static const unsigned int weights[TEST_STRESS_NR_OPS] = {
		[TEST_STRESS_ATTACH] = 30, [TEST_STRESS_FIND] = 5, [TEST_STRESS_FORGET] = 10,
		[TEST_STRESS_DETACH] = 10, [TEST_STRESS_SET_EVENTS] = 10,
		[TEST_STRESS_CONTROL] = 30, [TEST_STRESS_BARRIER] = 10,
		[TEST_STRESS_SCOPE] = 5, [TEST_STRESS_TIMEOUT] = 5,
		[TEST_STRESS_EXAMINE] = 10, [TEST_STRESS_STATUS] = 5,
	};
	static int fd = -1;
	struct test_stress_request request = {
		.slot = chance(c) % TEST_STRESS_SLOTS,
		.arg = chance(c),
		.arg2 = chance(c) % 4,
		.seed = (uint64_t)chance(c) << 32 | chance(c),
		.handler = (uintptr_t)stress_handler,
	};
	static uint64_t restorer;
	int w = chance(c) % 130;

	if (fd < 0)
		fd = open(TEST_STRESS_DEVICE, O_RDWR | O_CLOEXEC);
	if (fd < 0) {
		fail("controller %u: %s: %m", nr, TEST_STRESS_DEVICE);
		_exit(1);
	}
	if (!restorer)
		restorer = stress_restorer();
	request.restorer = restorer;
	while ((w -= weights[request.op]) >= 0)
		request.op++;
	if (request.op == TEST_STRESS_ATTACH || request.op == TEST_STRESS_FIND)
		request.tid = some_thread(c);
	/* Half of the time all events. */
	if (request.op == TEST_STRESS_SET_EVENTS && one_in(c, 2))
		request.arg = ~0U;
	ioctl(fd, TEST_STRESS_IOC_DO, &request);
	if (one_in(c, 2000)) {
		/* All of its engines at once. */
		close(fd);
		fd = -1;
	}
}

static void kill_blow(struct chance *c, unsigned int nr)
{
	pid_t tid = some_thread(c);

	(void)nr;
	if (tid)
		kill(tid, SIGKILL);
	pause_ms(one_in(c, 10) ? 1 : chance(c) % (500 * slower));
}

static void signal_blow(struct chance *c, unsigned int nr)
{
	static const int any[] = {
		SIGUSR1, SIGUSR2, SIGURG, SIGWINCH, SIGCHLD, SIGPIPE, SIGCONT, SIGSTOP,
		SIGTSTP, SIGTTIN, SIGTRAP, SIGTERM,
	};
	int i, n = chance(c) % 20, sig;

	(void)nr;
	for (i = 0; i < n; i++) {
		pid_t tid = some_thread(c);

		sig = one_in(c, 3) ? SIGRTMIN + (int)(chance(c) % 30) : any[chance(c) % 12];
		if (tid)
			syscall(SYS_tkill, tid, sig);
	}
	/* Whoever stopped himself or was stopped goes on. */
	for (i = 0; i < 10; i++) {
		pid_t tid = some_thread(c);

		if (tid)
			kill(tid, SIGCONT);
	}
	pause_ms(chance(c) % 100);
}

static void freeze_blow(struct chance *c, unsigned int nr)
{
	double end = now() + 30 * slower;
	bool frozen = false;

	(void)nr;
	write_file(CGROUP "/cgroup.freeze", "1");
	while (now() < end && !frozen) {
		char *events = read_file(CGROUP "/cgroup.events");

		frozen = strstr(events, "frozen 1");
		free(events);
		if (!frozen && one_in(c, 20))
			break;
		pause_ms(5);
	}
	if (!frozen && now() >= end)
		fail("the workers do not freeze");
	pause_ms(chance(c) % 50);
	write_file(CGROUP "/cgroup.freeze", "0");
	pause_ms(chance(c) % 1000);
}

/* A stop of the tracee, or its end; false: it does not come soon. */
static bool ptrace_wait(pid_t tid, int *status)
{
	int tries;

	for (tries = 0; tries < 100; tries++) {
		if (waitpid(tid, status, __WALL | WNOHANG) != 0)
			return WIFSTOPPED(*status);
		pause_ms(2);
	}
	return false;
}

static void ptrace_episode(struct chance *c, pid_t tid)
{
	static const long requests[] = {
		PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_CONT,
	};
	bool seize = one_in(c, 2);
	int i, status = 0, sig;

	if (ptrace(seize ? PTRACE_SEIZE : PTRACE_ATTACH, tid, 0, 0))
		return;
	for (i = 0; i < 20; i++) {
		if (seize && one_in(c, 3))
			ptrace(PTRACE_INTERRUPT, tid, 0, 0);
		if (!ptrace_wait(tid, &status))
			break;
		if (one_in(c, 10))
			break;
		sig = status >> 16 ? 0 : WSTOPSIG(status);
		if (sig == SIGSTOP || sig == SIGTRAP || sig == (SIGTRAP | 0x80))
			sig = 0;
		ptrace(requests[chance(c) % 4], tid, 0, sig);
	}
	/* By our end, if it does not stop. */
	ptrace(PTRACE_DETACH, tid, 0, 0);
}

static void ptrace_blow(struct chance *c, unsigned int nr)
{
	struct chance child = { (uint64_t)chance(c) << 32 | 1 };
	pid_t tid = some_thread(c), pid;
	int status;

	(void)nr;
	pid = tid ? fork() : -1;
	if (pid == 0) {
		alarm(2 * slower);
		ptrace_episode(&child, tid);
		_exit(0);
	}
	if (pid > 0)
		waitpid(pid, &status, 0);
	pause_ms(chance(c) % 50);
}

static void list_blow(struct chance *c, unsigned int nr)
{
	static const char * const files[] = { "stat", "status", "syscall", "stack", "wchan" };
	char path[64];

	(void)nr;
	free(read_file("/proc/utrace/tasks"));
	snprintf(path, sizeof(path), "/proc/%d/%s", some_thread(c), files[chance(c) % 5]);
	free(read_file(path));
	pause_ms(chance(c) % 50);
}

const struct storm storms[NR_STORMS] = {
	{ "controller", control_blow, false },
	{ "controller", control_blow, false },
	{ "controller", control_blow, false },
	{ "killer", kill_blow, true },
	{ "signaller", signal_blow, true },
	{ "freezer", freeze_blow, false },
	{ "ptracer", ptrace_blow, true },
	{ "lister", list_blow, false },
};

/**
 * storm() - the life of a storm
 * @nr: Which one.
 * @c: What decides.
 */
void storm(unsigned int nr, struct chance c)
{
	const struct storm *s = &storms[nr];

	if (s->as_worker)
		become_worker_user();
	while (!__atomic_load_n(&shared->storms_end, __ATOMIC_RELAXED)) {
		s->blow(&c, nr);
		shared->blows[nr]++;
	}
	_exit(0);
}
