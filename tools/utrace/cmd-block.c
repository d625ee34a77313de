// SPDX-License-Identifier: GPL-2.0
/*
 * A supervisor: every call that is chosen waits until we have looked up what is
 * to be done with it.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <linux/audit.h>
#include <linux/utrace_block.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include <unistd.h>

#include "rules.h"
#include "target.h"
#include "utrace.h"

#define BATCH	64

static const char help[] =
	"Usage: utrace block [-f] [-e EXPR]... RULE (-p PID... | [--] COMMAND [ARGUMENT]...)\n"
	"\n"
	"Holds system calls of tasks before they are made, and decides about them.\n"
	"\n"
	"  -e EXPR        which calls: as strace -e trace=\n"
	"  -f             all threads of the process, and all children too\n"
	"  -p PID         a running thread; may be given more than once\n"
	"  --deny ERRNO   they fail with this error: EPERM, or its number\n"
	"  --inject VALUE they are not made, and return this\n"
	"  --delay MS     they are made so much later\n"
	"  --script FILE  a line for each: CALLS [when=N] (run | deny E | inject N | delay MS | kill)\n"
	"\n"
	"Exits with the status of the command. See utrace(1) for scripts.\n";

enum { OPTION_DENY = 256, OPTION_INJECT, OPTION_DELAY, OPTION_SCRIPT };

/* A task that waits for its time. */
struct delayed {
	uint64_t cookie, due_ms;
};

struct blocker {
	struct rules rules;
	bool scripted;
	int fd;
	struct utrace_block_event events[BATCH];
	struct utrace_block_verdict verdicts[BATCH];
	unsigned int nr_verdicts;
	struct delayed *delayed;
	size_t nr_delayed, room_delayed;
};

static struct blocker blocker;

static int take_option(struct target *target, int c, char *value)
{
	struct blocker *b = &blocker;
	bool ok = false;

	(void)target;
	/* More than one would never come to its turn. */
	if (b->rules.nr)
		return usage_error("block", "one of --deny, --inject, --delay and --script");
	switch (c) {
	case OPTION_DENY:
		ok = rules_add(&b->rules, "deny", value);
		break;
	case OPTION_INJECT:
		ok = rules_add(&b->rules, "inject", value);
		break;
	case OPTION_DELAY:
		ok = rules_add(&b->rules, "delay", value);
		break;
	case OPTION_SCRIPT:
		b->scripted = true;
		ok = rules_read(&b->rules, value);
		break;
	}
	return ok ? -1 : UTRACE_EXIT_USAGE;
}

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* ---- The session ---- */

static bool choose_calls(const struct target *t, int fd)
{
	struct utrace_block_filter filter = {};
	struct sock_fprog program;
	bool ok;

	if (!filter_program(&t->filter, &program))
		return false;
	filter.nr = program.len;
	filter.insns = (uintptr_t)program.filter;
	ok = !filter.nr || !ioctl(fd, UTRACE_BLOCK_IOC_FILTER, &filter);
	if (!ok)
		complain("cannot choose the calls: %s", strerror(errno));
	free(program.filter);
	return ok;
}

