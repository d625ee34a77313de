/* SPDX-License-Identifier: GPL-2.0 */
/* The freezers: of a cgroup, and of suspend. */
#ifndef _FREEZER_H
#define _FREEZER_H

#include "coexist.h"

#include <sys/mount.h>
#include <sys/stat.h>

static char cgroup[128];

static inline void rmdir_soon(void *arg)
{
	char path[160];

	(void)arg;
	snprintf(path, sizeof(path), "%s/cgroup.freeze", cgroup);
	write_file(path, "0");
	WAIT_FOR(rmdir(cgroup) == 0 || errno == ENOENT);
}

static inline int cgroup_write(const char *name, const char *text)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/%s", cgroup, name);
	return write_file(path, text);
}

static inline bool is_frozen(bool frozen)
{
	char path[160];

	snprintf(path, sizeof(path), "%s/cgroup.events", cgroup);
	return file_has(path, frozen ? "frozen 1" : "frozen 0");
}

static inline void make_cgroup(struct __test_metadata *_metadata)
{
	snprintf(cgroup, sizeof(cgroup), "/sys/fs/cgroup/utrace-%d", getpid());
	ASSERT_EQ(0, mkdir(cgroup, 0755));
	at_end(rmdir_soon, NULL);
}

static inline void put_into_cgroup(struct __test_metadata *_metadata, const struct tracee *t)
{
	char pid[16];

	snprintf(pid, sizeof(pid), "%d", t->pid);
	ASSERT_EQ(0, cgroup_write("cgroup.procs", pid));
}

/* The freezer of cgroup v1, which is another: a task that it freezes has a state of its own. */
static char freezer[64];

static inline int freezer_write(const char *name, const char *text)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/t/%s", freezer, name);
	return write_file(path, text);
}

static inline bool freezer_is(const char *state)
{
	char path[96];

	snprintf(path, sizeof(path), "%s/t/freezer.state", freezer);
	return file_has(path, state);
}

static inline void freezer_gone(void *arg)
{
	char path[96];

	(void)arg;
	freezer_write("freezer.state", "THAWED");
	snprintf(path, sizeof(path), "%s/t", freezer);
	WAIT_FOR(rmdir(path) == 0 || errno == ENOENT);
	umount(freezer);
	rmdir(freezer);
}

static inline void make_freezer(struct __test_metadata *_metadata)
{
	char path[96];

	snprintf(freezer, sizeof(freezer), "/tmp/freezer-%d", getpid());
	snprintf(path, sizeof(path), "%s/t", freezer);
	ASSERT_EQ(0, mkdir(freezer, 0755));
	at_end(freezer_gone, NULL);
	ASSERT_EQ(0, mount("none", freezer, "cgroup", 0, "freezer"));
	ASSERT_EQ(0, mkdir(path, 0755));
}

/*
 * Suspend, as far as its freezer: every process is frozen, but the one that
 * writes, and thawed.
 */
#define PM_TEST		"/sys/power/pm_test"
#define PM_DELAY	"/sys/module/suspend/parameters/pm_test_delay"

static inline void pm_test_none(void *arg)
{
	(void)arg;
	write_file(PM_TEST, "none");
}

static inline void suspend(struct __test_metadata *_metadata)
{
	int log = kernel_log();

	/* CONFIG_PM_DEBUG: Debian's kernels have it, and so have ours. */
	ASSERT_EQ(0, access(PM_TEST, W_OK));
	at_end(pm_test_none, NULL);
	put_back_at_end(PM_DELAY);
	ASSERT_EQ(0, write_file(PM_DELAY, "0"));
	ASSERT_EQ(0, write_file(PM_TEST, "freezer"));
	EXPECT_EQ(0, write_file("/sys/power/state", "mem"));
	EXPECT_TRUE(is_logged(log, "reez", ""));
	close(log);
}

#endif /* _FREEZER_H */
