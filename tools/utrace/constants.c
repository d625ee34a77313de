// SPDX-License-Identifier: GPL-2.0
#include <stddef.h>

#include "constants.h"
#include "utrace.h"

struct constant {
	uint64_t value;
	const char *name;
};

struct constant_set {
	const struct constant *constants;
	size_t nr;
	/** @unknown: What to call a value without a name; NULL: a number. */
	const char *unknown;
	bool flags;
};

#include "constants-sets.h"

const char *constants_name(enum constant_set_id id, uint64_t value)
{
	const struct constant_set *set = &sets[id];

	for (size_t i = 0; i < set->nr; i++)
		if (set->constants[i].value == value)
			return set->constants[i].name;
	return NULL;
}

bool constants_add_names(struct text *text, enum constant_set_id id, uint64_t value)
{
	const struct constant_set *set = &sets[id];
	const char *between = "";

	for (size_t i = 0; i < set->nr; i++) {
		if (set->constants[i].value != value)
			continue;
		text_add(text, "%s%s", between, set->constants[i].name);
		between = " or ";
	}
	return *between;
}

/* Return: what is left of @value. */
static uint64_t add_flags(struct text *text, const struct constant_set *set, uint64_t value,
			  const char **between)
{
	for (size_t i = 0; i < set->nr && value; i++) {
		const struct constant *c = &set->constants[i];

		if (!c->value || (value & c->value) != c->value)
			continue;
		text_add(text, "%s%s", *between, c->name);
		*between = "|";
		value &= ~c->value;
	}
	return value;
}

void constants_add_flags(struct text *text, enum constant_set_id id, uint64_t value)
{
	const char *between = "|";
	uint64_t left = add_flags(text, &sets[id], value, &between);

	if (left)
		text_add(text, "|%#llx", (unsigned long long)left);
}

void constants_print(struct text *text, enum constant_set_id id, uint64_t value)
{
	const struct constant_set *set = &sets[id];
	const char *name = constants_name(id, value), *between = "";
	uint64_t left = value;

	if (name) {
		text_add_string(text, name);
		return;
	}
	if (set->flags) {
		if (!value) {
			text_add_string(text, "0");
			return;
		}
		left = add_flags(text, set, value, &between);
		if (!left)
			return;
	}
	text_add(text, "%s%#llx", between, (unsigned long long)left);
	if (left == value && set->unknown)
		text_add(text, " /* %s */", set->unknown);
}
