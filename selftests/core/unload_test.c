// SPDX-License-Identifier: GPL-2.0
/* Loading and unloading: refused, or complete, whatever the tasks are doing. */
#include "../session.h"

#include <linux/ptrace.h>
#include <linux/userfaultfd.h>
#include <sys/stat.h>

static void getppid_once(void)
{
	syscall(SYS_getppid);
}

/* Modules, without modprobe(8): what matters is the errno. */

static const char *module_dir(void)
{
	return getenv("UTRACE_MODULES") ?: "/utrace/modules";
}

static int load_with(const char *name, const char *options)
{
	char path[512];
	int fd, ret;

	snprintf(path, sizeof(path), "%s/%s.ko", module_dir(), name);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return -errno;
	ret = syscall(SYS_finit_module, fd, options, 0) ? -errno : 0;
	close(fd);
	return ret;
}

static int load(const char *name)
{
	return load_with(name, "");
}

static int unload(const char *name)
{
	return syscall(SYS_delete_module, name, O_NONBLOCK) ? -errno : 0;
}

/* An engine's last reference may still be on its way out. */
static bool unload_soon(const char *name)
{
	return WAIT_FOR(module_refs(name) == 0) && unload(name) == 0;
}

static bool is_refusal(int ret)
{
	return ret == -EBUSY || ret == -EWOULDBLOCK;
}

static void load_all(void)
{
	if (module_refs("utrace") < 0)
		load("utrace");
	if (module_refs("test_utrace") < 0)
		load("test_utrace");
}

/* The recorder and samples may be there, from run-all. */
static void unload_others(void)
{
	static const char * const others[] = {
		"utrace_record", "utrace_block", "utrace_ptrace",
		"utrace_sample_hello", "utrace_sample_count_calls",
		"utrace_sample_stop_on_crash", "utrace_sample_deny_call",
		"utrace_sample_two_engines", "test_misbehave",
	};
	unsigned int i;

	for (i = 0; i < sizeof(others) / sizeof(*others); i++)
		unload(others[i]);
}

/* All that is hooked, by anybody. */
static char *hooked_functions(void)
{
	static char buf[2][65536];
	static int which;
	char *text = buf[which ^= 1];
	ssize_t n = 0, more;
	int fd = open("/sys/kernel/tracing/enabled_functions", O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && (more = read(fd, text + n, sizeof(buf[0]) - 1 - n)) > 0)
		n += more;
	text[n] = 0;
	if (fd >= 0)
		close(fd);
	return text;
}

static int kernel_log(void)
{
	int fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	lseek(fd, 0, SEEK_END);
	return fd;
}

static bool is_logged(int log, const char *word)
{
	char line[1024];
	ssize_t n;

	while ((errno = 0, n = read(log, line, sizeof(line) - 1)) > 0 || errno == EPIPE) {
		line[n > 0 ? n : 0] = 0;
		if (strstr(line, "utrace") && strstr(line, word))
			return true;
	}
	return false;
}

FIXTURE(modules) { };
FIXTURE_SETUP(modules)
{
	(void)self;
	unload_others();
	load_all();
	ASSERT_GE(module_refs("test_utrace"), 0);
}
FIXTURE_TEARDOWN(modules)
{
	load_all();
}

TEST_F(modules, engine_module_is_busy_while_a_session_is_open)
{
	struct session *s = session_open();

	EXPECT_TRUE(is_refusal(unload("test_utrace")));
	session_close(s);
	EXPECT_TRUE(unload_soon("test_utrace"));
}

TEST_F(modules, engine_module_is_busy_while_an_engine_is_attached)
{
	struct tracee t = tracee_start(getppid_once);
	struct session *s = session_open();
	int refs = module_refs("test_utrace");

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, 0));
	EXPECT_EQ(refs + 1, module_refs("test_utrace"));
	EXPECT_TRUE(is_refusal(unload("test_utrace")));
	session_close(s);
	EXPECT_TRUE(unload_soon("test_utrace"));
	tracee_go(&t);
	EXPECT_EQ(0, tracee_end(&t));
}

