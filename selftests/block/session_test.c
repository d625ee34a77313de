// SPDX-License-Identifier: GPL-2.0
/* Sessions, and what they refuse: one errno for each mistake. */
#include "supervisor.h"
#include "../absent.h"
#include "../call32.h"
#include "../threads.h"

#include <pthread.h>
#include <sys/sysmacros.h>

static void getppid_forever(void)
{
	for (;;)
		syscall(SYS_getppid);
}

static int try_setup(struct utrace_block_setup setup)
{
	struct supervisor *s = sup_open();
	int err = sup_setup(s, setup);

	sup_close(s);
	return err;
}

TEST(setup_tells_how_large_an_event_can_be)
{
	struct supervisor *s = sup_open(), *strings = sup_open();

	EXPECT_EQ(0, sup_setup(s, SETUP()));
	EXPECT_EQ(sizeof(struct utrace_block_event), s->setup.event_bytes);
	EXPECT_EQ(0, sup_setup(strings, SETUP(.max_string = 100)));
	EXPECT_EQ(sizeof(struct utrace_block_event) +
		  3 * (sizeof(struct utrace_block_string) + 104), strings->setup.event_bytes);
	EXPECT_EQ(-EBUSY, sup_setup(s, SETUP()));
}

TEST(wrong_setup_is_refused)
{
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.size = sizeof(struct utrace_block_setup) - 4)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.version = 0)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.flags = 1)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.events = 0)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.events = 1 << 7)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.on_timeout = 2)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.on_close = 2)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.level = 8)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.level = -9)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.max_string = 4097)));
	EXPECT_EQ(-EINVAL, try_setup(SETUP(.reserved = { 0, 1 })));
	EXPECT_EQ(0, try_setup(SETUP()));
}

TEST(strings_without_room_for_them_are_refused)
{
	struct supervisor *before = sup_open(), *after = sup_open();

	ASSERT_EQ(0, sup_strings(before, SYS_openat, 1 << 1));
	EXPECT_EQ(-EINVAL, sup_setup(before, SETUP()));
	ASSERT_EQ(0, sup_strings(before, SYS_openat, 0));
	EXPECT_EQ(0, sup_setup(before, SETUP()));
	ASSERT_EQ(0, sup_setup(after, SETUP()));
	EXPECT_EQ(-EINVAL, sup_strings(after, SYS_openat, 1 << 1));
}

