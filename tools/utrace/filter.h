/* SPDX-License-Identifier: GPL-2.0 */
/*
 * The language of strace's -e: which calls and signals are wanted.
 *
 *	[trace=][!]SET	SET: all, none, or CALL, %CLASS, /REGEX, number, each after
 *			a "?" if there may be none of it, with commas between
 *	status=[!]SET	successful, failed, unfinished, unavailable, detached
 *	signal=[!]SET	SIGNAL with or without SIG, or its number
 *
 * Given twice, the last one counts. Calls are chosen in the kernel: by a classic
 * BPF program like that of a seccomp filter.
 */
#ifndef UTRACE_TOOL_FILTER_H
#define UTRACE_TOOL_FILTER_H

#include <linux/filter.h>
#include <stdbool.h>
#include <stdint.h>

#include "record.h"
#include "syscalls.h"

/**
 * struct filter - what is wanted; zeroed: everything
 * @by_call: Only the calls in @calls; otherwise @calls means nothing.
 * @others: By call: those that have no bit in @calls, as they have no name.
 * @not_status: How calls end that are not wanted, as FILTER_STATUS_*.
 * @not_signals: Bit N - 1: signal N is not wanted.
 */
struct filter {
	bool by_call, others;
	uint8_t calls[SYSCALL_ABIS][UTRACE_RECORD_MAX_CALLS / 8];
	unsigned int not_status;
	uint64_t not_signals;
	/** @syscalls: Its own: the names that it knows. */
	struct syscalls *syscalls;
};

/** filter_parse() - take one expression in; complains and returns false if it is none */
bool filter_parse(struct filter *filter, const char *expression);

/**
 * filter_wants() - whether this record is to be shown
 *
 * signal= is about signals that are taken, that stop, and that kill, as in strace.
 */
bool filter_wants(const struct filter *filter, const struct record *record);

/** filter_wants_call() - whether trace= has the call of this number */
bool filter_wants_call(const struct filter *filter, bool compat, int64_t nr);

/**
 * filter_program() - the calls as a program over struct seccomp_data
 * @program: Out: returns SECCOMP_RET_ALLOW for a call that is wanted. Free its
 *	filter. Without instructions: all of them are.
 *
 * Return: false, with a complaint, if it cannot be made.
 */
bool filter_program(const struct filter *filter, struct sock_fprog *program);

void filter_free(struct filter *filter);

#endif
