// SPDX-License-Identifier: GPL-2.0
/*
 * The logic of the core that has neither locks nor a thread, for every pair of
 * inputs; on kernels with KUnit.
 */
#include <kunit/test.h>
#include "../../utrace/resume.c"
#include "../../utrace/disposition.c"

/* What the header says, in words of its own: the first of them that anybody wants. */
static const enum utrace_resume_action by_strength[] = {
	UTRACE_STOP, UTRACE_INTERRUPT, UTRACE_REPORT, UTRACE_SINGLESTEP, UTRACE_BLOCKSTEP,
	UTRACE_RESUME, UTRACE_DETACH,
};

static void every_pair_of_actions_merges_to_the_stronger(struct kunit *test)
{
	unsigned int i, j;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(by_strength), (size_t)UTRACE_RESUME_MAX);
	for (i = 0; i < ARRAY_SIZE(by_strength); i++)
		for (j = 0; j < ARRAY_SIZE(by_strength); j++)
			KUNIT_EXPECT_EQ(test, (int)by_strength[min(i, j)],
					(int)utrace_resume_merge(by_strength[i], by_strength[j]));
}

static void check_triple(struct kunit *test, unsigned int a, unsigned int b, unsigned int c)
{
	int left = utrace_resume_merge(utrace_resume_merge(a, b), c);
	int right = utrace_resume_merge(a, utrace_resume_merge(b, c));

	KUNIT_EXPECT_EQ(test, left, right);
}

static void every_triple_of_actions_merges_in_any_order(struct kunit *test)
{
	unsigned int a, b, c;

	for (a = 0; a < UTRACE_RESUME_MAX; a++)
		for (b = 0; b < UTRACE_RESUME_MAX; b++)
			for (c = 0; c < UTRACE_RESUME_MAX; c++)
				check_triple(test, a, b, c);
}

static void reports_and_steps_are_two_each(struct kunit *test)
{
	unsigned int a;

	for (a = 0; a < UTRACE_RESUME_MAX; a++) {
		KUNIT_EXPECT_EQ(test, a == UTRACE_INTERRUPT || a == UTRACE_REPORT,
				utrace_resume_wants_report(a));
		KUNIT_EXPECT_EQ(test, a == UTRACE_SINGLESTEP || a == UTRACE_BLOCKSTEP,
				utrace_resume_steps(a));
	}
}

static void some_handler(int signo)
{
}

/* signal(7), in the letters of its table. */
static char letter(int signo)
{
	switch (signo) {
	case SIGCHLD: case SIGCONT: case SIGURG: case SIGWINCH:
		return 'i';
	case SIGSTOP:
		return 's';
	case SIGTSTP: case SIGTTIN: case SIGTTOU:
		return 't';
	case SIGQUIT: case SIGILL: case SIGABRT: case SIGFPE: case SIGSEGV: case SIGBUS:
	case SIGSYS: case SIGTRAP: case SIGXCPU: case SIGXFSZ:
		return 'c';
	default:
		return 'k';
	}
}

static enum utrace_signal_action action_of(char letter)
{
	switch (letter) {
	case 'i':
		return UTRACE_SIGNAL_IGN;
	case 's':
		return UTRACE_SIGNAL_STOP;
	case 't':
		return UTRACE_SIGNAL_TSTP;
	case 'c':
		return UTRACE_SIGNAL_CORE;
	default:
		return UTRACE_SIGNAL_TERM;
	}
}

static void every_signal_does_what_its_manual_says(struct kunit *test)
{
	int signo;

	for (signo = 1; signo <= _NSIG; signo++) {
		KUNIT_EXPECT_EQ(test, (int)action_of(letter(signo)),
				(int)utrace_signal_natural_action(signo, SIG_DFL, false));
		KUNIT_EXPECT_EQ(test, (int)UTRACE_SIGNAL_IGN,
				(int)utrace_signal_natural_action(signo, SIG_IGN, false));
		KUNIT_EXPECT_EQ(test, (int)UTRACE_SIGNAL_DELIVER,
				(int)utrace_signal_natural_action(signo, some_handler, false));
	}
}

static void an_init_ignores_by_default_what_may_be_ignored(struct kunit *test)
{
	int signo;

	for (signo = 1; signo <= _NSIG; signo++)
		KUNIT_EXPECT_EQ(test, signo != SIGKILL && signo != SIGSTOP,
				utrace_signal_natural_action(signo, SIG_DFL, true) ==
				UTRACE_SIGNAL_IGN);
}

