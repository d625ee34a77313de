/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A small stand-in for the kernel's kselftest_harness.h, which no package
 * ships: the same names, KTAP output.
 *
 * Every test runs in a process and a process group of its own, with a time
 * limit. When it ends, however it ends, what it has started is killed and
 * reaped, so that no test sees the processes of the one before.
 *
 *	TEST(what_it_shows) { ASSERT_EQ(2, 1 + 1); }
 *	TEST_HARNESS_MAIN
 */
#ifndef _HARNESS_H
#define _HARNESS_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/** TEST_TIMEOUT_DEFAULT - seconds; an emulated machine is slow. */
#define TEST_TIMEOUT_DEFAULT	60

enum { TEST_STATUS_PASS = 0, TEST_STATUS_FAIL = 1, TEST_STATUS_SKIP = 4 };

struct __test_metadata {
	const char *fixture;
	const char *name;
	void (*fn)(struct __test_metadata *t);
	/** @failed: In the process of the test only. */
	bool failed;
	unsigned int timeout;
	struct __test_metadata *next;
};

static struct __test_metadata *__tests, **__tests_tail = &__tests;

/** __test_prepare - called in the process of each test before it begins */
static void (*__test_prepare)(void);

static inline void __register_test(struct __test_metadata *t)
{
	*__tests_tail = t;
	__tests_tail = &t->next;
}

#define TH_LOG(fmt, ...)	do {							\
	printf("# %s:%d:%s: " fmt "\n", __FILE__, __LINE__, _metadata->name,	\
	       ##__VA_ARGS__);								\
	fflush(stdout);									\
} while (0)

/** SKIP() - SKIP(return, "no such thing here") */
#define SKIP(statement, fmt, ...)	do {						\
	printf("# SKIP " fmt "\n", ##__VA_ARGS__);					\
	fflush(stdout);									\
	__skip_test();									\
	statement;									\
} while (0)

static inline void __skip_test(void)
{
	fflush(stdout);
	_exit(TEST_STATUS_SKIP);
}

#define __TEST(fixture_, name_, timeout_)						\
	static void __test_##name_(struct __test_metadata *_metadata);			\
	static struct __test_metadata __metadata_##name_ = {				\
		.fixture = fixture_, .name = #name_, .fn = __test_##name_,		\
		.timeout = timeout_,							\
	};										\
	static void __attribute__((constructor)) __register_##name_(void)		\
	{										\
		__register_test(&__metadata_##name_);					\
	}										\
	static void __test_##name_(struct __test_metadata *_metadata __attribute__((unused)))

#define TEST(name)			__TEST(NULL, name, TEST_TIMEOUT_DEFAULT)
#define TEST_TIMEOUT(name, seconds)	__TEST(NULL, name, seconds)

#define FIXTURE(fixture)	struct __fixture_##fixture
#define FIXTURE_DATA(fixture)	struct __fixture_##fixture
#define FIXTURE_SETUP(fixture)								\
	static void __setup_##fixture(							\
		struct __test_metadata *_metadata __attribute__((unused)),		\
		FIXTURE_DATA(fixture) *self)
#define FIXTURE_TEARDOWN(fixture)							\
	static void __teardown_##fixture(						\
		struct __test_metadata *_metadata __attribute__((unused)),		\
		FIXTURE_DATA(fixture) *self __attribute__((unused)))
#define TEST_F_TIMEOUT(fixture_, name_, timeout_)					\
	static void __test_f_##name_(struct __test_metadata *_metadata,			\
				     FIXTURE_DATA(fixture_) *self);			\
	__TEST(#fixture_, name_, timeout_)						\
	{										\
		static FIXTURE_DATA(fixture_) self;					\
											\
		__setup_##fixture_(_metadata, &self);					\
		if (!_metadata->failed)							\
			__test_f_##name_(_metadata, &self);				\
		__teardown_##fixture_(_metadata, &self);				\
	}										\
	static void __test_f_##name_(							\
		struct __test_metadata *_metadata __attribute__((unused)),		\
		FIXTURE_DATA(fixture_) *self __attribute__((unused)))
#define TEST_F(fixture, name)	TEST_F_TIMEOUT(fixture, name, TEST_TIMEOUT_DEFAULT)

/* Signed, and whole numbers only: compare milliseconds, not seconds. */
#define __CHECK(a, b, op, fatal)	do {						\
	long long __a = (long long)(a), __b = (long long)(b);				\
											\
	if (!(__a op __b)) {								\
		TH_LOG("expected %s (%lld, %#llx) %s %s (%lld, %#llx)",			\
		       #a, __a, __a, #op, #b, __b, __b);					\
		__fail(_metadata, fatal);						\
	}										\
} while (0)

#define __CHECK_STR(a, b, op, fatal)	do {						\
	const char *__a = (a), *__b = (b);						\
											\
	if (!(strcmp(__a, __b) op 0)) {							\
		TH_LOG("expected \"%s\" %s \"%s\"", __a, #op, __b);			\
		__fail(_metadata, fatal);						\
	}										\
} while (0)

static inline void __fail(struct __test_metadata *t, bool fatal)
{
	t->failed = true;
	if (fatal)
		_exit(TEST_STATUS_FAIL);
}

