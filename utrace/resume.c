// SPDX-License-Identifier: GPL-2.0
/*
 * How the wishes of several engines become one: arithmetic, no locks.
 */
#include "core.h"

/**
 * utrace_resume_merge() - what a thread does when two engines want something
 * @a: One wish.
 * @b: Another.
 *
 * Return: The stronger one. An engine that leaves has no say: DETACH is the
 * weakest, and weaker than RESUME only in name.
 */
enum utrace_resume_action utrace_resume_merge(enum utrace_resume_action a,
					      enum utrace_resume_action b)
{
	return min(a, b);
}

/**
 * utrace_resume_wants_report() - must a report come before user code runs?
 * @action: What the engines want.
 */
bool utrace_resume_wants_report(enum utrace_resume_action action)
{
	return action == UTRACE_INTERRUPT || action == UTRACE_REPORT;
}

/**
 * utrace_resume_steps() - is it one of the two kinds of stepping?
 * @action: What the engines want.
 */
bool utrace_resume_steps(enum utrace_resume_action action)
{
	return action == UTRACE_SINGLESTEP || action == UTRACE_BLOCKSTEP;
}
