// SPDX-License-Identifier: GPL-2.0
/*
 * Everything at once, for a while, by chance; then the weather clears, and all
 * that was disturbed must get on and nothing may be left.
 *
 *	stress [--minutes N] [--loads N] [--seed N]
 *
 * In the guest, as root. Prints KTAP. The same seed makes the same wishes, in
 * each process in the same order; what meets what is up to the machine.
 */
#include "stress.h"

#include <sched.h>
#include <sys/random.h>
#include <sys/stat.h>

struct stress_shared *shared;
unsigned int slower = 1;

static uint64_t seed;
static double begun;
static bool said_where;

void say(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %4.0f s: ", now() - begun);
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
}

void fail(const char *fmt, ...)
{
	va_list args;

	va_start(args, fmt);
	printf("# %4.0f s: FAILED: ", now() - begun);
	vprintf(fmt, args);
	printf("\n");
	fflush(stdout);
	va_end(args);
	__atomic_fetch_add(&shared->failed, 1, __ATOMIC_RELAXED);
}

static void print_file(const char *path)
{
	char *text = read_file(path), *line, *rest = text;

	while ((line = strsep(&rest, "\n")))
		if (*line)
			printf("#	%s\n", line);
	free(text);
}

/* All that can be said of a hang. Once: the first is the one to look at. */
static void say_where_all_are(void)
{
	static const char * const files[] = { "stat", "syscall", "stack" };
	char *text = read_file(CGROUP "/cgroup.threads"), *line, *rest = text, path[64];
	unsigned int i;

	if (said_where) {
		free(text);
		return;
	}
	said_where = true;
	while ((line = strsep(&rest, "\n")))
		for (i = 0; *line && i < sizeof(files) / sizeof(*files); i++) {
			snprintf(path, sizeof(path), "/proc/%s/%s", line, files[i]);
			printf("# %s:\n", path);
			print_file(path);
		}
	printf("# /proc/utrace/tasks:\n");
	print_file("/proc/utrace/tasks");
	fflush(stdout);
	free(text);
}

/* Wait until @cond, or say what did not come. */
#define COMES(cond, what, ...)	({					\
	double __end = now() + 60 * slower;				\
	bool __come;							\
									\
	while (!(__come = !!(cond)) && now() < __end)			\
		pause_ms(20);						\
	if (!__come) {							\
		fail(what, ##__VA_ARGS__);				\
		say_where_all_are();					\
	}								\
	__come;								\
})

/* Modules. */

static int load(const char *name)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", getenv("UTRACE_MODULES") ?: "/utrace/modules",
		 name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, "", 0) ? -errno : 0;
	close(fd);
	return ret;
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

static int module_refs(const char *name)
{
	char path[96], *text;
	int refs;

	snprintf(path, sizeof(path), "/sys/module/%s/refcnt", name);
	text = read_file(path);
	refs = *text ? atoi(text) : -1;
	free(text);
	return refs;
}

static bool load_modules(void)
{
	int err = load("utrace") ?: load("test_stress");

	if (err)
		fail("loading the modules: %s", strerror(-err));
	return !err;
}

/* A job control stop without a SIGCONT to come is the workers' own business. */
static void continue_all(void)
{
	char *text = read_file(CGROUP "/cgroup.procs"), *line, *rest = text;

	write_file(CGROUP "/cgroup.freeze", "0");
	while ((line = strsep(&rest, "\n")))
		if (*line)
			kill(atoi(line), SIGCONT);
	free(text);
}

static bool unload_module(const char *name)
{
	int err;

	/* A thread that steps keeps utrace.ko until its step is made: not while it is stopped. */
	if (!COMES((continue_all(), module_refs(name) == 0), "%s has %d references left", name,
		   module_refs(name)))
		return false;
	err = unload(name);
	if (err)
		fail("unloading %s: %s", name, strerror(-err));
	return !err;
}

static bool unload_modules(void)
{
	char *hooked;

	if (!unload_module("test_stress") || !unload_module("utrace"))
		return false;
	hooked = read_file("/sys/kernel/tracing/enabled_functions");
	if (*hooked)
		fail("still hooked: %s", hooked);
	free(hooked);
	return true;
}

static struct test_stress_counters counters(void)
{
	int fd = open(TEST_STRESS_DEVICE, O_RDWR | O_CLOEXEC);
	struct test_stress_counters n = { 0 };

	if (fd < 0 || ioctl(fd, TEST_STRESS_IOC_COUNTERS, &n))
		fail("counters: %m");
	close(fd);
	return n;
}

static uint64_t leave(void)
{
	int fd = open(TEST_STRESS_DEVICE, O_RDWR | O_CLOEXEC);

	if (fd < 0 || ioctl(fd, TEST_STRESS_IOC_LEAVE))
		fail("leaving: %m");
	close(fd);
	return counters().engines;
}

/* What the module has to say, from the kernel log. */
static void print_strange_answers(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	char line[1024];
	ssize_t n;

	while ((n = read(fd, line, sizeof(line) - 1)) > 0 || (n < 0 && errno == EPIPE)) {
		line[n > 0 ? n : 0] = 0;
		if (strstr(line, "test_stress: "))
			printf("#	%s", strstr(line, "test_stress: "));
	}
	close(fd);
}

