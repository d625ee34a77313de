// SPDX-License-Identifier: GPL-2.0
/* Signals that an instruction of the program itself raises. */
#include "signals.h"

#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#ifndef SYS_SECCOMP
#define SYS_SECCOMP	1
#endif

/* Each faults at a label, and returns 5 if it goes on behind it. */
#define FAULT(name, prepare, insn)				\
	__asm__(".pushsection .text\n"				\
		".globl " #name ", " #name "_at, " #name "_end\n" \
		".type " #name ", @function\n"			\
		#name ":\n" prepare "\n"			\
		#name "_at: " insn "\n"				\
		#name "_end: mov $5, %eax\n"			\
		"ret\n"						\
		".size " #name ", . - " #name "\n"		\
		".popsection");					\
	extern char name##_at[], name##_end[];			\
	extern int name(void *arg)

FAULT(fault_segv, "", "movb $1, (%rdi)");
FAULT(fault_fpe, "xor %eax, %eax; xor %edx, %edx; xor %ecx, %ecx", "div %ecx");
FAULT(fault_ill, "", "ud2");
FAULT(fault_trap, "", "int3");
FAULT(fault_sys, "mov $102, %eax", "syscall");

static const struct fault {
	int sig, code;
	int (*fn)(void *arg);
	char *at, *end;
	/* Where the program is when the signal is reported, and what si_addr says. */
	bool behind, addr_is_arg, addr_is_at;
} faults[] = {
	{ SIGSEGV, SEGV_MAPERR, fault_segv, fault_segv_at, fault_segv_end, false, true, false },
	{ SIGFPE, FPE_INTDIV, fault_fpe, fault_fpe_at, fault_fpe_end, false, false, true },
	{ SIGILL, ILL_ILLOPN, fault_ill, fault_ill_at, fault_ill_end, false, false, true },
	{ SIGTRAP, SI_KERNEL, fault_trap, fault_trap_at, fault_trap_end, true, false, false },
	/* si_call_addr is where si_addr is: behind the instruction. */
	{ SIGSYS, SYS_SECCOMP, fault_sys, fault_sys_at, fault_sys_end, true, false, false },
};

#define FOR_EACH_FAULT(f)	for (f = faults; f < faults + sizeof(faults) / sizeof(*faults); f++)

static void filter(unsigned int action)
{
	struct sock_filter program[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getuid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, action),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog prog = { 4, program };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &prog);
}

/* The address that nothing is mapped at. */
#define NOWHERE		0x123456UL

enum { ARG = 8, BLOCKED, FILTER, WAITS };

static void fault_once(void)
{
	const struct fault *f = &faults[shared[ARG]];

	if (shared[SETUP] == SETUP_HANDLE)
		handle(f->sig, SA_RESETHAND);
	if (shared[SETUP] == SETUP_IGNORE)
		signal(f->sig, SIG_IGN);
	if (shared[BLOCKED])
		block(SIG_BLOCK, f->sig);
	if (f->sig == SIGSYS)
		filter(shared[FILTER] ?: SECCOMP_RET_TRAP);
	shared[RESULT] = f->fn((void *)NOWHERE);
	shared[READY] = 1;
}

static struct session *trace_fault(struct __test_metadata *_metadata, struct tracee *t,
				   const struct fault *f, int setup)
{
	struct session *s;

	memset((void *)shared, 0, 512);
	shared[ARG] = f - faults;
	shared[SETUP] = setup;
	*t = tracee_start(fault_once);
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BITS_SIGNALS, 0));
	return s;
}

/* The engine ends it where it would begin again for ever. */
static void fix(struct __test_metadata *_metadata, struct session *s, const struct fault *f)
{
	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = f->sig,
	     .value = f->behind ? 0 : f->end - f->at, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR | TEST_UTRACE_MOVE_IP |
		     TEST_UTRACE_SIG_ACTION);
}

