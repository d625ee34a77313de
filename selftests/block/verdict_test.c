// SPDX-License-Identifier: GPL-2.0
/* Verdicts on system calls, and what of them the program sees. */
#include "supervisor.h"

#include <pthread.h>

/* The kernel's own: no program sees it. */
#define ERESTARTSYS	512

static void one_getppid(void)
{
	shared[1] = syscall(SYS_getppid);
	shared[0] = 1;
}

TEST(call_is_not_made_before_the_verdict_and_is_then)
{
	struct tracee t = tracee_start(one_getppid);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(t.pid, s->event.pid);
	EXPECT_EQ(t.pid, s->event.tid);
	EXPECT_EQ(AUDIT_ARCH_X86_64, s->event.arch);
	EXPECT_EQ(sizeof(s->event), s->event.size);
	EXPECT_NE(0, s->event.ip);
	EXPECT_NE(0, s->event.sp);
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, shared[0]);
	EXPECT_EQ(0, sup_valid(s, s->event.cookie));
	EXPECT_EQ(1, sup_status(s).blocked);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(-ENOENT, sup_valid(s, s->event.cookie));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(0, sup_status(s).blocked);
	EXPECT_EQ(1, sup_status(s).events);
}

TEST(call_is_skipped_with_the_result)
{
	struct tracee t = tracee_start(one_getppid);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = 4242));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4242, shared[1]);
}

static int pipe_of_read[2];

static void do_nothing(int sig)
{
	(void)sig;
}

/* When told to, takes the signal that the other thread has been woken for. */
static void *take_signal(void *arg)
{
	sigset_t usr1;

	(void)arg;
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	while (!shared[2])
		breathe();
	shared[3] = sigwaitinfo(&usr1, NULL);
	return NULL;
}

static void read_while_another_takes_the_signal(void)
{
	pthread_t thread;
	sigset_t usr1;
	char c = 0;

	signal(SIGUSR1, do_nothing);
	sigemptyset(&usr1);
	sigaddset(&usr1, SIGUSR1);
	sigprocmask(SIG_BLOCK, &usr1, NULL);
	pthread_create(&thread, NULL, take_signal, NULL);
	sigprocmask(SIG_UNBLOCK, &usr1, NULL);
	shared[1] = syscall(SYS_read, pipe_of_read[0], &c, 1) < 0 ? -errno : c;
	pthread_join(thread, NULL);
}

TEST(interrupted_call_is_made_again_though_the_signal_has_gone_meanwhile)
{
	struct supervisor *s;
	struct tracee t;

	ASSERT_EQ(0, pipe(pipe_of_read));
	t = tracee_start(read_while_another_takes_the_signal);
	s = supervise(_metadata, &t, SETUP(.events = RETURN), ONLY(SYS_read), 0);
	tracee_go(&t);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_read));
	kill(t.pid, SIGUSR1);
	EXPECT_EVENT(s, UTRACE_BLOCK_RETURN, SYS_read);
	EXPECT_EQ(-ERESTARTSYS, s->event.result);
	shared[2] = 1;
	ASSERT_TRUE(WAIT_FOR(shared[3]));
	EXPECT_EQ(SIGUSR1, shared[3]);
	/* There is no signal any more, but a call that is to be made. */
	EXPECT_EQ(0, RUN(s));
	EXPECT_TRUE(wait_blocked_in(t.pid, SYS_read));
	ASSERT_EQ(1, write(pipe_of_read[1], "x", 1));
	EXPECT_EVENT(s, UTRACE_BLOCK_RETURN, SYS_read);
	EXPECT_EQ(1, s->event.result);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ('x', shared[1]);
}

static void one_close(void)
{
	shared[1] = syscall(SYS_close, 1000) ? -errno : 0;
}

TEST(call_is_skipped_with_an_error)
{
	struct tracee t = tracee_start(one_close);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_close), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_close);
	EXPECT_EQ(1000, s->event.args[0]);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = -EIO));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-EIO, shared[1]);
}

TEST(result_is_replaced_when_the_call_returns)
{
	struct tracee t = tracee_start(one_getppid);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = RETURN), ONLY(SYS_getppid),
					 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_RETURN, SYS_getppid);
	EXPECT_EQ(getpid(), s->event.result);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = 77));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(77, shared[1]);
}

/* All registers that a call does not change by itself. */
static void raw_call(long nr, long args[6], long *result)
{
	register long r10 __asm__("r10") = args[3];
	register long r8 __asm__("r8") = args[4];
	register long r9 __asm__("r9") = args[5];
	long a = args[0], b = args[1], c = args[2];

	__asm__ volatile("syscall" : "=a" (*result), "+D" (a), "+S" (b), "+d" (c), "+r" (r10),
			 "+r" (r8), "+r" (r9) : "0" (nr) : "rcx", "r11", "memory");
	args[0] = a;
	args[1] = b;
	args[2] = c;
	args[3] = r10;
	args[4] = r8;
	args[5] = r9;
}

