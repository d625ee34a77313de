// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <regex.h>
#include <seccomp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "classes.h"
#include "filter.h"
#include "print.h"
#include "utrace.h"

#define MAX_SIGNAL	64

enum {
	STATUS_SUCCESSFUL = 1 << 0,
	STATUS_FAILED = 1 << 1,
	STATUS_UNFINISHED = 1 << 2,
	/* What a tracer sees that stops the task; never here. */
	STATUS_UNAVAILABLE = 1 << 3,
	STATUS_DETACHED = 1 << 4,
	STATUS_ALL = (1 << 5) - 1,
};

static bool has(const struct filter *f, unsigned int abi, unsigned int nr)
{
	return f->calls[abi][nr / 8] >> nr % 8 & 1;
}

/* ---- The language ---- */

typedef bool name_matches(const char *name, const void *what);

static bool is_name(const char *name, const void *what)
{
	return !strcmp(name, what);
}

static bool is_in_class(const char *name, const void *what)
{
	size_t len = strlen(name);

	for (const char *at = what; (at = strstr(at, name)); at += len)
		if (at[len] == ' ' && (at == (const char *)what || at[-1] == ' '))
			return true;
	return false;
}

static bool is_matched(const char *name, const void *what)
{
	return !regexec(what, name, 0, NULL, 0);
}

/* Return: whether there is such a call. */
static bool add_calls(struct filter *f, unsigned int abis, name_matches *matches,
		      const void *what)
{
	bool found = false;

	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++) {
		if (!(abis >> abi & 1))
			continue;
		for (unsigned int nr = 0; nr < UTRACE_RECORD_MAX_CALLS; nr++) {
			const struct syscall *call = &f->syscalls->calls[abi][nr];

			if (!call->name || !matches(call->name, what))
				continue;
			f->calls[abi][nr / 8] |= (uint8_t)(1 << nr % 8);
			found = true;
		}
	}
	return found;
}

static bool add_regex(struct filter *f, unsigned int abis, const char *text, bool *found)
{
	char about[100];
	regex_t regex;
	int error = regcomp(&regex, text, REG_EXTENDED | REG_NOSUB);

	if (error) {
		regerror(error, &regex, about, sizeof(about));
		complain("-e: /%s: %s", text, about);
		return false;
	}
	*found = add_calls(f, abis, is_matched, &regex);
	regfree(&regex);
	return true;
}

static bool add_number(struct filter *f, unsigned int abis, const char *text)
{
	char *end;
	unsigned long nr = strtoul(text, &end, 0);

	if (*end || nr >= UTRACE_RECORD_MAX_CALLS)
		return false;
	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++)
		/* libseccomp has numbers of its own for calls of other architectures. */
		if (abis >> abi & 1 && (abi == UTRACE_RECORD_ABI_NATIVE ||
					syscalls_find(f->syscalls, abi, (int64_t)nr)))
			f->calls[abi][nr / 8] |= (uint8_t)(1 << nr % 8);
	return true;
}

static const char *class_calls(const char *name)
{
	/* Its older name. */
	if (!strcmp(name, "net"))
		name = "network";
	for (size_t i = 0; i < ARRAY_SIZE(classes); i++)
		if (!strcmp(classes[i].name, name))
			return classes[i].calls;
	return NULL;
}

/* CALL@64, %CLASS@32: of one ABI only. */
static unsigned int take_abi(char *word)
{
	char *at = strrchr(word, '@');

	if (at && !strcmp(at, "@64")) {
		*at = '\0';
		return 1u << UTRACE_RECORD_ABI_NATIVE;
	}
	if (at && !strcmp(at, "@32")) {
		*at = '\0';
		return 1u << UTRACE_RECORD_ABI_COMPAT;
	}
	return (1u << SYSCALL_ABIS) - 1;
}

static bool add_call_word(struct filter *f, char *word)
{
	bool may_lack = *word == '?', found = false;
	unsigned int abis;

	word += may_lack;
	abis = take_abi(word);
	if (*word == '/') {
		if (!add_regex(f, abis, word + 1, &found))
			return false;
	} else if (*word == '%') {
		const char *calls = class_calls(word + 1);

		if (calls) {
			add_calls(f, abis, is_in_class, calls);
			found = true;
		}
	} else if (*word >= '0' && *word <= '9') {
		found = add_number(f, abis, word);
	} else if (*word) {
		found = add_calls(f, abis, is_name, word);
		/* Classes had no sign before strace 4.17. */
		if (!found && class_calls(word))
			found = add_calls(f, abis, is_in_class, class_calls(word));
	}
	if (found || may_lack)
		return true;
	complain("-e: no such system call%s: '%s'", *word == '%' ? "s" : "", word);
	return false;
}

/* Return: to be freed. */
static char *copy_words(const char *text)
{
	char *copy = strdup(text);

	if (!copy)
		complain("out of memory");
	return copy;
}

