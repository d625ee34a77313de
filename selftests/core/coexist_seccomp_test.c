// SPDX-License-Identifier: GPL-2.0
/* A program's own seccomp filter says the same whether an engine is there or not. */
#include "coexist.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>

enum { RESULT, ERRNO, SIGNALS, SIG_NR, SIG_CALL, SIG_ARCH, AFTER, LISTENER, NR_WORDS };

static int install(int nr, uint32_t answer, int flags)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, nr, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, answer),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { .len = sizeof(code) / sizeof(*code), .filter = code };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0))
		return -1;
	return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, flags, &program);
}

/* The call that a filter is about, and one after it. */
static void filtered_call(void)
{
	errno = 0;
	shared[RESULT] = syscall(SYS_getpgid, 0);
	shared[ERRNO] = errno;
	shared[AFTER] = syscall(SYS_getppid);
}

static void with_errno(void)
{
	install(SYS_getpgid, SECCOMP_RET_ERRNO | 77, 0);
	filtered_call();
}

static void with_trace(void)
{
	install(SYS_getpgid, SECCOMP_RET_TRACE | 5, 0);
	filtered_call();
}

static void sigsys(int nr, siginfo_t *info, void *context)
{
	(void)context;
	shared[SIGNALS]++;
	shared[SIG_NR] = nr;
	shared[SIG_CALL] = info->si_syscall;
	shared[SIG_ARCH] = info->si_arch;
}

static void with_trap(void)
{
	struct sigaction action = { .sa_sigaction = sigsys, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &action, NULL);
	install(SYS_getpgid, SECCOMP_RET_TRAP, 0);
	filtered_call();
}

static void with_trap_that_kills(void)
{
	install(SYS_getpgid, SECCOMP_RET_TRAP, 0);
	filtered_call();
}

static void *answer_notification(void *arg)
{
	int fd = (int)(intptr_t)arg;
	struct seccomp_notif request = { };
	struct seccomp_notif_resp response = { .val = 4242 };

	if (ioctl(fd, SECCOMP_IOCTL_NOTIF_RECV, &request))
		return NULL;
	shared[SIG_CALL] = request.data.nr;
	response.id = request.id;
	if (!ioctl(fd, SECCOMP_IOCTL_NOTIF_SEND, &response))
		shared[SIGNALS]++;
	return NULL;
}

static void with_user_notif(void)
{
	int fd = install(SYS_getpgid, SECCOMP_RET_USER_NOTIF, SECCOMP_FILTER_FLAG_NEW_LISTENER);
	pthread_t thread;

	shared[LISTENER] = fd >= 0;
	if (fd < 0 || pthread_create(&thread, NULL, answer_notification, (void *)(intptr_t)fd))
		return;
	filtered_call();
	pthread_join(thread, NULL);
}

static void two_filters(void)
{
	install(SYS_getpgid, SECCOMP_RET_TRACE | 5, 0);
	install(SYS_getpgid, SECCOMP_RET_ERRNO | 78, 0);
	filtered_call();
}

struct outcome {
	long words[NR_WORDS];
	int status;
};

/* With a session it is traced. */
static struct outcome live(struct __test_metadata *_metadata, void (*fn)(void), struct session *s)
{
	struct outcome outcome;
	struct tracee t;

	memset((void *)shared, 0, sizeof(outcome.words));
	t = tracee_start(fn);
	if (s)
		EXPECT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	tracee_go(&t);
	outcome.status = tracee_end(&t);
	memcpy(outcome.words, (void *)shared, sizeof(outcome.words));
	return outcome;
}

static struct outcome expect_same(struct __test_metadata *_metadata, void (*fn)(void),
				  struct session *s)
{
	struct outcome alone = live(_metadata, fn, NULL);
	struct outcome traced = live(_metadata, fn, s);
	int i;

	EXPECT_EQ(alone.status, traced.status);
	for (i = 0; i < NR_WORDS; i++) {
		if (alone.words[i] != traced.words[i])
			TH_LOG("word %d", i);
		EXPECT_EQ(alone.words[i], traced.words[i]);
	}
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SYSCALL_ENTRY, VALUE(SYS_getpgid)));
	EXPECT_EQ(WIFEXITED(alone.status),
		  COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	EXPECT_NONE_ATOMIC(s);
	return traced;
}