TEST(nothing_else_works_before_setup)
{
	struct utrace_block_memory memory = { .nr = 1 };
	struct utrace_block_addfd addfd = { .fd = 0 };
	struct supervisor *s = sup_open();
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	EXPECT_EQ(-ENXIO, sup_attach(s, 1, 0));
	EXPECT_EQ(-ENXIO, sup_detach(s, 1, 0));
	EXPECT_EQ(-ENXIO, sup_recv(s));
	EXPECT_EQ(-ENXIO, RUN(s));
	EXPECT_EQ(-ENXIO, sup_valid(s, 1));
	EXPECT_EQ(-ENXIO, sup_pidfd(s, 1));
	EXPECT_EQ(-ENXIO, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(-ENXIO, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	EXPECT_EQ(-ENOTTY, sup_ioctl(s, _IO(0x77, 1), NULL));
	EXPECT_EQ(1, poll(&p, 1, 0));
	EXPECT_EQ(POLLERR, p.revents);
	ASSERT_EQ(0, sup_setup(s, SETUP()));
	EXPECT_EQ(-ENOTTY, sup_ioctl(s, _IO(UTRACE_BLOCK_IOC_MAGIC, 200), NULL));
	EXPECT_EQ(0, poll(&p, 1, 0));
}

TEST(pointers_to_nowhere_are_a_fault)
{
	static const unsigned long cmds[] = {
		UTRACE_BLOCK_IOC_FILTER, UTRACE_BLOCK_IOC_STRINGS, UTRACE_BLOCK_IOC_ATTACH,
		UTRACE_BLOCK_IOC_DETACH, UTRACE_BLOCK_IOC_RECV, UTRACE_BLOCK_IOC_SEND,
		UTRACE_BLOCK_IOC_EXCHANGE, UTRACE_BLOCK_IOC_VALID, UTRACE_BLOCK_IOC_MEMORY,
		UTRACE_BLOCK_IOC_ADDFD, UTRACE_BLOCK_IOC_STATUS, UTRACE_BLOCK_IOC_PIDFD,
	};
	struct utrace_block_send send = { .verdicts = 8, .nr = 1 };
	struct supervisor *s = sup_open();
	unsigned int i;

	EXPECT_EQ(-EFAULT, sup_ioctl(s, UTRACE_BLOCK_IOC_SETUP, (void *)8));
	ASSERT_EQ(0, sup_setup(s, SETUP()));
	for (i = 0; i < sizeof(cmds) / sizeof(*cmds); i++)
		EXPECT_EQ(-EFAULT, sup_ioctl(s, cmds[i], (void *)8));
	EXPECT_EQ(-EFAULT, sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &send));
}

TEST(wrong_tasks_are_refused)
{
	struct tracee t = tracee_start(getppid_forever);
	struct supervisor *s = sup_open();
	pid_t dead = fork();

	if (!dead)
		_exit(0);
	waitpid(dead, NULL, 0);
	ASSERT_EQ(0, sup_setup(s, SETUP()));
	EXPECT_EQ(-EINVAL, sup_attach(s, 0, 0));
	EXPECT_EQ(-EINVAL, sup_attach(s, -1, 0));
	EXPECT_EQ(-EINVAL, sup_attach(s, t.pid, 4));
	EXPECT_EQ(-ESRCH, sup_attach(s, dead, 0));
	EXPECT_EQ(-EPERM, sup_attach(s, 2, 0));
	EXPECT_EQ(-EDEADLK, sup_attach(s, getpid(), 0));
	EXPECT_EQ(-EINVAL, sup_detach(s, t.pid, UTRACE_BLOCK_FOLLOW));
	EXPECT_EQ(-EINVAL, sup_detach(s, 0, 0));
	EXPECT_EQ(-ESRCH, sup_detach(s, dead, 0));
	EXPECT_EQ(-ESRCH, sup_detach(s, t.pid, 0));
	EXPECT_EQ(-ESRCH, sup_detach(s, t.pid, UTRACE_BLOCK_PROCESS));
	EXPECT_EQ(0, sup_attach(s, t.pid, 0));
	EXPECT_EQ(-EEXIST, sup_attach(s, t.pid, 0));
	EXPECT_EQ(1, sup_status(s).attached);
	EXPECT_EQ(0, sup_detach(s, t.pid, 0));
	EXPECT_EQ(0, sup_status(s).attached);
	tracee_kill(&t);
}

static void two_threads(void)
{
	threads_forever(1, getppid_forever);
	shared[0] = 1;
	getppid_forever();
}

TEST(process_gets_the_threads_that_it_lacks)
{
	struct tracee t = tracee_start(two_threads);
	struct supervisor *s = sup_open();

	ASSERT_EQ(0, sup_setup(s, SETUP(.events = EXIT)));
	ASSERT_EQ(0, sup_attach(s, t.pid, 0));
	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[0]));
	EXPECT_EQ(1, sup_status(s).attached);
	EXPECT_EQ(0, sup_attach(s, t.pid, UTRACE_BLOCK_PROCESS));
	EXPECT_EQ(2, sup_status(s).attached);
	EXPECT_EQ(-EEXIST, sup_attach(s, t.pid, UTRACE_BLOCK_PROCESS));
	sup_close(s);
	tracee_kill(&t);
}