static bool parse_trace(struct filter *f, const char *text)
{
	bool invert = *text == '!', ok = true;
	char *copy, *rest, *word;

	text += invert;
	if (!f->syscalls) {
		size_t bytes;
		char *all = syscalls_text(&bytes);

		f->syscalls = all ? syscalls_parse(all, bytes) : NULL;
		free(all);
	}
	copy = rest = f->syscalls ? copy_words(text) : NULL;
	if (!copy)
		return false;
	memset(f->calls, 0, sizeof(f->calls));
	f->by_call = true;
	f->others = invert;
	if (!strcmp(copy, "all")) {
		memset(f->calls, 0xff, sizeof(f->calls));
		f->others = !invert;
	} else if (strcmp(copy, "none")) {
		while (ok && (word = strsep(&rest, ",")))
			ok = add_call_word(f, word);
	}
	for (size_t i = 0; invert && i < sizeof(f->calls); i++)
		((uint8_t *)f->calls)[i] ^= 0xff;
	free(copy);
	return ok;
}

static unsigned int status_bit(const char *word)
{
	static const char *const names[] = {
		"successful", "failed", "unfinished", "unavailable", "detached",
	};

	for (unsigned int i = 0; i < ARRAY_SIZE(names); i++)
		if (!strcmp(names[i], word))
			return 1u << i;
	return !strcmp(word, "all") ? STATUS_ALL : 0;
}

static bool parse_status(struct filter *f, const char *text)
{
	bool invert = *text == '!', ok = true;
	char *copy = copy_words(text + invert), *rest = copy, *word;
	unsigned int wanted = 0;

	while (ok && (word = strsep(&rest, ","))) {
		unsigned int bit = status_bit(word);

		wanted |= bit;
		ok = bit || !strcmp(word, "none");
		if (!ok)
			complain("-e: no such status of a call: '%s'", word);
	}
	free(copy);
	f->not_status = invert ? wanted : STATUS_ALL & ~wanted;
	return copy && ok;
}

static int signal_number(const char *word)
{
	char *end;
	long nr = strtol(word, &end, 10);

	if (*word && !*end)
		return nr > 0 && nr <= MAX_SIGNAL ? (int)nr : 0;
	if (!strncasecmp(word, "SIG", 3))
		word += 3;
	for (int sig = 1; sig < NSIG; sig++)
		if (sigabbrev_np(sig) && !strcasecmp(sigabbrev_np(sig), word))
			return sig;
	return 0;
}

static bool parse_signal(struct filter *f, const char *text)
{
	bool invert = *text == '!', ok = true;
	char *copy = copy_words(text + invert), *rest = copy, *word;
	uint64_t wanted = 0;

	while (ok && (word = strsep(&rest, ","))) {
		int sig = signal_number(word);

		if (!strcmp(word, "all"))
			wanted = UINT64_MAX;
		else if (sig)
			wanted |= 1ull << (sig - 1);
		else
			ok = !strcmp(word, "none");
		if (!ok)
			complain("-e: no such signal: '%s'", word);
	}
	free(copy);
	f->not_signals = invert ? wanted : ~wanted;
	return copy && ok;
}

bool filter_parse(struct filter *f, const char *expression)
{
	static const struct {
		const char *name;
		/** @parse: NULL: @why not. */
		bool (*parse)(struct filter *f, const char *text);
		const char *why;
	} kinds[] = {
		{ "trace", parse_trace, NULL },
		{ "t", parse_trace, NULL },
		{ "status", parse_status, NULL },
		{ "signal", parse_signal, NULL },
		{ "signals", parse_signal, NULL },
		{ "s", parse_signal, NULL },
		{ "inject", NULL, "a recorder watches, it does not change what calls do" },
		{ "fault", NULL, "a recorder watches, it does not change what calls do" },
		{ "kvm", NULL, "not recorded" },
		{ "read", NULL, "use option -s to keep more of a buffer" },
		{ "write", NULL, "use option -s to keep more of a buffer" },
		{ "raw", NULL, "only trace=, status= and signal= are there" },
		{ "abbrev", NULL, "only trace=, status= and signal= are there" },
		{ "verbose", NULL, "only trace=, status= and signal= are there" },
		{ "quiet", NULL, "use option -q" },
		{ "decode-fds", NULL, "use option -y" },
	};
	size_t len = strcspn(expression, "=");

	if (!expression[len])
		return parse_trace(f, expression);
	for (size_t i = 0; i < ARRAY_SIZE(kinds); i++) {
		if (strlen(kinds[i].name) != len || strncmp(kinds[i].name, expression, len))
			continue;
		if (kinds[i].parse)
			return kinds[i].parse(f, expression + len + 1);
		complain("-e %s: %s", kinds[i].name, kinds[i].why);
		return false;
	}
	complain("-e %s: what is '%.*s'? There are trace=, status= and signal=", expression,
		 (int)len, expression);
	return false;
}

/* ---- While reading ---- */

static bool wants_signal(const struct filter *f, int sig)
{
	return sig < 1 || sig > MAX_SIGNAL || !(f->not_signals >> (sig - 1) & 1);
}

