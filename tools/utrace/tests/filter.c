// SPDX-License-Identifier: GPL-2.0
/*
 * Does the program that the kernel runs want the same calls as the reader?
 *
 *	filter EXPRESSION...
 *
 * Runs the program of each over all numbers of both ABIs. Prints "N M": how
 * many calls with a name it wants, native and compat.
 */
#include <linux/audit.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "filter.h"

/* As much of classic BPF as libseccomp makes. */
static uint32_t run(const struct sock_fprog *program, const struct seccomp_data *data)
{
	uint32_t a = 0;

	for (unsigned int pc = 0; pc < program->len; pc++) {
		const struct sock_filter *i = &program->filter[pc];

		switch (i->code) {
		case BPF_LD | BPF_W | BPF_ABS:
			a = *(const uint32_t *)((const char *)data + i->k);
			break;
		case BPF_JMP | BPF_JA:
			pc += i->k;
			break;
		case BPF_JMP | BPF_JEQ | BPF_K:
			pc += a == i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGE | BPF_K:
			pc += a >= i->k ? i->jt : i->jf;
			break;
		case BPF_JMP | BPF_JGT | BPF_K:
			pc += a > i->k ? i->jt : i->jf;
			break;
		case BPF_RET | BPF_K:
			return i->k;
		default:
			printf("instruction %#x\n", i->code);
			exit(1);
		}
	}
	printf("no end\n");
	exit(1);
}

static unsigned int check(const struct filter *filter, const struct sock_fprog *program,
			  bool compat)
{
	unsigned int wanted = 0;

	for (int nr = 0; nr < UTRACE_RECORD_MAX_CALLS; nr++) {
		struct record record = { .type = UTRACE_RECORD_CALL, .nr = nr, .compat = compat };
		struct seccomp_data data = {
			.nr = nr, .arch = compat ? AUDIT_ARCH_I386 : AUDIT_ARCH_X86_64,
		};
		bool wants = filter_wants(filter, &record);

		if (program->len && wants != (run(program, &data) == SECCOMP_RET_ALLOW)) {
			printf("call %d, compat %d: the reader says %d\n", nr, compat, wants);
			exit(1);
		}
		wanted += wants && filter->syscalls &&
			  syscalls_find(filter->syscalls, compat, nr);
	}
	return wanted;
}

int main(int argc, char **argv)
{
	for (int i = 1; i < argc; i++) {
		struct filter filter = {};
		struct sock_fprog program;
		unsigned int native;

		if (!filter_parse(&filter, argv[i]) || !filter_program(&filter, &program))
			return 2;
		native = check(&filter, &program, false);
		printf("%u %u\n", native, check(&filter, &program, true));
		free(program.filter);
		filter_free(&filter);
	}
	return 0;
}