TEST(wrong_filters_and_strings_are_refused)
{
	struct tracee t = tracee_start(getppid_forever);
	struct sock_filter no_end = BPF_STMT(BPF_LD | BPF_IMM, 0);
	struct utrace_block_filter filter = { .nr = 1, .insns = (uintptr_t)&no_end };
	struct utrace_block_strings strings = { .arch = AUDIT_ARCH_X86_64, .nr = 1, .args = 1 };
	struct supervisor *s = sup_open();

#define STRINGS(field, value)	({						\
	struct utrace_block_strings __s = strings;				\
										\
	__s.field = value;							\
	sup_ioctl(s, UTRACE_BLOCK_IOC_STRINGS, &__s);				\
})
	EXPECT_EQ(0, STRINGS(reserved, 0));
	EXPECT_EQ(0, STRINGS(arch, AUDIT_ARCH_I386));
	EXPECT_EQ(-EINVAL, STRINGS(arch, 7));
	EXPECT_EQ(-EINVAL, STRINGS(nr, UTRACE_BLOCK_MAX_CALLS));
	EXPECT_EQ(-EINVAL, STRINGS(args, 1 << 6));
	EXPECT_EQ(-EINVAL, STRINGS(args, 0xf));
	EXPECT_EQ(-EINVAL, STRINGS(reserved, 1));
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_FILTER, &filter));
	filter.reserved = 1;
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_FILTER, &filter));
	EXPECT_EQ(0, FILTER(s, SYS_getppid));
	EXPECT_EQ(-EBUSY, FILTER(s, SYS_getppid));
	ASSERT_EQ(0, sup_setup(s, SETUP(.max_string = 8)));
	EXPECT_EQ(0, STRINGS(reserved, 0));
	ASSERT_EQ(0, sup_attach(s, t.pid, 0));
	EXPECT_EQ(-EBUSY, STRINGS(reserved, 0));
	tracee_kill(&t);
}

/* One is stopped at getppid(), and its event received. */
static struct supervisor *with_event(struct __test_metadata *_metadata, struct tracee *t,
				     struct utrace_block_setup setup)
{
	struct supervisor *s;

	*t = tracee_start(getppid_forever);
	s = supervise(_metadata, t, setup, ONLY(SYS_getppid), 0);
	tracee_go(t);
	EXPECT_EVENT(s, setup.events == RETURN ? UTRACE_BLOCK_RETURN : UTRACE_BLOCK_ENTRY,
		     SYS_getppid);
	return s;
}

TEST(wrong_verdicts_are_refused_and_leave_the_task_stopped)
{
	struct utrace_block_snapshot snapshot = { .arg = 1, .len = 1, .bytes = (uintptr_t)"" };
	struct utrace_block_send none = { .nr = 0 }, many = { .nr = UTRACE_BLOCK_MAX_BATCH + 1 };
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());

#define SNAPSHOT(...)	({							\
	struct utrace_block_snapshot __s[2] = { snapshot, snapshot };		\
										\
	SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr_snapshots = 1,		\
	     .snapshots = (uintptr_t)__s, __VA_ARGS__);				\
})
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &none));
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &many));
	EXPECT_EQ(-EINVAL, SEND(s, .action = 5));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_RUN, .flags = UTRACE_BLOCK_NR));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_RUN, .nr = 1));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_RUN, .result = 1));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_RUN, .args = { [5] = 1 }));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_RUN, .nr_snapshots = 1));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_CHANGE, .flags = 1 << 7));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr = 1));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_CHANGE, .args = { 1 }));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_REPLACE, .nr = 65));
	EXPECT_EQ(-EINVAL, SEND(s, .action = UTRACE_BLOCK_REPLACE, .nr = SIGKILL));
	EXPECT_EQ(-EOPNOTSUPP, SEND(s, .action = UTRACE_BLOCK_REPLACE, .nr = SIGUSR1));
	EXPECT_EQ(-EINVAL, SNAPSHOT(.nr_snapshots = 4));
	EXPECT_EQ(-EINVAL, SNAPSHOT(.nr_snapshots = 2));
	EXPECT_EQ(-EINVAL, SNAPSHOT(.flags = UTRACE_BLOCK_ARG(1), .args = { [1] = 7 }));
	EXPECT_EQ(-EFAULT, SNAPSHOT(.snapshots = 8));
	snapshot.arg = 6;
	EXPECT_EQ(-EINVAL, SNAPSHOT(.flags = 0));
	snapshot.arg = 0;
	snapshot.len = 0;
	EXPECT_EQ(-EINVAL, SNAPSHOT(.flags = 0));
	snapshot.len = 4097;
	EXPECT_EQ(-EINVAL, SNAPSHOT(.flags = 0));
	snapshot.len = 8;
	snapshot.bytes = 8;
	EXPECT_EQ(-EFAULT, SNAPSHOT(.flags = 0));

	EXPECT_EQ(0, sup_valid(s, s->event.cookie));
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, RUN(s));
	tracee_kill(&t);
}

