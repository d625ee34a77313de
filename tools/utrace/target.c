// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fds.h"
#include "target.h"
#include "utrace.h"

/* ---- The command line ---- */

static bool parse_size(const char *text, uint32_t *value)
{
	char *end;
	unsigned long long n;

	if (*text < '0' || *text > '9')
		return false;
	n = strtoull(text, &end, 10);
	if (n > UINT32_MAX)
		return false;
	if (*end == 'k' || *end == 'K') {
		n <<= 10;
		end++;
	} else if (*end == 'm' || *end == 'M') {
		n <<= 20;
		end++;
	}
	*value = (uint32_t)n;
	return !*end && n <= UINT32_MAX;
}

/* "1", "1,2": as often as one likes. */
static bool add_pids(struct target *t, char *list)
{
	char *word;

	while ((word = strsep(&list, ", \t\n"))) {
		char *end;
		long pid = strtol(word, &end, 10);
		pid_t *pids;

		if (!*word || *end || pid <= 0 || pid > INT_MAX)
			return false;
		pids = realloc(t->pids, (t->nr_pids + 1) * sizeof(*pids));
		if (!pids)
			return false;
		t->pids = pids;
		t->pids[t->nr_pids++] = (pid_t)pid;
	}
	return true;
}

/* Long options only; those of one command begin at 256. */
enum { OPTION_BLOCK = 512, OPTION_BLOCK_TIMEOUT, OPTION_DISCARD, OPTION_IGNORED_SIGNALS,
       OPTION_OVERWRITE, OPTION_STACK };

int target_parse(struct target *t, int argc, char **argv, const char *help)
{
	/* The last ones are zero: the end of the list. */
	struct option longs[16] = {
		{ "block", no_argument, NULL, OPTION_BLOCK },
		{ "block-timeout", required_argument, NULL, OPTION_BLOCK_TIMEOUT },
		{ "discard", no_argument, NULL, OPTION_DISCARD },
		{ "help", no_argument, NULL, 'h' },
		{ "ignored-signals", no_argument, NULL, OPTION_IGNORED_SIGNALS },
		{ "overwrite", no_argument, NULL, OPTION_OVERWRITE },
		{ "stack", optional_argument, NULL, OPTION_STACK },
	};
	size_t nr_longs = 7;
	char letters[64];
	int c, code;

	t->name = argv[0];
	t->session.ring_bytes = SESSION_DEFAULT_RING_BYTES;
	t->session.max_data = SESSION_DEFAULT_MAX_DATA;
	for (const struct option *o = t->own.longs; o && o->name; o++)
		if (nr_longs < ARRAY_SIZE(longs) - 1)
			longs[nr_longs++] = *o;
	snprintf(letters, sizeof(letters), "+:b:e:fho:p:qs:%s", t->own.letters ?: "");
	while ((c = getopt_long(argc, argv, letters, longs, NULL)) != -1) {
		switch (c) {
		case 'b':
			if (!parse_size(optarg, &t->session.ring_bytes) ||
			    t->session.ring_bytes < 4096 || t->session.ring_bytes > 1u << 30 ||
			    t->session.ring_bytes & (t->session.ring_bytes - 1))
				return usage_error(t->name,
						   "-b %s: not a power of two from 4k to 1024m",
						   optarg);
			break;
		case 'e':
			if (!filter_parse(&t->filter, optarg))
				return UTRACE_EXIT_USAGE;
			t->session.filter = &t->filter;
			break;
		case 'f':
			t->follow = true;
			break;
		case 'h':
			fputs(help, stdout);
			return finish_stdout(0);
		case OPTION_IGNORED_SIGNALS:
			t->ignored_signals = true;
			break;
		case 'o':
			t->output = optarg;
			break;
		case 'p':
			if (!add_pids(t, optarg))
				return usage_error(t->name, "-p: not a process ID");
			break;
		case 'q':
			t->quiet = true;
			break;
		case 's':
			if (!parse_size(optarg, &t->session.max_data) ||
			    t->session.max_data > SESSION_MAX_DATA)
				return usage_error(t->name, "-s %s: not from 0 to %u", optarg,
						   SESSION_MAX_DATA);
			break;
		case OPTION_BLOCK:
			t->session.policy = UTRACE_RECORD_POLICY_BLOCK;
			break;
		case OPTION_BLOCK_TIMEOUT:
			if (!parse_size(optarg, &t->session.block_timeout_ms))
				return usage_error(t->name, "--block-timeout %s: not milliseconds",
						   optarg);
			t->session.policy = UTRACE_RECORD_POLICY_BLOCK;
			break;
		case OPTION_DISCARD:
			t->session.policy = UTRACE_RECORD_POLICY_DROP;
			break;
		case OPTION_OVERWRITE:
			t->session.policy = UTRACE_RECORD_POLICY_OVERWRITE;
			break;
		case OPTION_STACK:
			t->session.stack_depth = SESSION_DEFAULT_DEPTH;
			if (optarg && (!parse_size(optarg, &t->session.stack_depth) ||
				       !t->session.stack_depth ||
				       t->session.stack_depth > UTRACE_RECORD_MAX_DEPTH))
				return usage_error(t->name, "--stack=%s: not from 1 to %u", optarg,
						   UTRACE_RECORD_MAX_DEPTH);
			break;
		case ':':
		case '?':
			return bad_option(t->name, c, argv);
		default:
			code = t->own.take(t, c, optarg);
			if (code >= 0)
				return code;
		}
	}
	if (t->session.block_timeout_ms && t->session.policy != UTRACE_RECORD_POLICY_BLOCK)
		return usage_error(t->name, "--block-timeout is for --block");
	if (optind < argc)
		t->command = argv + optind;
	if (t->input && (t->command || t->nr_pids))
		return usage_error(t->name, "either a file or what to trace, not both");
	if (t->input)
		return -1;
	if (t->command && t->nr_pids)
		return usage_error(t->name, "either -p PID or a command, not both");
	if (!t->command && !t->nr_pids)
		return usage_error(t->name, "what to trace: -p PID or a command?");
	return -1;
}

