// SPDX-License-Identifier: GPL-2.0
#include <ctype.h>
#include <seccomp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "syscalls.h"
#include "utrace.h"

struct syscall_prototype {
	int nr;
	/** @entry: Name of the kernel's function without sys_. */
	const char *entry;
	/** @text: NULL: no header declares it. */
	const char *text;
	struct utrace_record_call_spec spec;
};

#include "syscalls-gen.h"

static const struct {
	uint32_t seccomp_arch;
	const struct syscall_prototype *prototypes;
	size_t nr;
} abis[SYSCALL_ABIS] = {
	[UTRACE_RECORD_ABI_NATIVE] = {
		SCMP_ARCH_X86_64, prototypes_native, ARRAY_SIZE(prototypes_native)
	},
	[UTRACE_RECORD_ABI_COMPAT] = {
		SCMP_ARCH_X86, prototypes_compat, ARRAY_SIZE(prototypes_compat)
	},
};

static const struct syscall_prototype *find_prototype(unsigned int abi, int nr)
{
	for (size_t i = 0; i < abis[abi].nr; i++)
		if (abis[abi].prototypes[i].nr == nr)
			return &abis[abi].prototypes[i];
	return NULL;
}

static void write_call(FILE *out, unsigned int abi, int nr)
{
	const struct syscall_prototype *p = find_prototype(abi, nr);
	char *name = seccomp_syscall_resolve_num_arch(abis[abi].seccomp_arch, nr);

	/* libseccomp may be older than the kernel. */
	if (name || p) {
		fprintf(out, "%u %d %s", abi, nr, name ?: p->entry);
		if (p && p->text)
			fprintf(out, " %s", p->text);
		putc('\n', out);
	}
	free(name);
}

char *syscalls_text(size_t *bytes)
{
	char *text = NULL;
	FILE *out = open_memstream(&text, bytes);

	if (!out)
		return NULL;
	for (unsigned int abi = 0; abi < SYSCALL_ABIS; abi++)
		for (int nr = 0; nr < UTRACE_RECORD_MAX_CALLS; nr++)
			write_call(out, abi, nr);
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

unsigned int syscalls_specs(unsigned int abi, struct utrace_record_call_spec *specs)
{
	unsigned int nr = 0;

	for (unsigned int i = 0; i < UTRACE_RECORD_MAX_CALLS; i++)
		specs[i] = (struct utrace_record_call_spec){ .nr_args = 6 };
	for (size_t i = 0; i < abis[abi].nr; i++) {
		const struct syscall_prototype *p = &abis[abi].prototypes[i];

		if (p->nr >= UTRACE_RECORD_MAX_CALLS)
			continue;
		specs[p->nr] = p->spec;
		if ((unsigned int)p->nr >= nr)
			nr = (unsigned int)p->nr + 1;
	}
	return nr;
}

static bool is_name(const char *s)
{
	if (!*s)
		return false;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && *s != '_')
			return false;
	return true;
}

/*
 * "const char *name" in place: NUL after the type, which takes a byte more than
 * there was after a star. Return: the name.
 */
static char *split_parameter(char *p)
{
	char *name = p + strlen(p);

	while (name > p && (isalnum((unsigned char)name[-1]) || name[-1] == '_'))
		name--;
	if (name > p && name[-1] == ' ') {
		name[-1] = '\0';
		return name;
	}
	/* The star belongs to the type: move it out of the name's way. */
	if (name > p && name[-1] == '*') {
		memmove(name + 1, name, strlen(name) + 1);
		*name = '\0';
		return name + 1;
	}
	return name;
}

static void parse_prototype(struct syscall *call, char *text)
{
	char *open = strchr(text, '('), *close = strrchr(text, ')');
	char *parameter, *rest;
	int nr = 0;

	if (!open || !close || close < open)
		return;
	*close = '\0';
	rest = open + 1;
	if (!strcmp(rest, "void"))
		rest = NULL;
	while ((parameter = strsep(&rest, ","))) {
		char copy[256], *name;

		parameter += strspn(parameter, " ");
		if (nr == 6 || strlen(parameter) + 2 > sizeof(copy))
			return;
		strcpy(copy, parameter);
		name = split_parameter(copy);
		call->structs[nr] = struct_find(call->name, copy, (unsigned int)nr);
		call->args[nr] = arg_kind(copy, name);
		/* In the copy the name has moved; that of the text stays. */
		call->arg_names[nr++] = parameter + strlen(parameter) - strlen(name);
	}
	call->nr_args = nr;
}

static void parse_line(struct syscalls *syscalls, char *line)
{
	char *abi = strsep(&line, " "), *nr = strsep(&line, " "), *name = strsep(&line, " ");
	struct syscall *call;
	unsigned long a, n;
	char *end;

	if (!name || !isdigit((unsigned char)*abi) || !isdigit((unsigned char)*nr))
		return;
	a = strtoul(abi, &end, 10);
	if (*end || a >= SYSCALL_ABIS)
		return;
	n = strtoul(nr, &end, 10);
	if (*end || n >= UTRACE_RECORD_MAX_CALLS || !is_name(name))
		return;
	call = &syscalls->calls[a][n];
	*call = (struct syscall){
		.name = name, .nr_args = -1, .result = arg_result(name),
		.row = arg_row(name, a == UTRACE_RECORD_ABI_COMPAT),
	};
	if (line)
		parse_prototype(call, line);
}

struct syscalls *syscalls_parse(const char *text, size_t bytes)
{
	struct syscalls *syscalls = calloc(1, sizeof(*syscalls));
	char *rest, *line;

	if (!syscalls)
		return NULL;
	syscalls->text = malloc(bytes + 1);
	if (!syscalls->text) {
		free(syscalls);
		return NULL;
	}
	memcpy(syscalls->text, text, bytes);
	syscalls->text[bytes] = '\0';
	rest = syscalls->text;
	while ((line = strsep(&rest, "\n")))
		parse_line(syscalls, line);
	return syscalls;
}

void syscalls_free(struct syscalls *syscalls)
{
	if (!syscalls)
		return;
	free(syscalls->text);
	free(syscalls);
}

const struct syscall *syscalls_find(const struct syscalls *syscalls, bool compat, int64_t nr)
{
	const struct syscall *call;

	if (!syscalls || nr < 0 || nr >= UTRACE_RECORD_MAX_CALLS)
		return NULL;
	call = &syscalls->calls[compat ? UTRACE_RECORD_ABI_COMPAT : UTRACE_RECORD_ABI_NATIVE][nr];
	return call->name ? call : NULL;
}