TEST(return_of_a_call_cannot_be_changed_into_another_call)
{
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP(.events = RETURN));

	EXPECT_EQ(-EOPNOTSUPP, SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr = 1,
				    .flags = UTRACE_BLOCK_NR));
	EXPECT_EQ(0, RUN(s));
	tracee_kill(&t);
}

TEST(stale_and_foreign_cookies_name_nothing)
{
	struct utrace_block_range range = { };
	struct utrace_block_memory memory = { .vector = (uintptr_t)&range, .nr = 1 };
	struct utrace_block_addfd addfd = { };
	struct tracee t, u;
	struct supervisor *s = with_event(_metadata, &t, SETUP());
	struct supervisor *other = with_event(_metadata, &u, SETUP());
	unsigned long long stale = s->event.cookie;

	EXPECT_NE(s->event.cookie, other->event.cookie);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_LT(stale, s->event.cookie);
	s->event.cookie = stale;
	EXPECT_EQ(-ENOENT, RUN(s));
	EXPECT_EQ(-ENOENT, sup_valid(s, stale));
	s->event.cookie = other->event.cookie;
	EXPECT_EQ(-ENOENT, RUN(s));
	EXPECT_EQ(-ENOENT, sup_valid(s, other->event.cookie));
	memory.cookie = addfd.cookie = other->event.cookie;
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	EXPECT_EQ(-ENOENT, sup_valid(s, 0));
	EXPECT_EQ(0, sup_valid(other, other->event.cookie));
	tracee_kill(&t);
	tracee_kill(&u);
}

TEST(event_that_was_not_received_cannot_be_answered)
{
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());
	unsigned long long cookie = s->event.cookie;

	EXPECT_EQ(0, RUN(s));
	ASSERT_TRUE(WAIT_FOR(sup_status(s).events == 2));
	/* Nobody else asks. */
	s->event.cookie = cookie + 1;
	EXPECT_EQ(-EINPROGRESS, RUN(s));
	EXPECT_EQ(0, sup_valid(s, cookie + 1));
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(cookie + 1, s->event.cookie);
	tracee_kill(&t);
}

TEST(wrong_memory_requests_are_refused)
{
	char c;
	struct utrace_block_range range = { .buf = (uintptr_t)&c, .len = 1 };
	struct utrace_block_memory memory = { .vector = (uintptr_t)&range, .nr = 1 };
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());

#define MEMORY(...)	({							\
	struct utrace_block_memory __m = memory;				\
										\
	__m.cookie = s->event.cookie;						\
	__VA_ARGS__;								\
	sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &__m);				\
})
	range.addr = s->event.sp;
	EXPECT_EQ(0, MEMORY());
	EXPECT_EQ(-EINVAL, MEMORY(__m.nr = 0));
	EXPECT_EQ(-EINVAL, MEMORY(__m.nr = UTRACE_BLOCK_MAX_RANGES + 1));
	EXPECT_EQ(-EINVAL, MEMORY(__m.flags = 2));
	EXPECT_EQ(-EINVAL, MEMORY(__m.reserved = 1));
	EXPECT_EQ(-EFAULT, MEMORY(__m.vector = 8));
	EXPECT_EQ(-EINVAL, MEMORY(range.len = (1 << 20) + 1));
	range.len = 1;
	EXPECT_EQ(-EFAULT, MEMORY(range.buf = 8));
	tracee_kill(&t);
}