static void every_action_has_its_event(struct kunit *test)
{
	static const unsigned long events[] = {
		[UTRACE_SIGNAL_DELIVER]	= UTRACE_EVENT(SIGNAL),
		[UTRACE_SIGNAL_IGN]	= UTRACE_EVENT(SIGNAL_IGN),
		[UTRACE_SIGNAL_TERM]	= UTRACE_EVENT(SIGNAL_TERM),
		[UTRACE_SIGNAL_CORE]	= UTRACE_EVENT(SIGNAL_CORE),
		[UTRACE_SIGNAL_STOP]	= UTRACE_EVENT(SIGNAL_STOP),
		[UTRACE_SIGNAL_TSTP]	= UTRACE_EVENT(SIGNAL_STOP),
	};
	unsigned int a;

	KUNIT_ASSERT_EQ(test, ARRAY_SIZE(events), (size_t)UTRACE_SIGNAL_ACTION_MAX);
	for (a = 0; a < UTRACE_SIGNAL_ACTION_MAX; a++)
		KUNIT_EXPECT_EQ(test, events[a], utrace_signal_event_of(a));
}

/* What the kernel does when it is given what utrace_signal_decide() says. */
static enum utrace_signal_action outcome(unsigned int decided, enum utrace_signal_action natural)
{
	int signo = decided & ~UTRACE_SIGNAL_BY_DEFAULT;

	if (!signo)
		return UTRACE_SIGNAL_IGN;
	if (decided & UTRACE_SIGNAL_BY_DEFAULT || signo == SIGSTOP)
		return utrace_signal_natural_action(signo, SIG_DFL, false);
	return natural;
}

static void check_decision(struct kunit *test, int signo, enum utrace_signal_action natural,
			   enum utrace_signal_action wanted)
{
	enum utrace_signal_action expected = wanted;

	if (wanted == UTRACE_SIGNAL_DELIVER)
		expected = natural;
	/* Whether the group is an orphan was asked before. */
	if (wanted == UTRACE_SIGNAL_TSTP && natural != wanted)
		expected = UTRACE_SIGNAL_STOP;
	KUNIT_EXPECT_EQ_MSG(test, (int)expected,
			    (int)outcome(utrace_signal_decide(signo, natural, wanted), natural),
			    "signal %d, natural %d, wanted %d", signo, natural, wanted);
}

static void every_signal_can_be_made_to_do_everything(struct kunit *test)
{
	static const __sighandler_t handlers[] = { SIG_DFL, SIG_IGN, some_handler };
	enum utrace_signal_action natural;
	unsigned int h, wanted;
	int signo;

	for (signo = 1; signo <= _NSIG; signo++) {
		for (h = 0; h < (signo == SIGSTOP ? 1 : ARRAY_SIZE(handlers)); h++) {
			natural = utrace_signal_natural_action(signo, handlers[h], false);
			for (wanted = 0; wanted < UTRACE_SIGNAL_ACTION_MAX; wanted++)
				check_decision(test, signo, natural, wanted);
		}
	}
}

static void garbage_is_no_signal(struct kunit *test)
{
	KUNIT_EXPECT_EQ(test, 0U, utrace_signal_decide(0, UTRACE_SIGNAL_IGN, UTRACE_SIGNAL_TERM));
	KUNIT_EXPECT_EQ(test, 0U, utrace_signal_decide(-1, UTRACE_SIGNAL_IGN, UTRACE_SIGNAL_TERM));
	KUNIT_EXPECT_EQ(test, 0U, utrace_signal_decide(_NSIG + 1, UTRACE_SIGNAL_TERM,
						       UTRACE_SIGNAL_TERM));
	KUNIT_EXPECT_EQ(test, (unsigned int)SIGUSR1,
			utrace_signal_decide(SIGUSR1, UTRACE_SIGNAL_TERM, 99));
}

static struct kunit_case cases[] = {
	KUNIT_CASE(every_pair_of_actions_merges_to_the_stronger),
	KUNIT_CASE(every_triple_of_actions_merges_in_any_order),
	KUNIT_CASE(reports_and_steps_are_two_each),
	KUNIT_CASE(every_signal_does_what_its_manual_says),
	KUNIT_CASE(an_init_ignores_by_default_what_may_be_ignored),
	KUNIT_CASE(every_action_has_its_event),
	KUNIT_CASE(every_signal_can_be_made_to_do_everything),
	KUNIT_CASE(garbage_is_no_signal),
	{}
};

static struct kunit_suite suite = {
	.name = "utrace",
	.test_cases = cases,
};

kunit_test_suite(suite);

MODULE_DESCRIPTION("Tests of the logic of utrace that needs no thread");
MODULE_LICENSE("GPL");