/* No engine is left of all that were made. */
static void detach_everything(void)
{
	char *list;

	COMES(leave() == 0, "%llu engines are left", (unsigned long long)counters().engines);
	if (counters().strange) {
		fail("%llu answers that there should not be", (unsigned long long)counters().strange);
		print_strange_answers();
	}
	list = read_file("/proc/utrace/tasks");
	if (strstr(list, " stress "))
		fail("still listed: %s", list);
	free(list);
}

/* Processes: workers and storms, made again when they die. */

struct process {
	pid_t pid;
	unsigned int generation;
	/* What it had done when we last looked, and when that was. */
	unsigned long done;
	double since;
};

static struct process workers[NR_WORKERS], stormers[NR_STORMS];
static unsigned long deaths;

static void start_worker(unsigned int nr)
{
	struct process *p = &workers[nr];

	p->generation++;
	p->since = now();
	p->pid = fork();
	if (p->pid)
		return;
	prctl(PR_SET_NAME, TEST_STRESS_COMM);
	setsid();
	if (write_file(CGROUP "/cgroup.procs", "0"))
		fail("worker %u: no cgroup", nr);
	become_worker_user();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	work(nr, chance_of(seed, nr, p->generation));
}

static void start_storm(unsigned int nr)
{
	struct process *p = &stormers[nr];

	p->generation++;
	p->since = now();
	p->pid = fork();
	if (p->pid)
		return;
	prctl(PR_SET_NAME, storms[nr].name);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	storm(nr, chance_of(seed, 100 + nr, p->generation));
}

/* Orphans of the workers come to us, too. */
static void reap_and_restart(bool workers_restart, bool storms_restart)
{
	unsigned int i;
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG | __WALL)) > 0) {
		for (i = 0; i < NR_WORKERS; i++) {
			if (workers[i].pid != pid)
				continue;
			workers[i].pid = 0;
			deaths++;
			if (workers_restart && i < shared->nr_workers)
				start_worker(i);
			else if (status)
				fail("worker %u ended with status %#x", i, status);
		}
		for (i = 0; i < NR_STORMS; i++) {
			if (stormers[i].pid != pid)
				continue;
			stormers[i].pid = 0;
			if (storms_restart) {
				say("%s ended with status %#x", storms[i].name, status);
				start_storm(i);
			}
		}
	}
}

static void check_progress(struct process *p, unsigned long done, const char *what,
			   unsigned int nr, const char *at)
{
	if (!p->pid || p->done != done) {
		p->done = done;
		p->since = now();
	} else if (now() - p->since > 60 * slower) {
		fail("%s %u (%d) makes no progress; it is at: %s", what, nr, p->pid, at ?: "?");
		say_where_all_are();
		p->since = now();
	}
}

static void look_after_all(void)
{
	unsigned int i;

	reap_and_restart(true, !shared->storms_end);
	for (i = 0; i < NR_WORKERS; i++)
		check_progress(&workers[i], shared->rounds[i], "worker", i, shared->activity[i]);
	for (i = 0; i < NR_STORMS; i++)
		check_progress(&stormers[i], shared->blows[i], storms[i].name, i, "");
}

static unsigned long sum(const unsigned long *of, unsigned int n)
{
	unsigned long total = 0;

	while (n--)
		total += of[n];
	return total;
}

static void say_progress(void)
{
	struct test_stress_counters n = counters();

	say("%lu rounds, %lu deaths; %lu wishes, %lu kills, %lu signals, %lu freezes, %lu ptraces; %llu engines of %llu, %llu callbacks",
	    sum(shared->rounds, NR_WORKERS), deaths, sum(shared->blows, 3), shared->blows[3],
	    shared->blows[4], shared->blows[5], shared->blows[6],
	    (unsigned long long)n.engines, (unsigned long long)n.made,
	    (unsigned long long)n.callbacks);
}

/* The phases. */

static void begin_storms(void)
{
	unsigned int i;

	shared->storms_end = false;
	for (i = 0; i < NR_STORMS; i++)
		start_storm(i);
}

static bool storms_are_over(void)
{
	unsigned int i;

	look_after_all();
	for (i = 0; i < NR_STORMS; i++)
		if (stormers[i].pid)
			return false;
	return true;
}

static void end_storms(void)
{
	shared->storms_end = true;
	COMES(storms_are_over(), "a storm does not end");
	continue_all();
}

static void storm_for(double seconds)
{
	double end = now() + seconds, next = now() + 30, next_kill = now() + 45;

	begin_storms();
	while (now() < end && !shared->failed) {
		look_after_all();
		if (now() >= next) {
			say_progress();
			next += 30;
		}
		if (now() >= next_kill) {
			write_file(CGROUP "/cgroup.kill", "1");
			next_kill += 45;
		}
		pause_ms(50);
	}
	say_progress();
	end_storms();
}

