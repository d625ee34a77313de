// SPDX-License-Identifier: GPL-2.0
/* The function tracers and kprobes on the functions that we hook, first or second. */
#include "coexist.h"

/*
 * All that the core hooks. Every life comes by the first NR_COMMON of them, a traced one
 * by NR_TRACED.
 */
static const char * const names[] = {
	"kernel_clone", "wake_up_new_task", "security_bprm_creds_for_exec",
	"security_bprm_committing_creds", "proc_exec_connector", "send_signal_locked",
	"prepare_signal", "do_exit", "proc_exit_connector", "release_task",
	"syscall_user_dispatch",
	"exit_itimers", "user_disable_single_step", "user_single_step_report",
	"complete_signal", "get_signal", "dequeue_signal", "signal_setup_done",
	"do_signal_stop", "force_sig_fault",
};
#define NR_NAMES	((int)(sizeof(names) / sizeof(*names)))
#define NR_COMMON	10
#define NR_TRACED	11

static char saved_tracer[64];

static int append_line(const char *path, const char *line)
{
	int fd = open(path, O_WRONLY | O_APPEND | O_CLOEXEC);
	int ret = write(fd, line, strlen(line)) < 0 ? -errno : 0;

	close(fd);
	return ret;
}

static int probes_on(void)
{
	int i, ret = 0;

	for (i = 0; i < NR_NAMES && !ret; i++) {
		char line[256];

		snprintf(line, sizeof(line), "p:coexist/p_%s %s", names[i], names[i]);
		ret = append_line(TRACEFS "kprobe_events", line);
		snprintf(line, sizeof(line), "r:coexist/r_%s %s", names[i], names[i]);
		ret = ret ?: append_line(TRACEFS "kprobe_events", line);
	}
	return ret ?: write_file(TRACEFS "events/coexist/enable", "1");
}

static void probes_off(void)
{
	int i;

	if (write_file(TRACEFS "events/coexist/enable", "0"))
		return;
	for (i = 0; i < NR_NAMES; i++) {
		char line[256];

		snprintf(line, sizeof(line), "-:coexist/p_%s", names[i]);
		append_line(TRACEFS "kprobe_events", line);
		snprintf(line, sizeof(line), "-:coexist/r_%s", names[i]);
		append_line(TRACEFS "kprobe_events", line);
	}
}

static int tracer_on(const char *tracer)
{
	char text[1024] = "";
	int i;

	for (i = 0; i < NR_NAMES; i++) {
		strcat(text, names[i]);
		strcat(text, " ");
	}
	return write_file(TRACEFS "set_ftrace_filter", text) ?:
	       write_file(TRACEFS "current_tracer", tracer);
}

/* Who is with us on these functions, and how to see that he is at work. */
static const struct partner {
	const char *tracer;
	const char *line;
	const char *line_of_return;
} function = { .tracer = "function", .line = ": %s <-" },
  graph = { .tracer = "function_graph", .line = "%s()" },
  probes = { .line = ": p_%s: (", .line_of_return = ": r_%s: (" };

static int on(const struct partner *p)
{
	write_file(TRACEFS "trace", "");
	return p->tracer ? tracer_on(p->tracer) : probes_on();
}

static void off(void)
{
	write_file(TRACEFS "current_tracer", saved_tracer);
	write_file(TRACEFS "set_ftrace_filter", "");
	probes_off();
}

static void end(void *arg)
{
	(void)arg;
	off();
	write_file(TRACEFS "trace", "");
}

static bool has_seen(const char *trace, const char *format, const char *name)
{
	char word[128];

	snprintf(word, sizeof(word), format, name);
	return strstr(trace, word);
}

static void expect_seen(struct __test_metadata *_metadata, const struct partner *p, int nr)
{
	char *trace = read_file(TRACEFS "trace");
	int i;

	for (i = 0; i < nr; i++) {
		/* It never returns. */
		bool returns = strcmp(names[i], "do_exit");

		if (!has_seen(trace, p->line, names[i]) ||
		    (p->line_of_return && returns &&
		     !has_seen(trace, p->line_of_return, names[i]))) {
			TH_LOG("not in the trace: %s", names[i]);
			EXPECT_TRUE(false);
		}
	}
	free(trace);
}

FIXTURE(tracing) { };
FIXTURE_SETUP(tracing)
{
	char *tracer = read_file(TRACEFS "current_tracer");

	(void)self;
	sscanf(tracer, "%63s", saved_tracer);
	free(tracer);
	at_end(end, NULL);
}
FIXTURE_TEARDOWN(tracing) { }