static void expect_fault(struct __test_metadata *_metadata, struct session *s,
			 const struct fault *f, unsigned int event, unsigned int action)
{
	const struct test_utrace_event *e = WAIT_EVENT(s, .event = event, VALUE(f->sig));

	if (!e)
		TH_LOG("signal %d: no event %u", f->sig, event);
	ASSERT_TRUE(e);
	EXPECT_EQ(f->code, e->values[1]);
	EXPECT_EQ(action, e->values[2]);
	EXPECT_EQ((long)(f->behind ? f->end : f->at), e->values[6]);
	if (f->addr_is_arg)
		EXPECT_EQ(NOWHERE, e->values[5]);
	if (f->addr_is_at)
		EXPECT_EQ((long)f->at, e->values[5]);
	if (f->sig == SIGSYS) {
		EXPECT_EQ((long)f->end, e->values[5]);
		EXPECT_EQ(SYS_getuid, (int)e->values[4]);
	}
	EXPECT_EQ(0, e->flags);
}

TEST(fault_is_reported_before_it_kills_and_can_be_fixed)
{
	const struct fault *f;

	FOR_EACH_FAULT(f) {
		struct tracee t;
		struct session *s = trace_fault(_metadata, &t, f, SETUP_DEFAULT);

		fix(_metadata, s, f);
		tracee_go(&t);
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(5, shared[RESULT]);
		expect_fault(_metadata, s, f, TEST_SIGNAL_CORE, TEST_SIG_CORE);
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE));
		EXPECT_NONE_ATOMIC(s);
		session_close(s);
	}
}

TEST(fault_that_nobody_fixes_kills_as_without_us)
{
	const struct fault *f;

	FOR_EACH_FAULT(f) {
		struct tracee t;
		struct session *s = trace_fault(_metadata, &t, f, SETUP_DEFAULT);
		int status;

		tracee_go(&t);
		status = tracee_end(&t);
		ASSERT_TRUE(WIFSIGNALED(status));
		EXPECT_EQ(f->sig, WTERMSIG(status));
		expect_fault(_metadata, s, f, TEST_SIGNAL_CORE, TEST_SIG_CORE);
		EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE));
		session_close(s);

		memset((void *)shared, 0, 512);
		shared[ARG] = f - faults;
		shared[SETUP] = SETUP_DEFAULT;
		t = tracee_start(fault_once);
		tracee_go(&t);
		EXPECT_EQ(status, tracee_end(&t));
	}
}

TEST(fault_with_a_handler_is_reported_before_the_handler)
{
	const struct fault *f;

	FOR_EACH_FAULT(f) {
		struct tracee t;
		struct session *s = trace_fault(_metadata, &t, f, SETUP_HANDLE);

		RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
		     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
		/* After the handler, which goes back to the same place. */
		fix(_metadata, s, f);
		tracee_go(&t);
		expect_fault(_metadata, s, f, TEST_SIGNAL, TEST_SIG_DELIVER);
		ASSERT_TRUE(wait_state(t.pid, 't'));
		EXPECT_EQ(0, shared[SEEN]);
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
		EXPECT_EQ(0, tracee_end(&t));
		EXPECT_EQ(1, shared[SEEN]);
		EXPECT_EQ(f->code, shared[SEEN_CODE]);
		if (f->addr_is_arg)
			EXPECT_EQ(NOWHERE, shared[SEEN_ADDR]);
		if (f->addr_is_at)
			EXPECT_EQ((long)f->at, shared[SEEN_ADDR]);
		EXPECT_EQ(5, shared[RESULT]);
		session_close(s);
	}
}

/* The kernel does not let a program ignore or block these. */
TEST(fault_whose_signal_is_blocked_or_ignored_is_reported_as_deadly)
{
	const struct fault *f;
	int blocked;

	FOR_EACH_FAULT(f) {
		for (blocked = 0; blocked <= 1; blocked++) {
			struct tracee t;
			struct session *s = trace_fault(_metadata, &t, f,
							blocked ? SETUP_HANDLE : SETUP_IGNORE);

			shared[BLOCKED] = blocked;
			fix(_metadata, s, f);
			tracee_go(&t);
			EXPECT_EQ(0, tracee_end(&t));
			expect_fault(_metadata, s, f, TEST_SIGNAL_CORE, TEST_SIG_CORE);
			EXPECT_EQ(0, shared[SEEN]);
			session_close(s);
		}
	}
}

