/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What the tests of signals share: handlers that write down what they saw, and
 * programs that run until they are told.
 */
#ifndef _SIGNALS_H
#define _SIGNALS_H

#include "../session.h"

#include <ucontext.h>

/* Words of the shared page. A test that needs more begins at 32. */
enum {
	READY,		/* the program has set up what it needs */
	TOLD,		/* the test wants it to go on */
	TURNS,		/* moves while the program runs */
	RESULT,		/* of the call that the test is about */
	ERROR,
	SETUP,		/* how: for the program, from the test */
	SIG,		/* which signal */

	SEEN = 16,	/* how many handlers have run */
	SEEN_SIG,
	SEEN_CODE,
	SEEN_PID,
	SEEN_VALUE,
	SEEN_ADDR,
	SEEN_STACK,
	SEEN_OTHER,	/* by on_other() */
	ORDER = 32,	/* the signals, in the order in which handlers ran */
};

static void on_signal(int sig, siginfo_t *info, void *uc)
{
	char here;

	(void)uc;
	shared[SEEN_SIG] = sig;
	shared[SEEN_CODE] = info->si_code;
	shared[SEEN_PID] = info->si_pid;
	shared[SEEN_VALUE] = (long)info->si_value.sival_ptr;
	shared[SEEN_ADDR] = (long)info->si_addr;
	shared[SEEN_STACK] = (long)&here;
	shared[ORDER + shared[SEEN]] = sig;
	shared[SEEN]++;
}

static inline void on_other(int sig, siginfo_t *info, void *uc)
{
	(void)uc;
	shared[SEEN_SIG] = sig;
	shared[SEEN_VALUE] = (long)info->si_value.sival_ptr;
	shared[SEEN_OTHER]++;
}

static inline void handle(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = flags | SA_SIGINFO };

	sigaction(sig, &sa, NULL);
}

static inline void handle_alone(int sig, int flags)
{
	struct sigaction sa = { .sa_sigaction = on_signal, .sa_flags = flags | SA_SIGINFO };

	sigfillset(&sa.sa_mask);
	sigaction(sig, &sa, NULL);
}

static inline void block(int how, int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(how, &set, NULL);
}

/* The way back from a handler, as the C library gives it to the kernel. */
struct raw_sigaction {
	unsigned long handler, flags, restorer, mask;
};

static inline struct raw_sigaction raw_sigaction_of(int sig)
{
	struct raw_sigaction raw = { 0 };

	syscall(SYS_rt_sigaction, sig, NULL, &raw, 8);
	return raw;
}

/* Programs. */

static inline void ready(void)
{
	__atomic_store_n(&shared[READY], 1, __ATOMIC_SEQ_CST);
}

static inline void run_until_told(void)
{
	ready();
	while (!shared[TOLD])
		shared[TURNS]++;
}

/* shared[SIG] is handled, or what shared[SETUP] says: SIG_DFL, SIG_IGN. */
enum { SETUP_HANDLE, SETUP_DEFAULT, SETUP_IGNORE };

static inline void set_up_and_run(void)
{
	int sig = shared[SIG];

	switch (shared[SETUP]) {
	case SETUP_HANDLE:
		handle(sig, 0);
		break;
	case SETUP_IGNORE:
		signal(sig, SIG_IGN);
		break;
	default:
		signal(sig, SIG_DFL);
	}
	run_until_told();
}

/* It runs: the counter moves. */
static inline bool runs(void)
{
	long before = shared[TURNS];

	return WAIT_FOR(shared[TURNS] - before > 1000 || shared[TURNS] < before);
}

static inline bool moves(void)
{
	long before = shared[TURNS];

	usleep(20000);
	return shared[TURNS] != before;
}

/* Everything about signals, and what REPORT and INTERRUPT need. */
#define TEST_BITS_SIGNALS	(TEST_BITS_SIGNAL | TEST_BIT(SIGNAL_REPORT) |	\
				 TEST_BIT(SIGNAL_HANDLER) | TEST_BIT(QUIESCE))

/* Start @fn, attach engine 1, and wait until it is READY. */
static inline struct session *trace(struct __test_metadata *_metadata, struct tracee *t,
				    void (*fn)(void), unsigned int events)
{
	struct session *s;

	*t = tracee_start(fn);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t->pid, 1, events, 0));
	tracee_go(t);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	return s;
}

static inline struct session *trace_signal(struct __test_metadata *_metadata,
					   struct tracee *t, int sig, int setup)
{
	memset((void *)shared, 0, 64 * sizeof(*shared));
	shared[SIG] = sig;
	shared[SETUP] = setup;
	return trace(_metadata, t, set_up_and_run, TEST_BITS_SIGNALS);
}

/* Let it end by itself, which it does only if no signal has hurt it. */
static inline void expect_unhurt(struct __test_metadata *_metadata, const struct tracee *t)
{
	EXPECT_TRUE(runs());
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(t));
}

static inline void expect_killed_by(struct __test_metadata *_metadata,
				    const struct tracee *t, int sig)
{
	int status = tracee_end(t);

	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(sig, WIFSIGNALED(status) ? WTERMSIG(status) : -1);
}

#endif /* _SIGNALS_H */
