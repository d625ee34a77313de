// SPDX-License-Identifier: GPL-2.0
/*
 * Tracers that do anything at any time, to programs that do anything, all of which
 * may be killed: nothing hangs, and nothing is left.
 */
#include "both.h"
#include "../core/coexist.h"

#define NR_VICTIMS	4
#define NR_TRACERS	4
#define SECONDS		8

static unsigned int dice(unsigned int *state, unsigned int sides)
{
	*state = *state * 1103515245 + 12345;
	return (*state >> 16) % sides;
}

static void *short_thread(void *arg)
{
	(void)arg;
	syscall(SYS_getppid);
	return NULL;
}

static void ignore(int signal)
{
	(void)signal;
}

/* What a program may do that is traced. */
static void victim(unsigned int with)
{
	/* Not in a register: it lives over vfork(). */
	static unsigned int seed;
	pthread_t thread;
	pid_t pid;

	seed = with;
	signal(SIGUSR1, ignore);
	for (;;) {
		switch (dice(&seed, 6)) {
		case 0:
			pid = fork();
			if (pid == 0)
				_exit(1);
			waitpid(pid, NULL, 0);
			break;
		case 1:
			pid = vfork();
			if (pid == 0) {
				execl("/bin/true", "true", NULL);
				_exit(1);
			}
			waitpid(pid, NULL, 0);
			break;
		case 2:
			if (!pthread_create(&thread, NULL, short_thread, NULL))
				pthread_join(thread, NULL);
			break;
		case 3:
			raise(SIGUSR1);
			break;
		case 4:
			usleep(1000);
			break;
		default:
			syscall(SYS_getppid);
		}
	}
}

static const unsigned long options[] = {
	0, PTRACE_O_TRACESYSGOOD, PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE,
	PTRACE_O_TRACEEXEC | PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE,
	PTRACE_O_TRACEFORK | PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXIT,
};

static void answer(unsigned int *seed, pid_t pid, int status)
{
	static const long resumes[] = {
		PTRACE_CONT, PTRACE_SYSCALL, PTRACE_SINGLESTEP, PTRACE_LISTEN, PTRACE_DETACH,
		PTRACE_SYSCALL, PTRACE_CONT, PTRACE_SINGLEBLOCK,
	};
	int sig = status >> 8 & 0x7f;
	struct user_regs_struct regs;

	trace(PTRACE_GETREGS, pid, 0, (unsigned long)&regs);
	if (status >> 16 || sig == SIGTRAP)
		sig = 0;
	if (!dice(seed, 4))
		trace(PTRACE_INTERRUPT, pid, 0, 0);
	if (trace(resumes[dice(seed, 8)], pid, 0, sig))
		trace(PTRACE_CONT, pid, 0, sig);
}

static void tracer(unsigned int seed)
{
	pid_t pid;
	int status;

	if (enter())
		_exit(1);
	for (;;) {
		pid = shared[dice(&seed, NR_VICTIMS)];
		switch (dice(&seed, 12)) {
		case 0:
			trace(PTRACE_SEIZE, pid, 0, options[dice(&seed, 5)]);
			break;
		case 1:
			trace(PTRACE_ATTACH, pid, 0, 0);
			break;
		case 2:
			trace(PTRACE_INTERRUPT, pid, 0, 0);
			break;
		case 3:
			usleep(200);
			break;
		}
		pid = waitpid(-1, &status, __WALL | WNOHANG);
		if (pid > 0 && WIFSTOPPED(status))
			answer(&seed, pid, status);
		shared[100]++;
	}
}

static pid_t start(void (*fn)(unsigned int seed), unsigned int seed)
{
	pid_t pid = fork();

	if (pid == 0) {
		setpgid(0, 0);
		fn(seed);
	}
	return pid;
}

