/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What "utrace block" does with which call: the options, or a script:
 *
 *	CALLS [when=FIRST[..LAST][+STEP]] ACTION
 *
 * CALLS as in -e trace=, ACTION run, deny ERRNO, inject VALUE, delay MS or kill.
 * The first line that has the call, when it is its turn, says what is done; each
 * line counts the calls that it has. A "#" begins a comment.
 */
#ifndef UTRACE_TOOL_RULES_H
#define UTRACE_TOOL_RULES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "filter.h"

enum rule_action { RULE_RUN, RULE_RESULT, RULE_DELAY, RULE_KILL };

/**
 * struct rule - one line
 * @calls: Which.
 * @first, @last, @step: Which of these, counted from 1; @last 0: no end.
 * @seen: How many there were.
 * @value: RULE_RESULT: what it returns; RULE_DELAY: milliseconds.
 */
struct rule {
	struct filter calls;
	uint64_t first, last, step, seen;
	enum rule_action action;
	int64_t value;
};

struct rules {
	struct rule *rule;
	size_t nr;
	/** @calls: All of a script, for -e; to be freed by rules_free(). */
	char *calls;
};

/* These complain and return false if they cannot. */
/** rules_add() - a rule for all calls: "deny", "EPERM" */
bool rules_add(struct rules *rules, const char *action, const char *value);
/** rules_read() - a script */
bool rules_read(struct rules *rules, const char *path);

/** rules_find() - what to do with this call, which counts; NULL: it runs */
const struct rule *rules_find(struct rules *rules, bool compat, int64_t nr);

void rules_free(struct rules *rules);

#endif
