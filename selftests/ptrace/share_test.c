// SPDX-License-Identifier: GPL-2.0
/* Several tracers of one process: what the kernel's own ptrace cannot. */
#include "both.h"
#include "../threads.h"

#define SEIZE_STOP	STOPPED_EVENT(PTRACE_EVENT_STOP, SIGTRAP)

/* Tracers are processes: each does as it is told over a pipe, and tells what was. */
struct tracer {
	pid_t pid;
	int order, answer;
};

struct order {
	long request;
	pid_t pid;
	unsigned long addr, data;
};

#define ORDER_WAIT	-1
#define ORDER_WAIT_NOW	-2
#define ORDER_REGS	-3
#define ORDER_POKE	-4
#define ORDER_WRITE	-5
#define ORDER_BACK	-6
#define ORDER_POKE_MANY	-7

/* One byte of a tracee, by ptrace(2). */
static long poke(pid_t pid, unsigned long addr, unsigned char byte)
{
	unsigned long word = 0;

	return trace(PTRACE_PEEKTEXT, pid, addr, (unsigned long)&word) ?:
	       trace(PTRACE_POKETEXT, pid, addr, (word & ~0xfful) | byte);
}

static long poke_many(pid_t pid, unsigned long addr, unsigned long nr)
{
	long err = 0;

	while (nr-- && !err)
		err = poke(pid, addr++, 0xcc);
	return err;
}

/* The same in /proc/PID/mem, as gdb does. */
static long write_mem(pid_t pid, unsigned long addr, unsigned char byte)
{
	int ret, fd;
	char *path;

	if (asprintf(&path, "/proc/%d/mem", pid) < 0)
		abort();
	fd = open(path, O_RDWR | O_CLOEXEC);
	free(path);
	ret = pwrite(fd, &byte, 1, addr) == 1 ? 0 : -errno;
	close(fd);
	return ret;
}

/* Past a breakpoint, back to where it was. */
static long go_back(pid_t pid)
{
	struct user_regs_struct regs = regs_of(pid);

	regs.rip--;
	return trace(PTRACE_SETREGS, pid, 0, (unsigned long)&regs);
}

static long obey(const struct order *order)
{
	int status = 0;

	switch (order->request) {
	case ORDER_WAIT:
		return status_of(order->pid);
	case ORDER_WAIT_NOW:
		return waitpid(order->pid, &status, __WALL | WNOHANG) > 0 ? status : -1;
	case ORDER_REGS:
		return regs_of(order->pid).orig_rax;
	case ORDER_POKE:
		return poke(order->pid, order->addr, order->data);
	case ORDER_POKE_MANY:
		return poke_many(order->pid, order->addr, order->data);
	case ORDER_WRITE:
		return write_mem(order->pid, order->addr, order->data);
	case ORDER_BACK:
		return go_back(order->pid);
	default:
		return trace(order->request, order->pid, order->addr, order->data);
	}
}

static struct tracer tracer_start(bool ours)
{
	struct tracer t;
	int order[2], answer[2];
	struct order what;
	long ret;

	if (pipe(order) || pipe(answer))
		abort();
	t.pid = fork();
	if (t.pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		close(order[1]);
		if (ours && enter())
			_exit(1);
		while (read(order[0], &what, sizeof(what)) == sizeof(what)) {
			ret = obey(&what);
			if (write(answer[1], &ret, sizeof(ret)) != sizeof(ret))
				_exit(1);
		}
		_exit(0);
	}
	close(order[0]);
	close(answer[1]);
	t.order = order[1];
	t.answer = answer[0];
	return t;
}

static long tell(const struct tracer *t, long request, pid_t pid, unsigned long addr,
		 unsigned long data)
{
	struct order order = { request, pid, addr, data };
	long ret = -9999;

	if (write(t->order, &order, sizeof(order)) != sizeof(order) ||
	    read(t->answer, &ret, sizeof(ret)) != sizeof(ret))
		abort();
	return ret;
}

static void ask_when_told(void)
{
	shared[1] = syscall(SYS_getppid);
}

static void raise_when_told(void)
{
	signal(SIGUSR1, SIG_IGN);
	raise(SIGUSR1);
	shared[1] = 1;
}