TEST_F(modules, core_is_busy_while_an_engine_module_is_loaded)
{
	EXPECT_TRUE(is_refusal(unload("utrace")));
	EXPECT_TRUE(unload_soon("test_utrace"));
	EXPECT_EQ(0, unload("utrace"));
}

TEST_F(modules, unload_leaves_no_function_hooked_and_no_list)
{
	struct stat st;

	ASSERT_TRUE(unload_soon("test_utrace"));
	ASSERT_EQ(0, unload("utrace"));
	EXPECT_STREQ("", hooked_functions());
	EXPECT_EQ(-1, stat("/proc/utrace", &st));
}

/* Tasks that are asleep all over the hooked functions while we go. */

enum { GO = 100, RIGHT = 200 };

/* What any of them does afterwards: an ordinary life. */
static void live_on(int i)
{
	int status;
	pid_t pid;

	if (syscall(SYS_getppid) <= 0 || syscall(SYS_getsid, 0) < 0)
		return;
	pid = fork();
	if (pid == 0) {
		char *argv[] = { "true", NULL };

		execve("/bin/true", argv, environ);
		_exit(1);
	}
	if (waitpid(pid, &status, 0) != pid || status)
		return;
	shared[RIGHT + i]++;
}

static int sleeper_nr;
static int sleeper_pipe[2];

static void sleep_in_read(void)
{
	char c = 0;

	if (read(sleeper_pipe[0], &c, 1) == 1 && c == 'x')
		live_on(sleeper_nr);
}

static void sleep_in_wait(void)
{
	int status;
	pid_t pid = fork();

	if (pid == 0) {
		char c;

		syscall(SYS_read, sleeper_pipe[0], &c, 1);
		syscall(SYS_exit_group, 3);
	}
	shared[GO + sleeper_nr] = pid;
	if (syscall(SYS_wait4, pid, &status, 0, 0) == pid && WEXITSTATUS(status) == 3)
		live_on(sleeper_nr);
}

static void sleep_in_nanosleep(void)
{
	struct timespec t = { .tv_sec = 3 };
	double begin = now();

	if (syscall(SYS_nanosleep, &t, NULL) == 0 && now() - begin >= 2.999)
		live_on(sleeper_nr);
}

static void sleep_in_vfork(void)
{
	pid_t pid = vfork();
	int status;

	if (pid == 0) {
		char c;

		syscall(SYS_read, sleeper_pipe[0], &c, 1);
		_exit(5);
	}
	if (waitpid(pid, &status, 0) == pid && WEXITSTATUS(status) == 5)
		live_on(sleeper_nr);
}

static void sleep_in_sigsuspend(void)
{
	sigset_t set;
	int sig;

	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	if (sigwait(&set, &sig) == 0 && sig == SIGUSR1)
		live_on(sleeper_nr);
}

static const struct sleeper {
	void (*fn)(void);
	char state;
	int nr;
} sleepers[] = {
	{ sleep_in_read, 'S', SYS_read },
	{ sleep_in_wait, 'S', SYS_wait4 },
	/* glibc's sleeps too, and the harness asks for it by this number. */
	{ sleep_in_nanosleep, 'S', SYS_nanosleep },
	{ sleep_in_vfork, 'D', SYS_vfork },
	{ sleep_in_sigsuspend, 'S', SYS_rt_sigtimedwait },
};
#define NR_SLEEPERS	((int)(sizeof(sleepers) / sizeof(*sleepers)))

/* How each of them was traced before. */
enum { NEVER, SYSCALLS, EVERYTHING, REPORT_PENDING, STOP_PENDING, NR_WAYS };

