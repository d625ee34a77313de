// SPDX-License-Identifier: GPL-2.0
/*
 * Signals do with an engine what they do without: each program here runs once
 * untraced, and once for each way to trace it, and must see the same.
 */
#include "signals.h"

#include <limits.h>
#include <poll.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/time.h>

/*
 * What a program notes, and what it wants to happen while it sleeps: a signal
 * (or, PUSH, a byte in its pipe), each when it is in that system call.
 */
enum { NOTES = 64, NR_NOTES = 63, POKES = 192, MAX_POKES = 16, NR_POKES = 191, PUSH = 100 };

static int fds[2];

static void note(long value)
{
	shared[NOTES + shared[NR_NOTES]++] = value;
}

/* A result, and why. */
static void note_result(long result)
{
	note(result);
	note(result < 0 ? errno : 0);
}

static void poke(int what, int nr)
{
	long n = shared[NR_POKES];

	shared[POKES + 2 * n] = what;
	shared[POKES + 2 * n + 1] = nr;
	__atomic_store_n(&shared[NR_POKES], n + 1, __ATOMIC_SEQ_CST);
}

/* A system call that is begun again shows under a number of its own. */
static bool sleeps_in(pid_t pid, int nr)
{
	return is_blocked_in(pid, nr) || is_blocked_in(pid, SYS_restart_syscall);
}

static int run(struct __test_metadata *_metadata, const struct tracee *t)
{
	double end = now() + 2 * PATIENCE;
	int status, done = 0;

	while (waitpid(t->pid, &status, WNOHANG) == 0) {
		ASSERT_LT((now() - end) * 1000, 0);
		breathe();
		if (done == __atomic_load_n(&shared[NR_POKES], __ATOMIC_SEQ_CST) ||
		    !sleeps_in(t->pid, shared[POKES + 2 * done + 1]))
			continue;
		if (shared[POKES + 2 * done] != PUSH)
			kill(t->pid, shared[POKES + 2 * done]);
		else if (write(fds[1], "x", 1) != 1)
			abort();
		done++;
	}
	return status;
}

struct outcome {
	int status;
	long notes[NR_POKES - NR_NOTES];
};

static struct outcome outcome_of(struct __test_metadata *_metadata, const struct tracee *t)
{
	struct outcome o;
	int i;

	tracee_go(t);
	o.status = run(_metadata, t);
	for (i = 0; i < NR_POKES - NR_NOTES; i++)
		o.notes[i] = shared[NR_NOTES + i];
	memset((void *)shared, 0, 4096);
	return o;
}

static void expect_same(struct __test_metadata *_metadata, const struct outcome *untraced,
			const struct outcome *traced, unsigned int events)
{
	int i;

	EXPECT_EQ(untraced->status, traced->status);
	for (i = 0; i < NR_POKES - NR_NOTES; i++) {
		if (untraced->notes[i] == traced->notes[i])
			continue;
		TH_LOG("events %#x: note %d is %ld, untraced %ld", events, i,
		       traced->notes[i], untraced->notes[i]);
		EXPECT_EQ(untraced->notes[i], traced->notes[i]);
	}
}

static struct session *compare(struct __test_metadata *_metadata, void (*program)(void),
			       long least)
{
	static const unsigned int events[] = {
		TEST_BIT(SIGNAL), TEST_BITS_SIGNAL & ~TEST_BIT(SIGNAL_IGN), TEST_BITS_SIGNALS,
		TEST_BITS_ALL,
	};
	struct outcome untraced, traced;
	struct session *s = NULL;
	struct tracee t;
	size_t i;

	ASSERT_EQ(0, pipe(fds));
	memset((void *)shared, 0, 4096);
	t = tracee_start(program);
	untraced = outcome_of(_metadata, &t);
	/* It has come to its end. */
	EXPECT_GE(untraced.notes[0], least);

	for (i = 0; i < sizeof(events) / sizeof(*events); i++) {
		if (s)
			session_close(s);
		s = session_open();
		t = tracee_start(program);
		ASSERT_EQ(0, session_attach(s, t.pid, 1, events[i], 0));
		traced = outcome_of(_metadata, &t);
		expect_same(_metadata, &untraced, &traced, events[i]);
	}
	return s;
}