/* One that may have been stopped goes on. Return: false: it is dead. */
static bool go_on(struct __test_metadata *_metadata, const struct tracer *t, pid_t pid, int *seen)
{
	long status = tell(t, ORDER_WAIT_NOW, pid, 0, 0);

	if (status < 0)
		return true;
	if (!WIFSTOPPED(status)) {
		EXPECT_EQ(EXITED(0), status);
		return false;
	}
	if (status == STOPPED(SIGTRAP | 0x80) && tell(t, ORDER_REGS, pid, 0, 0) == SYS_getppid)
		++*seen;
	EXPECT_EQ(0, tell(t, PTRACE_SYSCALL, pid, 0, 0));
	return true;
}

/* Both see both ends of getppid. The second one is native, or ours, too. */
static void both_see_calls(struct __test_metadata *_metadata, bool second_is_ours)
{
	struct tracee victim = tracee_start(ask_when_told);
	struct tracer t[2] = { tracer_start(true), tracer_start(second_is_ours) };
	bool alive[2] = { true, true };
	int seen[2] = {}, i;

	for (i = 0; i < 2; i++) {
		ASSERT_EQ(0, tell(&t[i], PTRACE_SEIZE, victim.pid, 0, PTRACE_O_TRACESYSGOOD));
		ASSERT_EQ(0, tell(&t[i], PTRACE_INTERRUPT, victim.pid, 0, 0));
	}
	for (i = 0; i < 20; i++) {
		go_on(_metadata, &t[0], victim.pid, &seen[0]);
		go_on(_metadata, &t[1], victim.pid, &seen[1]);
		breathe();
	}
	tracee_go(&victim);
	while (alive[0] || alive[1])
		for (i = 0; i < 2; i++)
			alive[i] = alive[i] && go_on(_metadata, &t[i], victim.pid, &seen[i]);
	EXPECT_EQ(2, seen[0]);
	EXPECT_EQ(2, seen[1]);
	EXPECT_EQ(getpid(), shared[1]);
	EXPECT_EQ(0, tracee_end(&victim));
}

TEST(two_of_ours_see_every_call)
{
	both_see_calls(_metadata, true);
}

TEST(ours_and_a_native_one_see_every_call)
{
	both_see_calls(_metadata, false);
}