static long reported_result(struct session *s)
{
	const struct test_utrace_event *e =
		FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getpgid));

	return e ? e->values[1] : 1000000;
}

TEST(errno_of_a_filter_is_the_same_traced)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, with_errno, s);

	EXPECT_EQ(-1, o.words[RESULT]);
	EXPECT_EQ(77, o.words[ERRNO]);
	EXPECT_EQ(-77, reported_result(s));
}

TEST(trap_of_a_filter_is_the_same_traced)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, with_trap, s);

	EXPECT_EQ(1, o.words[SIGNALS]);
	EXPECT_EQ(SIGSYS, o.words[SIG_NR]);
	EXPECT_EQ(SYS_getpgid, o.words[SIG_CALL]);
	EXPECT_EQ(AUDIT_ARCH_X86_64, (unsigned int)o.words[SIG_ARCH]);
	EXPECT_EQ(getpid(), o.words[AFTER]);
}

TEST(trap_of_a_filter_without_a_handler_kills_traced_too)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, with_trap_that_kills, s);

	EXPECT_TRUE(WIFSIGNALED(o.status) && WTERMSIG(o.status) == SIGSYS);
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_DEATH));
}

TEST(trace_of_a_filter_without_a_ptracer_is_enosys_traced_too)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, with_trace, s);

	EXPECT_EQ(-1, o.words[RESULT]);
	EXPECT_EQ(ENOSYS, o.words[ERRNO]);
	EXPECT_EQ(-ENOSYS, reported_result(s));
}

TEST(notification_of_a_filter_is_answered_the_same_traced)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, with_user_notif, s);

	EXPECT_EQ(1, o.words[LISTENER]);
	EXPECT_EQ(1, o.words[SIGNALS]);
	EXPECT_EQ(SYS_getpgid, o.words[SIG_CALL]);
	EXPECT_EQ(4242, o.words[RESULT]);
	EXPECT_EQ(4242, reported_result(s));
}

TEST(strictest_of_two_filters_counts_traced_too)
{
	struct session *s = session_open();
	struct outcome o = expect_same(_metadata, two_filters, s);

	EXPECT_EQ(78, o.words[ERRNO]);
}

/* SECCOMP_RET_TRACE with a ptracer, who makes another call of it. */
static struct outcome live_with_ptracer(struct __test_metadata *_metadata, struct session *s,
					long *events)
{
	struct outcome outcome;
	struct tracee t;

	memset((void *)shared, 0, sizeof(outcome.words));
	t = tracee_start(with_trace);
	if (s)
		EXPECT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_TRACESECCOMP));
	tracee_go(&t);
	*events = 0;
	while (waitpid(t.pid, &outcome.status, 0) == t.pid && WIFSTOPPED(outcome.status)) {
		if (outcome.status >> 8 == (SIGTRAP | PTRACE_EVENT_SECCOMP << 8)) {
			unsigned long data = 0;

			ptrace(PTRACE_GETEVENTMSG, t.pid, 0, &data);
			EXPECT_EQ(5, data);
			(*events)++;
			/* orig_rax: no call, and rax: the result */
			ptrace(PTRACE_POKEUSER, t.pid, 15 * 8, -1L);
			ptrace(PTRACE_POKEUSER, t.pid, 10 * 8, 4343L);
		}
		ptrace(PTRACE_CONT, t.pid, 0, 0);
	}
	memcpy(outcome.words, (void *)shared, sizeof(outcome.words));
	return outcome;
}

TEST(trace_of_a_filter_stops_for_the_ptracer_of_a_traced_task_too)
{
	struct session *s = session_open();
	struct outcome alone, traced;
	long events[2];

	alone = live_with_ptracer(_metadata, NULL, &events[0]);
	traced = live_with_ptracer(_metadata, s, &events[1]);
	EXPECT_EQ(1, events[0]);
	EXPECT_EQ(1, events[1]);
	EXPECT_EQ(4343, alone.words[RESULT]);
	EXPECT_EQ(4343, traced.words[RESULT]);
	EXPECT_EQ(4343, reported_result(s));
	EXPECT_EQ(alone.status, traced.status);
	EXPECT_EQ(getpid(), traced.words[AFTER]);
}

TEST_HARNESS_MAIN
