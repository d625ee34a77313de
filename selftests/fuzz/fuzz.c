// SPDX-License-Identifier: GPL-2.0
/*
 * Requests to the devices by chance: of every kind, right, nearly right and wrong, by
 * several processes at once, each with two threads, while who is traced lives on, and
 * each is killed in the middle of it before long.
 *
 *	fuzz [--minutes N] [--seed N]
 *
 * In the guest, as root, by run-all, which looks what is left. Prints KTAP. The kernel
 * says what was wrong; we see to it that those who are traced get on when nobody has
 * them any more. The same seed makes the same requests, in each process.
 */
#define _GNU_SOURCE
#include "../chance.h"
#include "../file.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/ptrace.h>
#include <linux/seccomp.h>
#include <linux/utrace_block.h>
#include <linux/utrace_ptrace.h>
#include <linux/utrace_record.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#define ARRAY_SIZE(a)	(sizeof(a) / sizeof((a)[0]))
#define NR_VICTIMS	4
#define NR_FUZZERS	3
#define NR_FILES	4
#define PAGE		4096ul
#define NOBODY		65534
/* Whom clone(2) was made to do another thing than was meant, nobody else knows of. */
#define CGROUP		"/sys/fs/cgroup/utrace-fuzz-"
#define VICTIMS		CGROUP "victims"
#define FUZZERS		CGROUP "fuzzers"

static struct {
	pid_t victims[NR_VICTIMS], fuzzers[NR_FUZZERS];
	unsigned long rounds[NR_VICTIMS], requests[NR_FUZZERS], taken;
} *shared;

/* ---- Who is traced ---- */

static void ignore(int sig)
{
	(void)sig;
}

static void live(struct chance *c)
{
	char buf[64];
	int fd;

	switch (chance(c) % 8) {
	case 0:
		fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC);
		if (read(fd, buf, sizeof(buf)) < 0)
			fd = -1;
		close(fd);
		break;
	case 1:
		if (fork() == 0)
			_exit(chance(c) % 100);
		break;
	case 2:
		if (fork() == 0) {
			execl("/bin/true", "true", NULL);
			_exit(1);
		}
		break;
	case 3:
		if (vfork() == 0)
			_exit(0);
		break;
	case 4:
		raise(SIGUSR1);
		break;
	case 5:
		pause_ms(1);
		break;
	default:
		syscall(SYS_getppid);
	}
	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
}

static void be_a_victim(unsigned int nr, struct chance c)
{
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What is written into it by chance is to do no harm. */
	if (setgid(NOBODY) || setuid(NOBODY))
		_exit(1);
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	signal(SIGUSR1, ignore);
	for (;;) {
		live(&c);
		shared->rounds[nr]++;
	}
}

/* ---- What is asked ---- */

/* An open device. */
struct file {
	int fd;
	unsigned int device;
};

struct fuzzer {
	struct chance chance;
	unsigned int nr;
	/* Of both threads: what one has open the other uses. */
	struct file *files;
	/* Ends where nothing is mapped. */
	char *edge;
	/* Has something in it. */
	char *room;
};

#define ROOM	(64 * PAGE)

static uint64_t last_cookie;

static struct file *some_file(struct fuzzer *f)
{
	return &f->files[chance(&f->chance) % NR_FILES];
}

/* None of those who look after the test. */
static int32_t some_pid(struct fuzzer *f)
{
	switch (chance(&f->chance) % 8) {
	case 0:
		return (int32_t[]){ 0, -1, INT32_MAX, INT32_MIN, 2 }[chance(&f->chance) % 5];
	case 1:
		return shared->fuzzers[chance(&f->chance) % NR_FUZZERS];
	default:
		return shared->victims[chance(&f->chance) % NR_VICTIMS];
	}
}

static uint64_t some_number(struct fuzzer *f)
{
	static const uint64_t numbers[] = {
		0, 1, 2, 3, 4, 7, 8, 15, 16, 63, 64, 255, 256, 1023, 1024, 4095, 4096, 4097,
		65535, 65536, 1 << 20, 1u << 31, 0x7fffffff, 0xffffffff, 1ull << 32, ~0ull,
		1ull << 63,
	};

	return one_in(&f->chance, 8) ? chance(&f->chance) : numbers[chance(&f->chance) % ARRAY_SIZE(numbers)];
}