/* ---- The command ---- */

/* Return: to be freed; NULL with errno set if there is no such program. */
static char *find_program(const char *name)
{
	const char *path = strchr(name, '/') ? NULL : getenv("PATH");
	struct stat st;
	char *file;

	while (path && *path) {
		size_t len = strcspn(path, ":");

		if (asprintf(&file, "%.*s%s%s", (int)len, path, len ? "/" : "", name) < 0)
			return NULL;
		if (!stat(file, &st) && S_ISREG(st.st_mode) && st.st_mode & 0111)
			return file;
		free(file);
		path += len;
		path += *path == ':';
	}
	/* The current directory only if it is in PATH. */
	if (!strchr(name, '/'))
		errno = ENOENT;
	else if (!stat(name, &st))
		return strdup(name);
	return NULL;
}

static void run_child(const struct target *t, const char *file)
{
	sigaction(SIGCHLD, &t->old_chld, NULL);
	sigprocmask(SIG_SETMASK, &t->old_mask, NULL);
	/*
	 * Wait to be attached. A stop, for it tells the parent for sure that
	 * we are in there: out of a read() that the parent attaches before we
	 * get to it, execve would not be the first call of the trace.
	 */
	kill(getpid(), SIGSTOP);
	execv(file, t->command);
	complain("exec: %s", strerror(errno));
	_exit(UTRACE_EXIT_FAILED);
}

/* Leaves the child stopped before its first own instruction. */
static bool start_command(struct target *t)
{
	char *file = find_program(t->command[0]);
	int status;

	if (!file) {
		complain("Can't stat '%s': %s", t->command[0], strerror(errno));
		return false;
	}
	t->child = fork();
	if (!t->child)
		run_child(t, file);
	free(file);
	if (t->child < 0) {
		complain("fork: %s", strerror(errno));
		t->child = 0;
		return false;
	}
	while (waitpid(t->child, &status, WUNTRACED) < 0)
		if (errno != EINTR)
			return false;
	if (WIFSTOPPED(status))
		return true;
	t->child_ended = true;
	t->child_status = status;
	complain("the command ended before it began");
	return false;
}