static void trace_then_sleep(struct __test_metadata *_metadata, int way, struct session *s,
			     int nr, const struct tracee *t)
{
	static const unsigned int masks[] = {
		[SYSCALLS] = TEST_BITS_SYSCALL, [EVERYTHING] = TEST_BITS_ALL,
		[REPORT_PENDING] = TEST_BITS_ALL, [STOP_PENDING] = TEST_BITS_SYSCALL,
	};

	if (way != NEVER)
		ASSERT_EQ(0, session_attach(s, t->pid, 1 + nr, masks[way],
					    TEST_UTRACE_INHERIT));
	tracee_go(t);
	ASSERT_TRUE(WAIT_FOR(state_of(t->pid) == sleepers[nr].state &&
			     (sleepers[nr].state == 'D' ||
			      is_blocked_in(t->pid, sleepers[nr].nr))));
	if (way == NEVER)
		return;
	EXPECT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_ENTRY, .tid = t->pid,
			       VALUE(sleepers[nr].nr)));
	/* What is asked for now waits with the task, and must not outlive us. */
	if (way == REPORT_PENDING)
		session_engine(s, TEST_UTRACE_IOC_CONTROL, 1 + nr, t->pid, TEST_DO_REPORT);
	if (way == STOP_PENDING)
		session_engine(s, TEST_UTRACE_IOC_CONTROL, 1 + nr, t->pid, TEST_DO_STOP);
}

static void unload_while_asleep(struct __test_metadata *_metadata, int way)
{
	int pipes[NR_SLEEPERS][2], i;
	struct tracee t[NR_SLEEPERS];
	struct session *s;

	for (i = 0; i < NR_SLEEPERS; i++) {
		ASSERT_EQ(0, pipe(sleeper_pipe));
		pipes[i][1] = sleeper_pipe[1];
		sleeper_nr = i;
		t[i] = tracee_start(sleepers[i].fn);
	}
	s = session_open();
	for (i = 0; i < NR_SLEEPERS; i++)
		trace_then_sleep(_metadata, way, s, i, &t[i]);
	session_close(s);

	EXPECT_TRUE(unload_soon("test_utrace"));
	EXPECT_EQ(0, unload("utrace"));
	EXPECT_EQ(-1, module_refs("utrace"));
	EXPECT_STREQ("", hooked_functions());

	for (i = 0; i < NR_SLEEPERS; i++) {
		int status;

		kill(t[i].pid, sleepers[i].nr == SYS_rt_sigtimedwait ? SIGUSR1 : 0);
		EXPECT_EQ(1, write(pipes[i][1], "x", 1));
		status = tracee_end(&t[i]);
		if (status || !shared[RIGHT + i])
			TH_LOG("sleeper %d: status %#x, right %ld", i, status,
			       shared[RIGHT + i]);
		EXPECT_EQ(0, status);
		EXPECT_EQ(1, shared[RIGHT + i]);
	}
}

TEST_F(modules, unload_while_tasks_that_were_never_traced_sleep)
{
	unload_while_asleep(_metadata, NEVER);
}

TEST_F(modules, unload_while_tasks_sleep_in_calls_whose_entry_was_reported)
{
	unload_while_asleep(_metadata, SYSCALLS);
}

TEST_F(modules, unload_while_tasks_sleep_that_had_every_event)
{
	unload_while_asleep(_metadata, EVERYTHING);
}

TEST_F(modules, unload_while_tasks_sleep_that_were_asked_for_a_report)
{
	unload_while_asleep(_metadata, REPORT_PENDING);
}

TEST_F(modules, unload_while_tasks_sleep_that_were_asked_to_stop)
{
	unload_while_asleep(_metadata, STOP_PENDING);
}

TEST_F(modules, load_again_while_formerly_traced_tasks_sleep)
{
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, pipe(sleeper_pipe));
	sleeper_nr = 0;
	t = tracee_start(sleep_in_read);
	s = session_open();
	trace_then_sleep(_metadata, EVERYTHING, s, 0, &t);
	session_close(s);
	ASSERT_TRUE(unload_soon("test_utrace"));
	ASSERT_EQ(0, unload("utrace"));
	ASSERT_EQ(0, load("utrace"));
	ASSERT_EQ(0, load("test_utrace"));
	s = session_open();
	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_ALL, TEST_UTRACE_INHERIT));
	ASSERT_EQ(1, write(sleeper_pipe[1], "x", 1));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[RIGHT]);
	EXPECT_TRUE(FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, .tid = t.pid, VALUE(SYS_getsid)));
	EXPECT_EQ(0, COUNT_EVENTS(s, .event = TEST_SYSCALL_EXIT, .tid = t.pid, VALUE(SYS_read)));
}