static uint64_t some_pointer(struct fuzzer *f)
{
	switch (chance(&f->chance) % 12) {
	case 0:
		return 0;
	case 1:
		return (uintptr_t)f->edge - chance(&f->chance) % 16;
	case 2:
		return 0xffff888000000000;
	case 3:
		return (uintptr_t)f->room + 1;
	case 4:
		return ~0ull;
	default:
		return (uintptr_t)f->room;
	}
}

/* A program of seccomp's, that the kernel may take. */
static uint64_t some_program(struct fuzzer *f, uint32_t *nr)
{
	struct sock_filter *insns = (struct sock_filter *)(f->room + ROOM / 2);
	unsigned int i, n = 1 + chance(&f->chance) % 4;

	for (i = 0; i + 1 < n; i++)
		insns[i] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS,
							chance(&f->chance) % 17 * 4);
	insns[i] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K,
						one_in(&f->chance, 4) ? 0 : SECCOMP_RET_ALLOW);
	*nr = n;
	return one_in(&f->chance, 8) ? some_pointer(f) : (uintptr_t)insns;
}

struct request {
	unsigned int device;
	unsigned long cmd;
	void (*fill)(struct fuzzer *f, void *to);
};

static void fill_record_setup(struct fuzzer *f, void *to)
{
	*(struct utrace_record_setup *)to = (struct utrace_record_setup){
		.size = sizeof(struct utrace_record_setup),
		.version = UTRACE_RECORD_VERSION,
		.ring_bytes = PAGE << chance(&f->chance) % 8,
		.max_string = chance(&f->chance) % 4097,
		.policy = chance(&f->chance) % 3,
		.block_timeout_ms = 1 + chance(&f->chance) % 20,
		.max_data = chance(&f->chance) % 4097,
	};
}

static void fill_record_attach(struct fuzzer *f, void *to)
{
	*(struct utrace_record_attach *)to = (struct utrace_record_attach){
		.flags = chance(&f->chance) % 8,
	};
}

static void fill_record_consume(struct fuzzer *f, void *to)
{
	*(struct utrace_record_consume *)to = (struct utrace_record_consume){
		.cpu = chance(&f->chance) % 3,
		.tail = some_number(f),
	};
}

static void fill_record_calls(struct fuzzer *f, void *to)
{
	size_t i;

	for (i = 0; i < ROOM / 4; i++)
		f->room[i] = one_in(&f->chance, 3) ? chance(&f->chance) % 20 : 0;
	*(struct utrace_record_calls *)to = (struct utrace_record_calls){
		.abi = chance(&f->chance) % 2,
		.nr = 1 + chance(&f->chance) % UTRACE_RECORD_MAX_CALLS,
		.specs = (uintptr_t)f->room,
	};
}

static void fill_filter(struct fuzzer *f, void *to)
{
	struct utrace_record_filter *filter = to;

	*filter = (struct utrace_record_filter){ };
	filter->insns = some_program(f, &filter->nr);
}

static void fill_numbers(struct fuzzer *f, void *to)
{
	*(uint64_t *)to = some_number(f);
}

static void fill_block_setup(struct fuzzer *f, void *to)
{
	*(struct utrace_block_setup *)to = (struct utrace_block_setup){
		.size = sizeof(struct utrace_block_setup),
		.version = UTRACE_BLOCK_VERSION,
		.events = 1 + chance(&f->chance) % 127,
		.timeout_ms = 1 + chance(&f->chance) % 20,
		.on_timeout = one_in(&f->chance, 20),
		.on_close = one_in(&f->chance, 20),
		.level = (int)(chance(&f->chance) % 16) - 8,
		.max_string = chance(&f->chance) % 4097,
	};
}

