// SPDX-License-Identifier: GPL-2.0
/*
 * Read broken trace files: the given one, cut at every byte and then changed at
 * random. Whatever comes of it, the sanitizers must have nothing to say.
 *
 *	fuzz FILE RUNS [SEED]
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "convert.h"
#include "file.h"
#include "print.h"
#include "summary.h"

static FILE *null;

/* As report -y has them. */
static struct fds *fds_of(const struct trace_file *file, const struct syscalls *syscalls)
{
	struct fds *fds = fds_new(syscalls, false);

	fds_take_text(fds, file->fds ?: "", file->fds_bytes);
	return fds;
}

static void read_all(struct trace_file *file)
{
	struct syscalls *syscalls = file->calls ?
		syscalls_parse(file->calls, file->calls_bytes) : syscalls_parse("", 0);
	struct summary summary = {};
	const struct record *r;

	for (int stamp = PRINT_STAMP_NONE; stamp <= PRINT_STAMP_RELATIVE; stamp++) {
		struct printer printer = {
			.out = null, .syscalls = syscalls, .stamp = stamp, .durations = true,
			.pid = stamp % 3, .realtime_offset = file->head.realtime_offset,
			.stacks = stacks_new(), .fds = fds_of(file, syscalls),
		};

		file->with_stacks = true;
		if (!printer.stacks || !trace_file_rewind(file))
			abort();
		while ((r = trace_file_next(file))) {
			print_record(&printer, r);
			if (!stamp && !summary_add(&summary, r))
				abort();
		}
		stacks_free(printer.stacks);
		fds_free(printer.fds);
		print_free(&printer);
	}
	file->with_stacks = false;
	summary_print(&summary, syscalls, &(struct summary_format){
		.extremes = true, .kinds = true, .histogram = true }, null);
	summary_free(&summary);
	for (int perfetto = 0; perfetto < 2; perfetto++) {
		struct conversion c = { .file = file, .syscalls = syscalls, .out = null };

		if (!trace_file_rewind(file) ||
		    !(perfetto ? convert_perfetto(&c) : convert_json(&c)))
			abort();
	}
	syscalls_free(syscalls);
}

/* Return: whether there was anything to read. */
static int try(const unsigned char *bytes, size_t size)
{
	/* Of exactly this size, so that a byte too far is seen. */
	unsigned char *copy = malloc(size);
	struct trace_file file = {};
	int ok;

	memcpy(copy, bytes, size);
	ok = !trace_file_parse(&file, copy, size);
	if (ok)
		read_all(&file);
	trace_file_close(&file);
	return ok;
}

static uint64_t state;

static uint32_t random_below(uint32_t n)
{
	state ^= state << 13;
	state ^= state >> 7;
	state ^= state << 17;
	return (uint32_t)(state >> 16) % n;
}

static void mutate(unsigned char *bytes, size_t size)
{
	static const unsigned char values[] = { 0, 1, 7, 8, 0x7f, 0x80, 0xff };

	for (uint32_t n = 1 + random_below(8); n; n--) {
		/* Mostly in records, not in the long text before them. */
		size_t from = random_below(4) ? size - size / 8 : 0;
		size_t at = from + random_below((uint32_t)(size - from));

		switch (random_below(4)) {
		case 0:
			bytes[at] ^= (unsigned char)(1 << random_below(8));
			break;
		case 1:
			bytes[at] = values[random_below(sizeof(values))];
			break;
		case 2:
			bytes[at] = (unsigned char)random_below(256);
			break;
		case 3:
			memmove(bytes + at, bytes + random_below((uint32_t)size), (size - at) / 4);
			break;
		}
	}
}

int main(int argc, char **argv)
{
	static unsigned char bytes[1 << 20], copy[1 << 20];
	unsigned int runs = argc > 2 ? (unsigned int)strtoul(argv[2], NULL, 0) : 1000, read = 0;
	FILE *in = argc > 1 ? fopen(argv[1], "rb") : NULL;
	size_t size;

	state = argc > 3 ? strtoull(argv[3], NULL, 0) : 88172645463325252ull;
	null = fopen("/dev/null", "w");
	if (!in || !null)
		return 2;
	size = fread(bytes, 1, sizeof(bytes), in);
	fclose(in);
	if (!try(bytes, size)) {
		fprintf(stderr, "fuzz: the file cannot be read even before it is broken\n");
		return 1;
	}
	/* Within the text of the system calls, one place to cut is like another. */
	for (size_t cut = 1; cut < size; cut += cut > 4096 && cut < size - 4096 ? 97 : 1)
		try(bytes, cut);
	for (unsigned int i = 0; i < runs; i++) {
		memcpy(copy, bytes, size);
		mutate(copy, size);
		read += (unsigned int)try(copy, random_below(8) ? size : 1 + random_below((uint32_t)size - 1));
	}
	printf("fuzz: %u broken files, %u of them readable in part\n", runs, read);
	fclose(null);
	return 0;
}
