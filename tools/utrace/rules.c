// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rules.h"
#include "utrace.h"

/* The highest that a call can return; beyond it is no error. */
#define MAX_ERRNO	4095

static bool parse_errno(const char *text, int64_t *value)
{
	char *end;
	long nr = strtol(text, &end, 0);

	if (*text && !*end && nr > 0 && nr <= MAX_ERRNO) {
		*value = -nr;
		return true;
	}
	for (int i = 1; i <= MAX_ERRNO; i++) {
		const char *name = strerrorname_np(i);

		if (name && !strcmp(name, text)) {
			*value = -i;
			return true;
		}
	}
	return false;
}

static bool parse_value(const char *text, int64_t *value)
{
	char *end;

	errno = 0;
	*value = strtoll(text, &end, 0);
	return *text && !*end && !errno;
}

static bool parse_ms(const char *text, int64_t *value)
{
	return parse_value(text, value) && *value >= 0 && *value <= INT32_MAX;
}

static bool parse_action(struct rule *rule, const char *name, const char *value)
{
	static const struct {
		const char *name;
		enum rule_action action;
		/** @parse: NULL: it has no value. */
		bool (*parse)(const char *text, int64_t *value);
		const char *what;
	} actions[] = {
		{ "run", RULE_RUN, NULL, NULL },
		{ "deny", RULE_RESULT, parse_errno, "an error" },
		{ "inject", RULE_RESULT, parse_value, "a number" },
		{ "delay", RULE_DELAY, parse_ms, "milliseconds" },
		{ "kill", RULE_KILL, NULL, NULL },
	};

	for (size_t i = 0; i < ARRAY_SIZE(actions); i++) {
		if (strcmp(actions[i].name, name))
			continue;
		rule->action = actions[i].action;
		if (!actions[i].parse && !value)
			return true;
		if (actions[i].parse && value && actions[i].parse(value, &rule->value))
			return true;
		if (actions[i].parse)
			complain("%s %s: not %s", name, value ?: "", actions[i].what);
		else
			complain("%s %s: it has no value", name, value);
		return false;
	}
	complain("what is '%s'? There are run, deny, inject, delay and kill", name);
	return false;
}

/* "3", "3..5", "3+", "3+2" */
static bool parse_when(struct rule *rule, const char *text)
{
	char *end;

	if (*text < '0' || *text > '9')
		return false;
	rule->first = rule->last = strtoull(text, &end, 10);
	rule->step = 1;
	if (end[0] == '.' && end[1] == '.')
		rule->last = strtoull(end + 2, &end, 10);
	if (*end == '+') {
		if (rule->last == rule->first)
			rule->last = 0;
		end++;
		if (*end)
			rule->step = strtoull(end, &end, 10);
	}
	return rule->first && rule->step && !*end && (!rule->last || rule->last >= rule->first);
}

static struct rule *new_rule(struct rules *rules)
{
	struct rule *all = reallocarray(rules->rule, rules->nr + 1, sizeof(*all));

	if (!all) {
		complain("out of memory");
		return NULL;
	}
	rules->rule = all;
	all[rules->nr] = (struct rule){ .first = 1, .step = 1 };
	return &all[rules->nr++];
}

bool rules_add(struct rules *rules, const char *action, const char *value)
{
	struct rule *rule = new_rule(rules);

	return rule && parse_action(rule, action, value);
}

static bool remember_calls(struct rules *rules, const char *calls)
{
	char *all;

	if (asprintf(&all, "%s%s%s", rules->calls ?: "", rules->calls ? "," : "", calls) < 0) {
		complain("out of memory");
		return false;
	}
	free(rules->calls);
	rules->calls = all;
	return true;
}

static bool parse_line(struct rules *rules, char *line)
{
	static const char space[] = " \t\r\n";
	char *rest, *calls, *word, *value;
	struct rule *rule;

	line[strcspn(line, "#\n")] = '\0';
	calls = strtok_r(line, space, &rest);
	if (!calls)
		return true;
	if (*calls == '!' || strchr(calls, '=')) {
		complain("'%s': not a list of calls", calls);
		return false;
	}
	rule = new_rule(rules);
	if (!rule || !filter_parse(&rule->calls, calls) || !remember_calls(rules, calls))
		return false;
	word = strtok_r(NULL, space, &rest);
	if (word && !strncmp(word, "when=", 5)) {
		if (!parse_when(rule, word + 5)) {
			complain("'%s': not when=FIRST[..LAST][+STEP]", word);
			return false;
		}
		word = strtok_r(NULL, space, &rest);
	}
	if (!word) {
		complain("what is to be done with %s?", calls);
		return false;
	}
	value = strtok_r(NULL, space, &rest);
	if (value && strtok_r(NULL, space, &rest)) {
		complain("too much in the line of %s", calls);
		return false;
	}
	return parse_action(rule, word, value);
}

bool rules_read(struct rules *rules, const char *path)
{
	FILE *file = fopen(path, "re");
	unsigned int number = 0;
	size_t room = 0;
	char *line = NULL;
	bool ok = file;

	if (!file)
		complain("%s: %s", path, strerror(errno));
	while (ok && getline(&line, &room, file) >= 0) {
		number++;
		ok = parse_line(rules, line);
		if (!ok)
			complain("%s:%u: so it is not used", path, number);
	}
	if (ok && !rules->nr) {
		complain("%s: there is nothing in it", path);
		ok = false;
	}
	free(line);
	if (file)
		fclose(file);
	return ok;
}

static bool is_turn(const struct rule *rule)
{
	return rule->seen >= rule->first && (!rule->last || rule->seen <= rule->last) &&
	       (rule->seen - rule->first) % rule->step == 0;
}

const struct rule *rules_find(struct rules *rules, bool compat, int64_t nr)
{
	for (size_t i = 0; i < rules->nr; i++) {
		struct rule *rule = &rules->rule[i];

		if (!filter_wants_call(&rule->calls, compat, nr))
			continue;
		rule->seen++;
		if (is_turn(rule))
			return rule;
	}
	return NULL;
}

void rules_free(struct rules *rules)
{
	for (size_t i = 0; i < rules->nr; i++)
		filter_free(&rules->rule[i].calls);
	free(rules->rule);
	free(rules->calls);
}