static void fill_block_strings(struct fuzzer *f, void *to)
{
	*(struct utrace_block_strings *)to = (struct utrace_block_strings){
		.arch = one_in(&f->chance, 2) ? AUDIT_ARCH_X86_64 : AUDIT_ARCH_I386,
		.nr = chance(&f->chance) % 500,
		.args = 1u << chance(&f->chance) % 6,
	};
}

static void fill_block_task(struct fuzzer *f, void *to)
{
	*(struct utrace_block_task *)to = (struct utrace_block_task){
		.flags = chance(&f->chance) % 4,
	};
}

static struct utrace_block_recv some_recv(struct fuzzer *f)
{
	return (struct utrace_block_recv){
		.events = (uintptr_t)f->room,
		.nr = 1 + chance(&f->chance) % 3,
		.stride = 4 * PAGE,
	};
}

static void fill_block_recv(struct fuzzer *f, void *to)
{
	*(struct utrace_block_recv *)to = some_recv(f);
}

static struct utrace_block_send some_send(struct fuzzer *f)
{
	struct utrace_block_verdict *verdict = (void *)(f->room + ROOM / 2);

	*verdict = (struct utrace_block_verdict){
		.cookie = __atomic_load_n(&last_cookie, __ATOMIC_RELAXED),
		.action = chance(&f->chance) % 5,
	};
	if (verdict->action == UTRACE_BLOCK_KILL && !one_in(&f->chance, 8))
		verdict->action = UTRACE_BLOCK_RUN;
	if (verdict->action == UTRACE_BLOCK_RESULT)
		verdict->result = -(int)(chance(&f->chance) % 140);
	if (verdict->action == UTRACE_BLOCK_REPLACE)
		verdict->nr = chance(&f->chance) % 66;
	if (verdict->action == UTRACE_BLOCK_CHANGE) {
		struct utrace_block_snapshot *snapshot = (void *)(f->room + ROOM / 2 + PAGE);

		*snapshot = (struct utrace_block_snapshot){
			.arg = chance(&f->chance) % 6,
			.len = 1 + chance(&f->chance) % 4096,
			.bytes = some_pointer(f),
		};
		verdict->flags = UTRACE_BLOCK_ARG(chance(&f->chance) % 6);
		verdict->nr_snapshots = chance(&f->chance) % 2;
		verdict->snapshots = verdict->nr_snapshots ? (uintptr_t)snapshot : 0;
	}
	return (struct utrace_block_send){ .verdicts = (uintptr_t)verdict, .nr = 1 };
}

static void fill_block_send(struct fuzzer *f, void *to)
{
	*(struct utrace_block_send *)to = some_send(f);
}

static void fill_block_exchange(struct fuzzer *f, void *to)
{
	*(struct utrace_block_exchange *)to = (struct utrace_block_exchange){
		.send = some_send(f),
		.recv = some_recv(f),
	};
}

static void fill_block_cookie(struct fuzzer *f, void *to)
{
	(void)f;
	*(uint64_t *)to = __atomic_load_n(&last_cookie, __ATOMIC_RELAXED);
}

static void fill_block_memory(struct fuzzer *f, void *to)
{
	struct utrace_block_range *range = (void *)(f->room + ROOM / 2);

	*range = (struct utrace_block_range){
		.addr = some_pointer(f),
		.buf = (uintptr_t)f->room,
		.len = chance(&f->chance) % PAGE,
	};
	*(struct utrace_block_memory *)to = (struct utrace_block_memory){
		.cookie = __atomic_load_n(&last_cookie, __ATOMIC_RELAXED),
		.vector = (uintptr_t)range,
		.nr = 1,
		.flags = chance(&f->chance) % 2,
	};
}

static void fill_block_addfd(struct fuzzer *f, void *to)
{
	*(struct utrace_block_addfd *)to = (struct utrace_block_addfd){
		.cookie = __atomic_load_n(&last_cookie, __ATOMIC_RELAXED),
		.fd = some_file(f)->fd,
		.flags = O_CLOEXEC,
	};
}

static void fill_ptrace_enter(struct fuzzer *f, void *to)
{
	(void)f;
	*(struct utrace_ptrace_enter *)to = (struct utrace_ptrace_enter){
		.size = sizeof(struct utrace_ptrace_enter),
	};
}