static void dup_that_becomes_another(void)
{
	long args[6] = { 1000, 2, 3, 4, 5, 6 }, result;
	int i;

	raw_call(SYS_dup, args, &result);
	shared[1] = result;
	for (i = 0; i < 6; i++)
		shared[2 + i] = args[i];
}

TEST(number_and_arguments_change_and_the_registers_are_put_back)
{
	struct tracee t = tracee_start(dup_that_becomes_another);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_dup), 0);
	static const long was[] = { 1000, 2, 3, 4, 5, 6 };
	int i;

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_dup);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(was[i], s->event.args[i]);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr = SYS_getpgid,
			  .flags = UTRACE_BLOCK_NR | UTRACE_BLOCK_ARG(0) | UTRACE_BLOCK_ARG(5),
			  .args = { getpid(), [5] = 99 }));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(getpgrp(), shared[1]);
	for (i = 0; i < 6; i++)
		EXPECT_EQ(was[i], shared[2 + i]);
}

TEST(registers_are_put_back_of_a_task_that_is_detached_in_the_call)
{
	struct tracee t = tracee_start(dup_that_becomes_another);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_dup), 0);
	int gate[2];
	pid_t go;
	char c;

	(void)c;
	ASSERT_EQ(0, pipe(gate));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_dup);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr = SYS_pause,
			  .flags = UTRACE_BLOCK_NR | UTRACE_BLOCK_ARG(1), .args = { [1] = 88 }));
	ASSERT_TRUE(WAIT_FOR(state_of(t.pid) == 'S'));
	EXPECT_EQ(0, sup_detach(s, t.pid, 0));
	sup_close(s);
	/* Breaks the pause, which is not restarted. */
	go = t.pid;
	EXPECT_EQ(0, kill(go, SIGSTOP));
	EXPECT_EQ(0, kill(go, SIGCONT));
	/* It was pause(2) once; dup(2) is what is restarted. */
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-EBADF, shared[1]);
	EXPECT_EQ(2, shared[3]);
	EXPECT_TRUE(WAIT_FOR(module_refs("utrace_block") == 0));
}

TEST(killed_task_makes_no_call)
{
	struct tracee t = tracee_start(one_getppid);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_KILL));
	EXPECT_EQ(SIGKILL, tracee_end(&t));
	EXPECT_EQ(0, shared[0]);
}

static void three_getppids(void)
{
	int i;

	for (i = 0; i < 3; i++)
		shared[1 + i] = syscall(SYS_getppid);
}

TEST(verdict_and_next_event_go_by_one_ioctl)
{
	struct tracee t = tracee_start(three_getppids);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);
	struct utrace_block_verdict verdict = { .action = UTRACE_BLOCK_RESULT };
	struct utrace_block_exchange both = {
		.send = { .verdicts = (uintptr_t)&verdict },
		.recv = { .events = (uintptr_t)s->room, .nr = 1, .stride = STRIDE },
	};
	int i;

	tracee_go(&t);
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_EXCHANGE, &both));
		ASSERT_EQ(1, both.recv.nr);
		ASSERT_EQ(!!i, both.send.done);
		verdict.cookie = s->event.cookie;
		verdict.result = 100 + i;
		both.send.nr = 1;
	}
	EXPECT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_EXCHANGE, &both));
	EXPECT_EQ(0, both.recv.nr);
	EXPECT_EQ(0, tracee_end(&t));
	for (i = 0; i < 3; i++)
		EXPECT_EQ(100 + i, shared[1 + i]);
}

TEST(batch_has_all_that_wait_and_is_answered_at_once)
{
	struct utrace_block_event events[8];
	struct utrace_block_verdict verdicts[5] = { };
	struct utrace_block_recv recv = {
		.events = (uintptr_t)events, .nr = 8, .stride = sizeof(events[0]),
	};
	struct utrace_block_send send = { .verdicts = (uintptr_t)verdicts, .nr = 5 };
	struct tracee t[5];
	struct supervisor *s = sup_open();
	int i;

	ASSERT_EQ(0, sup_setup(s, SETUP()));
	ASSERT_EQ(0, FILTER(s, SYS_getppid));
	for (i = 0; i < 5; i++) {
		t[i] = tracee_start(one_getppid);
		ASSERT_EQ(0, sup_attach(s, t[i].pid, 0));
		tracee_go(&t[i]);
	}
	ASSERT_TRUE(WAIT_FOR(sup_status(s).blocked == 5));
	ASSERT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_RECV, &recv));
	ASSERT_EQ(5, recv.nr);
	for (i = 0; i < 5; i++)
		verdicts[i] = (struct utrace_block_verdict){
			.cookie = events[i].cookie, .action = UTRACE_BLOCK_RESULT, .result = 5,
		};
	/* The fourth is a mistake: those before it are taken. */
	verdicts[3].cookie = ~0ULL;
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &send));
	EXPECT_EQ(3, send.done);
	verdicts[3].cookie = events[3].cookie;
	send.verdicts = (uintptr_t)&verdicts[3];
	send.nr = 2;
	EXPECT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_SEND, &send));
	EXPECT_EQ(2, send.done);
	for (i = 0; i < 5; i++)
		EXPECT_EQ(0, tracee_end(&t[i]));
	EXPECT_EQ(5, shared[1]);
}

