// SPDX-License-Identifier: GPL-2.0
#include <dirent.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <sched.h>
#include <search.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "fds.h"
#include "utrace.h"

/* No program has more, and a damaged file must not make us believe it. */
#define MAX_FDS		(1 << 20)

struct fd_path {
	/** @path: NULL: not open, or not known. */
	char *path;
	bool cloexec;
};

/** struct fd_table - the descriptors of one process; threads share it */
struct fd_table {
	unsigned int users;
	char *cwd;
	struct fd_path *fds;
	size_t nr;
};

/**
 * struct fd_task - whose table it is
 * @new: Its first record is to come: whether it is a thread is not known.
 * @parent: Its creator's table, to share if it is one.
 */
struct fd_task {
	uint32_t tid, pid;
	bool new;
	struct fd_table *table, *parent;
};

struct fds {
	const struct syscalls *syscalls;
	bool live;
	/** @tasks: struct fd_task by thread ID, a tree of tsearch(). */
	void *tasks;
};

static void *some_memory(void *p)
{
	if (p)
		return p;
	complain("out of memory");
	exit(UTRACE_EXIT_FAILED);
}

/* ---- Tables ---- */

static struct fd_table *new_table(void)
{
	struct fd_table *table = some_memory(calloc(1, sizeof(*table)));

	table->users = 1;
	return table;
}

static void put_table(struct fd_table *table)
{
	if (!table || --table->users)
		return;
	for (size_t i = 0; i < table->nr; i++)
		free(table->fds[i].path);
	free(table->fds);
	free(table->cwd);
	free(table);
}

static void set_fd(struct fd_table *table, int64_t fd, char *path, bool cloexec)
{
	if (fd < 0 || fd >= MAX_FDS) {
		free(path);
		return;
	}
	if ((size_t)fd >= table->nr) {
		size_t nr = (size_t)fd + 16;

		if (!path)
			return;
		table->fds = some_memory(reallocarray(table->fds, nr, sizeof(*table->fds)));
		memset(table->fds + table->nr, 0, (nr - table->nr) * sizeof(*table->fds));
		table->nr = nr;
	}
	free(table->fds[fd].path);
	table->fds[fd] = (struct fd_path){ path, cloexec };
}

static const char *path_of(const struct fd_table *table, int64_t fd)
{
	return fd >= 0 && (size_t)fd < table->nr ? table->fds[fd].path : NULL;
}

static struct fd_table *copy_table(const struct fd_table *from)
{
	struct fd_table *table = new_table();

	for (size_t i = 0; i < from->nr; i++)
		if (from->fds[i].path)
			set_fd(table, (int64_t)i, some_memory(strdup(from->fds[i].path)),
			       from->fds[i].cloexec);
	table->cwd = from->cwd ? some_memory(strdup(from->cwd)) : NULL;
	return table;
}

/* ---- Tasks ---- */

static int compare_tasks(const void *a, const void *b)
{
	uint32_t x = ((const struct fd_task *)a)->tid, y = ((const struct fd_task *)b)->tid;

	return (x > y) - (x < y);
}

static struct fd_task *find_task(const struct fds *fds, uint32_t tid)
{
	struct fd_task key = { .tid = tid }, **found = tfind(&key, &fds->tasks, compare_tasks);

	return found ? *found : NULL;
}

static struct fd_task *add_task(struct fds *fds, uint32_t tid, uint32_t pid,
				struct fd_table *table)
{
	struct fd_task *task = some_memory(calloc(1, sizeof(*task)));

	*task = (struct fd_task){ .tid = tid, .pid = pid, .table = table };
	some_memory(tsearch(task, &fds->tasks, compare_tasks));
	return task;
}

static void free_task(void *p)
{
	struct fd_task *task = p;

	put_table(task->table);
	put_table(task->parent);
	free(task);
}

static void remove_task(struct fds *fds, struct fd_task *task)
{
	tdelete(task, &fds->tasks, compare_tasks);
	free_task(task);
}

static struct fd_task *task_of(struct fds *fds, const struct record *r)
{
	struct fd_task *task = find_task(fds, r->tid), *leader;

	if (!task) {
		/* Attached while it ran, or its creation was lost. */
		leader = find_task(fds, r->pid);
		if (leader)
			leader->table->users++;
		task = add_task(fds, r->tid, r->pid, leader ? leader->table : new_table());
	}
	if (task->new) {
		task->new = false;
		if (r->pid == task->pid) {
			put_table(task->table);
			task->table = task->parent;
		} else {
			put_table(task->parent);
		}
		task->parent = NULL;
		task->pid = r->pid;
	}
	return task;
}

