// SPDX-License-Identifier: GPL-2.0
/* Filters: calls that an engine does not want. */
#include "../session.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>

#define LOAD(field)	BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
#define EQUALS(k)	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, k, 0, 1)
#define WANT		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define SKIP_IT		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_THREAD)

/* A filter that no call passes but what @... says. */
#define FILTER(s, id, ...)						\
	({								\
		const struct sock_filter __f[] = { __VA_ARGS__ };	\
		session_filter(s, id, __f, sizeof(__f) / sizeof(__f[0]));	\
	})

#define getppid_only(s, id)	FILTER(s, id, LOAD(nr), EQUALS(SYS_getppid), WANT, SKIP_IT)

static void some_calls(void)
{
	syscall(SYS_getuid);
	shared[1] = syscall(SYS_getppid);
	syscall(SYS_close, 1000);
	syscall(SYS_close, 1001);
	shared[2] = syscall(SYS_getpid);
}

static void compat_and_native(void)
{
	long ret;

	/* In the 32-bit table 64 is getppid, and 110 iopl. */
	__asm__ volatile("int $0x80" : "=a" (ret) : "a" (64) : "memory", "r8", "r9", "r10", "r11");
	shared[1] = syscall(SYS_getppid);
}

static void use_dispatch(void)
{
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	syscall(SYS_getppid);
}

#define CALLS(s, n)	(COUNT_EVENTS(s, .id = n, .event = TEST_SYSCALL_ENTRY))
#define RETURNS(s, n)	(COUNT_EVENTS(s, .id = n, .event = TEST_SYSCALL_EXIT))

TEST(only_calls_that_the_filter_wants_are_reported)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, getppid_only(s, 1));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	e = FIND_EVENT(s, .id = 1, .event = TEST_SYSCALL_ENTRY);
	ASSERT_TRUE(e);
	EXPECT_EQ(SYS_getppid, e->values[0]);
	session_close(s);
}

TEST(filter_may_look_at_arguments)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, FILTER(s, 1, LOAD(nr), BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_close, 0, 3),
			    LOAD(args[0]), EQUALS(1001), WANT, SKIP_IT));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	e = FIND_EVENT(s, .id = 1, .event = TEST_SYSCALL_ENTRY);
	ASSERT_TRUE(e);
	EXPECT_EQ(1001, e->values[1]);
	session_close(s);
}

TEST(each_engine_has_its_own_filter)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, getppid_only(s, 1));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, 0, 0));
	ASSERT_EQ(0, FILTER(s, 2, LOAD(nr), EQUALS(SYS_close), WANT, SKIP_IT));
	ASSERT_EQ(0, session_set_events(s, 2, TEST_BITS_SYSCALL));
	ASSERT_EQ(0, session_attach(s, t.pid, 3, TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	EXPECT_EQ(2, CALLS(s, 2));
	EXPECT_EQ(2, RETURNS(s, 2));
	EXPECT_GE(CALLS(s, 3), 5);
	session_close(s);
}

TEST(filter_judges_the_call_that_the_program_makes)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();

	/* The later one is called first, and makes getppid another call. */
	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, getppid_only(s, 1));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BIT(SYSCALL_ENTRY), 0));
	RULE(s, .id = 2, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .what = TEST_UTRACE_SET_NR | TEST_UTRACE_MATCH_NR, .new_nr = SYS_getpid);
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(t.pid, shared[1]);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	session_close(s);
}

TEST(quiesce_is_reported_at_a_call_that_the_filter_does_not_want)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, getppid_only(s, 1));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL | TEST_BIT(QUIESCE)));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	EXPECT_GE(COUNT_EVENTS(s, .id = 1, .event = TEST_QUIESCE), 8);
	session_close(s);
}

TEST(filter_tells_32_bit_calls_by_their_architecture)
{
	struct tracee t = tracee_start(compat_and_native);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, FILTER(s, 1, LOAD(arch), EQUALS(AUDIT_ARCH_I386), WANT, SKIP_IT));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	e = FIND_EVENT(s, .id = 1, .event = TEST_SYSCALL_ENTRY);
	ASSERT_TRUE(e);
	EXPECT_EQ(64, e->values[0]);
	session_close(s);
}

TEST(task_that_switches_its_dispatch_off_stays_traced_behind_a_filter)
{
	struct tracee t = tracee_start(use_dispatch);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	ASSERT_EQ(0, getppid_only(s, 1));
	ASSERT_EQ(0, session_set_events(s, 1, TEST_BITS_SYSCALL));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(1, CALLS(s, 1));
	EXPECT_EQ(1, RETURNS(s, 1));
	session_close(s);
}

TEST(bad_filter_is_refused_and_changes_nothing)
{
	struct tracee t = tracee_start(some_calls);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, 0, 0));
	/* No end; a load behind struct seccomp_data, an odd one, one of a packet. */
	EXPECT_EQ(-EINVAL, FILTER(s, 1, LOAD(nr)));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 64), WANT));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, 2), WANT));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LD | BPF_B | BPF_ABS, 0), WANT));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LD | BPF_W | BPF_IND, 0), WANT));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LDX | BPF_B | BPF_MSH, 0), WANT));
	EXPECT_EQ(-EINVAL, FILTER(s, 1, BPF_STMT(BPF_LD | BPF_W | BPF_ABS, SKF_AD_OFF), WANT));
	EXPECT_EQ(-EINVAL, session_filter(s, 1, NULL, 0));
	EXPECT_EQ(-EFAULT, session_filter(s, 1, (void *)8, 2));
	EXPECT_EQ(0, getppid_only(s, 1));
	EXPECT_EQ(-EBUSY, getppid_only(s, 1));
	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_SYSCALL, 0));
	EXPECT_EQ(-EBUSY, getppid_only(s, 2));
	EXPECT_EQ(0, session_detach(s, 1));
	tracee_go(&t);
	tracee_end(&t);
	EXPECT_EQ(0, CALLS(s, 1));
	EXPECT_GE(CALLS(s, 2), 5);
	session_close(s);
}

TEST_HARNESS_MAIN
