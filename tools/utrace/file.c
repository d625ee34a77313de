// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "file.h"
#include "utrace.h"

#define NO_CHUNK	SIZE_MAX
/* More than any kernel has; a file that says so is not worth the memory. */
#define MAX_CPUS	65536

/* ---- Writing ---- */

static bool write_vector(struct trace_writer *w, struct iovec *iov, int nr)
{
	while (nr) {
		ssize_t n = writev(w->fd, iov, nr);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0) {
			complain("%s: %s", w->path, strerror(errno));
			return false;
		}
		w->bytes += (uint64_t)n;
		for (; nr && (size_t)n >= iov->iov_len; iov++, nr--)
			n -= (ssize_t)iov->iov_len;
		if (nr) {
			iov->iov_base = (char *)iov->iov_base + n;
			iov->iov_len -= (size_t)n;
		}
	}
	return true;
}

static bool write_chunk(struct trace_writer *w, uint32_t type, uint32_t cpu,
			const void *data, size_t bytes)
{
	static const char zeroes[8];
	size_t padding = -bytes & 7;
	struct utrace_record_chunk head = { .type = type, .cpu = cpu, .bytes = bytes + padding };
	struct iovec iov[] = {
		{ &head, sizeof(head) },
		{ (void *)data, bytes },
		{ (void *)zeroes, padding },
	};

	return write_vector(w, iov, padding ? 3 : 2);
}

bool writer_open(struct trace_writer *w, const char *path, int level)
{
	*w = (struct trace_writer){ .fd = STDOUT_FILENO, .path = path };
	if (level && !pack_open(&w->packer, level)) {
		complain("out of memory");
		return false;
	}
	if (!strcmp(path, "-")) {
		w->path = "standard output";
		if (!isatty(w->fd))
			return true;
		complain("not writing a trace file to a terminal");
		return false;
	}
	/* What a task opened and read is nobody else's business. */
	w->fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (w->fd >= 0)
		return true;
	complain("%s: %s", path, strerror(errno));
	writer_abandon(w);
	return false;
}

static int64_t nanoseconds(clockid_t clock)
{
	struct timespec now;

	clock_gettime(clock, &now);
	return now.tv_sec * 1000000000ll + now.tv_nsec;
}

static bool write_text(struct trace_writer *w, uint32_t type, char *text, size_t bytes)
{
	bool ok = text && write_chunk(w, type, 0, text, bytes);

	if (!text)
		complain("out of memory");
	free(text);
	return ok;
}

bool writer_begin(struct trace_writer *w, uint32_t nr_cpus)
{
	struct utrace_record_file head = {
		.magic = UTRACE_RECORD_FILE_MAGIC,
		.version = UTRACE_RECORD_VERSION,
		.header_bytes = sizeof(head),
		.realtime_offset = nanoseconds(CLOCK_REALTIME) - nanoseconds(CLOCK_MONOTONIC),
		.nr_cpus = nr_cpus,
		.page_bytes = (uint32_t)sysconf(_SC_PAGESIZE),
	};
	struct iovec iov = { &head, sizeof(head) };
	size_t bytes;
	char *text;

	if (!write_vector(w, &iov, 1))
		return false;
	text = record_format(&bytes);
	if (!write_text(w, UTRACE_RECORD_CHUNK_FORMAT, text, bytes))
		return false;
	text = syscalls_text(&bytes);
	return write_text(w, UTRACE_RECORD_CHUNK_CALLS, text, bytes);
}

bool writer_fds(struct trace_writer *w, const char *text, size_t bytes)
{
	return !bytes || write_chunk(w, UTRACE_RECORD_CHUNK_FDS, 0, text, bytes);
}

/* Return: how many of these records there is room for in one ZSTD chunk. */
static size_t records_for_chunk(const unsigned char *data, size_t bytes)
{
	size_t at = 0;

	if (bytes <= UTRACE_RECORD_ZSTD_MAX_BYTES)
		return bytes;
	for (;;) {
		struct utrace_record head;
		size_t next;

		memcpy(&head, data + at, sizeof(head));
		next = at + UTRACE_RECORD_BYTES(head.info);
		if (next > UTRACE_RECORD_ZSTD_MAX_BYTES || next == at)
			return at ?: UTRACE_RECORD_ZSTD_MAX_BYTES;
		at = next;
	}
}