/* The first argument is what is expected, the second what was seen. */
#define ASSERT_EQ(a, b)		__CHECK(a, b, ==, true)
#define ASSERT_NE(a, b)		__CHECK(a, b, !=, true)
#define ASSERT_LT(a, b)		__CHECK(a, b, <, true)
#define ASSERT_LE(a, b)		__CHECK(a, b, <=, true)
#define ASSERT_GT(a, b)		__CHECK(a, b, >, true)
#define ASSERT_GE(a, b)		__CHECK(a, b, >=, true)
#define ASSERT_TRUE(a)		__CHECK(!!(a), 1, ==, true)
#define ASSERT_FALSE(a)		__CHECK(!!(a), 0, ==, true)
#define ASSERT_STREQ(a, b)	__CHECK_STR(a, b, ==, true)
#define ASSERT_STRNE(a, b)	__CHECK_STR(a, b, !=, true)
#define EXPECT_EQ(a, b)		__CHECK(a, b, ==, false)
#define EXPECT_NE(a, b)		__CHECK(a, b, !=, false)
#define EXPECT_LT(a, b)		__CHECK(a, b, <, false)
#define EXPECT_LE(a, b)		__CHECK(a, b, <=, false)
#define EXPECT_GT(a, b)		__CHECK(a, b, >, false)
#define EXPECT_GE(a, b)		__CHECK(a, b, >=, false)
#define EXPECT_TRUE(a)		__CHECK(!!(a), 1, ==, false)
#define EXPECT_FALSE(a)		__CHECK(!!(a), 0, ==, false)
#define EXPECT_STREQ(a, b)	__CHECK_STR(a, b, ==, false)
#define EXPECT_STRNE(a, b)	__CHECK_STR(a, b, !=, false)

/* Its time is up: say where it hangs, from outside. */
static inline void __report_hang(pid_t pid)
{
	char path[64], line[256];
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/stack", pid);
	f = fopen(path, "r");
	if (!f)
		return;
	while (fgets(line, sizeof(line), f))
		printf("# hangs in %s", line);
	fclose(f);
}

/* Nothing may be left. What SIGKILL does not end is a bug worth a line. */
static inline void __reap_all(pid_t group)
{
	struct timespec pause = { .tv_nsec = 2000000 };
	int i;

	for (i = 0; i < 5000; i++) {
		pid_t pid;

		kill(-group, SIGKILL);
		while ((pid = waitpid(-1, NULL, WNOHANG | __WALL)) > 0)
			;
		if (pid < 0 && errno == ECHILD)
			return;
		nanosleep(&pause, NULL);
	}
	printf("# left behind: a process that SIGKILL does not end\n");
}

/* A debug kernel is slower by a factor, which the harness of the guest knows. */
static inline unsigned int __seconds(unsigned int timeout)
{
	const char *slower = getenv("TEST_SLOWER");

	return timeout * (slower ? atoi(slower) : 1);
}

static inline int __run_test(struct __test_metadata *t)
{
	struct timespec limit = { .tv_sec = __seconds(t->timeout) };
	sigset_t chld, old;
	int status = -1;
	bool hung;
	pid_t pid;

	sigemptyset(&chld);
	sigaddset(&chld, SIGCHLD);
	sigprocmask(SIG_BLOCK, &chld, &old);
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		perror("# fork");
		return TEST_STATUS_FAIL;
	}
	if (pid == 0) {
		setpgid(0, 0);
		sigprocmask(SIG_SETMASK, &old, NULL);
		if (__test_prepare)
			__test_prepare();
		t->fn(t);
		fflush(stdout);
		_exit(t->failed ? TEST_STATUS_FAIL : TEST_STATUS_PASS);
	}
	setpgid(pid, pid);

	/* Orphans of the test come to us, so SIGCHLD need not be its end. */
	do {
		hung = sigtimedwait(&chld, NULL, &limit) < 0 && errno == EAGAIN;
	} while (!hung && waitpid(pid, &status, WNOHANG) == 0);
	if (hung && waitpid(pid, &status, WNOHANG) == 0) {
		printf("# %s: no end after %u seconds\n", t->name, __seconds(t->timeout));
		__report_hang(pid);
		kill(pid, SIGKILL);
		waitpid(pid, &status, 0);
		status = -1;
	}
	__reap_all(pid);
	sigprocmask(SIG_SETMASK, &old, NULL);

	if (status == -1)
		return TEST_STATUS_FAIL;
	if (WIFSIGNALED(status)) {
		printf("# %s: killed by signal %d\n", t->name, WTERMSIG(status));
		return TEST_STATUS_FAIL;
	}
	return WEXITSTATUS(status);
}

static inline bool __is_chosen(const struct __test_metadata *t, int argc, char **argv)
{
	int i;

	for (i = 1; i < argc; i++)
		if (strstr(t->name, argv[i]))
			return true;
	return argc < 2;
}

static inline int test_harness_run(int argc, char **argv)
{
	unsigned int nr = 0, i = 0, pass = 0, fail = 0, skip = 0;
	struct __test_metadata *t;

	prctl(PR_SET_CHILD_SUBREAPER, 1);
	for (t = __tests; t; t = t->next)
		nr += __is_chosen(t, argc, argv);
	printf("KTAP version 1\n1..%u\n", nr);
	for (t = __tests; t; t = t->next) {
		int status;

		if (!__is_chosen(t, argc, argv))
			continue;
		status = __run_test(t);
		i++;
		if (status == TEST_STATUS_PASS) {
			pass++;
			printf("ok %u %s\n", i, t->name);
		} else if (status == TEST_STATUS_SKIP) {
			skip++;
			printf("ok %u %s # SKIP\n", i, t->name);
		} else {
			fail++;
			printf("not ok %u %s\n", i, t->name);
		}
		fflush(stdout);
	}
	printf("# Totals: pass:%u fail:%u skip:%u\n", pass, fail, skip);
	return fail ? EXIT_FAILURE : EXIT_SUCCESS;
}

#define TEST_HARNESS_MAIN					\
	int main(int argc, char **argv)				\
	{							\
		return test_harness_run(argc, argv);		\
	}

#endif /* _HARNESS_H */
