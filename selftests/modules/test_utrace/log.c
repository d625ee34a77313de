// SPDX-License-Identifier: GPL-2.0
/*
 * What a session writes down, and what it has been told to do.
 */
#include <linux/ktime.h>
#include "session.h"

/**
 * test_log() - append an event
 * @te: Data of the engine.
 * @event: All of it but sequence number and time.
 */
void test_log(struct test_engine *te, const struct test_utrace_event *event)
{
	struct test_session *session = te->session;
	struct test_utrace_event *slot;

	spin_lock(&session->log_lock);
	if (session->head - session->tail < TEST_UTRACE_MAX_EVENTS) {
		slot = &session->log[session->head % TEST_UTRACE_MAX_EVENTS];
		*slot = *event;
		slot->seq = session->head++;
		slot->time = ktime_get_ns();
	} else {
		session->lost++;
	}
	spin_unlock(&session->log_lock);

	wake_up_interruptible(&session->readers);
}

static bool is_for(const struct test_utrace_rule *rule, u32 event)
{
	if (rule->what & TEST_UTRACE_ANY_SIGNAL)
		return BIT(event) & UTRACE_EVENT_SIGNAL_ALL;
	return rule->event == event;
}

/**
 * test_take_rule() - what is a callback to do?
 * @te: Data of the engine.
 * @event: What it is about.
 * @taken: Gets a copy of the rule.
 *
 * Return: false: nothing.
 */
bool test_take_rule(struct test_engine *te, const struct test_utrace_event *event,
		    struct test_utrace_rule *taken)
{
	struct test_session *session = te->session;
	unsigned int i;

	guard(spinlock)(&session->log_lock);
	for (i = 0; i < session->nr_rules; i++) {
		struct test_utrace_rule *rule = &session->rules[i];

		if (rule->id != te->id || !is_for(rule, event->event))
			continue;
		if (rule->what & TEST_UTRACE_MATCH_NR && rule->nr != event->values[0])
			continue;
		*taken = *rule;
		if (rule->what & TEST_UTRACE_ONCE) {
			session->nr_rules--;
			memmove(rule, rule + 1, (session->nr_rules - i) * sizeof(*rule));
		}
		return true;
	}
	return false;
}