enum { RECORD, BLOCK, PTRACE, NR_DEVICES };

static const char *const devices[NR_DEVICES] = {
	UTRACE_RECORD_DEVICE, UTRACE_BLOCK_DEVICE, UTRACE_PTRACE_DEVICE,
};

static const struct request requests[] = {
	{ RECORD, UTRACE_RECORD_IOC_SETUP, fill_record_setup },
	{ RECORD, UTRACE_RECORD_IOC_ATTACH, fill_record_attach },
	{ RECORD, UTRACE_RECORD_IOC_CONSUME, fill_record_consume },
	{ RECORD, UTRACE_RECORD_IOC_CALLS, fill_record_calls },
	{ RECORD, UTRACE_RECORD_IOC_STATUS, fill_numbers },
	{ RECORD, UTRACE_RECORD_IOC_FILTER, fill_filter },
	{ RECORD, UTRACE_RECORD_IOC_IN_FLIGHT, fill_numbers },
	{ RECORD, UTRACE_RECORD_IOC_STACK, fill_numbers },
	{ BLOCK, UTRACE_BLOCK_IOC_SETUP, fill_block_setup },
	{ BLOCK, UTRACE_BLOCK_IOC_FILTER, fill_filter },
	{ BLOCK, UTRACE_BLOCK_IOC_STRINGS, fill_block_strings },
	{ BLOCK, UTRACE_BLOCK_IOC_ATTACH, fill_block_task },
	{ BLOCK, UTRACE_BLOCK_IOC_DETACH, fill_block_task },
	{ BLOCK, UTRACE_BLOCK_IOC_RECV, fill_block_recv },
	{ BLOCK, UTRACE_BLOCK_IOC_SEND, fill_block_send },
	{ BLOCK, UTRACE_BLOCK_IOC_EXCHANGE, fill_block_exchange },
	{ BLOCK, UTRACE_BLOCK_IOC_VALID, fill_block_cookie },
	{ BLOCK, UTRACE_BLOCK_IOC_MEMORY, fill_block_memory },
	{ BLOCK, UTRACE_BLOCK_IOC_ADDFD, fill_block_addfd },
	{ BLOCK, UTRACE_BLOCK_IOC_STATUS, fill_numbers },
	{ BLOCK, UTRACE_BLOCK_IOC_PIDFD, fill_block_cookie },
	{ PTRACE, UTRACE_PTRACE_IOC_ENTER, fill_ptrace_enter },
};

/* Those whose first word is a process. */
static bool has_pid(unsigned long cmd)
{
	return cmd == UTRACE_RECORD_IOC_ATTACH || cmd == UTRACE_BLOCK_IOC_ATTACH ||
	       cmd == UTRACE_BLOCK_IOC_DETACH;
}

static void spoil(struct fuzzer *f, void *what, size_t size)
{
	uint32_t *words = what;
	uint64_t wrong;

	if (size < sizeof(wrong) || one_in(&f->chance, 2)) {
		if (size >= sizeof(*words))
			words[chance(&f->chance) % (size / sizeof(*words))] = some_number(f);
		return;
	}
	wrong = one_in(&f->chance, 2) ? some_pointer(f) : some_number(f);
	memcpy((char *)what + chance(&f->chance) % (size / sizeof(wrong)) * sizeof(wrong), &wrong,
	       sizeof(wrong));
}

static void learn(const struct request *r, const struct fuzzer *f, int ret)
{
	const struct utrace_block_event *event = (const void *)f->room;

	if (ret >= 0)
		__atomic_fetch_add(&shared->taken, 1, __ATOMIC_RELAXED);
	if (ret >= 0 && (r->cmd == UTRACE_BLOCK_IOC_RECV || r->cmd == UTRACE_BLOCK_IOC_EXCHANGE))
		__atomic_store_n(&last_cookie, event->cookie, __ATOMIC_RELAXED);
	if (ret > 0 && r->cmd == UTRACE_BLOCK_IOC_PIDFD)
		close(ret);
}

