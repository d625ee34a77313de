// SPDX-License-Identifier: GPL-2.0
/* CPUs that come and go under traced and recorded tasks. */
#include "coexist.h"

#define ONLINE	"/sys/devices/system/cpu/cpu1/online"
#define TIMES	5
#define BURST	30000L

static void pin(int cpu)
{
	cpu_set_t set;

	CPU_ZERO(&set);
	CPU_SET(cpu, &set);
	sched_setaffinity(0, sizeof(set), &set);
}

static void life_on_cpu_0(void)
{
	pin(0);
	life();
}

static void life_on_cpu_1(void)
{
	pin(1);
	life();
}

FIXTURE(cpu) { };
FIXTURE_SETUP(cpu)
{
	(void)self;
	ASSERT_EQ(0, access(ONLINE, W_OK));
	ASSERT_EQ(0, load_utrace());
	put_back_at_end(ONLINE);
}
FIXTURE_TEARDOWN(cpu) { }

static void on_which_cpu(struct __test_metadata *_metadata, void (*fn)(void))
{
	struct session *s;
	struct tracee t;
	int i;

	shared[ROUNDS] = FOREVER;
	shared[PARENT] = getpid();
	t = tracee_start(fn);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	for (i = 0; i < TIMES; i++) {
		EXPECT_TRUE(life_goes_on(s, 1));
		ASSERT_EQ(0, write_file(ONLINE, "0"));
		EXPECT_TRUE(life_goes_on(s, 1));
		ASSERT_EQ(0, write_file(ONLINE, "1"));
	}
	expect_life(_metadata, s, &t);
}

TEST_F(cpu, engine_of_a_task_on_the_cpu_that_goes_sees_everything)
{
	on_which_cpu(_metadata, life_on_cpu_1);
}

TEST_F(cpu, engine_of_a_task_on_the_cpu_that_stays_sees_everything)
{
	on_which_cpu(_metadata, life_on_cpu_0);
}

static void stop_here(void)
{
	pin(1);
	shared[0] = syscall(SYS_getppid);
}

TEST_F(cpu, task_stopped_on_a_cpu_that_goes_can_be_resumed)
{
	struct tracee t = tracee_start(stop_here);
	struct session *s = session_open();

	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	ASSERT_EQ(0, write_file(ONLINE, "0"));
	EXPECT_EQ('t', state_of(t.pid));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpid(), shared[0]);
	ASSERT_EQ(0, write_file(ONLINE, "1"));
}

/* The first number that a command prints. */
static long number_of(const char *command)
{
	FILE *f = popen(command, "r");
	long n = -1;

	if (fscanf(f, "%ld", &n) != 1)
		n = -1;
	pclose(f);
	return n;
}

static pid_t record_burst(int cpu, const char *file)
{
	pid_t pid = fork();

	if (pid == 0) {
		char command[512], *end, here[256] = "";

		if (readlink("/proc/self/exe", here, sizeof(here) - 1) < 0)
			_exit(126);
		end = strstr(here, "/core/");
		if (end)
			*end = 0;
		pin(cpu);
		/* A CPU that is gone takes the wish with it. */
		snprintf(command, sizeof(command),
			 "exec utrace record -q -o %s -- %s/record/burst %ld", file, here, BURST);
		execl("/bin/sh", "sh", "-c", command, NULL);
		_exit(127);
	}
	return pid;
}

TEST_F(cpu, recorder_has_every_call_or_says_how_many_it_lost)
{
	static const char * const files[] = { "/tmp/coexist-cpu0", "/tmp/coexist-cpu1" };
	pid_t recorders[2];
	int i, ret, status, running = 2, times = 0;

	ret = load_with("utrace_record", "");
	ASSERT_TRUE(!ret || ret == -EEXIST);
	for (i = 0; i < 2; i++)
		recorders[i] = record_burst(i, files[i]);
	while (running || times < TIMES) {
		if (times++ < 4 * TIMES) {
			ASSERT_EQ(0, write_file(ONLINE, "0"));
			breathe();
			ASSERT_EQ(0, write_file(ONLINE, "1"));
		}
		breathe();
		for (i = 0; i < 2; i++) {
			if (recorders[i] <= 0 || waitpid(recorders[i], &status, WNOHANG) <= 0)
				continue;
			EXPECT_EQ(0, status);
			recorders[i] = 0;
			running--;
		}
	}
	for (i = 0; i < 2; i++) {
		long calls, lost;
		char command[256];

		snprintf(command, sizeof(command), "utrace report %s | grep -c getppid", files[i]);
		calls = number_of(command);
		snprintf(command, sizeof(command), "utrace report %s 2>/dev/null | sed -n "
			 "'s/^<\\.\\.\\. \\([0-9]*\\) records\\? lost .*/\\1/p' | "
			 "awk '{ n += $1 } END { print n + 0 }'", files[i]);
		lost = number_of(command);
		if (calls + lost != BURST)
			TH_LOG("%s: %ld calls, %ld records lost", files[i], calls, lost);
		EXPECT_LE(calls, BURST);
		EXPECT_GE(calls + lost, BURST);
		if (!lost)
			EXPECT_EQ(BURST, calls);
		unlink(files[i]);
	}
}

TEST_HARNESS_MAIN