TEST(process_of_an_event_is_held_by_a_pidfd)
{
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());
	unsigned long long cookie = s->event.cookie;
	struct pollfd p = { .events = POLLIN };

	p.fd = sup_pidfd(s, cookie);
	ASSERT_GE(p.fd, 0);
	EXPECT_EQ(FD_CLOEXEC, fcntl(p.fd, F_GETFD));
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(0, syscall(SYS_pidfd_send_signal, p.fd, SIGKILL, NULL, 0));
	EXPECT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_EQ(-ENOENT, sup_pidfd(s, cookie));
}

static void getppid_of_a_thread(void)
{
	threads_forever(1, getppid_forever);
	for (;;)
		pause();
}

TEST(pidfd_of_an_event_of_a_thread_is_its_process)
{
	struct tracee t = tracee_start(getppid_of_a_thread);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = ENTRY), ONLY(SYS_getppid),
					 UTRACE_BLOCK_FOLLOW);
	char path[64], line[64];

	tracee_go(&t);
	ASSERT_EQ(1, sup_recv(s));
	EXPECT_NE(t.pid, s->event.tid);
	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", sup_pidfd(s, s->event.cookie));
	snprintf(line, sizeof(line), "\nPid:\t%d\n", t.pid);
	EXPECT_TRUE(strstr(read_file(path), line));
	tracee_kill(&t);
}

TEST(event_is_over_before_the_task_that_was_let_go_runs)
{
	struct sched_param first = { .sched_priority = 1 }, normal = { };
	struct utrace_block_status status;
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());
	cpu_set_t one;
	int valid;

	CPU_ZERO(&one);
	CPU_SET(0, &one);
	ASSERT_EQ(0, sched_setaffinity(t.pid, sizeof(one), &one));
	ASSERT_EQ(0, sched_setaffinity(0, sizeof(one), &one));
	/* On this CPU it does not run before us. */
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_FIFO, &first));
	ASSERT_EQ(0, sup_detach(s, t.pid, 0));
	valid = sup_valid(s, s->event.cookie);
	status = sup_status(s);
	ASSERT_EQ(0, sched_setscheduler(0, SCHED_OTHER, &normal));
	EXPECT_EQ(-ENOENT, valid);
	EXPECT_EQ(0, status.blocked);
	tracee_kill(&t);
}

struct release {
	const struct supervisor *s;
	struct absent absent;
	pid_t pid;
};

static void *detach_then_supply(void *arg)
{
	static const char ones[ABSENT_BYTES] = { 1, 1, 1, 1 };
	struct release *release = arg;

	if (absent_wanted(&release->absent) && !sup_detach(release->s, release->pid, 0))
		absent_supply(&release->absent, ones);
	return NULL;
}

TEST(task_that_was_let_go_meanwhile_is_not_written_to)
{
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());
	struct release release = { s, absent_new(), t.pid };
	struct utrace_block_range range = {
		.addr = (uintptr_t)&shared[5], .buf = (uintptr_t)release.absent.page, .len = 4,
	};
	struct utrace_block_memory memory = {
		.cookie = s->event.cookie, .vector = (uintptr_t)&range, .nr = 1,
		.flags = UTRACE_BLOCK_WRITE,
	};
	pthread_t thread;

	/* Who has waited for what is to be written may not hit the next program. */
	ASSERT_EQ(0, pthread_create(&thread, NULL, detach_then_supply, &release));
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	pthread_join(thread, NULL);
	EXPECT_EQ(0, sup_status(s).attached);
	EXPECT_EQ(0, shared[5]);
	tracee_kill(&t);
}

