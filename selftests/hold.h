/* SPDX-License-Identifier: GPL-2.0 */
/*
 * A race that is lost each time: a thread is held where it enters a function, by
 * test_hold.ko, until somebody on another CPU has come in between. That must
 * not wait for a grace period.
 */
#ifndef _SELFTESTS_HOLD_H
#define _SELFTESTS_HOLD_H

#include "session.h"
#include "core/coexist.h"

#define HOLD	"/sys/module/test_hold/parameters/"

/** hold_go() - whoever is held goes on; 0, or -errno */
static inline int hold_go(void)
{
	return write_file(HOLD "at", "\n");
}

static inline void __hold_end(void *unused)
{
	(void)unused;
	hold_go();
	unload("test_hold");
}

/** hold_at() - hold a thread when it next enters a function; 0, or -errno */
static inline int hold_at(const char *function, pid_t tid)
{
	char text[96];

	if (module_refs("test_hold") < 0) {
		int err = load_with("test_hold", "");

		if (err)
			return err;
		at_end(__hold_end, NULL);
	}
	snprintf(text, sizeof(text), "%s %d", function, tid);
	return write_file(HOLD "at", text);
}

/** is_held() - has the thread been there? */
static inline bool is_held(void)
{
	char *text = read_file(HOLD "held");
	int held = atoi(text);

	free(text);
	return held;
}

/** wait_held() - wait until it is there */
static inline bool wait_held(void)
{
	return WAIT_FOR(is_held());
}

#endif /* _SELFTESTS_HOLD_H */