/* One of its device's, as a rule. */
static const struct request *some_request(struct fuzzer *f, const struct file *file)
{
	const struct request *r;

	do {
		r = &requests[chance(&f->chance) % ARRAY_SIZE(requests)];
	} while (r->device != file->device && !one_in(&f->chance, 100));
	return r;
}

static void ask(struct fuzzer *f)
{
	const struct file *file = some_file(f);
	const struct request *r = some_request(f, file);
	size_t size = _IOC_SIZE(r->cmd);
	char *arg = f->edge - size;

	r->fill(f, arg);
	while (one_in(&f->chance, 4))
		spoil(f, arg, size);
	if (has_pid(r->cmd))
		*(int32_t *)arg = some_pid(f);
	if (one_in(&f->chance, 32))
		arg = (char *)some_pointer(f);
	learn(r, f, ioctl(file->fd, r->cmd, arg));
}

/* Of no kind that there is; the argument is never a process. */
static void ask_nonsense(struct fuzzer *f)
{
	unsigned long cmd = _IOC(chance(&f->chance) % 4, 0xe7 + chance(&f->chance) % 3,
				 13 + chance(&f->chance) % 200, chance(&f->chance) % 200);

	memset(f->room, chance(&f->chance), PAGE);
	ioctl(some_file(f)->fd, cmd, f->room);
}

static void open_another(struct fuzzer *f)
{
	int flags = O_RDWR | O_CLOEXEC | (one_in(&f->chance, 2) ? O_NONBLOCK : 0);
	/* That of utrace_ptrace knows one request. */
	unsigned int device = one_in(&f->chance, 16) ? PTRACE : chance(&f->chance) % 2;
	struct file *file = some_file(f);
	int old;

	/* The other thread may have seen half of it. */
	old = __atomic_exchange_n(&file->fd, open(devices[device], flags), __ATOMIC_RELAXED);
	file->device = device;
	if (old >= 0)
		close(old);
}

static void map(struct fuzzer *f)
{
	size_t bytes = (1 + chance(&f->chance) % 64) * PAGE, i;
	volatile char *at = mmap(NULL, bytes, PROT_READ | (one_in(&f->chance, 8) ? PROT_WRITE : 0),
				 one_in(&f->chance, 8) ? MAP_PRIVATE : MAP_SHARED,
				 some_file(f)->fd,
				 one_in(&f->chance, 4) ? chance(&f->chance) % 64 * PAGE : 0);

	if (at == MAP_FAILED)
		return;
	/* Behind the end of the rings is SIGBUS, and the next one takes over. */
	for (i = 0; i < bytes; i += PAGE)
		(void)at[i];
	munmap((void *)at, bytes);
}

static void use_file(struct fuzzer *f)
{
	int fd = some_file(f)->fd;
	struct pollfd p = { .fd = fd, .events = POLLIN | POLLOUT };

	switch (chance(&f->chance) % 4) {
	case 0:
		poll(&p, 1, 0);
		break;
	case 1:
		if (read(fd, f->room, chance(&f->chance) % ROOM) < 0)
			break;
		break;
	case 2:
		if (write(fd, f->room, chance(&f->chance) % PAGE) < 0)
			break;
		break;
	case 3:
		lseek(fd, some_number(f), chance(&f->chance) % 3);
		break;
	}
}

/* All but PTRACE_TRACEME, by which the supervisor of the test would be a tracer. */
static void trace(struct fuzzer *f)
{
	long request = one_in(&f->chance, 2) ? 1 + chance(&f->chance) % 33 :
		       0x4200 + chance(&f->chance) % 20;
	pid_t pid = some_pid(f);
	int status;

	if (one_in(&f->chance, 4))
		request = one_in(&f->chance, 2) ? PTRACE_SEIZE : PTRACE_ATTACH;
	syscall(SYS_ptrace, request, pid,
		one_in(&f->chance, 2) ? some_number(f) : some_pointer(f),
		one_in(&f->chance, 2) ? some_number(f) : some_pointer(f));
	syscall(SYS_wait4, one_in(&f->chance, 2) ? -1 : pid, &status, __WALL | WNOHANG, NULL);
}