/* Threads that sleep below a hook, for as long as another process likes. */

static void getppid_then_live_on(void)
{
	syscall(SYS_getppid);
	live_on(0);
}

static bool at_syscall_stop(pid_t pid)
{
	int status;

	return !ptrace(PTRACE_SYSCALL, pid, 0, 0) && waitpid(pid, &status, __WALL) == pid &&
	       WIFSTOPPED(status) && WSTOPSIG(status) == (SIGTRAP | 0x80);
}

static int syscall_op(pid_t pid)
{
	struct ptrace_syscall_info info = { };

	return ptrace(PTRACE_GET_SYSCALL_INFO, pid, sizeof(info), &info) < 0 ? -1 : info.op;
}

TEST_F(modules, unload_is_refused_while_a_ptracer_holds_a_thread_at_an_exit_of_ours)
{
	struct tracee t = tracee_start(getppid_then_live_on);
	struct session *s = session_open();

	ASSERT_EQ(0, session_attach(s, t.pid, 1, TEST_BITS_SYSCALL, 0));
	ASSERT_EQ(0, ptrace(PTRACE_SEIZE, t.pid, 0, PTRACE_O_TRACESYSGOOD));
	ASSERT_EQ(0, ptrace(PTRACE_INTERRUPT, t.pid, 0, 0));
	ASSERT_EQ(t.pid, waitpid(t.pid, NULL, __WALL));
	tracee_go(&t);
	/* The rest of read(2), then both ends of getppid(2). */
	do {
		ASSERT_TRUE(at_syscall_stop(t.pid));
	} while (!FIND_EVENT(s, .event = TEST_SYSCALL_EXIT, VALUE(SYS_getppid)));
	ASSERT_EQ(PTRACE_SYSCALL_INFO_EXIT, syscall_op(t.pid));

	session_close(s);
	ASSERT_TRUE(unload_soon("test_utrace"));
	ASSERT_TRUE(is_refusal(unload("utrace")));
	ASSERT_EQ(0, ptrace(PTRACE_DETACH, t.pid, 0, 0));
	EXPECT_EQ(0, tracee_end(&t));
	EXPECT_EQ(1, shared[RIGHT]);
	EXPECT_TRUE(unload_soon("utrace"));
}

/* A page whose first reader waits for us. */
static char *selector_page;

static int fault_of(int fd)
{
	struct uffd_msg msg;

	return read(fd, &msg, sizeof(msg)) == sizeof(msg) ? msg.event : -errno;
}

static int paged_out(void)
{
	int fd = syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	struct uffdio_api api = { .api = UFFD_API };
	struct uffdio_register range = { .mode = UFFDIO_REGISTER_MODE_MISSING };

	selector_page = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			     -1, 0);
	range.range.start = (unsigned long)selector_page;
	range.range.len = 4096;
	if (fd < 0 || ioctl(fd, UFFDIO_API, &api) || ioctl(fd, UFFDIO_REGISTER, &range))
		return -1;
	return fd;
}

static int page_in(int fd)
{
	static char zeroes[4096] __attribute__((aligned(4096)));
	struct uffdio_copy copy = {
		.dst = (unsigned long)selector_page, .src = (unsigned long)zeroes, .len = 4096,
	};

	return ioctl(fd, UFFDIO_COPY, &copy);
}

/* Dispatches none of its calls, as the selector says when somebody can read it. */
static void *dispatching_thread(void *arg)
{
	(void)arg;
	if (prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, 0, 0, selector_page))
		return NULL;
	shared[GO] = syscall(SYS_gettid);
	syscall(SYS_getppid);
	prctl(PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0);
	shared[GO + 1] = 1;
	return NULL;
}

static bool waits_in(pid_t pid, const char *function)
{
	char buf[128];

	return read_proc(pid, "wchan", buf, sizeof(buf)) > 0 && !strcmp(buf, function);
}

