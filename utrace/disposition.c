// SPDX-License-Identifier: GPL-2.0
/*
 * What a signal does: arithmetic, no locks.
 */
#include <linux/sched/signal.h>
#include "core.h"

static enum utrace_signal_action default_action(int signo)
{
	if (sig_kernel_ignore(signo))
		return UTRACE_SIGNAL_IGN;
	if (signo == SIGSTOP)
		return UTRACE_SIGNAL_STOP;
	if (sig_kernel_stop(signo))
		return UTRACE_SIGNAL_TSTP;
	if (sig_kernel_coredump(signo))
		return UTRACE_SIGNAL_CORE;
	return UTRACE_SIGNAL_TERM;
}

/**
 * utrace_signal_natural_action() - what a signal does without us
 * @signo: The signal.
 * @handler: What the program has set up for it.
 * @unkillable: The process is an init.
 */
enum utrace_signal_action utrace_signal_natural_action(int signo, __sighandler_t handler,
						       bool unkillable)
{
	if (handler == SIG_IGN)
		return UTRACE_SIGNAL_IGN;
	if (handler != SIG_DFL)
		return UTRACE_SIGNAL_DELIVER;
	if (unkillable && !sig_kernel_only(signo))
		return UTRACE_SIGNAL_IGN;
	return default_action(signo);
}

/**
 * utrace_signal_event_of() - the event that an action is reported as
 * @action: The action, by utrace_signal_natural_action().
 */
unsigned long utrace_signal_event_of(enum utrace_signal_action action)
{
	switch (action) {
	case UTRACE_SIGNAL_DELIVER:
		return UTRACE_EVENT(SIGNAL);
	case UTRACE_SIGNAL_TERM:
		return UTRACE_EVENT(SIGNAL_TERM);
	case UTRACE_SIGNAL_CORE:
		return UTRACE_EVENT(SIGNAL_CORE);
	case UTRACE_SIGNAL_STOP:
	case UTRACE_SIGNAL_TSTP:
		return UTRACE_EVENT(SIGNAL_STOP);
	default:
		return UTRACE_EVENT(SIGNAL_IGN);
	}
}

/**
 * utrace_signal_decide() - how to make the kernel do what engines want
 * @signo: The signal.
 * @natural: What it does without us.
 * @wanted: What it shall do.
 *
 * Return: the signal that the kernel has to be given, 0 for none; with
 * UTRACE_SIGNAL_BY_DEFAULT if the program's handler must not have it.
 */
unsigned int utrace_signal_decide(int signo, enum utrace_signal_action natural,
				  enum utrace_signal_action wanted)
{
	if (wanted == UTRACE_SIGNAL_IGN || signo <= 0 || signo > _NSIG)
		return 0;
	if (wanted == natural || wanted == UTRACE_SIGNAL_DELIVER)
		return signo;
	switch (wanted) {
	case UTRACE_SIGNAL_TERM:
		return (default_action(signo) == wanted ? signo : SIGTERM) |
			UTRACE_SIGNAL_BY_DEFAULT;
	case UTRACE_SIGNAL_CORE:
		return (default_action(signo) == wanted ? signo : SIGQUIT) |
			UTRACE_SIGNAL_BY_DEFAULT;
	case UTRACE_SIGNAL_STOP:
	case UTRACE_SIGNAL_TSTP:
		return SIGSTOP;
	default:
		return signo;
	}
}
