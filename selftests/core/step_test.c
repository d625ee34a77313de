// SPDX-License-Identifier: GPL-2.0
/* UTRACE_SINGLESTEP and BLOCKSTEP: one trap a step, which the program does not see. */
#include "signals.h"

#include <stddef.h>
#include <sys/user.h>

/*
 * Stands behind a getppid(2) when it is let go. Each label is one step away from
 * the one before; the jump skips nothing.
 */
__asm__(".pushsection .text\n"
	".globl path, path_0, path_1, path_2, path_3, path_4, path_5, path_6, path_7\n"
	".type path, @function\n"
	"path:	mov $110, %eax\n"
	"	syscall\n"
	"path_0: nop\n"
	"path_1: xor %ecx, %ecx\n"
	"path_2: mov $39, %eax\n"
	"path_3: syscall\n"
	"path_4: nop\n"
	"path_5: jmp path_6\n"
	"path_6: nop\n"
	"path_7: ret\n"
	".size path, . - path\n"
	".popsection");
extern char path_0[], path_1[], path_2[], path_3[], path_4[], path_5[], path_6[], path_7[];
extern long path(void);

static char *const steps[] = {
	path_0, path_1, path_2, path_3, path_4, path_5, path_6, path_7,
};
#define NSTEPS	7

static void walk(void)
{
	shared[RESULT] = path();
	run_until_told();
}

static void walk_with_a_handler(void)
{
	handle(SIGTRAP, 0);
	walk();
}

static void walk_ignoring(void)
{
	signal(SIGTRAP, SIG_IGN);
	walk();
}

static void walk_blocking(void)
{
	block(SIG_BLOCK, SIGTRAP);
	walk();
}

#define TEST_BITS_STEP	(TEST_BITS_SIGNAL | TEST_BIT(SIGNAL_HANDLER) | TEST_BIT(SYSCALL_EXIT))

/* It stands at path_0, and the engine answers @rest more traps with @action. */
static struct session *at_path(struct __test_metadata *_metadata, struct tracee *t,
			       void (*fn)(void), unsigned int action, int rest)
{
	struct session *s;
	int i;

	memset((void *)shared, 0, 512);
	*t = tracee_start(fn);
	s = session_open();
	RULE(s, .id = 1, .event = TEST_SYSCALL_EXIT, .nr = SYS_getppid, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE | TEST_UTRACE_MATCH_NR);
	for (i = 0; i < rest; i++)
		RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGTRAP, .action = action,
		     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR |
			     TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	ASSERT_EQ(0, session_attach(s, t->pid, 1, TEST_BITS_STEP, 0));
	tracee_go(t);
	ASSERT_TRUE(wait_state(t->pid, 't'));
	return s;
}

static bool is_trap(const struct test_utrace_event *e)
{
	return e->event >= TEST_SIGNAL && e->event <= TEST_SIGNAL_CORE &&
	       e->values[0] == SIGTRAP && !(e->flags & TEST_UTRACE_END);
}

static size_t count_traps(struct session *s)
{
	size_t i, n = 0;

	session_read(s);
	for (i = s->mark; i < s->nr; i++)
		n += is_trap(&s->events[i]);
	return n;
}

static const struct test_utrace_event *nth_trap(struct session *s, size_t nth)
{
	size_t i;

	session_read(s);
	for (i = s->mark; i < s->nr; i++)
		if (is_trap(&s->events[i]) && !nth--)
			return &s->events[i];
	return NULL;
}

static void expect_path(struct __test_metadata *_metadata, struct session *s, size_t n)
{
	size_t i;

	EXPECT_EQ(n, count_traps(s));
	for (i = 0; i < n; i++) {
		const struct test_utrace_event *e = nth_trap(s, i);

		ASSERT_TRUE(e);
		EXPECT_EQ((long)steps[i + 1], e->values[6]);
		EXPECT_EQ(steps[i + 1] == path_4 ? TRAP_BRKPT : TRAP_TRACE, e->values[1]);
		EXPECT_EQ(TEST_SIG_IGN, e->values[2]);
	}
}

static void expect_walked(struct __test_metadata *_metadata, const struct tracee *t)
{
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	EXPECT_EQ(t->pid, shared[RESULT]);
	expect_unhurt(_metadata, t);
	EXPECT_EQ(0, shared[SEEN]);
}