TEST_F(modules, unload_waits_for_a_dispatch_that_sleeps_though_nobody_traces_it)
{
	int fd = paged_out(), status;
	pthread_t thread;
	pid_t pid;

	ASSERT_GE(fd, 0);
	ASSERT_TRUE(unload_soon("test_utrace"));
	ASSERT_EQ(0, pthread_create(&thread, NULL, dispatching_thread, NULL));
	ASSERT_TRUE(WAIT_FOR(fault_of(fd) == UFFD_EVENT_PAGEFAULT));

	pid = fork();
	if (pid == 0)
		_exit(unload("utrace") ? 1 : 0);
	ASSERT_TRUE(WAIT_FOR(waits_in(pid, "utrace_text_drain")));
	EXPECT_EQ(0, shared[GO + 1]);
	ASSERT_EQ(0, page_in(fd));
	ASSERT_EQ(pid, waitpid(pid, &status, 0));
	EXPECT_EQ(0, status);
	EXPECT_EQ(0, pthread_join(thread, NULL));
	EXPECT_EQ(1, shared[GO + 1]);
}

/* Load and unload under load. */

static void *short_thread(void *arg)
{
	return (void *)(syscall(SYS_gettid) + 0 * (long)arg);
}

static void storm(void)
{
	int i = sleeper_nr;

	for (;;) {
		char *argv[] = { "true", NULL };
		pthread_t thread;
		int status, n;
		pid_t pid;

		for (n = 0; n < 100; n++)
			if (syscall(SYS_getppid) != shared[1])
				shared[2]++;
		pid = i % 2 ? fork() : vfork();
		if (pid == 0) {
			execve("/bin/true", argv, environ);
			_exit(1);
		}
		if (waitpid(pid, &status, 0) != pid || status)
			shared[3]++;
		if (!pthread_create(&thread, NULL, short_thread, NULL))
			pthread_join(thread, NULL);
		shared[RIGHT + i]++;
	}
}

TEST_TIMEOUT(twenty_loads_and_unloads_under_load_disturb_nobody, 400)
{
	struct tracee t[3];
	int i, round;

	unload_others();
	load_all();
	unload("test_utrace");
	unload("utrace");
	shared[1] = getpid();
	for (i = 0; i < 3; i++) {
		sleeper_nr = i;
		t[i] = tracee_start(storm);
	}
	for (i = 0; i < 3; i++)
		tracee_go(&t[i]);
	for (round = 0; round < 20; round++) {
		long before = shared[RIGHT];
		struct session *s;

		ASSERT_EQ(0, load("utrace"));
		ASSERT_EQ(0, load("test_utrace"));
		s = session_open();
		/* The third is never traced. */
		for (i = 0; i < 2; i++)
			ASSERT_EQ(0, session_attach(s, t[i].pid, 1 + i, TEST_BITS_ALL,
						    TEST_UTRACE_INHERIT));
		ASSERT_TRUE(WAIT_EVENT(s, .event = TEST_SYSCALL_EXIT));
		ASSERT_TRUE(WAIT_FOR(shared[RIGHT] > before + round % 3));
		session_close(s);
		free(s->events);
		ASSERT_TRUE(unload_soon("test_utrace"));
		ASSERT_EQ(0, unload("utrace"));
	}
	for (i = 0; i < 3; i++) {
		int status;

		EXPECT_EQ(0, waitpid(t[i].pid, &status, WNOHANG));
		EXPECT_GT(shared[RIGHT + i], 0);
		tracee_kill(&t[i]);
	}
	EXPECT_EQ(0, shared[2]);
	EXPECT_EQ(0, shared[3]);
	load_all();
}

/* Loading refused: nothing half done, and the log says why. */

static void refused_while_held(struct __test_metadata *_metadata, const char *function)
{
	char option[128], *before;
	int log;

	unload("test_utrace");
	unload("utrace");
	ASSERT_EQ(-1, module_refs("utrace"));
	snprintf(option, sizeof(option), "function=%s", function);
	ASSERT_EQ(0, load_with("test_ipmodify", option));
	before = hooked_functions();
	log = kernel_log();
	EXPECT_EQ(-EBUSY, load("utrace"));
	EXPECT_TRUE(is_logged(log, function));
	EXPECT_EQ(-1, module_refs("utrace"));
	EXPECT_STREQ(before, hooked_functions());
	EXPECT_EQ(0, unload("test_ipmodify"));
	EXPECT_STREQ("", hooked_functions());
	/* And it was only that. */
	EXPECT_EQ(0, load("utrace"));
	close(log);
}