/* What it is born with, as long as nobody has changed it. */
static void add_child(struct fds *fds, const struct fd_task *parent, uint32_t tid)
{
	struct fd_task *child = find_task(fds, tid);

	/* Nobody is his own child; a damaged file may say so. */
	if (child == parent)
		return;
	/* Of somebody who is long dead: the ID is used again. */
	if (child)
		remove_task(fds, child);
	child = add_task(fds, tid, parent->pid, copy_table(parent->table));
	child->new = true;
	child->parent = parent->table;
	parent->table->users++;
}

static void own_table(struct fd_task *task)
{
	struct fd_table *table = task->table;

	if (table->users == 1)
		return;
	task->table = copy_table(table);
	put_table(table);
}

static void take_exec(struct fd_task *task)
{
	own_table(task);
	for (size_t i = 0; i < task->table->nr; i++)
		if (task->table->fds[i].cloexec)
			set_fd(task->table, (int64_t)i, NULL, false);
}

/* ---- Calls ---- */

static bool is_known(const struct record *r, unsigned int arg, struct piece *s)
{
	return arg < r->nr_args && record_find_string(r, arg, s) &&
	       !(s->flags & (UTRACE_RECORD_DATA_FAULT | UTRACE_RECORD_DATA_TRUNCATED));
}

/* Return: to be freed; NULL if it cannot be told. */
static char *join(const char *dir, const struct piece *s)
{
	char *path = NULL;

	if (s->len && s->bytes[0] == '/')
		return some_memory(strndup((const char *)s->bytes, s->len));
	if (!dir)
		return NULL;
	if (!s->len || (s->len == 1 && s->bytes[0] == '.'))
		return some_memory(strdup(dir));
	if (asprintf(&path, "%s%s%.*s", dir, !strcmp(dir, "/") ? "" : "/", (int)s->len, s->bytes) < 0)
		some_memory(NULL);
	return path;
}

static const char *dir_of(const struct fd_table *table, const struct record *r, int arg)
{
	int fd = arg < 0 ? AT_FDCWD : (int)r->args[arg];

	return fd == AT_FDCWD ? table->cwd : path_of(table, fd);
}

/** struct fd_call - a call that makes a descriptor, or changes the directory */
struct fd_call {
	const char *name;
	/** @dirfd, @path, @flags: Numbers of these arguments; -1: none. */
	signed char dirfd, path, flags;
	/** @what: Instead of @path: what all of them are. */
	const char *what;
};

static const struct fd_call makers[] = {
	{ "open", -1, 0, 1, NULL },
	{ "openat", 0, 1, 2, NULL },
	{ "openat2", 0, 1, -1, NULL },
	{ "creat", -1, 0, -1, NULL },
	{ "open_tree", 0, 1, 2, NULL },
	{ "socket", -1, -1, 1, "socket" },
	{ "accept", -1, -1, -1, "socket" },
	{ "accept4", -1, -1, 3, "socket" },
	{ "epoll_create", -1, -1, -1, "anon_inode:[eventpoll]" },
	{ "epoll_create1", -1, -1, 0, "anon_inode:[eventpoll]" },
	{ "eventfd", -1, -1, -1, "anon_inode:[eventfd]" },
	{ "eventfd2", -1, -1, 1, "anon_inode:[eventfd]" },
	{ "signalfd", -1, -1, -1, "anon_inode:[signalfd]" },
	{ "signalfd4", -1, -1, 3, "anon_inode:[signalfd]" },
	{ "timerfd_create", -1, -1, 1, "anon_inode:[timerfd]" },
	{ "inotify_init", -1, -1, -1, "anon_inode:inotify" },
	{ "inotify_init1", -1, -1, 0, "anon_inode:inotify" },
	{ "userfaultfd", -1, -1, 0, "anon_inode:[userfaultfd]" },
	{ "perf_event_open", -1, -1, -1, "anon_inode:[perf_event]" },
	{ "pidfd_open", -1, -1, -1, "anon_inode:[pidfd]" },
};

static bool take_maker(struct fd_table *table, const char *name, const struct record *r)
{
	for (size_t i = 0; i < ARRAY_SIZE(makers); i++) {
		const struct fd_call *c = &makers[i];
		bool cloexec = c->flags >= 0 && r->args[c->flags] & O_CLOEXEC;
		char *path = NULL;
		struct piece s;

		if (strcmp(c->name, name))
			continue;
		if (c->what)
			path = some_memory(strdup(c->what));
		else if (is_known(r, (unsigned int)c->path, &s))
			path = join(dir_of(table, r, c->dirfd), &s);
		set_fd(table, r->result, path, cloexec);
		return true;
	}
	return false;
}