static const char path_of_mine[] = "/nonexistent/of-mine";

static void one_open(void)
{
	shared[2] = (long)path_of_mine;
	shared[1] = syscall(SYS_openat, AT_FDCWD, path_of_mine, O_RDONLY);
	if (shared[1] < 0)
		shared[1] = -errno;
}

TEST(strings_come_with_the_event)
{
	struct tracee t = tracee_start(one_open);
	struct supervisor *s = sup_open();
	struct utrace_block_string *string;

	ASSERT_EQ(0, sup_setup(s, SETUP(.max_string = 100)));
	ASSERT_EQ(0, FILTER(s, SYS_openat));
	ASSERT_EQ(0, sup_strings(s, SYS_openat, 1 << 1));
	ASSERT_EQ(0, sup_attach(s, t.pid, 0));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	string = (void *)(s->room + s->event.size);
	ASSERT_EQ(sizeof(*string) + 24, s->event.strings);
	EXPECT_LE(s->event.size + s->event.strings, s->setup.event_bytes);
	EXPECT_EQ(1, string->arg);
	EXPECT_EQ(0, string->flags);
	EXPECT_EQ(sizeof(path_of_mine) - 1, string->len);
	EXPECT_STREQ(path_of_mine, (char *)(string + 1));
	RUN(s);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(-ENOENT, shared[1]);
}

TEST(long_string_is_truncated_and_a_bad_one_is_a_fault)
{
	struct tracee t = tracee_start(one_open);
	struct supervisor *s = sup_open();
	struct utrace_block_string *string;

	ASSERT_EQ(0, sup_setup(s, SETUP(.max_string = 8)));
	ASSERT_EQ(0, FILTER(s, SYS_openat));
	ASSERT_EQ(0, sup_strings(s, SYS_openat, 3));
	ASSERT_EQ(0, sup_attach(s, t.pid, 0));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	string = (void *)(s->room + s->event.size);
	EXPECT_EQ(0, string->arg);
	EXPECT_EQ(UTRACE_BLOCK_STRING_FAULT, string->flags);
	EXPECT_EQ(0, string->len);
	string += 2;
	EXPECT_EQ(1, string->arg);
	EXPECT_EQ(UTRACE_BLOCK_STRING_TRUNCATED, string->flags);
	EXPECT_EQ(7, string->len);
	EXPECT_STREQ("/nonexi", (char *)(string + 1));
	RUN(s);
	EXPECT_EQ(0, tracee_end(&t));
}

TEST(memory_of_a_stopped_task_is_read_and_written)
{
	struct tracee t = tracee_start(one_open);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_openat), 0);
	char first[4], rest[sizeof(path_of_mine) - 4], other[] = "/dev/null";
	struct utrace_block_range ranges[2] = {
		{ .buf = (uintptr_t)first, .len = sizeof(first) },
		{ .buf = (uintptr_t)rest, .len = sizeof(rest) },
	};
	struct utrace_block_memory memory = { .vector = (uintptr_t)ranges, .nr = 2 };

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	memory.cookie = s->event.cookie;
	ranges[0].addr = s->event.args[1];
	ranges[1].addr = s->event.args[1] + sizeof(first);
	EXPECT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(2, memory.done);
	EXPECT_EQ(0, memcmp(first, path_of_mine, sizeof(first)));
	EXPECT_EQ(0, memcmp(rest, path_of_mine + 4, sizeof(rest)));

	ranges[1].addr = 8;
	EXPECT_EQ(-EIO, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(1, memory.done);

	ranges[0].buf = (uintptr_t)other;
	ranges[0].len = sizeof(other);
	memory.flags = UTRACE_BLOCK_WRITE;
	memory.nr = 1;
	EXPECT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	RUN(s);
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[1], 0);
}

static void read_from_result(void)
{
	char c = 0;
	long fd = syscall(SYS_getppid);

	if (read(fd, &c, 1) == 1)
		shared[1] = c;
	shared[2] = fcntl(fd, F_GETFD);
}

TEST(stopped_task_is_given_a_file)
{
	struct tracee t = tracee_start(read_from_result);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_getppid), 0);
	struct utrace_block_addfd addfd = { .flags = O_CLOEXEC };
	int fds[2];

	ASSERT_EQ(0, pipe(fds));
	ASSERT_EQ(1, write(fds[1], "x", 1));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_getppid);
	addfd.cookie = s->event.cookie;
	addfd.fd = fds[0];
	ASSERT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	EXPECT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, SEND(s, .action = UTRACE_BLOCK_RESULT, .result = addfd.new_fd));
	EXPECT_EQ(-ENOENT, sup_ioctl(s, UTRACE_BLOCK_IOC_ADDFD, &addfd));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ('x', shared[1]);
	EXPECT_EQ(FD_CLOEXEC, shared[2]);
}

TEST_HARNESS_MAIN