#define TEST_SAME(name, program, least)				\
	TEST(name)						\
	{							\
		compare(_metadata, program, least);		\
	}

/* Taken by a call of the program. */

static void note_info(const siginfo_t *info)
{
	note(info->si_signo);
	note(info->si_code);
	note(info->si_pid == getpid());
	note((long)info->si_value.sival_ptr);
}

static void take_by_calls(void)
{
	struct timespec soon = { .tv_nsec = 10000000 };
	union sigval value = { .sival_ptr = (void *)0x1234567 };
	struct signalfd_siginfo got;
	siginfo_t info;
	sigset_t set;
	int fd, sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGSEGV);
	sigaddset(&set, SIGRTMIN + 1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);

	note_result(sigtimedwait(&set, &info, &soon));
	kill(getpid(), SIGUSR1);
	note_result(sigtimedwait(&set, &info, &soon));
	note_info(&info);
	sigqueue(getpid(), SIGRTMIN + 1, value);
	note_result(sigwaitinfo(&set, &info));
	note_info(&info);
	raise(SIGTERM);
	note_result(sigwait(&set, &sig));
	note(sig);
	/* Ignored by default: stays because it is blocked. */
	kill(getpid(), SIGCHLD);
	note_result(sigtimedwait(&set, &info, &soon));
	note_info(&info);
	kill(getpid(), SIGSEGV);
	note_result(sigtimedwait(&set, &info, &soon));

	note_result(read(fd, &got, sizeof(got)));
	kill(getpid(), SIGUSR1);
	note_result(read(fd, &got, sizeof(got)));
	note(got.ssi_signo);
	note(got.ssi_code);
	sigqueue(getpid(), SIGRTMIN + 1, value);
	note_result(read(fd, &got, sizeof(got)));
	note(got.ssi_signo);
	note(got.ssi_ptr);
}

TEST(signal_taken_by_a_call_is_not_reported_and_is_as_ever)
{
	/* Of the last run, with all events. */
	struct session *s = compare(_metadata, take_by_calls, 24);

	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_IGN));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_TERM));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE));
}

static void wait_for_signals(void)
{
	struct timespec late = { .tv_sec = 20 };
	struct signalfd_siginfo got;
	siginfo_t info;
	sigset_t set;
	int fd;

	handle(SIGUSR1, 0);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, 0);

	poke(SIGUSR2, SYS_rt_sigtimedwait);
	note_result(sigtimedwait(&set, &info, &late));
	poke(SIGTERM, SYS_rt_sigtimedwait);
	note_result(sigtimedwait(&set, &info, &late));
	/* Another one that is handled breaks it. */
	poke(SIGUSR1, SYS_rt_sigtimedwait);
	note_result(sigtimedwait(&set, &info, &late));
	note(shared[SEEN]);
	poke(SIGUSR2, SYS_read);
	note_result(read(fd, &got, sizeof(got)));
	note(got.ssi_signo);
	poke(SIGTERM, SYS_read);
	note_result(read(fd, &got, sizeof(got)));
	note(got.ssi_signo);
	poke(SIGUSR1, SYS_read);
	note_result(read(fd, &got, sizeof(got)));
	note(shared[SEEN]);
}

TEST_SAME(wait_for_a_signal_ends_as_without_us, wait_for_signals, 16)

/* Calls that a signal breaks, and calls that begin again. */

static void read_with(int flags, int sig)
{
	long result;
	char c;

	handle(SIGUSR1, flags);
	poke(sig, SYS_read);
	poke(sig, SYS_read);
	poke(PUSH, SYS_read);
	do {
		result = read(fds[0], &c, 1);
		note_result(result);
		note(shared[SEEN]);
	} while (result != 1);
}

static void read_restarts(void)
{
	read_with(SA_RESTART, SIGUSR1);
}