static bool all_have_rounds(const unsigned long *before, unsigned long more)
{
	unsigned int i;

	continue_all();
	reap_and_restart(false, false);
	for (i = 0; i < NR_WORKERS; i++)
		if (workers[i].pid && shared->rounds[i] < before[i] + more)
			return false;
	return true;
}

static bool others_have_ended(void)
{
	unsigned int i;

	continue_all();
	reap_and_restart(false, false);
	for (i = shared->nr_workers; i < NR_WORKERS; i++)
		if (workers[i].pid)
			return false;
	return true;
}

static void set_workers(unsigned int nr)
{
	unsigned int i;

	shared->nr_workers = nr;
	COMES(others_have_ended(), "a worker does not end");
	for (i = 0; i < nr; i++)
		if (!workers[i].pid)
			start_worker(i);
}

/* In fine weather every worker gets on, and nobody dies. */
static void workers_live_on(void)
{
	unsigned long before[NR_WORKERS];
	double end;

	/* What was put off while engines were there may end one yet. */
	for (end = now() + 3 * slower; now() < end; pause_ms(50)) {
		continue_all();
		look_after_all();
	}
	memcpy(before, shared->rounds, sizeof(before));
	COMES(all_have_rounds(before, 5), "a worker does not get on when all engines are gone");
}

static void load_and_unload(unsigned int loads)
{
	struct chance c = chance_of(seed, 200, 0);
	unsigned long failed = shared->failed;
	double end, next = now() + 30;
	unsigned int i;

	/* Most of the time goes by waiting for RCU: longer, the more CPUs are busy. */
	set_workers(NR_WORKERS_OF_LOADS);
	for (i = 0; i < loads && shared->failed == failed; i++) {
		if (!load_modules())
			return;
		shared->storms_end = false;
		start_storm(0);
		start_storm(1);
		for (end = now() + chance(&c) % 200 / 1000.; now() < end; pause_ms(10))
			look_after_all();
		shared->storms_end = true;
		COMES(storms_are_over(), "a controller does not end");
		detach_everything();
		if (!unload_modules())
			return;
		/* Engines turn signals into stops, and here no storm ends these. */
		continue_all();
		if (now() >= next) {
			say("%u loads, %lu rounds, %lu deaths", i + 1,
			    sum(shared->rounds, NR_WORKERS), deaths);
			next += 30;
		}
	}
	say("%u loads", i);
}


static bool nobody_is_left(void)
{
	char *procs = read_file(CGROUP "/cgroup.procs");
	bool empty = !*procs;

	free(procs);
	continue_all();
	reap_and_restart(false, false);
	return empty;
}

static void end_workers(void)
{
	set_workers(0);
	COMES(nobody_is_left(), "a process of a worker does not end");
	if (!shared->failed)
		return;
	write_file(CGROUP "/cgroup.kill", "1");
	COMES(nobody_is_left(), "SIGKILL does not end a process");
}

static unsigned int nr_tests;

static void result(const char *name)
{
	static unsigned long before;

	printf("%s %u %s\n", shared->failed == before ? "ok" : "not ok", ++nr_tests, name);
	fflush(stdout);
	before = shared->failed;
}

static void prepare(void)
{
	shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
		      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	shared->supervisor = getpid();
	if (mkdir(CGROUP, 0755) && errno != EEXIST)
		fail(CGROUP ": %m");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	/* Those of run-all may be there. */
	unload("test_stress");
	unload("test_misbehave");
	unload("test_utrace");
	unload("utrace_record");
	unload("utrace_ptrace");
	unload("utrace_block");
	unload("utrace");
	set_workers(NR_WORKERS);
}

int main(int argc, char **argv)
{
	unsigned int loads = 20;
	double minutes = 10;
	int i;

	if (getrandom(&seed, 4, 0) != 4)
		seed = getpid();
	for (i = 1; i + 1 < argc; i += 2) {
		if (strcmp(argv[i], "--minutes") == 0)
			minutes = atof(argv[i + 1]);
		else if (strcmp(argv[i], "--loads") == 0)
			loads = atoi(argv[i + 1]);
		else if (strcmp(argv[i], "--seed") == 0)
			seed = strtoull(argv[i + 1], NULL, 0);
		else
			break;
	}
	if (i != argc) {
		fprintf(stderr, "Usage: stress [--minutes N] [--loads N] [--seed N]\n");
		return 2;
	}
	if (getenv("TEST_SLOWER"))
		slower = atoi(getenv("TEST_SLOWER"));

	begun = now();
	printf("KTAP version 1\n1..4\n# seed %llu\n", (unsigned long long)seed);
	fflush(stdout);
	prepare();
	if (load_modules()) {
		storm_for(minutes * 60);
		result("workers_get_on_in_all_storms");
		detach_everything();
		workers_live_on();
		unload_modules();
		result("all_engines_go_and_everybody_lives_on");
		load_and_unload(loads);
		result("modules_come_and_go_under_load");
	}
	end_workers();
	result("everybody_ends");
	printf("# %s in %.0f s, seed %llu\n", shared->failed ? "failed" : "passed",
	       now() - begun, (unsigned long long)seed);
	return shared->failed ? 1 : 0;
}