static bool wants_event(const struct filter *f, const struct record *r)
{
	int value = (int)r->value;

	switch (r->kind) {
	case UTRACE_RECORD_EVENT_SIGNAL:
	case UTRACE_RECORD_EVENT_STOP:
		return wants_signal(f, value);
	case UTRACE_RECORD_EVENT_EXIT:
		return !WIFSIGNALED(value) || wants_signal(f, WTERMSIG(value));
	default:
		return true;
	}
}

bool filter_wants_call(const struct filter *f, bool compat, int64_t nr)
{
	unsigned int abi = compat ? UTRACE_RECORD_ABI_COMPAT : UTRACE_RECORD_ABI_NATIVE;

	if (!f->by_call)
		return true;
	if (nr < 0 || nr >= UTRACE_RECORD_MAX_CALLS)
		return f->others;
	return has(f, abi, (unsigned int)nr);
}

bool filter_wants(const struct filter *f, const struct record *r)
{
	unsigned int status = STATUS_SUCCESSFUL;

	if (r->type == UTRACE_RECORD_EVENT)
		return wants_event(f, r);
	if (r->type != UTRACE_RECORD_CALL)
		return true;
	if (!filter_wants_call(f, r->compat, r->nr))
		return false;
	if (r->unfinished)
		status = STATUS_UNFINISHED;
	else if (record_error(r))
		status = STATUS_FAILED;
	return !(f->not_status & status);
}

/* ---- As a program ---- */

/* "Do not record": anything but to allow is, and 0 is not an error. */
#define ACT_SKIP	SCMP_ACT_ERRNO(0)

/*
 * Rules are made with the numbers of the machine, whatever the architecture
 * they are for; a call that the machine does not have has a negative one.
 */
static int rule_number(uint32_t arch, int nr)
{
	char *name;
	int own;

	if (arch == seccomp_arch_native())
		return nr;
	name = seccomp_syscall_resolve_num_arch(arch, nr);
	own = name ? seccomp_syscall_resolve_name(name) : __NR_SCMP_ERROR;
	free(name);
	return own;
}

static bool add_rule(scmp_filter_ctx ctx, uint32_t action, uint32_t arch, int nr)
{
	int rule = rule_number(arch, nr);

	/* Newer than libseccomp: like a call without a name. */
	return rule == __NR_SCMP_ERROR || !seccomp_rule_add_exact(ctx, action, rule, 0);
}

static scmp_filter_ctx make_context(const struct filter *f, unsigned int abi, uint32_t arch)
{
	uint32_t usual = f->others ? SCMP_ACT_ALLOW : ACT_SKIP;
	uint32_t otherwise = f->others ? ACT_SKIP : SCMP_ACT_ALLOW;
	scmp_filter_ctx ctx = seccomp_init(usual);
	bool ok = ctx;

	if (ok && arch != seccomp_arch_native())
		ok = !seccomp_arch_add(ctx, arch) && !seccomp_arch_remove(ctx, SCMP_ARCH_NATIVE);
	/* x32, whose numbers we do not know: as a call without a name. */
	ok = ok && !seccomp_attr_set(ctx, SCMP_FLTATR_ACT_BADARCH, usual) &&
	     !seccomp_attr_set(ctx, SCMP_FLTATR_CTL_OPTIMIZE, 2);
	for (unsigned int nr = 0; ok && nr < UTRACE_RECORD_MAX_CALLS; nr++)
		if (has(f, abi, nr) != f->others)
			ok = add_rule(ctx, otherwise, arch, (int)nr);
	if (ok)
		return ctx;
	seccomp_release(ctx);
	return NULL;
}

static bool read_program(int fd, struct sock_fprog *program)
{
	struct stat st;
	ssize_t size;

	if (fstat(fd, &st) || st.st_size / (off_t)sizeof(*program->filter) > UINT16_MAX)
		return false;
	program->filter = malloc((size_t)st.st_size ?: 1);
	if (!program->filter)
		return false;
	size = pread(fd, program->filter, (size_t)st.st_size, 0);
	program->len = (unsigned short)((size_t)st.st_size / sizeof(*program->filter));
	return size == st.st_size;
}

bool filter_program(const struct filter *f, struct sock_fprog *program)
{
	scmp_filter_ctx ctx, other;
	bool ok;
	int fd;

	*program = (struct sock_fprog){};
	if (!f->by_call)
		return true;
	ctx = make_context(f, UTRACE_RECORD_ABI_NATIVE, SCMP_ARCH_X86_64);
	other = make_context(f, UTRACE_RECORD_ABI_COMPAT, SCMP_ARCH_X86);
	ok = ctx && other && !seccomp_merge(ctx, other);
	/* Merged, it is gone. */
	if (!ok)
		seccomp_release(other);
	fd = memfd_create("filter", MFD_CLOEXEC);
	ok = ok && fd >= 0 && !seccomp_export_bpf(ctx, fd) && read_program(fd, program);
	if (!ok) {
		complain("-e: cannot make a filter of it");
		free(program->filter);
		*program = (struct sock_fprog){};
	}
	if (fd >= 0)
		close(fd);
	seccomp_release(ctx);
	return ok;
}

void filter_free(struct filter *f)
{
	syscalls_free(f->syscalls);
	f->syscalls = NULL;
}