TEST_F(tracing, functions_that_we_hook_are_those_that_are_tested_here)
{
	char *hooked, *line, *save;
	int n = 0;

	/* The core's: utrace_ptrace.ko has hooks of its own, and goes. */
	ASSERT_EQ(0, unload_utrace());
	ASSERT_EQ(0, load_utrace());
	hooked = hooked_functions();
	for (line = strtok_r(hooked, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		char name[64] = "";
		int i;

		sscanf(line, "%63s", name);
		for (i = 0; i < NR_NAMES && strcmp(names[i], name); i++)
			;
		if (i == NR_NAMES)
			TH_LOG("not tested: %s", name);
		EXPECT_LT(i, NR_NAMES);
		n++;
	}
	EXPECT_EQ(NR_NAMES, n);
	free(hooked);
}

static void second(struct __test_metadata *_metadata, const struct partner *p)
{
	char *before, *after;
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, load_utrace());
	before = hooked_functions();
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	ASSERT_EQ(0, on(p));
	EXPECT_TRUE(life_goes_on(s, 2));
	expect_seen(_metadata, p, NR_TRACED);
	off();
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
	after = hooked_functions();
	EXPECT_STREQ(before, after);
	free(before);
	free(after);
}

/* Loading and unloading take their time: this one leaves us unloaded. */
static void first(struct __test_metadata *_metadata, const struct partner *p)
{
	struct session *s;
	struct tracee t;
	char *before;

	ASSERT_EQ(0, unload_utrace());
	ASSERT_EQ(0, on(p));
	before = hooked_functions();
	ASSERT_EQ(0, load_utrace());
	s = life_begin(_metadata, &t, 3);
	tracee_go(&t);
	expect_life(_metadata, s, &t);
	expect_seen(_metadata, p, NR_TRACED);
	session_close(s);
	/* We go first, too, and leave to him what is his. */
	EXPECT_EQ(0, unload_utrace());
	EXPECT_STREQ(before, hooked_functions());
	write_file(TRACEFS "trace", "");
	EXPECT_EQ(LIFE_STATUS << 8, life_untraced(1));
	EXPECT_EQ(0, shared[WRONG]);
	expect_seen(_metadata, p, NR_COMMON);
	off();
	EXPECT_STREQ("", hooked_functions());
}

TEST_F(tracing, function_tracer_that_is_switched_on_second_disturbs_nothing)
{
	second(_metadata, &function);
}

TEST_F(tracing, function_graph_that_is_switched_on_second_disturbs_nothing)
{
	second(_metadata, &graph);
}

TEST_F(tracing, kprobes_and_kretprobes_that_are_set_second_disturb_nothing)
{
	second(_metadata, &probes);
}

#define FTRACE_ENABLED	"/proc/sys/kernel/ftrace_enabled"

TEST_F(tracing, ftrace_is_not_disabled_while_we_are_loaded)
{
	struct session *s;
	struct tracee t;

	ASSERT_EQ(0, load_utrace());
	put_back_at_end(FTRACE_ENABLED);
	s = life_begin(_metadata, &t, FOREVER);
	tracee_go(&t);
	EXPECT_TRUE(life_goes_on(s, 1));
	EXPECT_EQ(-EBUSY, write_file(FTRACE_ENABLED, "0"));
	EXPECT_TRUE(file_has(FTRACE_ENABLED, "1"));
	EXPECT_TRUE(life_goes_on(s, 1));
	expect_life(_metadata, s, &t);
}

TEST_F(tracing, function_tracer_that_was_on_first_disturbs_nothing)
{
	first(_metadata, &function);
}

TEST_F(tracing, function_graph_that_was_on_first_disturbs_nothing)
{
	first(_metadata, &graph);
}

TEST_F(tracing, kprobes_and_kretprobes_that_were_there_first_disturb_nothing)
{
	first(_metadata, &probes);
}

TEST_F(tracing, load_is_refused_while_ftrace_is_disabled_and_the_log_says_so)
{
	struct session *s;
	struct tracee t;
	int log;

	ASSERT_EQ(0, unload_utrace());
	put_back_at_end(FTRACE_ENABLED);
	ASSERT_EQ(0, write_file(FTRACE_ENABLED, "0"));
	log = kernel_log();
	EXPECT_LT(load_with("utrace", ""), 0);
	EXPECT_TRUE(is_logged(log, "utrace", "ftrace_enabled"));
	EXPECT_EQ(-1, module_refs("utrace"));
	EXPECT_STREQ("", hooked_functions());
	ASSERT_EQ(0, write_file(FTRACE_ENABLED, "1"));
	EXPECT_EQ(0, load_utrace());
	s = life_begin(_metadata, &t, 1);
	tracee_go(&t);
	expect_life(_metadata, s, &t);
	close(log);
}

TEST_HARNESS_MAIN
