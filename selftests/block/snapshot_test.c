// SPDX-License-Identifier: GPL-2.0
/* Arguments by value: the call uses what was decided on. */
#include "supervisor.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>

static char path[64];

/* shared[2]: where the path is; shared[3]: what it is, when the call returns. */
static void open_path(void)
{
	strcpy(path, "/nonexistent");
	shared[1] = syscall(SYS_openat, AT_FDCWD, path, O_RDONLY);
	if (shared[1] < 0)
		shared[1] = -errno;
	shared[3] = !strcmp(path, "/nonexistent");
}

static int maps_of(pid_t pid)
{
	char name[64];
	int lines = 0, c;
	FILE *f;

	snprintf(name, sizeof(name), "/proc/%d/maps", pid);
	f = fopen(name, "re");
	while ((c = fgetc(f)) != EOF)
		lines += c == '\n';
	fclose(f);
	return lines;
}

static int send_snapshot(struct supervisor *s, unsigned int arg, const void *bytes, size_t len)
{
	struct utrace_block_snapshot snapshot = {
		.arg = arg, .len = len, .bytes = (uintptr_t)bytes,
	};

	return SEND(s, .action = UTRACE_BLOCK_CHANGE, .nr_snapshots = 1,
		    .snapshots = (uintptr_t)&snapshot);
}

TEST(call_uses_the_path_of_the_verdict_and_the_program_keeps_its_own)
{
	struct tracee t = tracee_start(open_path);
	struct supervisor *s = supervise(_metadata, &t, SETUP(.events = ENTRY | RETURN),
					 ONLY(SYS_openat), 0);
	unsigned long long before;
	int maps;

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	before = s->event.args[1];
	maps = maps_of(t.pid);
	EXPECT_EQ(0, send_snapshot(s, 1, "/dev/null", 10));
	EXPECT_EVENT(s, UTRACE_BLOCK_RETURN, SYS_openat);
	EXPECT_GE(s->event.result, 0);
	/* The mapping is gone. */
	EXPECT_EQ(maps, maps_of(t.pid));
	EXPECT_NE(0, before);
	EXPECT_EQ(0, RUN(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[1], 0);
	EXPECT_EQ(1, shared[3]);
}

TEST(what_is_written_to_the_original_meanwhile_makes_no_difference)
{
	struct tracee t = tracee_start(open_path);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_openat), 0);
	char other[] = "/etc/passwd";
	struct utrace_block_range range = { .buf = (uintptr_t)other, .len = sizeof(other) };
	struct utrace_block_memory memory = {
		.vector = (uintptr_t)&range, .nr = 1, .flags = UTRACE_BLOCK_WRITE,
	};
	char link[64], target[64] = "";

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	/* As another thread would, after we have looked. */
	memory.cookie = s->event.cookie;
	range.addr = s->event.args[1];
	ASSERT_EQ(0, sup_ioctl(s, UTRACE_BLOCK_IOC_MEMORY, &memory));
	EXPECT_EQ(0, send_snapshot(s, 1, "/dev/zero", 10));
	EXPECT_EQ(0, sup_recv(s));
	(void)link;
	(void)target;
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[1], 0);
	/* It has been overwritten. */
	EXPECT_EQ(0, shared[3]);
}

/* While the call sleeps, its path is in a page that the program cannot write. */
static void open_fifo(void)
{
	open_path();
}

TEST(snapshot_cannot_be_written_by_the_program)
{
	struct tracee t = tracee_start(open_fifo);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_openat), 0);
	char fifo[64], *maps = malloc(1 << 16), *line, *rest;
	bool found = false;
	int n, fd;

	snprintf(fifo, sizeof(fifo), "/tmp/snapshot-%d", getpid());
	ASSERT_EQ(0, mknod(fifo, 0600 | S_IFIFO, 0));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_openat);
	EXPECT_EQ(0, send_snapshot(s, 1, fifo, strlen(fifo) + 1));
	/* Opening a FIFO for reading waits for a writer. */
	ASSERT_TRUE(WAIT_FOR(is_blocked_in(t.pid, SYS_openat)));
	n = read_proc(t.pid, "syscall", maps, 1 << 16);
	ASSERT_GT(n, 0);
	strtok_r(maps, " ", &rest);
	strtok_r(NULL, " ", &rest);
	line = strtok_r(NULL, " ", &rest);
	{
		unsigned long addr = strtoul(line, NULL, 0), from, to;
		char perms[8];
		FILE *f;

		snprintf(path, sizeof(path), "/proc/%d/maps", t.pid);
		f = fopen(path, "re");
		while (fgets(maps, 1 << 16, f))
			if (sscanf(maps, "%lx-%lx %7s", &from, &to, perms) == 3 &&
			    from <= addr && addr < to) {
				EXPECT_STREQ("r--p", perms);
				found = true;
			}
		fclose(f);
	}
	EXPECT_TRUE(found);
	fd = open(fifo, O_WRONLY);
	EXPECT_GE(fd, 0);
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_GE(shared[1], 0);
	EXPECT_EQ(1, shared[3]);
	unlink(fifo);
}

static void connect_somewhere(void)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX, .sun_path = "/nonexistent" };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	shared[1] = connect(fd, (void *)&addr, sizeof(addr)) ? -errno : 0;
	shared[3] = !strcmp(addr.sun_path, "/nonexistent");
}

TEST(call_uses_the_address_of_the_verdict)
{
	struct sockaddr_un addr = { .sun_family = AF_UNIX };
	struct tracee t = tracee_start(connect_somewhere);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_connect), 0);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	snprintf(addr.sun_path, sizeof(addr.sun_path), "/tmp/snapshot-%d", getpid());
	ASSERT_EQ(0, bind(fd, (void *)&addr, sizeof(addr)));
	ASSERT_EQ(0, listen(fd, 1));
	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_connect);
	EXPECT_EQ(0, send_snapshot(s, 1, &addr, sizeof(addr)));
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[1]);
	EXPECT_EQ(1, shared[3]);
	unlink(addr.sun_path);
}

static void exec_nothing(void)
{
	char *argv[] = { "true", NULL };

	syscall(SYS_execve, "/nonexistent", argv, environ);
	shared[1] = -errno;
}

TEST(exec_of_the_verdict_s_program_leaves_the_new_one_alone)
{
	struct tracee t = tracee_start(exec_nothing);
	struct supervisor *s = supervise(_metadata, &t, SETUP(), ONLY(SYS_execve), 0);

	tracee_go(&t);
	EXPECT_EVENT(s, UTRACE_BLOCK_ENTRY, SYS_execve);
	EXPECT_EQ(0, send_snapshot(s, 0, "/bin/true", 10));
	EXPECT_EQ(0, sup_recv(s));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(0, shared[1]);
}

TEST_HARNESS_MAIN