static void take_child_status(struct target *t, int options)
{
	if (!t->child || t->child_ended)
		return;
	if (waitpid(t->child, &t->child_status, options) == t->child)
		t->child_ended = true;
}

static void kill_command(struct target *t)
{
	if (!t->child || t->child_ended)
		return;
	kill(t->child, SIGKILL);
	take_child_status(t, 0);
}

static int die_by(int sig)
{
	const struct rlimit no_core = {};
	sigset_t set;

	fflush(NULL);
	/* The core file, if any, is the command's; ours must not replace it. */
	setrlimit(RLIMIT_CORE, &no_core);
	signal(sig, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, sig);
	raise(sig);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	return 128 + sig;
}

/* ---- Signals ---- */

static const int fatal_signals[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM };

/*
 * Before there is a child: a signal in between must not leave it stopped. It
 * gets back what we found.
 */
static bool block_signals(struct target *t, bool snapshots)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	for (size_t i = 0; i < ARRAY_SIZE(fatal_signals); i++)
		sigaddset(&set, fatal_signals[i]);
	if (snapshots)
		sigaddset(&set, SIGUSR2);
	sigaction(SIGCHLD, &(struct sigaction){ .sa_handler = SIG_DFL }, &t->old_chld);
	sigprocmask(SIG_BLOCK, &set, &t->old_mask);
	t->signals = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
	if (t->signals < 0)
		complain("signalfd: %s", strerror(errno));
	return t->signals >= 0;
}

static void ignore_signals(void)
{
	/* A reader of ours that goes away must not take the trace with it. */
	signal(SIGPIPE, SIG_IGN);
	/* Background or not, we may write. */
	signal(SIGTTOU, SIG_IGN);
	signal(SIGTTIN, SIG_IGN);
}