static bool nobody_is_traced(void)
{
	char line[256];
	bool none = true;
	FILE *f = fopen("/proc/utrace/tasks", "re");

	while (f && fgets(line, sizeof(line), f))
		/* The dead wait for whoever they were given to. */
		if ((strstr(line, " ptrace ") || strstr(line, " tracer ")) &&
		    !strstr(line, " dead "))
			none = false;
	if (f)
		fclose(f);
	return none;
}

TEST_TIMEOUT(storm_of_tracers_leaves_nothing, 90)
{
	pid_t victims[NR_VICTIMS], tracers[NR_TRACERS];
	unsigned int seed = getpid(), i;
	double end = now() + SECONDS;
	long before;

	for (i = 0; i < NR_VICTIMS; i++)
		shared[i] = victims[i] = start(victim, seed + i);
	for (i = 0; i < NR_TRACERS; i++)
		tracers[i] = start(tracer, seed + 100 + i);
	while (now() < end) {
		breathe();
		switch (dice(&seed, 40)) {
		case 0:
			i = dice(&seed, NR_VICTIMS);
			kill(victims[i], SIGKILL);
			ASSERT_EQ(victims[i], waitpid(victims[i], NULL, 0));
			shared[i] = victims[i] = start(victim, seed);
			break;
		case 1:
			i = dice(&seed, NR_TRACERS);
			kill(tracers[i], SIGKILL);
			ASSERT_EQ(tracers[i], waitpid(tracers[i], NULL, 0));
			tracers[i] = start(tracer, seed);
			break;
		case 2:
			kill(victims[dice(&seed, NR_VICTIMS)], SIGSTOP);
			break;
		case 3:
		case 4:
			kill(victims[dice(&seed, NR_VICTIMS)], SIGCONT);
			break;
		case 5:
			kill(victims[dice(&seed, NR_VICTIMS)], SIGUSR1);
			break;
		}
	}
	before = shared[100];
	EXPECT_TRUE(WAIT_FOR(shared[100] > before));
	for (i = 0; i < NR_TRACERS; i++) {
		kill(tracers[i], SIGKILL);
		EXPECT_EQ(tracers[i], waitpid(tracers[i], NULL, 0));
	}
	/* Those that were let go, go; children of the killed, too. */
	for (i = 0; i < NR_VICTIMS; i++) {
		kill(victims[i], SIGCONT);
		kill(victims[i], SIGKILL);
		kill(-victims[i], SIGKILL);
		EXPECT_EQ(victims[i], waitpid(victims[i], NULL, 0));
	}
	EXPECT_TRUE(WAIT_FOR(nobody_is_traced()));
}

static void read_status(unsigned int of)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/%u/status", of);
	for (;;) {
		char *text = read_file(path);

		shared[0] += !strstr(text, "\nTracerPid:\t0\n");
		free(text);
	}
}

/* What they read, the module writes into, until it goes. */
TEST_TIMEOUT(module_goes_while_everybody_reads_the_status_of_a_tracee, 90)
{
	pid_t pid = idle_child(), readers[4], tracer;
	unsigned int i;
	int round;
	long seen;

	for (i = 0; i < 4; i++)
		readers[i] = start(read_status, pid);
	for (round = 0; round < 5; round++) {
		tracer = fork();
		if (tracer == 0) {
			if (enter() || trace(PTRACE_SEIZE, pid, 0, 0))
				_exit(1);
			seen = shared[0];
			_exit(!WAIT_FOR(shared[0] > seen + 20));
		}
		EXPECT_EQ(0, status_of(tracer));
		EXPECT_TRUE(WAIT_FOR(unload("utrace_ptrace") == 0));
		ASSERT_EQ(0, load_with("utrace_ptrace", ""));
	}
	for (i = 0; i < 4; i++) {
		kill(readers[i], SIGKILL);
		waitpid(readers[i], NULL, 0);
	}
	EXPECT_EQ(SIGKILL, end_child(pid));
}

TEST_HARNESS_MAIN