TEST(one_step_is_one_instruction_and_one_trap)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, 0, 0);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	expect_walked(_metadata, &t);
	expect_path(_metadata, s, 1);
	EXPECT_NONE_ATOMIC(s);
}

TEST(steps_are_consecutive_and_over_a_system_call_too)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, TEST_DO_SINGLESTEP, NSTEPS - 1);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	expect_walked(_metadata, &t);
	expect_path(_metadata, s, NSTEPS);
}

TEST(step_that_begins_at_an_entry_ends_with_the_call)
{
	struct tracee t = tracee_start(walk);
	struct session *s = session_open();

	memset((void *)shared, 0, 512);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE | TEST_UTRACE_MATCH_NR);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_STEP | TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	ASSERT_TRUE(wait_state(t.pid, 't'));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	expect_walked(_metadata, &t);
	EXPECT_EQ(1, count_traps(s));
	ASSERT_TRUE(nth_trap(s, 0));
	EXPECT_EQ((long)path_0, nth_trap(s, 0)->values[6]);
	EXPECT_EQ(TRAP_BRKPT, nth_trap(s, 0)->values[1]);
	EXPECT_NONE_ATOMIC(s);
}

/* The engine says so itself; and the call is not made. */
TEST(step_over_a_call_that_is_not_made_is_a_step)
{
	struct tracee t = tracee_start(walk);
	struct session *s = session_open();

	memset((void *)shared, 0, 512);
	RULE(s, .id = 1, .event = TEST_SYSCALL_ENTRY, .nr = SYS_getppid,
	     .action = TEST_DO_SINGLESTEP,
	     .what = TEST_UTRACE_RETURN | TEST_UTRACE_ONCE | TEST_UTRACE_MATCH_NR |
		     TEST_UTRACE_ABORT);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_STEP | TEST_BIT(SYSCALL_ENTRY), 0));
	tracee_go(&t);
	expect_walked(_metadata, &t);
	EXPECT_EQ(1, count_traps(s));
	ASSERT_TRUE(nth_trap(s, 0));
	EXPECT_EQ((long)path_0, nth_trap(s, 0)->values[6]);
	EXPECT_EQ(TRAP_BRKPT, nth_trap(s, 0)->values[1]);
}

TEST(step_from_stop_to_stop)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, TEST_DO_STOP, NSTEPS);
	size_t i;

	for (i = 0; i < NSTEPS; i++) {
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
		ASSERT_TRUE(WAIT_FOR(count_traps(s) == i + 1));
		ASSERT_TRUE(wait_state(t.pid, 't'));
		EXPECT_EQ(0, shared[READY]);
	}
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	expect_walked(_metadata, &t);
	expect_path(_metadata, s, NSTEPS);
}

TEST(program_that_handles_sigtrap_does_not_see_the_step)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk_with_a_handler, TEST_DO_SINGLESTEP,
				    NSTEPS - 1);

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	expect_walked(_metadata, &t);
	expect_path(_metadata, s, NSTEPS);
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SIGNAL_HANDLER));
}

/* Who forces a SIGTRAP on a program unblocks it, and it must not stay so. */
TEST(program_that_blocks_or_ignores_sigtrap_keeps_it_so)
{
	void (*programs[])(void) = { walk_ignoring, walk_blocking };
	size_t i;

	for (i = 0; i < 2; i++) {
		struct tracee t;
		struct session *s = at_path(_metadata, &t, programs[i], TEST_DO_SINGLESTEP,
					    NSTEPS - 1);
		char status[4096], field[64], *p;

		EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
		ASSERT_TRUE(WAIT_FOR(shared[READY]));
		EXPECT_EQ(NSTEPS, count_traps(s));
		ASSERT_GT(read_proc(t.pid, "status", status, sizeof(status)), 0);
		snprintf(field, sizeof(field), "%s", i ? "SigBlk:" : "SigIgn:");
		p = strstr(status, field);
		ASSERT_TRUE(p);
		EXPECT_TRUE(strtoull(p + 7, NULL, 16) & 1ULL << (SIGTRAP - 1));
		expect_unhurt(_metadata, &t);
		session_close(s);
	}
}

TEST(step_without_signal_events_leaves_the_program_alone)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk_with_a_handler, 0, 0);
	int i;

	ASSERT_EQ(0, session_set_events(s, 1, 0));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	for (i = 0; i < 50; i++) {
		EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
		EXPECT_TRUE(runs());
	}
	expect_walked(_metadata, &t);
}