static void touch_behind_the_file(void)
{
	int fd = memfd_create("short", 0);
	char *page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	shared[40] = (long)page;
	shared[RESULT] = fault_segv(page + 8);
}

TEST(fault_behind_the_end_of_a_file_is_reported_with_its_address)
{
	struct tracee t = tracee_start(touch_behind_the_file);
	struct session *s = session_open();
	const struct test_utrace_event *e;

	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .signal_action = TEST_SIG_IGN,
	     .value = fault_segv_end - fault_segv_at,
	     .what = TEST_UTRACE_MOVE_IP | TEST_UTRACE_SIG_ACTION);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SIGNALS, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	e = FIND_EVENT(s, .event = TEST_SIGNAL_CORE, VALUE(SIGBUS));
	ASSERT_TRUE(e);
	EXPECT_EQ(BUS_ADRERR, e->values[1]);
	EXPECT_EQ(shared[40] + 8, e->values[5]);
	EXPECT_EQ(5, shared[RESULT]);
}

/* By another one's hand: what faults is mapped while the thread is stopped. */
static void touch_later_mapped(void)
{
	shared[RESULT] = fault_segv((void *)shared[40]);
}

TEST(fault_that_an_engine_ignores_happens_again)
{
	struct tracee t;
	struct session *s;

	shared[40] = NOWHERE;
	t = tracee_start(touch_later_mapped);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION | TEST_UTRACE_ONCE);
	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_SIG_ACTION | TEST_UTRACE_ONCE);
	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .signal_action = TEST_SIG_IGN,
	     .value = fault_segv_end - fault_segv_at,
	     .what = TEST_UTRACE_MOVE_IP | TEST_UTRACE_SIG_ACTION | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SIGNALS, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(3, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE, VALUE(SIGSEGV)));
	EXPECT_EQ(5, shared[RESULT]);
}

TEST(sigkill_ends_a_stop_at_a_fault)
{
	struct tracee t;
	struct session *s = trace_fault(_metadata, &t, &faults[0], SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
}

TEST(detach_at_a_fault_lets_it_kill)
{
	struct tracee t;
	struct session *s = trace_fault(_metadata, &t, &faults[0], SETUP_DEFAULT);

	RULE(s, .id = 1, .event = TEST_SIGNAL_CORE, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN);
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, session_detach(s, 1));
	expect_killed_by(_metadata, &t, SIGSEGV);
}

TEST(seccomp_that_kills_is_not_reported_and_kills)
{
	struct tracee t;
	struct session *s = trace_fault(_metadata, &t, &faults[4], SETUP_HANDLE);
	int status;

	shared[FILTER] = SECCOMP_RET_KILL_PROCESS;
	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_IGN,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_SIG_ACTION);
	tracee_go(&t);
	status = tracee_end(&t);
	EXPECT_TRUE(WIFSIGNALED(status));
	EXPECT_EQ(SIGSYS, WTERMSIG(status));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	EXPECT_EQ(0, shared[SEEN]);
}

/* More than one at once: queued while they are blocked. */

static void queue_to_self(int sig, int code)
{
	siginfo_t info = { .si_signo = sig, .si_code = code };

	syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), sig, &info);
}

static void send_to_self(int sig)
{
	syscall(SYS_tgkill, getpid(), syscall(SYS_gettid), sig);
}

static const int both[] = { SIGBUS, SIGSEGV, SIGHUP, SIGUSR1 };

static void four_at_once(void)
{
	sigset_t set;
	int i;

	sigemptyset(&set);
	for (i = 0; i < 4; i++) {
		/* One after the other, in the order in which they are taken. */
		handle_alone(both[i], 0);
		sigaddset(&set, both[i]);
	}
	sigprocmask(SIG_BLOCK, &set, NULL);
	/* The last two are no faults, so the first two come before them. */
	queue_to_self(SIGUSR1, SI_QUEUE);
	queue_to_self(SIGHUP, SI_QUEUE);
	queue_to_self(SIGBUS, BUS_ADRERR);
	queue_to_self(SIGSEGV, SEGV_MAPERR);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	shared[RESULT] = shared[SEEN];
}