TEST(wrong_files_are_refused)
{
	struct utrace_block_addfd addfd = { };
	struct tracee t;
	struct supervisor *s = with_event(_metadata, &t, SETUP());

	addfd.cookie = s->event.cookie;
	addfd.fd = 12345;
	EXPECT_EQ(-EBADF, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	addfd.fd = 0;
	addfd.flags = O_APPEND;
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	addfd.flags = 0;
	addfd.reserved = 1;
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	EXPECT_EQ(0, sup_valid(s, s->event.cookie));
	tracee_kill(&t);
}

TEST(supervisor_of_32_bits_is_one)
{
	static const struct sock_filter getppid[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD),
	};
	struct utrace_block_filter filter = { .insns = (uintptr_t)getppid, .nr = 4 };
	struct tracee t = tracee_start(getppid_forever);
	struct utrace_block_task task = { .pid = t.pid };
	struct utrace_block_setup setup = SETUP();
	struct supervisor *s = sup_open();
	struct utrace_block_recv recv = {
		.events = (uintptr_t)s->room, .nr = 1, .stride = STRIDE,
	};
	struct utrace_block_verdict verdict = { .action = UTRACE_BLOCK_RUN };
	struct utrace_block_send send = { .verdicts = (uintptr_t)&verdict, .nr = 1 };
	struct utrace_block_status status;
	int i;

	EXPECT_EQ(-ENXIO, ioctl32(s->fd, UTRACE_BLOCK_IOC_ATTACH, &task));
	ASSERT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_SETUP, &setup));
	EXPECT_EQ(sizeof(struct utrace_block_event), setup.event_bytes);
	ASSERT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_FILTER, &filter));
	ASSERT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_ATTACH, &task));
	tracee_go(&t);
	for (i = 0; i < 3; i++) {
		recv.nr = 1;
		ASSERT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_RECV, &recv));
		ASSERT_EQ(1, recv.nr);
		EXPECT_EQ(SYS_getppid, s->event.nr);
		verdict.cookie = s->event.cookie;
		EXPECT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_SEND, &send));
		EXPECT_EQ(1, send.done);
	}
	EXPECT_EQ(0, ioctl32(s->fd, UTRACE_BLOCK_IOC_STATUS, &status));
	EXPECT_EQ(1, status.attached);
	sup_close(s);
	tracee_kill(&t);
}

TEST(event_that_could_not_be_copied_is_received_by_the_next)
{
	struct utrace_block_recv recv = { .events = 8, .nr = 1, .stride = STRIDE };
	struct tracee t = tracee_start(getppid_forever);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(sup_status(s).blocked == 1));
	EXPECT_EQ(-EFAULT, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	recv.nr = 0;
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	recv.nr = UTRACE_BLOCK_MAX_BATCH + 1;
	EXPECT_EQ(-EINVAL, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	recv.nr = 1;
	recv.stride = sizeof(struct utrace_block_event) - 8;
	EXPECT_EQ(-EMSGSIZE, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	recv.stride = sizeof(struct utrace_block_event) + 4;
	EXPECT_EQ(-EMSGSIZE, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	tracee_kill(&t);
}

TEST(poll_tells_of_events_and_of_the_end)
{
	struct tracee t = tracee_start(getppid_forever);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);
	struct pollfd p = { .fd = s->fd, .events = POLLIN };

	fcntl(s->fd, F_SETFL, O_NONBLOCK);
	EXPECT_EQ(0, poll(&p, 1, 0));
	EXPECT_EQ(-EAGAIN, sup_recv(s));
	tracee_go(&t);
	ASSERT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_EQ(POLLIN, p.revents);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(0, poll(&p, 1, 0));
	tracee_kill(&t);
	ASSERT_EQ(1, poll(&p, 1, PATIENCE * 1000));
	EXPECT_EQ(POLLHUP, p.revents);
	EXPECT_EQ(0, sup_recv(s));
}

TEST_HARNESS_MAIN