static void take_dup(struct fd_table *table, int64_t from, int64_t to, bool cloexec)
{
	const char *path = path_of(table, from);

	if (from != to)
		set_fd(table, to, path ? some_memory(strdup(path)) : NULL, cloexec);
}

static void take_fcntl(struct fd_table *table, const struct record *r)
{
	int fd = (int)r->args[0];

	if (r->args[1] == F_DUPFD || r->args[1] == F_DUPFD_CLOEXEC)
		take_dup(table, fd, r->result, r->args[1] == F_DUPFD_CLOEXEC);
	else if (r->args[1] == F_SETFD && path_of(table, fd))
		table->fds[fd].cloexec = r->args[2] & FD_CLOEXEC;
}

static void take_close_range(struct fd_table *table, const struct record *r)
{
	uint32_t last = (uint32_t)r->args[1];

	for (uint32_t fd = (uint32_t)r->args[0]; fd < table->nr && fd <= last; fd++) {
		if (r->args[2] & 1u << 2)	/* CLOSE_RANGE_CLOEXEC */
			table->fds[fd].cloexec = true;
		else
			set_fd(table, fd, NULL, false);
	}
}

static void set_cwd(struct fd_table *table, char *cwd)
{
	free(table->cwd);
	table->cwd = cwd;
}

static void take_call(struct fds *fds, struct fd_task *task, const struct record *r)
{
	const struct syscall *call = syscalls_find(fds->syscalls, r->compat, r->nr);
	int64_t result = r->compat ? (int32_t)r->result : r->result;
	struct fd_table *table = task->table;
	const char *dir;
	struct piece s;

	if (!call || r->unfinished || result < 0 || take_maker(table, call->name, r))
		return;
	if (!strcmp(call->name, "close")) {
		set_fd(table, (int)r->args[0], NULL, false);
	} else if (!strcmp(call->name, "dup") || !strcmp(call->name, "dup2")) {
		take_dup(table, (int)r->args[0], result, false);
	} else if (!strcmp(call->name, "dup3")) {
		take_dup(table, (int)r->args[0], result, r->args[2] & O_CLOEXEC);
	} else if (!strncmp(call->name, "fcntl", 5)) {
		take_fcntl(table, r);
	} else if (!strcmp(call->name, "close_range")) {
		take_close_range(table, r);
	} else if (!strcmp(call->name, "unshare") && r->args[0] & CLONE_FILES) {
		own_table(task);
	} else if (!strcmp(call->name, "chdir")) {
		set_cwd(table, is_known(r, 0, &s) ? join(table->cwd, &s) : NULL);
	} else if (!strcmp(call->name, "fchdir")) {
		dir = path_of(table, (int)r->args[0]);
		set_cwd(table, dir ? some_memory(strdup(dir)) : NULL);
	}
}

/* A close may be among what was lost: better no path than a wrong one. */
static void forget_all(struct fds *fds)
{
	tdestroy(fds->tasks, free_task);
	fds->tasks = NULL;
}

void fds_apply(struct fds *fds, const struct record *r)
{
	struct fd_task *task;

	if (r->type == UTRACE_RECORD_LOST)
		forget_all(fds);
	if (r->type != UTRACE_RECORD_CALL && r->type != UTRACE_RECORD_EVENT)
		return;
	task = task_of(fds, r);
	if (r->type == UTRACE_RECORD_CALL)
		take_call(fds, task, r);
	else if (r->kind == UTRACE_RECORD_EVENT_CLONE)
		add_child(fds, task, (uint32_t)r->value);
	else if (r->kind == UTRACE_RECORD_EVENT_EXEC)
		take_exec(task);
	else if (r->kind == UTRACE_RECORD_EVENT_EXIT)
		remove_task(fds, task);
}

/* ---- What /proc says ---- */

/* Return: to be freed, or NULL. */
static char *read_link(const char *format, uint32_t pid, const char *name)
{
	char link[64], path[PATH_MAX];
	ssize_t len;

	snprintf(link, sizeof(link), format, pid, name);
	len = readlink(link, path, sizeof(path));
	return len < 0 ? NULL : strndup(path, (size_t)len);
}