bool writer_data(struct trace_writer *w, uint32_t cpu, const void *data, size_t bytes,
		 bool may_pack)
{
	const unsigned char *at = data;

	if (!w->packer.context || !may_pack)
		return write_chunk(w, UTRACE_RECORD_CHUNK_DATA, cpu, data, bytes);
	while (bytes) {
		size_t part = records_for_chunk(at, bytes), packed = pack(&w->packer, at, part);

		if (!packed) {
			complain("out of memory");
			return false;
		}
		if (!write_chunk(w, UTRACE_RECORD_CHUNK_ZSTD, cpu, w->packer.frame, packed))
			return false;
		at += part;
		bytes -= part;
	}
	return true;
}

bool writer_end(struct trace_writer *w, const struct utrace_record_status *status)
{
	pack_close(&w->packer);
	if (!write_chunk(w, UTRACE_RECORD_CHUNK_END, 0, status, sizeof(*status)))
		return false;
	/* Some file systems tell only now that the disk is full. */
	if (w->fd != STDOUT_FILENO && close(w->fd)) {
		complain("%s: %s", w->path, strerror(errno));
		return false;
	}
	return true;
}

void writer_abandon(struct trace_writer *w)
{
	pack_close(&w->packer);
	if (w->fd >= 0 && w->fd != STDOUT_FILENO)
		close(w->fd);
}

/* ---- Reading ---- */

/** struct trace_chunk - records of one ring; its chunks are chained */
struct trace_chunk {
	size_t at, bytes, next;
	bool is_packed;
};

struct trace_source {
	struct merge_source source;
	struct trace_file *file;
	size_t first, last, next;
	/** @at: Of the chunk that is being read. */
	size_t at;
	/** @cut: The file ends in it. */
	bool cut;
	/** @unpacked: What is in it, if it is compressed. */
	struct unpacker unpacked;
};

static void note(size_t *where, size_t at)
{
	if (!*where)
		*where = at ?: 1;
}

static bool add_chunk(struct trace_file *f, uint32_t cpu, size_t at, size_t bytes, bool is_packed)
{
	struct trace_source *s = &f->sources[cpu];

	if (f->nr_chunks == f->chunks_room) {
		size_t room = f->chunks_room ? 2 * f->chunks_room : 64;
		struct trace_chunk *chunks = realloc(f->chunks, room * sizeof(*chunks));

		if (!chunks)
			return false;
		f->chunks = chunks;
		f->chunks_room = room;
	}
	f->chunks[f->nr_chunks] = (struct trace_chunk){ at, bytes, NO_CHUNK, is_packed };
	if (s->first == NO_CHUNK)
		s->first = f->nr_chunks;
	else
		f->chunks[s->last].next = f->nr_chunks;
	s->last = f->nr_chunks++;
	return true;
}

static size_t text_bytes(const unsigned char *text, size_t bytes)
{
	while (bytes && !text[bytes - 1])
		bytes--;
	return bytes;
}