static void read_is_broken(void)
{
	read_with(0, SIGUSR1);
}

static void read_ignores(void)
{
	char c;

	signal(SIGUSR2, SIG_IGN);
	poke(SIGCHLD, SYS_read);
	poke(SIGUSR2, SYS_read);
	poke(SIGWINCH, SYS_read);
	poke(SIGCONT, SYS_read);
	poke(PUSH, SYS_read);
	note_result(read(fds[0], &c, 1));
}

TEST_SAME(read_with_sa_restart_begins_again, read_restarts, 3)
TEST_SAME(read_without_sa_restart_is_broken, read_is_broken, 9)
TEST_SAME(read_is_not_broken_by_ignored_signals, read_ignores, 2)

/* How long did it sleep: not at all, as long as it should, or far too long? */
static void note_time(double begin, double wanted)
{
	double took = now() - begin;

	note(took < wanted - 0.005 ? -1 : took > wanted + 5);
}

static void sleep_through_ignored(void)
{
	/* What is left is written at an interruption that nobody sees, too. */
	struct timespec half = { .tv_nsec = 500000000 }, left;
	double begin = now();

	signal(SIGUSR2, SIG_IGN);
	poke(SIGUSR2, SYS_nanosleep);
	poke(SIGCHLD, SYS_nanosleep);
	poke(SIGWINCH, SYS_nanosleep);
	note_result(syscall(SYS_nanosleep, &half, &left));
	note_time(begin, 0.5);

	begin = now();
	poke(SIGUSR2, SYS_clock_nanosleep);
	poke(SIGCHLD, SYS_clock_nanosleep);
	note_result(syscall(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, &half, &left));
	note_time(begin, 0.5);

	begin = now();
	poke(SIGUSR2, SYS_poll);
	poke(SIGCHLD, SYS_poll);
	note_result(syscall(SYS_poll, NULL, 0, 500));
	note_time(begin, 0.5);
}

static void sleep_broken(void)
{
	struct timespec ten = { .tv_sec = 10 }, left = { 0 };
	double begin = now();

	handle(SIGUSR1, SA_RESTART);
	poke(SIGUSR1, SYS_nanosleep);
	note_result(syscall(SYS_nanosleep, &ten, &left));
	note(left.tv_sec > 2 && left.tv_sec < 10);
	poke(SIGUSR1, SYS_poll);
	note_result(syscall(SYS_poll, NULL, 0, 10000));
	poke(SIGUSR1, SYS_pause);
	note_result(syscall(SYS_pause));
	note(shared[SEEN]);
	note(now() - begin < 10);
}

TEST_SAME(nanosleep_and_poll_go_on_after_ignored_signals, sleep_through_ignored, 8)
TEST_SAME(nanosleep_and_poll_are_broken_by_handled_signals, sleep_broken, 9)

static void calls_with_a_mask(void)
{
	struct pollfd pfd = { .fd = fds[0], .events = POLLIN };
	struct epoll_event ev = { .events = EPOLLIN };
	struct timespec late = { .tv_sec = 20 };
	sigset_t none, old;
	int ep = epoll_create1(0);

	handle(SIGUSR1, 0);
	signal(SIGUSR2, SIG_IGN);
	block(SIG_BLOCK, SIGUSR1);
	sigemptyset(&none);
	poke(SIGUSR1, SYS_rt_sigsuspend);
	note_result(sigsuspend(&none));
	note(shared[SEEN]);
	poke(SIGUSR2, SYS_rt_sigsuspend);
	poke(SIGCHLD, SYS_rt_sigsuspend);
	poke(SIGUSR1, SYS_rt_sigsuspend);
	note_result(sigsuspend(&none));
	note(shared[SEEN]);
	poke(SIGUSR1, SYS_ppoll);
	note_result(ppoll(&pfd, 1, &late, &none));
	note(shared[SEEN]);
	epoll_ctl(ep, EPOLL_CTL_ADD, fds[0], &ev);
	poke(SIGUSR1, SYS_epoll_pwait);
	note_result(epoll_pwait(ep, &ev, 1, 20000, &none));
	note(shared[SEEN]);
	/* Each has put the mask back. */
	sigprocmask(SIG_BLOCK, NULL, &old);
	note(sigismember(&old, SIGUSR1));
	note(old.__val[0]);
}