static bool open_session(const struct target *t, struct blocker *b)
{
	struct utrace_block_setup setup = {
		.size = sizeof(setup), .version = UTRACE_BLOCK_VERSION,
		.events = UTRACE_BLOCK_EVENT(UTRACE_BLOCK_ENTRY),
	};

	b->fd = open(UTRACE_BLOCK_DEVICE, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	if (b->fd < 0) {
		complain("%s: %s%s", UTRACE_BLOCK_DEVICE, strerror(errno),
			 errno == ENOENT ? ": run 'modprobe utrace_block'" : "");
		return false;
	}
	if (ioctl(b->fd, UTRACE_BLOCK_IOC_SETUP, &setup)) {
		complain("%s: %s", UTRACE_BLOCK_DEVICE, strerror(errno));
		return false;
	}
	return choose_calls(t, b->fd);
}

static bool attach(struct blocker *b, pid_t pid, uint32_t flags)
{
	struct utrace_block_task task = { .pid = pid, .flags = flags };

	if (!ioctl(b->fd, UTRACE_BLOCK_IOC_ATTACH, &task))
		return true;
	complain("attach: %d: %s", pid, errno == EDEADLK ?
		 "it would wait for itself" : strerror(errno));
	return false;
}

static bool attach_all(const struct target *t, struct blocker *b)
{
	uint32_t flags = t->follow ? UTRACE_BLOCK_FOLLOW : 0;

	if (t->child)
		return attach(b, t->child, flags);
	if (t->follow)
		flags |= UTRACE_BLOCK_PROCESS;
	for (size_t i = 0; i < t->nr_pids; i++)
		if (!attach(b, t->pids[i], flags))
			return false;
	return true;
}

/* ---- Verdicts ---- */

static bool send_verdicts(struct blocker *b)
{
	struct utrace_block_send send;
	unsigned int sent = 0;

	while (sent < b->nr_verdicts) {
		send = (struct utrace_block_send){
			.verdicts = (uintptr_t)(b->verdicts + sent),
			.nr = b->nr_verdicts - sent,
		};
		if (!ioctl(b->fd, UTRACE_BLOCK_IOC_SEND, &send))
			break;
		/* That one has been killed meanwhile. */
		if (errno != ENOENT) {
			complain("cannot answer: %s", strerror(errno));
			return false;
		}
		sent += send.done + 1;
	}
	b->nr_verdicts = 0;
	return true;
}

static bool add_verdict(struct blocker *b, struct utrace_block_verdict verdict)
{
	b->verdicts[b->nr_verdicts++] = verdict;
	return b->nr_verdicts < BATCH || send_verdicts(b);
}

static bool delay(struct blocker *b, uint64_t cookie, int64_t ms)
{
	if (b->nr_delayed == b->room_delayed) {
		size_t room = b->room_delayed ? 2 * b->room_delayed : 64;
		struct delayed *all = reallocarray(b->delayed, room, sizeof(*all));

		if (!all) {
			complain("out of memory");
			return false;
		}
		b->delayed = all;
		b->room_delayed = room;
	}
	b->delayed[b->nr_delayed++] = (struct delayed){
		.cookie = cookie, .due_ms = now_ms() + (uint64_t)ms,
	};
	return true;
}

static bool decide(struct blocker *b, const struct utrace_block_event *event)
{
	const struct rule *rule = rules_find(&b->rules, event->arch == AUDIT_ARCH_I386, event->nr);
	struct utrace_block_verdict verdict = { .cookie = event->cookie };

	switch (rule ? rule->action : RULE_RUN) {
	case RULE_RUN:
		verdict.action = UTRACE_BLOCK_RUN;
		break;
	case RULE_RESULT:
		verdict.action = UTRACE_BLOCK_RESULT;
		verdict.result = rule->value;
		break;
	case RULE_KILL:
		verdict.action = UTRACE_BLOCK_KILL;
		break;
	case RULE_DELAY:
		return delay(b, event->cookie, rule->value);
	}
	return add_verdict(b, verdict);
}

static bool take_events(struct blocker *b)
{
	struct utrace_block_recv recv = {
		.events = (uintptr_t)b->events, .nr = BATCH, .stride = sizeof(b->events[0]),
	};

	if (ioctl(b->fd, UTRACE_BLOCK_IOC_RECV, &recv)) {
		if (errno == EAGAIN || errno == EINTR)
			return true;
		complain("cannot receive: %s", strerror(errno));
		return false;
	}
	for (uint32_t i = 0; i < recv.nr; i++)
		if (!decide(b, &b->events[i]))
			return false;
	return send_verdicts(b);
}

/* Return: in *@again_ms when the next one is due; -1: there is none. */
static bool run_delayed(struct blocker *b, int *again_ms)
{
	uint64_t now = now_ms(), next = UINT64_MAX;
	size_t left = 0;

	for (size_t i = 0; i < b->nr_delayed; i++) {
		struct delayed d = b->delayed[i];

		if (d.due_ms > now) {
			b->delayed[left++] = d;
			next = d.due_ms < next ? d.due_ms : next;
		} else if (!add_verdict(b, (struct utrace_block_verdict){
				.cookie = d.cookie, .action = UTRACE_BLOCK_RUN })) {
			return false;
		}
	}
	b->nr_delayed = left;
	*again_ms = left ? (int)(next - now) : -1;
	return send_verdicts(b);
}

static bool supervise(struct target *t, struct blocker *b)
{
	int again_ms = -1;

	while (!t->interrupted_by) {
		struct pollfd fds[] = {
			{ .fd = b->fd, .events = POLLIN }, { .fd = t->signals, .events = POLLIN },
		};

		if (poll(fds, ARRAY_SIZE(fds), again_ms) < 0 && errno != EINTR) {
			complain("poll: %s", strerror(errno));
			return false;
		}
		if (fds[1].revents)
			target_take_signals(t);
		if (fds[0].revents & POLLIN && !take_events(b))
			return false;
		if (!run_delayed(b, &again_ms))
			return false;
		if (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL))
			return true;
	}
	target_pass_on_signal(t);
	return true;
}

static bool run(struct target *t, void *data)
{
	struct blocker *b = data;
	bool ok = open_session(t, b) && attach_all(t, b);

	if (ok) {
		target_let_go(t);
		ok = supervise(t, b);
	}
	/* Whoever waits goes on. */
	if (b->fd >= 0)
		close(b->fd);
	return ok;
}

int cmd_block(int argc, char **argv)
{
	static const struct option longs[] = {
		{ "deny", required_argument, NULL, OPTION_DENY },
		{ "inject", required_argument, NULL, OPTION_INJECT },
		{ "delay", required_argument, NULL, OPTION_DELAY },
		{ "script", required_argument, NULL, OPTION_SCRIPT },
		{}
	};
	struct target target = { .own = { .longs = longs, .take = take_option } };
	struct blocker *b = &blocker;
	int code = target_parse(&target, argc, argv, help);

	b->fd = -1;
	if (code >= 0)
		return code;
	if (target.output || target.session.policy)
		return usage_error(target.name, "it has nothing to write");
	if (!b->rules.nr)
		return usage_error(target.name,
				   "what to do: --deny, --inject, --delay or --script?");
	/* All calls of a command, the execve() of it too, is hardly what is meant. */
	if (!b->scripted && !target.filter.by_call)
		return usage_error(target.name, "which calls: -e?");
	if (!target.filter.by_call && !filter_parse(&target.filter, b->rules.calls))
		return UTRACE_EXIT_USAGE;
	code = target_run(&target, false, run, b);
	rules_free(&b->rules);
	free(b->delayed);
	return code;
}