/* Return: false without memory. */
static bool read_chunks(struct trace_file *f, size_t at)
{
	struct utrace_record_chunk chunk;

	while (f->size - at >= sizeof(chunk)) {
		size_t bytes, room;

		memcpy(&chunk, f->bytes + at, sizeof(chunk));
		if (chunk.bytes % 8) {
			note(&f->damaged_at, at);
			return true;
		}
		at += sizeof(chunk);
		room = f->size - at;
		if (chunk.bytes > room)
			note(&f->cut_at, f->size);
		bytes = chunk.bytes > room ? room : (size_t)chunk.bytes;

		switch (chunk.type) {
		case UTRACE_RECORD_CHUNK_CALLS:
			f->calls = (const char *)f->bytes + at;
			f->calls_bytes = text_bytes(f->bytes + at, bytes);
			break;
		case UTRACE_RECORD_CHUNK_FDS:
			f->fds = (const char *)f->bytes + at;
			f->fds_bytes = text_bytes(f->bytes + at, bytes);
			break;
		case UTRACE_RECORD_CHUNK_DATA:
		case UTRACE_RECORD_CHUNK_ZSTD:
			if (chunk.cpu >= f->head.nr_cpus)
				note(&f->damaged_at, at - sizeof(chunk));
			else if (bytes && !add_chunk(f, chunk.cpu, at, bytes,
						     chunk.type == UTRACE_RECORD_CHUNK_ZSTD))
				return false;
			break;
		case UTRACE_RECORD_CHUNK_END:
			if (bytes < sizeof(f->status)) {
				note(chunk.bytes == bytes ? &f->damaged_at : &f->cut_at, at);
				return true;
			}
			memcpy(&f->status, f->bytes + at, sizeof(f->status));
			f->has_end = true;
			return true;
		default:
			break;
		}
		at += bytes;
	}
	note(&f->cut_at, f->size);
	return true;
}

static void note_damage(struct merge_source *source)
{
	struct trace_source *s = (struct trace_source *)source;

	/* Half a record at the end of a file that was cut is no surprise. */
	if (!s->cut)
		note(&s->file->damaged_at, s->at);
}

/* Records that are not there to be read leave a gap: whose the next are is open. */
static void skip_chunk(struct merge_source *source)
{
	source->stream.in_task = false;
	source->stream.at = source->stream.end = NULL;
	note_damage(source);
}

static bool next_stretch(struct merge_source *source)
{
	struct trace_source *s = (struct trace_source *)source;
	const struct trace_chunk *chunk;
	const unsigned char *at;

	if (s->next == NO_CHUNK)
		return false;
	chunk = &s->file->chunks[s->next];
	s->next = chunk->next;
	s->at = chunk->at;
	s->cut = s->file->cut_at && chunk->at + chunk->bytes == s->file->size;
	at = s->file->bytes + chunk->at;
	source->stream.at = at;
	source->stream.end = at + chunk->bytes;
	if (!chunk->is_packed)
		return true;
	if (unpack(&s->unpacked, at, chunk->bytes, UTRACE_RECORD_ZSTD_MAX_BYTES)) {
		source->stream.at = s->unpacked.data;
		source->stream.end = s->unpacked.data + s->unpacked.bytes;
	} else {
		skip_chunk(source);
	}
	return true;
}

const char *trace_file_parse(struct trace_file *f, const void *bytes, size_t size)
{
	struct utrace_record_file *head = &f->head;

	f->bytes = bytes;
	f->size = size;
	if (!size)
		return "empty, not a trace file";
	if (memcmp(bytes, UTRACE_RECORD_FILE_MAGIC,
		   size < sizeof(head->magic) ? size : sizeof(head->magic)))
		return "not a trace file";
	if (size < sizeof(*head))
		return "truncated (within the header)";
	memcpy(head, bytes, sizeof(*head));
	if (head->version != UTRACE_RECORD_VERSION)
		return "a trace file of another version of utrace";
	if (head->header_bytes < sizeof(*head) || head->header_bytes % 8 ||
	    head->nr_cpus > MAX_CPUS)
		return "not a trace file (the header makes no sense)";
	if (head->header_bytes > size)
		return "truncated (within the header)";

	f->sources = calloc(head->nr_cpus ?: 1, sizeof(*f->sources));
	if (!f->sources)
		return "out of memory";
	for (uint32_t cpu = 0; cpu < head->nr_cpus; cpu++) {
		f->sources[cpu] = (struct trace_source){
			.source = { .more = next_stretch, .damaged = note_damage, .cpu = cpu },
			.file = f, .first = NO_CHUNK, .last = NO_CHUNK, .next = NO_CHUNK,
		};
	}
	return read_chunks(f, head->header_bytes) ? NULL : "out of memory";
}