TEST(tracee_runs_when_nobody_holds_it)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	pid_t pid = idle_child();

	tell(&a, PTRACE_SEIZE, pid, 0, 0);
	tell(&b, PTRACE_SEIZE, pid, 0, 0);
	tell(&a, PTRACE_INTERRUPT, pid, 0, 0);
	EXPECT_EQ(SEIZE_STOP, tell(&a, ORDER_WAIT, pid, 0, 0));
	/* Not for it: to the other it runs. */
	EXPECT_EQ(-1, tell(&b, ORDER_WAIT_NOW, pid, 0, 0));
	EXPECT_EQ(-ESRCH, tell(&b, PTRACE_CONT, pid, 0, 0));
	/* It is told at once, in the same stop. */
	tell(&b, PTRACE_INTERRUPT, pid, 0, 0);
	EXPECT_EQ(SEIZE_STOP, tell(&b, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(0, tell(&a, PTRACE_CONT, pid, 0, 0));
	EXPECT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(0, tell(&b, PTRACE_CONT, pid, 0, 0));
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

TEST(attach_to_what_another_has_stopped_is_told_at_once)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	pid_t pid = idle_child();

	tell(&a, PTRACE_ATTACH, pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGSTOP), tell(&a, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(0, tell(&b, PTRACE_ATTACH, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGSTOP), tell(&b, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(0, tell(&b, PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_state(pid, 't'));
	EXPECT_EQ(0, tell(&a, PTRACE_DETACH, pid, 0, 0));
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	end_child(pid);
}

TEST(who_comes_in_the_middle_of_a_call_sees_the_next_one)
{
	struct tracee victim = tracee_start(ask_when_told);
	struct tracer a = tracer_start(true), b = tracer_start(true);
	long nr;

	tell(&a, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&a, PTRACE_INTERRUPT, victim.pid, 0, 0);
	tell(&a, ORDER_WAIT, victim.pid, 0, 0);
	tracee_go(&victim);
	do {
		tell(&a, PTRACE_SYSCALL, victim.pid, 0, 0);
		ASSERT_EQ(STOPPED(SIGTRAP), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
		nr = tell(&a, ORDER_REGS, victim.pid, 0, 0);
	} while (nr != SYS_getppid);
	tell(&b, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&b, PTRACE_INTERRUPT, victim.pid, 0, 0);
	EXPECT_EQ(SEIZE_STOP, tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	tell(&b, PTRACE_SYSCALL, victim.pid, 0, 0);
	tell(&a, PTRACE_SYSCALL, victim.pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	tell(&a, PTRACE_CONT, victim.pid, 0, 0);
	EXPECT_EQ(STOPPED(SIGTRAP), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(SYS_exit_group, tell(&b, ORDER_REGS, victim.pid, 0, 0));
	kill(victim.pid, SIGKILL);
	EXPECT_EQ(SIGKILL, tracee_end(&victim));
}

TEST(signal_goes_from_one_to_the_next)
{
	struct tracee victim = tracee_start(raise_when_told);
	struct tracer a = tracer_start(true), b = tracer_start(true);

	tell(&a, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&b, PTRACE_SEIZE, victim.pid, 0, 0);
	tracee_go(&victim);
	EXPECT_EQ(STOPPED(SIGUSR1), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(-1, tell(&b, ORDER_WAIT_NOW, victim.pid, 0, 0));
	tell(&a, PTRACE_CONT, victim.pid, 0, SIGUSR1);
	EXPECT_EQ(STOPPED(SIGUSR1), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	tell(&b, PTRACE_CONT, victim.pid, 0, 0);
	EXPECT_EQ(EXITED(0), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(EXITED(0), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(0, tracee_end(&victim));
}

static void crash(void)
{
	__asm__ volatile("int3");
	shared[1] = 1;
}

TEST(signal_that_one_has_dropped_is_not_shown_to_the_next)
{
	struct tracee victim = tracee_start(crash);
	struct tracer a = tracer_start(true), b = tracer_start(true);

	tell(&a, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&b, PTRACE_SEIZE, victim.pid, 0, 0);
	tracee_go(&victim);
	EXPECT_EQ(STOPPED(SIGTRAP), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	tell(&a, PTRACE_CONT, victim.pid, 0, 0);
	EXPECT_EQ(EXITED(0), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(1, shared[1]);
	EXPECT_EQ(0, tracee_end(&victim));
}

/* A function to plant breakpoints in. */
void place(void);
__asm__(".text\nplace: nop\nret");

static void come_by(void)
{
	place();
	shared[1] = 1;
}

/* Both trace it, and @b has it stopped. */
static void seize_and_stop(struct __test_metadata *_metadata, const struct tracer *a,
			   const struct tracer *b, pid_t pid)
{
	tell(a, PTRACE_SEIZE, pid, 0, 0);
	tell(b, PTRACE_SEIZE, pid, 0, 0);
	tell(b, PTRACE_INTERRUPT, pid, 0, 0);
	ASSERT_EQ(SEIZE_STOP, tell(b, ORDER_WAIT, pid, 0, 0));
}

static void plant(struct __test_metadata *_metadata, long how)
{
	struct tracee victim = tracee_start(come_by);
	struct tracer a = tracer_start(true), b = tracer_start(true);
	unsigned long addr = (unsigned long)place;

	seize_and_stop(_metadata, &a, &b, victim.pid);
	ASSERT_EQ(0, tell(&b, how, victim.pid, addr, 0xcc));
	ASSERT_EQ(0, tell(&b, PTRACE_CONT, victim.pid, 0, 0));
	tracee_go(&victim);
	/* The other has its turn first. */
	ASSERT_EQ(STOPPED(SIGTRAP), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(-1, tell(&a, ORDER_WAIT_NOW, victim.pid, 0, 0));
	EXPECT_EQ(0, tell(&b, how, victim.pid, addr, *(unsigned char *)place));
	EXPECT_EQ(0, tell(&b, ORDER_BACK, victim.pid, 0, 0));
	EXPECT_EQ(0, tell(&b, PTRACE_CONT, victim.pid, 0, 0));
	EXPECT_EQ(EXITED(0), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(1, shared[1]);
	EXPECT_EQ(0, tracee_end(&victim));
}

TEST(breakpoint_is_shown_to_who_has_planted_it)
{
	plant(_metadata, ORDER_POKE);
}

TEST(breakpoint_by_proc_is_shown_to_who_has_planted_it)
{
	plant(_metadata, ORDER_WRITE);
}

#define MAX_BREAKPOINTS	4096

/* One, and @others after it. */
static void plant_many(struct __test_metadata *_metadata, unsigned long others, bool known)
{
	struct tracee victim = tracee_start(come_by);
	struct tracer a = tracer_start(true), b = tracer_start(true);
	unsigned long addr = (unsigned long)place;

	seize_and_stop(_metadata, &a, &b, victim.pid);
	ASSERT_EQ(0, tell(&b, ORDER_POKE, victim.pid, addr, 0xcc));
	ASSERT_EQ(0, tell(&b, ORDER_POKE_MANY, victim.pid, (unsigned long)&shared[8], others));
	/* Taken out and planted again it is not one more. */
	ASSERT_EQ(0, tell(&b, ORDER_POKE, victim.pid, (unsigned long)&shared[8], 0));
	ASSERT_EQ(0, tell(&b, ORDER_POKE, victim.pid, (unsigned long)&shared[8], 0xcc));
	ASSERT_EQ(0, tell(&b, PTRACE_CONT, victim.pid, 0, 0));
	tracee_go(&victim);
	EXPECT_EQ(STOPPED(SIGTRAP), tell(known ? &b : &a, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(-1, tell(known ? &a : &b, ORDER_WAIT_NOW, victim.pid, 0, 0));
	kill(victim.pid, SIGKILL);
	tracee_end(&victim);
}

TEST(very_many_breakpoints_are_known)
{
	plant_many(_metadata, MAX_BREAKPOINTS - 1, true);
}

TEST(of_more_breakpoints_the_oldest_is_forgotten)
{
	plant_many(_metadata, MAX_BREAKPOINTS, false);
}

TEST(step_is_shown_to_who_asked_for_it)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	struct tracee victim = tracee_start(ask_when_told);
	int i;

	tell(&a, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&b, PTRACE_SEIZE, victim.pid, 0, 0);
	tell(&a, PTRACE_INTERRUPT, victim.pid, 0, 0);
	EXPECT_EQ(SEIZE_STOP, tell(&a, ORDER_WAIT, victim.pid, 0, 0));
	tracee_go(&victim);
	for (i = 0; i < 20; i++) {
		EXPECT_EQ(0, tell(&a, PTRACE_SINGLESTEP, victim.pid, 0, 0));
		ASSERT_EQ(STOPPED(SIGTRAP), tell(&a, ORDER_WAIT, victim.pid, 0, 0));
		EXPECT_EQ(-1, tell(&b, ORDER_WAIT_NOW, victim.pid, 0, 0));
	}
	tell(&a, PTRACE_DETACH, victim.pid, 0, 0);
	EXPECT_EQ(EXITED(0), tell(&b, ORDER_WAIT, victim.pid, 0, 0));
	EXPECT_EQ(0, tracee_end(&victim));
}

TEST(killed_tracer_leaves_the_others_going)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	pid_t pid = idle_child();

	tell(&a, PTRACE_ATTACH, pid, 0, 0);
	tell(&a, ORDER_WAIT, pid, 0, 0);
	tell(&b, PTRACE_ATTACH, pid, 0, 0);
	tell(&b, ORDER_WAIT, pid, 0, 0);
	kill(a.pid, SIGKILL);
	status_of(a.pid);
	EXPECT_TRUE(wait_state(pid, 't'));
	tell(&b, PTRACE_CONT, pid, 0, 0);
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	kill(pid, SIGUSR1);
	EXPECT_EQ(STOPPED(SIGUSR1), tell(&b, ORDER_WAIT, pid, 0, 0));
	end_child(pid);
}

TEST(two_that_would_wait_for_each_other_are_refused)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);

	EXPECT_EQ(0, tell(&a, PTRACE_SEIZE, b.pid, 0, 0));
	EXPECT_EQ(-EPERM, tell(&b, PTRACE_SEIZE, a.pid, 0, 0));
}

TEST(group_stop_lasts_until_the_last_has_resumed)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	pid_t pid = idle_child();
	long stop = STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP);

	tell(&a, PTRACE_SEIZE, pid, 0, 0);
	tell(&b, PTRACE_SEIZE, pid, 0, 0);
	kill(pid, SIGSTOP);
	EXPECT_EQ(STOPPED(SIGSTOP), tell(&a, ORDER_WAIT, pid, 0, 0));
	tell(&a, PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(STOPPED(SIGSTOP), tell(&b, ORDER_WAIT, pid, 0, 0));
	tell(&b, PTRACE_CONT, pid, 0, SIGSTOP);
	EXPECT_EQ(stop, tell(&a, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(stop, tell(&b, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(0, tell(&a, PTRACE_LISTEN, pid, 0, 0));
	EXPECT_EQ(0, tell(&b, PTRACE_CONT, pid, 0, 0));
	/* The one that listens keeps it. */
	EXPECT_TRUE(wait_state(pid, 'T'));
	kill(pid, SIGCONT);
	EXPECT_EQ(SEIZE_STOP, tell(&a, ORDER_WAIT, pid, 0, 0));
	EXPECT_EQ(0, tell(&a, PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGCONT), tell(&a, ORDER_WAIT, pid, 0, 0));
	tell(&a, PTRACE_CONT, pid, 0, 0);
	end_child(pid);
}

static void pause_forever(void)
{
	shared[1] = gettid();
	for (;;)
		pause();
}

static void pause_in_two_threads(void)
{
	threads_forever(1, pause_forever);
	for (;;)
		pause();
}

/* Only one of the threads is traced, and stopped when the other takes a SIGSTOP. */
TEST(who_listens_hears_of_sigcont_while_another_has_it_stopped)
{
	struct tracer a = tracer_start(true), b = tracer_start(true);
	struct tracee t = tracee_start(pause_in_two_threads);
	pid_t tid;

	tracee_go(&t);
	ASSERT_TRUE(wait_blocked_in(t.pid, SYS_pause));
	ASSERT_TRUE(WAIT_FOR(shared[1]));
	tid = shared[1];
	tell(&b, PTRACE_SEIZE, t.pid, 0, 0);
	tell(&b, PTRACE_INTERRUPT, t.pid, 0, 0);
	EXPECT_EQ(SEIZE_STOP, tell(&b, ORDER_WAIT, t.pid, 0, 0));
	syscall(SYS_tgkill, t.pid, tid, SIGSTOP);
	ASSERT_TRUE(wait_state(tid, 'T'));
	tell(&a, PTRACE_SEIZE, t.pid, 0, 0);
	tell(&a, PTRACE_INTERRUPT, t.pid, 0, 0);
	EXPECT_EQ(STOPPED_EVENT(PTRACE_EVENT_STOP, SIGSTOP), tell(&a, ORDER_WAIT, t.pid, 0, 0));
	EXPECT_EQ(0, tell(&a, PTRACE_LISTEN, t.pid, 0, 0));
	EXPECT_EQ(-1, tell(&a, ORDER_WAIT_NOW, t.pid, 0, 0));
	kill(t.pid, SIGCONT);
	EXPECT_EQ(SEIZE_STOP, tell(&a, ORDER_WAIT, t.pid, 0, 0));
	/* For the other nothing has changed. */
	EXPECT_EQ(-1, tell(&b, ORDER_WAIT_NOW, t.pid, 0, 0));
	EXPECT_EQ('t', state_of(t.pid));
	kill(t.pid, SIGKILL);
	tracee_end(&t);
}

/* The engine drops a signal, while it has the next one come, and a tracer. */
TEST(stop_of_attach_is_told_after_a_signal_that_is_quicker)
{
	struct session *s = session_open();
	pid_t pid = idle_child();

	ASSERT_EQ(0, session_attach(s, pid, 1, TEST_BITS_SIGNAL, 0));
	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGUSR1, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_MATCH_NR | TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_BLOCK |
		     TEST_UTRACE_SIG_ACTION);
	kill(pid, SIGUSR1);
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SIGNAL_TERM, VALUE(SIGUSR1)));
	kill(pid, SIGUSR2);
	ASSERT_EQ(0, enter());
	ASSERT_EQ(0, trace(PTRACE_ATTACH, pid, 0, 0));
	session_open_gate(s);
	EXPECT_EQ(STOPPED(SIGUSR2), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_EQ(STOPPED(SIGSTOP), status_of(pid));
	EXPECT_EQ(0, trace(PTRACE_CONT, pid, 0, 0));
	EXPECT_TRUE(wait_blocked_in(pid, SYS_pause));
	EXPECT_EQ(SIGKILL, end_child(pid));
}

TEST_HARNESS_MAIN
