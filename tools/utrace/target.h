/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What is traced, tasks or a command, and the life of a session around it.
 */
#ifndef UTRACE_TOOL_TARGET_H
#define UTRACE_TOOL_TARGET_H

#include <stdbool.h>
#include <signal.h>
#include <sys/types.h>

#include "session.h"

struct option;

/**
 * struct target - what the command line asks for
 * @pids: From -p; else @command is to be run.
 * @follow: All threads and all children too (-f).
 * @ignored_signals: Record also those that are ignored (--ignored-signals).
 * @paths: Paths of descriptors (-y); of trace only, a file always has them.
 * @events: Lines for CLONE and EXEC (--events); of trace only.
 * @output: From -o, or NULL.
 * @interruptible: A signal like SIGINT ends tracing; else it is only for the
 *	command, as it is the command's output that the terminal shows. As with
 *	strace: not so with a command and a file for the trace. Tasks given by
 *	@pids can always be left.
 */
struct target {
	const char *name;
	pid_t *pids;
	size_t nr_pids;
	char **command;
	bool follow, quiet, interruptible, paths, events, ignored_signals;
	const char *output;
	/** @input: Set by @own: there is a file, and nothing to trace. */
	const char *input;
	struct session_options session;
	/** @filter: From -e; @session has it. */
	struct filter filter;
	/**
	 * @own: What this command has beside the options of all: letters as for
	 * getopt(), and what to do with one. Return: -1, or the exit code after
	 * complaining.
	 */
	struct {
		const char *letters;
		const struct option *longs;
		int (*take)(struct target *target, int c, char *value);
	} own;

	/* Its own, but for reading: */
	/**
	 * @fds: The descriptors that it begins with, as fds_text() has them. From
	 * before the tasks were attached: then they may be gone at once.
	 */
	char *fds;
	size_t fds_bytes;
	pid_t child;
	bool child_runs, child_ended;
	/** @begun: The sink has. */
	bool begun;
	int child_status;
	int signals;
	int interrupted_by;
	bool snapshot_wanted;
	sigset_t old_mask;
	struct sigaction old_chld;
};

/**
 * struct target_sink - where the records go
 * @begin: The session has its tasks, and a command has not run yet; or it has some
 *	of them, and these have filled rings while it waits to attach the next.
 * @drain: Take what is in the rings. @last: everything, for it is the end.
 *	Sets *@again_ms if it wants to be called again after this time, records
 *	or not; until then none are waited for.
 * @end: After the last drain.
 * @snapshot: SIGUSR2 has come. NULL: that is not for us.
 * @tick_ms: Drain at least so often, 0: only when there is reason to.
 *
 * They complain and return false if they cannot; then the session ends.
 */
struct target_sink {
	bool (*begin)(struct target_sink *sink, struct session *session);
	bool (*drain)(struct target_sink *sink, struct session *session, bool last, int *again_ms);
	bool (*end)(struct target_sink *sink, struct session *session);
	bool (*snapshot)(struct target_sink *sink, struct session *session);
	int tick_ms;
};

/**
 * target_parse() - the command line of a command that traces
 *
 * Return: -1 to go on, else the exit code.
 */
int target_parse(struct target *target, int argc, char **argv, const char *help);

/**
 * target_run() - start the command, have @run do the rest, leave
 * @snapshots: SIGUSR2 is for us.
 * @run: Attach, target_let_go(), and so on until all are gone or
 *	@target->interrupted_by is set: poll() @target->signals meanwhile.
 *	Complains and returns false if it cannot.
 * @data: For @run.
 *
 * Return: the exit code: that of the command as strace has it.
 */
int target_run(struct target *target, bool snapshots,
	       bool (*run)(struct target *target, void *data), void *data);

/** target_let_go() - the command, if there is one, begins */
void target_let_go(struct target *target);

/** target_take_signals() - @signals of the target is readable */
void target_take_signals(struct target *target);

/** target_pass_on_signal() - what has interrupted us is for the command, too */
void target_pass_on_signal(const struct target *target);

/**
 * target_trace() - trace it until it ends, or we are told to stop
 *
 * Return: the exit code: that of the command as strace has it.
 */
int target_trace(struct target *target, struct target_sink *sink);

#endif
