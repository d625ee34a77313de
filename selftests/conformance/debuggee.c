// SPDX-License-Identifier: GPL-2.0
/*
 * For a debugger: what core/debuggee has not. Its argument says what it does.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int counts[3];
volatile int table[4];
volatile int taken;
static pthread_barrier_t together;

__attribute__((noinline)) void in_thread(int n)
{
	counts[n]++;
}

static void *run_thread(void *arg)
{
	int n = (int)(long)arg;

	pthread_barrier_wait(&together);
	in_thread(n);
	pthread_barrier_wait(&together);
	return NULL;
}

/* All three are there when the first of them calls in_thread(). */
static int threads(void)
{
	pthread_t ids[3];
	long i;

	pthread_barrier_init(&together, NULL, 3);
	for (i = 0; i < 3; i++)
		pthread_create(&ids[i], NULL, run_thread, (void *)i);
	for (i = 0; i < 3; i++)
		pthread_join(ids[i], NULL);
	return counts[0] + counts[1] + counts[2];
}

static void take(int signal)
{
	taken += signal;
}

static int signals(void)
{
	signal(SIGUSR1, take);
	signal(SIGUSR2, take);
	raise(SIGUSR1);
	raise(SIGUSR2);
	raise(SIGCONT);
	return taken;
}

__attribute__((noinline)) int square(int n)
{
	return n * n;
}

static int memory(void)
{
	int i;

	for (i = 0; i < 4; i++)
		table[i] = square(i);
	return table[3] + table[2];
}

static int vforks(void)
{
	int status;
	pid_t pid = vfork();

	if (pid == 0) {
		execl("/bin/true", "true", NULL);
		_exit(1);
	}
	waitpid(pid, &status, 0);
	return status;
}

static int crashes(void)
{
	volatile int *volatile nowhere = NULL;

	*nowhere = square(3);
	return 0;
}

static int idle(void)
{
	puts("ready");
	fflush(stdout);
	while (!taken)
		pause();
	return 0;
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*fn)(void);
	} what[] = {
		{ "threads", threads }, { "signals", signals }, { "memory", memory },
		{ "vforks", vforks }, { "crashes", crashes }, { "idle", idle },
	};
	unsigned int i;

	for (i = 0; i < sizeof(what) / sizeof(what[0]); i++)
		if (argc > 1 && !strcmp(argv[1], what[i].name))
			return what[i].fn();
	return 99;
}