bool trace_file_rewind(struct trace_file *f)
{
	f->merge.nr = 0;
	f->given = NULL;
	for (uint32_t cpu = 0; cpu < f->head.nr_cpus; cpu++) {
		struct trace_source *s = &f->sources[cpu];

		s->source.stream = (struct record_stream){};
		s->source.waiting = false;
		s->next = s->first;
		if (s->first != NO_CHUNK && !merge_add(&f->merge, &s->source))
			return false;
	}
	return true;
}

static bool is_of_stacks(const struct record *r)
{
	return r->type == UTRACE_RECORD_STACK ||
	       (r->type == UTRACE_RECORD_EVENT && r->kind == UTRACE_RECORD_EVENT_MAP);
}

const struct record *trace_file_next(struct trace_file *f)
{
	do {
		/* The one that was given last stays valid until now. */
		if (f->given)
			merge_take(&f->merge);
		f->given = merge_first(&f->merge);
	} while (f->given && !f->with_stacks && is_of_stacks(f->given));
	return f->given;
}

/* A pipe, or what else cannot be mapped. */
static unsigned char *slurp(int fd, size_t *size)
{
	unsigned char *bytes = NULL;
	size_t room = 0, len = 0;
	ssize_t n;

	do {
		if (len == room) {
			unsigned char *more = realloc(bytes, room = room ? 2 * room : 1 << 16);

			if (!more)
				goto fail;
			bytes = more;
		}
		n = read(fd, bytes + len, room - len);
		if (n < 0 && errno != EINTR)
			goto fail;
		len += n > 0 ? (size_t)n : 0;
	} while (n);
	*size = len;
	return bytes;
fail:
	free(bytes);
	return NULL;
}

static bool load(struct trace_file *f, int fd)
{
	struct stat st;
	void *map;

	if (fstat(fd, &st))
		return false;
	if (S_ISREG(st.st_mode) && st.st_size > 0) {
		map = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (map != MAP_FAILED) {
			f->bytes = map;
			f->size = (size_t)st.st_size;
			f->is_mapped = true;
			return true;
		}
	}
	f->bytes = slurp(fd, &f->size);
	return f->bytes;
}

bool trace_file_open(struct trace_file *f, const char *path)
{
	const char *wrong;
	bool is_stdin = !strcmp(path, "-");
	int fd = is_stdin ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	*f = (struct trace_file){};
	if (fd < 0 || !load(f, fd)) {
		complain("%s: %s", path, strerror(errno));
		if (fd >= 0 && !is_stdin)
			close(fd);
		return false;
	}
	if (!is_stdin)
		close(fd);
	wrong = trace_file_parse(f, f->bytes, f->size);
	if (wrong) {
		complain("%s: %s", path, wrong);
		trace_file_close(f);
	}
	return !wrong;
}

struct syscalls *trace_file_syscalls(const struct trace_file *f)
{
	struct syscalls *syscalls;
	size_t bytes;
	char *text;

	if (f && f->calls)
		return syscalls_parse(f->calls, f->calls_bytes);
	text = syscalls_text(&bytes);
	syscalls = text ? syscalls_parse(text, bytes) : NULL;
	free(text);
	return syscalls;
}

int trace_file_verdict(const struct trace_file *f, const char *path)
{
	if (f->damaged_at)
		complain("%s: damaged (at byte %zu or before)", path, f->damaged_at);
	else if (!f->has_end)
		complain("%s: truncated (no end after %zu bytes: recorder killed, or still recording)",
			 path, f->size);
	return f->damaged_at || !f->has_end ? UTRACE_EXIT_FAILED : 0;
}

void trace_file_close(struct trace_file *f)
{
	merge_free(&f->merge);
	for (uint32_t cpu = 0; f->sources && cpu < f->head.nr_cpus; cpu++)
		unpack_free(&f->sources[cpu].unpacked);
	free(f->sources);
	free(f->chunks);
	if (f->is_mapped)
		munmap((void *)f->bytes, f->size);
	else
		free((void *)f->bytes);
	*f = (struct trace_file){};
}