TEST_SAME(mask_of_a_call_lasts_as_long_as_without_us, calls_with_a_mask, 14)

static void wait_for_a_child(void)
{
	int status = 0;
	pid_t pid;

	handle(SIGUSR1, SA_RESTART);
	handle(SIGCHLD, SA_RESTART | SA_NOCLDSTOP);
	pid = fork();
	if (pid == 0) {
		char c;

		if (read(fds[0], &c, 1) != 1)
			syscall(SYS_exit_group, 4);
		syscall(SYS_exit_group, 3);
	}
	poke(SIGUSR1, SYS_wait4);
	poke(PUSH, SYS_wait4);
	note(waitpid(pid, &status, 0) == pid);
	note(status);
	while (shared[SEEN] < 2)
		;
	note(shared[SEEN]);
	note(shared[ORDER]);
	note(shared[ORDER + 1]);
}

TEST_SAME(wait_for_a_child_goes_on_after_a_signal, wait_for_a_child, 5)

/* How a handler runs. */

static void reset_hand(void)
{
	struct sigaction sa;

	handle(SIGUSR1, SA_RESETHAND);
	raise(SIGUSR1);
	note(shared[SEEN]);
	sigaction(SIGUSR1, NULL, &sa);
	note(sa.sa_handler == SIG_DFL);
	note(sa.sa_flags & SA_RESETHAND ? 1 : 0);
	raise(SIGUSR1);
	note(99);
}

TEST_SAME(handler_with_sa_resethand_runs_once, reset_hand, 3)

static int depth;

static void nest(int sig)
{
	sigset_t mask;

	sigprocmask(SIG_BLOCK, NULL, &mask);
	note(sigismember(&mask, SIGUSR1));
	note(sigismember(&mask, SIGUSR2));
	if (++depth < 3)
		raise(sig);
	note(depth);
	depth--;
}

static void nested(void)
{
	struct sigaction sa = { .sa_handler = nest, .sa_flags = SA_NODEFER };

	sigaddset(&sa.sa_mask, SIGUSR2);
	sigaction(SIGUSR1, &sa, NULL);
	raise(SIGUSR1);
	sa.sa_flags = 0;
	sigaction(SIGUSR1, &sa, NULL);
	depth = 1;
	raise(SIGUSR1);
	note(depth);
}

TEST_SAME(handler_with_sa_nodefer_nests_as_without_us, nested, 12)

static char other_stack[65536];

static void on_other_stack(void)
{
	stack_t stack = { .ss_sp = other_stack, .ss_size = sizeof(other_stack) }, now_is;

	sigaltstack(&stack, NULL);
	handle(SIGUSR1, SA_ONSTACK);
	raise(SIGUSR1);
	note(shared[SEEN_STACK] >= (long)other_stack &&
	     shared[SEEN_STACK] < (long)(other_stack + sizeof(other_stack)));
	handle(SIGUSR1, 0);
	raise(SIGUSR1);
	note(shared[SEEN_STACK] >= (long)other_stack &&
	     shared[SEEN_STACK] < (long)(other_stack + sizeof(other_stack)));
	sigaltstack(NULL, &now_is);
	note(now_is.ss_flags);
	note(shared[SEEN]);
}

TEST_SAME(handler_runs_on_the_stack_that_it_asked_for, on_other_stack, 4)

/* The frame cannot be written: the kernel sends a SIGSEGV of its own. */
static void no_stack(void)
{
	stack_t stack = { .ss_sp = (void *)0x10000, .ss_size = 65536 };

	sigaltstack(&stack, NULL);
	handle(SIGUSR1, SA_ONSTACK);
	note(1);
	raise(SIGUSR1);
	note(2);
}