TEST(trap_can_be_given_to_the_program)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk_with_a_handler, 0, 0);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .signal_action = TEST_SIG_DELIVER,
	     .what = TEST_UTRACE_SIG_ACTION);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	EXPECT_TRUE(WAIT_FOR(shared[SEEN] == 1));
	EXPECT_EQ(SIGTRAP, shared[SEEN_SIG]);
	EXPECT_EQ(TRAP_TRACE, shared[SEEN_CODE]);
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	expect_unhurt(_metadata, &t);
}

static void walk_and_handle_usr1(void)
{
	handle(SIGUSR1, 0);
	walk();
}

TEST(step_goes_into_a_handler)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk_and_handle_usr1, TEST_DO_SINGLESTEP, 0);

	RULE(s, .id = 1, .event = TEST_SIGNAL_HANDLER, .action = TEST_DO_SINGLESTEP,
	     .what = TEST_UTRACE_RETURN);
	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGTRAP, .action = TEST_DO_STOP,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR | TEST_UTRACE_RETURN |
		     TEST_UTRACE_ONCE);
	kill(t.pid, SIGUSR1);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(count_traps(s) == 1));
	ASSERT_TRUE(wait_state(t.pid, 't'));
	e = FIND_EVENT(s, .event = TEST_SIGNAL_HANDLER, VALUE(SIGUSR1));
	ASSERT_TRUE(e);
	EXPECT_EQ((long)on_signal, e->values[6]);
	/* One instruction of it. */
	e = nth_trap(s, 0);
	EXPECT_GT(e->values[6], (long)on_signal);
	EXPECT_LE(e->values[6], (long)on_signal + 15);
	EXPECT_EQ(0, shared[SEEN]);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	EXPECT_EQ(1, shared[SEEN]);
	expect_unhurt(_metadata, &t);
}

/* The flags that a handler's frame keeps must not have the trap flag. */
TEST(step_that_a_signal_comes_before_does_not_step_after_the_handler)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk_and_handle_usr1, 0, 0);

	kill(t.pid, SIGUSR1);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	EXPECT_EQ(1, shared[SEEN]);
	expect_unhurt(_metadata, &t);
	EXPECT_LE(count_traps(s), 1);
}

TEST(block_step_traps_where_a_branch_goes_or_sooner)
{
	const struct test_utrace_event *e;
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, TEST_DO_BLOCKSTEP, NSTEPS);
	size_t i;

	EXPECT_EQ(0, session_control(s, 1, TEST_DO_BLOCKSTEP));
	expect_walked(_metadata, &t);
	ASSERT_GE(count_traps(s), 1);
	/* What it has in common with a step: it traps at the target of the jump. */
	for (i = 0; (e = nth_trap(s, i)); i++)
		if (e->values[6] == (long)path_6)
			break;
	EXPECT_TRUE(e);
}

TEST(single_step_of_one_engine_prevails_over_block_step_of_another)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, TEST_DO_SINGLESTEP, NSTEPS - 1);
	int i;

	ASSERT_EQ(0, session_attach(s, t.pid, 2, TEST_BITS_SIGNAL, 0));
	for (i = 0; i < NSTEPS; i++)
		RULE(s, .id = 2, .event = TEST_SIGNAL, .action = TEST_DO_BLOCKSTEP,
		     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_RETURN | TEST_UTRACE_ONCE);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	ASSERT_TRUE(WAIT_FOR(shared[READY]));
	ASSERT_GE(COUNT_EVENTS(s, .event = TEST_SIGNAL_CORE, .id = 1), NSTEPS);
	session_close(s);
	expect_walked(_metadata, &t);
}

static void spin_correctly(void)
{
	long i, sum;

	ready();
	while (!shared[TOLD]) {
		for (i = sum = 0; i < 1000; i++)
			__asm__ volatile("add %1, %0" : "+r" (sum) : "r" (i));
		if (sum != 499500)
			shared[ERROR]++;
		shared[TURNS]++;
		syscall(SYS_getpid);
	}
}

static struct session *stepping_for_ever(struct __test_metadata *_metadata, struct tracee *t,
					 void (*fn)(void))
{
	struct session *s = trace(_metadata, t, fn, TEST_BITS_SIGNAL);

	RULE(s, .id = 1, .event = TEST_SIGNAL, .nr = SIGTRAP, .action = TEST_DO_SINGLESTEP,
	     .what = TEST_UTRACE_ANY_SIGNAL | TEST_UTRACE_MATCH_NR | TEST_UTRACE_RETURN);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	ASSERT_TRUE(WAIT_FOR(count_traps(s) > 1000));
	return s;
}