static void *fuzz(void *arg)
{
	struct fuzzer *f = arg;

	for (;;) {
		switch (chance(&f->chance) % 16) {
		case 0:
			if (one_in(&f->chance, 8))
				open_another(f);
			break;
		case 1:
			ask_nonsense(f);
			break;
		case 2:
			map(f);
			break;
		case 3:
			use_file(f);
			break;
		case 4:
		case 5:
			trace(f);
			break;
		default:
			ask(f);
		}
		__atomic_fetch_add(&shared->requests[f->nr], 1, __ATOMIC_RELAXED);
	}
	return NULL;
}

static void prepare(struct fuzzer *f, unsigned int nr, struct chance c, struct file *files)
{
	char *two = mmap(NULL, 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			 -1, 0);

	f->chance = c;
	f->nr = nr;
	f->files = files;
	f->room = mmap(NULL, ROOM, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (two == MAP_FAILED || f->room == MAP_FAILED || munmap(two + PAGE, PAGE))
		_exit(1);
	f->edge = two + PAGE;
}

/* Now and then alone, for only so it may enter. */
static void be_a_fuzzer(unsigned int nr, struct chance c)
{
	static const struct itimerval often = { { 0, 20000 }, { 0, 20000 } };
	struct sigaction sa = { .sa_handler = ignore };
	struct file files[NR_FILES] = { { -1, 0 }, { -1, 0 }, { -1, 0 }, { -1, 0 } };
	struct fuzzer both[2];
	pthread_t thread;
	unsigned int i;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	/* What waits is interrupted. */
	sigaction(SIGALRM, &sa, NULL);
	setitimer(ITIMER_REAL, &often, NULL);
	prepare(&both[0], nr, c, files);
	c.state ^= 0x5555;
	prepare(&both[1], nr, c, files);
	for (i = 0; i < NR_FILES; i++)
		open_another(&both[0]);
	if (!one_in(&c, 3))
		pthread_create(&thread, NULL, fuzz, &both[1]);
	fuzz(&both[0]);
}

/* ---- The supervisor ---- */

static uint64_t seed;
static unsigned int slower = 1;
static unsigned long deaths;

/* Those that came to us when their parents were gone are waited for here, too. */
static void reap(void)
{
	pid_t pid;
	unsigned int i;

	while ((pid = waitpid(-1, NULL, WNOHANG)) > 0) {
		for (i = 0; i < NR_VICTIMS; i++)
			if (shared->victims[i] == pid)
				shared->victims[i] = 0;
		for (i = 0; i < NR_FUZZERS; i++)
			if (shared->fuzzers[i] == pid)
				shared->fuzzers[i] = 0;
		deaths++;
	}
}

static void keep(pid_t *pid, unsigned int nr, const char *cgroup,
		 void (*be)(unsigned int nr, struct chance c))
{
	static unsigned int generation;
	char path[64], number[16];
	pid_t child;

	if (*pid)
		return;
	generation++;
	fflush(stdout);
	child = fork();
	if (child == 0)
		be(nr, chance_of(seed, nr, generation));
	if (child < 0)
		return;
	*pid = child;
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	snprintf(number, sizeof(number), "%d", child);
	/* It may be dead already. */
	write_file(path, number);
}

static void keep_all(void)
{
	unsigned int i;

	reap();
	for (i = 0; i < NR_VICTIMS; i++)
		keep(&shared->victims[i], i, VICTIMS, be_a_victim);
	for (i = 0; i < NR_FUZZERS; i++)
		keep(&shared->fuzzers[i], i, FUZZERS, be_a_fuzzer);
}

static unsigned long sum(const unsigned long *numbers, unsigned int nr)
{
	unsigned long all = 0;

	while (nr--)
		all += *numbers++;
	return all;
}

static void clear_away(const char *cgroup)
{
	char path[64];

	snprintf(path, sizeof(path), "%s/cgroup.kill", cgroup);
	if (write_file(path, "1"))
		abort();
}

static void run(double seconds)
{
	struct chance c = chance_of(seed, 1000, 0);
	double end = now() + seconds, told = now();
	unsigned int i;

	while (now() < end) {
		keep_all();
		pause_ms(100);
		i = chance(&c) % NR_FUZZERS;
		if (one_in(&c, 10) && shared->fuzzers[i])
			kill(shared->fuzzers[i], SIGKILL);
		if (now() - told < 30)
			continue;
		told = now();
		clear_away(VICTIMS);
		clear_away(FUZZERS);
		printf("# %lu requests, %lu of them taken; %lu rounds, %lu deaths\n",
		       sum(shared->requests, NR_FUZZERS), shared->taken,
		       sum(shared->rounds, NR_VICTIMS), deaths);
		fflush(stdout);
	}
}

static void say_where(pid_t pid)
{
	static const char *const files[] = { "stat", "syscall", "stack" };
	unsigned int i;
	char path[64];

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		char *text;

		snprintf(path, sizeof(path), "/proc/%d/%s", pid, files[i]);
		text = read_file(path);
		printf("# %s: %s\n", path, text);
		free(text);
	}
}