TEST_SAME(handler_that_has_no_stack_kills_as_without_us, no_stack, 1)

static void real_time_in_order(void)
{
	union sigval value;
	sigset_t set;
	int i;

	sigemptyset(&set);
	for (i = 0; i < 3; i++) {
		handle_alone(SIGRTMIN + i, 0);
		sigaddset(&set, SIGRTMIN + i);
	}
	handle_alone(SIGUSR1, 0);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (i = 0; i < 9; i++) {
		value.sival_int = 100 + i;
		sigqueue(getpid(), SIGRTMIN + i % 3, value);
		/* One that is no real-time signal is there once. */
		kill(getpid(), SIGUSR1);
	}
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	note(shared[SEEN]);
	for (i = 0; i < 10; i++)
		note(shared[ORDER + i]);
}

TEST(real_time_signals_keep_their_order_and_values)
{
	struct session *s = compare(_metadata, real_time_in_order, 11);
	int next[3] = { 100, 101, 102 };
	size_t i, n = 0;

	session_read(s);
	for (i = 0; i < s->nr; i++) {
		int which = s->events[i].values[0] - SIGRTMIN;

		if (s->events[i].event != TEST_SIGNAL || which < 0)
			continue;
		ASSERT_LT(which, 3);
		EXPECT_EQ(next[which], (int)s->events[i].values[4]);
		next[which] += 3;
		n++;
	}
	EXPECT_EQ(9, n);
}

static void look_at_pending(void)
{
	sigset_t pending;

	block(SIG_BLOCK, SIGUSR1);
	block(SIG_BLOCK, SIGCHLD);
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGCHLD);
	kill(getpid(), SIGWINCH);
	sigpending(&pending);
	note(pending.__val[0]);
	/* To ignore a signal throws it away. */
	signal(SIGUSR1, SIG_IGN);
	sigpending(&pending);
	note(pending.__val[0]);
	signal(SIGCHLD, SIG_IGN);
	sigpending(&pending);
	note(pending.__val[0]);
	handle(SIGUSR1, 0);
	block(SIG_UNBLOCK, SIGUSR1);
	note(shared[SEEN]);
}

TEST_SAME(pending_signals_are_seen_and_thrown_away_as_without_us, look_at_pending, 4)

static void children_that_nobody_waits_for(void)
{
	pid_t pid;

	signal(SIGCHLD, SIG_IGN);
	pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 0);
	/* It reaps itself. */
	note_result(waitpid(pid, NULL, 0));
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 6);
	note(waitpid(pid, NULL, 0) == pid);
}

TEST_SAME(ignored_sigchld_reaps_children_as_without_us, children_that_nobody_waits_for, 3)

static void abort_it(void)
{
	note(1);
	signal(SIGABRT, SIG_IGN);
	abort();
}

TEST_SAME(abort_ends_as_without_us, abort_it, 1)

static void exec_with_signals(void)
{
	char *argv[] = { "sh", "-c", "kill -USR1 $$; kill -USR2 $$; exit 5", NULL };

	/* Ignored stays ignored, handled becomes default. */
	signal(SIGUSR1, SIG_IGN);
	handle(SIGUSR2, 0);
	note(1);
	execve("/bin/sh", argv, environ);
}

TEST_SAME(exec_keeps_and_resets_signals_as_without_us, exec_with_signals, 1)

static void alarm_often(void)
{
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct timespec sec = { .tv_nsec = 200000000 };
	char c;

	handle(SIGALRM, SA_RESTART);
	setitimer(ITIMER_REAL, &often, NULL);
	while (shared[SEEN] < 20)
		syscall(SYS_nanosleep, &sec, NULL);
	memset(&often, 0, sizeof(often));
	setitimer(ITIMER_REAL, &often, NULL);
	poke(PUSH, SYS_read);
	note_result(read(fds[0], &c, 1));
}

TEST_SAME(alarms_come_as_without_us, alarm_often, 2)

TEST_HARNESS_MAIN