/* As of a kernel that is newer than the module: a function of the same name is another. */
TEST_F(modules, function_that_is_another_is_not_hooked)
{
	static const char * const wrong[] = {
		"prototype=\"int(seq_file*)\"",
		"prototype=\"int(seq_file*, void**)\"",
		"prototype=\"int(seq_file*, void*, int)\"",
		"prototype=\"int(file*, void*)\"",
		"prototype=\"void(seq_file*, void*)\"",
	};
	char *before = hooked_functions();
	unsigned int i;
	int log;

	if (access("/sys/kernel/btf/vmlinux", R_OK))
		SKIP(return, "this kernel has no BTF");
	for (i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		log = kernel_log();
		EXPECT_EQ(-EOPNOTSUPP, load_with("test_prototype", wrong[i]));
		EXPECT_TRUE(is_logged(log, "cannot hook uptime_proc_show: here its prototype is "
				      "int(seq_file*, void*), not "));
		EXPECT_STREQ(before, hooked_functions());
		close(log);
	}
	/* As it is; and who does not say. */
	EXPECT_EQ(0, load_with("test_prototype", "prototype=\"int(seq_file*, void*)\""));
	EXPECT_EQ(0, unload("test_prototype"));
	EXPECT_EQ(0, load("test_prototype"));
	EXPECT_EQ(0, unload("test_prototype"));
	EXPECT_STREQ(before, hooked_functions());
}

TEST_F(modules, load_is_refused_while_a_livepatch_holds_do_exit)
{
	refused_while_held(_metadata, "do_exit");
}

TEST_F(modules, load_is_refused_while_a_livepatch_holds_release_task)
{
	refused_while_held(_metadata, "release_task");
}

TEST_F(modules, load_is_refused_while_a_livepatch_holds_syscall_user_dispatch)
{
	refused_while_held(_metadata, "syscall_user_dispatch");
}

/* The module as it is, but for one name in its table of hooks. */
static int load_with_wrong_name(const char *name, int *replaced)
{
	char path[512], *image, *p;
	size_t len = strlen(name);
	struct stat st;
	int fd, ret;

	snprintf(path, sizeof(path), "%s/utrace.ko", module_dir());
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return -errno;
	image = malloc(st.st_size);
	if (read(fd, image, st.st_size) != st.st_size)
		return -EIO;
	close(fd);
	*replaced = 0;
	for (p = image; (p = memmem(p, image + st.st_size - p, name, len + 1)); p += len) {
		/* The string itself, not the end of a longer one. */
		if (p[-1])
			continue;
		p[len - 1] = 'Q';
		(*replaced)++;
	}
	ret = syscall(SYS_init_module, image, st.st_size, "") ? -errno : 0;
	free(image);
	return ret;
}

TEST_F(modules, load_on_a_kernel_without_a_hooked_function_is_refused)
{
	int replaced, log = kernel_log();

	unload("test_utrace");
	ASSERT_EQ(0, unload("utrace"));
	EXPECT_EQ(-ENOENT, load_with_wrong_name("proc_exec_connector", &replaced));
	EXPECT_GE(replaced, 1);
	EXPECT_TRUE(is_logged(log, "proc_exec_connectoQ"));
	EXPECT_EQ(-1, module_refs("utrace"));
	EXPECT_STREQ("", hooked_functions());
	close(log);
}

TEST_F(modules, good_load_and_unload_print_nothing)
{
	int log;

	unload("test_utrace");
	unload("utrace");
	log = kernel_log();
	ASSERT_EQ(0, load("utrace"));
	ASSERT_EQ(0, load("test_utrace"));
	ASSERT_EQ(0, unload("test_utrace"));
	ASSERT_EQ(0, unload("utrace"));
	EXPECT_FALSE(is_logged(log, ""));
	close(log);
}

TEST_HARNESS_MAIN