/* Return: false: somebody does not die. */
static bool end_all(const char *cgroup)
{
	double patience = now() + 60 * slower;
	char path[64], *pids;
	bool empty;

	clear_away(cgroup);
	snprintf(path, sizeof(path), "%s/cgroup.procs", cgroup);
	do {
		reap();
		pause_ms(10);
		pids = read_file(path);
		empty = !*pids;
		if (!empty && now() > patience) {
			printf("# does not die:\n");
			say_where(atoi(pids));
			free(pids);
			return false;
		}
		free(pids);
	} while (!empty);
	return rmdir(cgroup) == 0;
}

/* Return: false: a victim does not get on, though nobody has it any more. */
static bool get_on(unsigned int nr)
{
	double patience = now() + 60 * slower;
	unsigned long before = shared->rounds[nr];

	while (shared->rounds[nr] == before) {
		/* It may have been killed, or left with what was written into it. */
		reap();
		keep(&shared->victims[nr], nr, VICTIMS, be_a_victim);
		/* A stop of its own process is none of ours. */
		if (shared->victims[nr])
			kill(shared->victims[nr], SIGCONT);
		if (now() > patience) {
			printf("# %d does not get on\n", shared->victims[nr]);
			say_where(shared->victims[nr]);
			return false;
		}
		pause_ms(10);
	}
	return true;
}

int main(int argc, char **argv)
{
	double minutes = 1;
	bool ok;
	unsigned int i;

	if (getrandom(&seed, sizeof(seed), 0) != sizeof(seed))
		return 1;
	for (i = 1; i + 1 < (unsigned int)argc; i += 2) {
		if (!strcmp(argv[i], "--minutes"))
			minutes = atof(argv[i + 1]);
		else if (!strcmp(argv[i], "--seed"))
			seed = strtoull(argv[i + 1], NULL, 0);
		else
			break;
	}
	if (i != (unsigned int)argc) {
		fprintf(stderr, "Usage: fuzz [--minutes N] [--seed N]\n");
		return 2;
	}
	if (getenv("TEST_SLOWER"))
		slower = atoi(getenv("TEST_SLOWER"));
	shared = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	printf("KTAP version 1\n1..1\n# --seed %#llx\n", (unsigned long long)seed);
	if (mkdir(VICTIMS, 0755) || mkdir(FUZZERS, 0755)) {
		perror(CGROUP "*");
		return 1;
	}
	run(minutes * 60);
	ok = end_all(FUZZERS);
	for (i = 0; i < NR_VICTIMS; i++)
		ok &= get_on(i);
	ok &= end_all(VICTIMS);
	printf("# %lu requests, %lu of them taken; %lu rounds, %lu deaths\n",
	       sum(shared->requests, NR_FUZZERS), shared->taken,
	       sum(shared->rounds, NR_VICTIMS), deaths);
	printf("%sok 1 requests_by_chance_break_nothing\n", ok ? "" : "not ");
	return !ok;
}