void target_take_signals(struct target *t)
{
	struct signalfd_siginfo info;

	while (read(t->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			take_child_status(t, WNOHANG);
		else if (info.ssi_signo == SIGUSR2)
			t->snapshot_wanted = true;
		else if (t->interruptible)
			t->interrupted_by = (int)info.ssi_signo;
	}
}

/* ---- The session ---- */

static bool drain_until_end(struct target *t, struct session *s, struct target_sink *sink)
{
	for (;;) {
		struct pollfd fds[] = { { .fd = s->fd }, { .fd = t->signals, .events = POLLIN } };
		int again_ms = -1;

		if (!sink->drain(sink, s, false, &again_ms))
			return false;
		/* While the sink holds records back, POLLIN would not go away. */
		fds[0].events = again_ms < 0 ? POLLIN : 0;
		if (again_ms < 0 && sink->tick_ms)
			again_ms = sink->tick_ms;
		if (poll(fds, ARRAY_SIZE(fds), again_ms) < 0 && errno != EINTR) {
			complain("poll: %s", strerror(errno));
			return false;
		}
		if (fds[1].revents)
			target_take_signals(t);
		if (t->snapshot_wanted && !sink->snapshot(sink, s))
			return false;
		t->snapshot_wanted = false;
		if (t->interrupted_by)
			return true;
		/* POLLERR and the like do not exist, but would not go away either. */
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return true;
	}
}

/*
 * Not sooner than there is something to write: a task that cannot be attached
 * must not cost a file that was there.
 */
static bool begin_once(struct target *t, struct session *s, struct target_sink *sink)
{
	if (!t->begun)
		t->begun = sink->begin(sink, s);
	return t->begun;
}

/* Until it is attached, or we are told to stop. */
static bool attach(struct target *t, struct session *s, struct target_sink *sink, pid_t pid,
		   uint32_t flags)
{
	enum session_answer answer;
	int again_ms;

	while ((answer = session_attach(s, pid, flags)) == SESSION_AGAIN) {
		if (!begin_once(t, s, sink) || !sink->drain(sink, s, false, &again_ms))
			return false;
		target_take_signals(t);
		if (t->interrupted_by)
			return true;
	}
	return answer == SESSION_DONE;
}

static bool attach_all(struct target *t, struct session *s, struct target_sink *sink)
{
	uint32_t flags = t->follow ? UTRACE_RECORD_FOLLOW : 0;

	if (t->ignored_signals)
		flags |= UTRACE_RECORD_IGNORED_SIGNALS;
	if (t->child)
		return attach(t, s, sink, t->child, flags);
	if (t->follow)
		flags |= UTRACE_RECORD_PROCESS;
	for (size_t i = 0; i < t->nr_pids && !t->interrupted_by; i++)
		if (!attach(t, s, sink, t->pids[i], flags))
			return false;
	return true;
}

/* What tasks are in that we are about to leave. */
static bool ask_for_calls(struct session *s, struct target_sink *sink)
{
	enum session_answer answer;
	int again_ms;

	while ((answer = session_in_flight(s)) == SESSION_AGAIN)
		if (!sink->drain(sink, s, false, &again_ms))
			return false;
	return answer == SESSION_DONE;
}

static bool warn_of_missed(struct session *s)
{
	struct utrace_record_status status;

	if (!session_status(s, &status))
		return false;
	if (status.attach_failed)
		complain("%u children could not be attached: no memory, or too many engines",
			 status.attach_failed);
	if (status.timeouts)
		complain("nothing was read for --block-timeout: records were lost %u times",
			 status.timeouts);
	return true;
}

static bool look_at_fds(struct target *t)
{
	t->fds = t->child ? fds_text(&t->child, 1, &t->fds_bytes) :
			    fds_text(t->pids, t->nr_pids, &t->fds_bytes);
	if (!t->fds)
		complain("out of memory");
	return t->fds;
}

void target_let_go(struct target *t)
{
	if (!t->child)
		return;
	kill(t->child, SIGCONT);
	t->child_runs = true;
}

void target_pass_on_signal(const struct target *t)
{
	if (!t->interrupted_by || !t->child || t->child_ended)
		return;
	/* As strace does: what was meant for us was meant for both. */
	kill(t->child, SIGCONT);
	kill(t->child, t->interrupted_by);
}

static bool run_session(struct target *t, void *data)
{
	struct target_sink *sink = data;
	struct session session;
	int again_ms = -1;
	bool ok = false;

	if (!session_open(&session, &t->session))
		return false;
	if (!look_at_fds(t) || !attach_all(t, &session, sink) || !begin_once(t, &session, sink))
		goto out;
	target_let_go(t);
	if (!t->interrupted_by && !drain_until_end(t, &session, sink))
		goto out;
	target_pass_on_signal(t);
	ok = ask_for_calls(&session, sink) && sink->drain(sink, &session, true, &again_ms) &&
	     sink->end(sink, &session) && warn_of_missed(&session);
out:
	session_close(&session);
	free(t->fds);
	t->fds = NULL;
	return ok;
}

static int leave(struct target *t)
{
	if (!t->child)
		return 0;
	if (t->interrupted_by)
		return die_by(t->interrupted_by);
	take_child_status(t, 0);
	if (WIFSIGNALED(t->child_status))
		return die_by(WTERMSIG(t->child_status));
	return WEXITSTATUS(t->child_status);
}

int target_run(struct target *t, bool snapshots, bool (*run)(struct target *t, void *data),
	       void *data)
{
	int code = UTRACE_EXIT_FAILED;

	if (t->nr_pids)
		t->interruptible = true;
	if (!block_signals(t, snapshots))
		return code;
	if (t->command && !start_command(t))
		goto out;
	ignore_signals();
	if (run(t, data)) {
		code = leave(t);
	} else if (t->child_runs) {
		/* Ours is the failure, not the command's: it goes on, untraced. */
		take_child_status(t, 0);
	}
out:
	if (!t->child_runs)
		kill_command(t);
	free(t->pids);
	filter_free(&t->filter);
	return code;
}

int target_trace(struct target *t, struct target_sink *sink)
{
	return target_run(t, sink->snapshot, run_session, sink);
}