static bool closes_on_exec(uint32_t pid, const char *fd)
{
	char path[64], line[128];
	unsigned int flags = 0;
	FILE *info;

	snprintf(path, sizeof(path), "/proc/%u/fdinfo/%.16s", pid, fd);
	info = fopen(path, "re");
	while (info && fgets(line, sizeof(line), info))
		if (sscanf(line, "flags: %o", &flags) == 1)
			break;
	if (info)
		fclose(info);
	return flags & O_CLOEXEC;
}

static void write_process(FILE *out, uint32_t pid)
{
	char path[64], *target = read_link("/proc/%u/%s", pid, "cwd");
	struct dirent *entry;
	DIR *dir;

	if (target && !strchr(target, '\n'))
		fprintf(out, "%u cwd - %s\n", pid, target);
	free(target);
	snprintf(path, sizeof(path), "/proc/%u/fd", pid);
	dir = opendir(path);
	while (dir && (entry = readdir(dir))) {
		target = *entry->d_name == '.' ? NULL :
			 read_link("/proc/%u/fd/%s", pid, entry->d_name);
		if (target && !strchr(target, '\n'))
			fprintf(out, "%u %s %c %s\n", pid, entry->d_name,
				closes_on_exec(pid, entry->d_name) ? 'x' : '-', target);
		free(target);
	}
	if (dir)
		closedir(dir);
}

/* A thread by its process: that is whose table it has. */
static uint32_t process_of(pid_t tid)
{
	char path[32], line[128];
	uint32_t pid = (uint32_t)tid;
	FILE *status;

	snprintf(path, sizeof(path), "/proc/%d/status", tid);
	status = fopen(path, "re");
	while (status && fgets(line, sizeof(line), status))
		if (sscanf(line, "Tgid: %" SCNu32, &pid) == 1)
			break;
	if (status)
		fclose(status);
	return pid;
}

char *fds_text(const pid_t *pids, size_t nr, size_t *bytes)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, bytes);

	if (!out)
		return NULL;
	for (size_t i = 0; i < nr; i++)
		write_process(out, process_of(pids[i]));
	if (!fclose(out))
		return text;
	free(text);
	return NULL;
}

static void take_line(struct fds *fds, char *line)
{
	char *pid = strsep(&line, " "), *fd = strsep(&line, " ");
	char *flag = strsep(&line, " "), *end;
	struct fd_task *task;
	unsigned long n;

	if (!line || !*line)
		return;
	n = strtoul(pid, &end, 10);
	if (!n || *end || n > INT_MAX)
		return;
	task = find_task(fds, (uint32_t)n);
	if (!task)
		task = add_task(fds, (uint32_t)n, (uint32_t)n, new_table());
	if (!strcmp(fd, "cwd")) {
		set_cwd(task->table, some_memory(strdup(line)));
		return;
	}
	n = strtoul(fd, &end, 10);
	if (*fd && !*end && n < MAX_FDS)
		set_fd(task->table, (int64_t)n, some_memory(strdup(line)), *flag == 'x');
}

void fds_take_text(struct fds *fds, const char *text, size_t bytes)
{
	char *copy = some_memory(strndup(text, bytes)), *rest = copy, *line;

	while ((line = strsep(&rest, "\n")))
		take_line(fds, line);
	free(copy);
}

/* ---- Printing ---- */

void fds_print(struct fds *fds, struct text *text, const struct record *r, int fd)
{
	struct fd_task *task = task_of(fds, r);
	const char *path = fd == AT_FDCWD ? task->table->cwd : path_of(task->table, fd);
	char number[16];

	if (!path && fds->live && fd >= 0) {
		snprintf(number, sizeof(number), "%d", fd);
		set_fd(task->table, fd, read_link("/proc/%u/fd/%s", r->tid, number), false);
		path = path_of(task->table, fd);
	} else if (!path && fds->live && fd == AT_FDCWD) {
		path = task->table->cwd = read_link("/proc/%u/%s", r->tid, "cwd");
	}
	if (!path)
		return;
	text_add_string(text, "<");
	text_add_escaped(text, path, strlen(path));
	text_add_string(text, ">");
}

/* ---- The whole ---- */

struct fds *fds_new(const struct syscalls *syscalls, bool live)
{
	struct fds *fds = some_memory(calloc(1, sizeof(*fds)));

	fds->syscalls = syscalls;
	fds->live = live;
	return fds;
}

void fds_free(struct fds *fds)
{
	if (!fds)
		return;
	tdestroy(fds->tasks, free_task);
	free(fds);
}