TEST(detach_in_the_middle_of_stepping_leaves_the_program_alive)
{
	int i;

	for (i = 0; i < 10; i++) {
		struct tracee t;
		struct session *s;

		memset((void *)shared, 0, 512);
		s = stepping_for_ever(_metadata, &t, spin_correctly);
		EXPECT_EQ(0, session_detach(s, 1));
		session_mark(s);
		EXPECT_TRUE(runs());
		EXPECT_EQ(0, count_traps(s));
		expect_unhurt(_metadata, &t);
		EXPECT_EQ(0, shared[ERROR]);
		session_close(s);
	}
}

TEST(end_of_the_tracer_in_the_middle_of_stepping_leaves_the_program_alive)
{
	struct tracee t;
	struct session *s = stepping_for_ever(_metadata, &t, spin_correctly);

	session_close(s);
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(0, shared[ERROR]);
}

TEST(sigkill_ends_a_program_that_steps)
{
	struct tracee t;

	stepping_for_ever(_metadata, &t, spin_correctly);
	kill(t.pid, SIGKILL);
	expect_killed_by(_metadata, &t, SIGKILL);
}

static void fork_and_exec(void)
{
	char *argv[] = { "true", NULL };
	int status;
	pid_t pid;

	ready();
	while (!shared[TOLD])
		shared[TURNS]++;
	pid = fork();
	if (pid == 0)
		syscall(SYS_exit_group, 6);
	waitpid(pid, &status, 0);
	shared[RESULT] = status;
	pid = vfork();
	if (pid == 0) {
		execve("/bin/true", argv, environ);
		_exit(9);
	}
	waitpid(pid, &status, 0);
	shared[ERROR] = status;
}

TEST_TIMEOUT(children_of_a_program_that_steps_do_not_step, 120)
{
	struct tracee t;
	struct session *s = stepping_for_ever(_metadata, &t, fork_and_exec);

	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(6, WEXITSTATUS(shared[RESULT]));
	EXPECT_EQ(0, shared[ERROR]);
	EXPECT_EQ(0, session_status(s).engines - 1);
}

static void exec_when_told(void)
{
	char *argv[] = { "true", NULL };

	ready();
	while (!shared[TOLD])
		shared[TURNS]++;
	execve("/bin/true", argv, environ);
}

TEST_TIMEOUT(program_that_is_executed_in_the_middle_of_stepping_runs, 120)
{
	struct tracee t;
	struct session *s = stepping_for_ever(_metadata, &t, exec_when_told);

	shared[TOLD] = 1;
	ASSERT_TRUE(WAIT_FOR(count_traps(s) > 3000 || state_of(t.pid) == 'Z'));
	session_close(s);
	EXPECT_EQ(0, tracee_end(&t));
}

/* Somebody else steps. */

TEST(ptracer_steps_with_an_engine_attached)
{
	struct tracee t;
	struct session *s = at_path(_metadata, &t, walk, 0, 0);
	struct user_regs_struct regs;
	siginfo_t info;
	int status;
	size_t i;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t.pid, 0, 0));
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_RESUME));
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_GETREGS, t.pid, 0, &regs));
	ASSERT_EQ((long)path_0, regs.rip);
	for (i = 1; i <= NSTEPS; i++) {
		ASSERT_EQ(0, ptrace(PTRACE_SINGLESTEP, t.pid, 0, 0));
		ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
		ASSERT_TRUE(WIFSTOPPED(status));
		EXPECT_EQ(SIGTRAP, WSTOPSIG(status));
		ASSERT_EQ(0, ptrace(PTRACE_GETSIGINFO, t.pid, 0, &info));
		ASSERT_EQ(0, ptrace(PTRACE_GETREGS, t.pid, 0, &regs));
		EXPECT_EQ((long)steps[i], regs.rip);
	}
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	expect_walked(_metadata, &t);
}