TEST(two_faults_at_once_come_in_their_order_and_before_all_else)
{
	struct tracee t = tracee_start(four_at_once);
	struct session *s = session_open();
	long untraced[4], order[4] = { 0 };
	size_t i, n = 0;

	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_EQ(4, shared[RESULT]);
	for (i = 0; i < 4; i++)
		untraced[i] = shared[ORDER + i];

	memset((void *)shared, 0, 512);
	t = tracee_start(four_at_once);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SIGNALS, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4, shared[RESULT]);
	for (i = 0; i < 4; i++)
		EXPECT_EQ(untraced[i], shared[ORDER + i]);

	EXPECT_EQ(4, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	for (i = 0; i < s->nr && n < 4; i++)
		if (s->events[i].event == TEST_SIGNAL)
			order[n++] = s->events[i].values[0];
	for (i = 0; i < 4; i++)
		EXPECT_EQ(untraced[i], order[i]);
}

/* The first of two ends in a stop; what is next is neither lost nor early. */
TEST(stop_at_the_first_of_two_faults_keeps_the_second)
{
	struct tracee t = tracee_start(four_at_once);
	struct session *s = session_open();
	long stopped_at;

	RULE(s, .id = 1, .event = TEST_SIGNAL, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BIT(SIGNAL), 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(1, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	stopped_at = FIND_EVENT(s, .event = TEST_SIGNAL)->values[0];
	EXPECT_TRUE(stopped_at == SIGBUS || stopped_at == SIGSEGV);
	EXPECT_EQ(0, session_detach(s, 1));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(4, shared[RESULT]);
}

/* Whatever the handler of the first does while the second is still to come. */

static void raise_both(void)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGFPE);
	sigaddset(&set, SIGSEGV);
	sigprocmask(SIG_BLOCK, &set, NULL);
	send_to_self(SIGFPE);
	send_to_self(SIGSEGV);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	shared[RESULT] = shared[SEEN];
}

static void raise_both_with_handlers(void)
{
	handle(SIGFPE, 0);
	handle(SIGSEGV, 0);
	raise_both();
}

/* Blocks the second, looks where it is, and takes another one meanwhile. */
static void on_first(int sig)
{
	sigset_t pending;

	shared[ORDER + shared[SEEN]++] = sig;
	sigpending(&pending);
	shared[WAITS] = sigismember(&pending, SIGSEGV);
	send_to_self(SIGUSR1);
}

static void raise_both_and_block_the_second(void)
{
	struct sigaction sa = { .sa_handler = on_first };

	sigaddset(&sa.sa_mask, SIGSEGV);
	sigaction(SIGFPE, &sa, NULL);
	handle(SIGSEGV, 0);
	handle(SIGUSR1, 0);
	raise_both();
}

static void expect_the_same_order(struct __test_metadata *_metadata, void (*fn)(void), long nr)
{
	struct session *s = session_open();
	long order[4];
	struct tracee t = tracee_start(fn);
	int i;

	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	ASSERT_EQ(nr, shared[RESULT]);
	for (i = 0; i < nr; i++)
		order[i] = shared[ORDER + i];

	memset((void *)shared, 0, 512);
	t = tracee_start(fn);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SIGNALS, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(nr, shared[RESULT]);
	for (i = 0; i < nr; i++)
		EXPECT_EQ(order[i], shared[ORDER + i]);
	EXPECT_EQ(nr, COUNT_EVENTS(s, .event = TEST_SIGNAL));
	session_close(s);
}

TEST(second_of_two_does_not_wait_for_a_third)
{
	expect_the_same_order(_metadata, raise_both_with_handlers, 2);
}

TEST(second_of_two_that_the_handler_of_the_first_blocks_is_pending)
{
	expect_the_same_order(_metadata, raise_both_and_block_the_second, 3);
	EXPECT_EQ(1, shared[WAITS]);
}

TEST_HARNESS_MAIN