TEST(engine_does_not_step_a_thread_that_is_ptraced)
{
	struct tracee t;
	struct session *s = trace_signal(_metadata, &t, SIGUSR1, SETUP_HANDLE);
	int status;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_EXITKILL));
	EXPECT_EQ(-EBUSY, session_control(s, 1, TEST_DO_SINGLESTEP));
	EXPECT_EQ(-EBUSY, session_control(s, 1, TEST_DO_BLOCKSTEP));
	/* As RESUME when it is answered. */
	RULE(s, .id = 1, .event = TEST_QUIESCE, .action = TEST_DO_SINGLESTEP,
	     .what = TEST_UTRACE_RETURN);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, count_traps(s));
	EXPECT_EQ(0, waitpid(t.pid, NULL, __WALL | WNOHANG));
	session_clear_rules(s);
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t.pid, 0, 0));
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, count_traps(s));
	/* And what was asked for then is not made up for now. */
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_SINGLESTEP));
	EXPECT_TRUE(WAIT_FOR(count_traps(s) == 1));
	expect_unhurt(_metadata, &t);
}

TEST(ptracer_that_comes_while_an_engine_steps_takes_over)
{
	struct tracee t;
	struct session *s = stepping_for_ever(_metadata, &t, spin_correctly);
	int status, i;

	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_EXITKILL));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t.pid, 0, 0));
	/* A trap that was on its way may be seen, no more than that. */
	for (i = 0; i < 3; i++) {
		ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
		ASSERT_TRUE(WIFSTOPPED(status));
		if (status >> 16 == PTRACE_EVENT_STOP)
			break;
		ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	}
	EXPECT_LT(i, 3);
	session_mark(s);
	ASSERT_EQ(0, ptrace(PTRACE_CONT, t.pid, 0, 0));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, waitpid(t.pid, NULL, __WALL | WNOHANG));
	EXPECT_LE(count_traps(s), 1);
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t.pid, 0, 0));
	ASSERT_EQ(t.pid, waitpid(t.pid, &status, __WALL));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	expect_unhurt(_metadata, &t);
	EXPECT_EQ(0, shared[ERROR]);
}

/* A program may step itself, without anybody's help. */
static void set_own_trap_flag(void)
{
	handle(SIGTRAP, 0);
	ready();
	__asm__ volatile("sub $128, %%rsp; pushfq; orl $0x100, (%%rsp); popfq\n"
			 "nop; nop; nop\n"
			 "pushfq; andl $~0x100, (%%rsp); popfq; add $128, %%rsp"
			 ::: "memory", "cc");
	shared[RESULT] = shared[SEEN];
}

TEST(program_that_steps_itself_gets_its_traps)
{
	struct tracee t = tracee_start(set_own_trap_flag);
	struct session *s = session_open();
	long untraced;

	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	untraced = shared[RESULT];
	ASSERT_GT(untraced, 3);

	memset((void *)shared, 0, 512);
	t = tracee_start(set_own_trap_flag);
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_STEP, 0));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(untraced, shared[RESULT]);
	EXPECT_EQ(untraced, COUNT_EVENTS(s, .event = TEST_SIGNAL, VALUE(SIGTRAP)));
}

static void namespace_of_its_own(void)
{
	pid_t init = syscall(SYS_clone, CLONE_NEWPID | SIGCHLD, NULL, NULL, NULL, 0);

	if (init == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		run_until_told();
		syscall(SYS_exit_group, 0);
	}
	shared[SIG] = init;
	waitpid(init, (int *)&shared[SETUP], 0);
}

TEST(init_of_a_pid_namespace_is_not_stepped)
{
	struct tracee t = tracee_start(namespace_of_its_own);
	struct session *s = session_open();

	tracee_go(&t);
	ASSERT_TRUE(WAIT_FOR(shared[READY] && shared[SIG]));
	ASSERT_EQ(0, session_attach(s, shared[SIG], 1, TEST_BITS_SIGNALS, 0));
	EXPECT_EQ(-EPERM, session_control(s, 1, TEST_DO_SINGLESTEP));
	EXPECT_EQ(-EPERM, session_control(s, 1, TEST_DO_BLOCKSTEP));
	RULE(s, .id = 1, .event = TEST_QUIESCE, .action = TEST_DO_SINGLESTEP,
	     .what = TEST_UTRACE_RETURN);
	EXPECT_EQ(0, session_control(s, 1, TEST_DO_REPORT));
	ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_QUIESCE));
	EXPECT_TRUE(runs());
	EXPECT_EQ(0, count_traps(s));
	shared[TOLD] = 1;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[SETUP]);
}

TEST_HARNESS_MAIN
