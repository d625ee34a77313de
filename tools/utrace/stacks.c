// SPDX-License-Identifier: GPL-2.0
#include <stdlib.h>
#include <string.h>

#include "stacks.h"
#include "symbols.h"
#include "utrace.h"

/* A mapping of a process that code can be in. */
struct map {
	uint32_t pid;
	uint64_t start, bytes, at;
	struct symbols_file *file;
	/* Of the program before the exec: the call itself is still to come. */
	bool is_old;
};

/* The last chain of a task: those of its calls and events come one by one. */
struct chain {
	uint32_t tid, pid;
	uint64_t cookie, top;
	unsigned int flags;
	uint64_t *addresses;
	size_t nr, room;
};

struct stacks {
	struct symbols *symbols;
	/* By pid and start. */
	struct map *maps;
	size_t nr_maps, maps_room;
	/* By tid. */
	struct chain *chains;
	size_t nr_chains, chains_room;
	struct stack_frame *frames;
	size_t frames_room;
};

struct stacks *stacks_new(void)
{
	struct stacks *s = calloc(1, sizeof(*s));

	if (s)
		s->symbols = symbols_new();
	if (s && s->symbols)
		return s;
	free(s);
	return NULL;
}

void stacks_free(struct stacks *s)
{
	if (!s)
		return;
	symbols_free(s->symbols);
	for (size_t i = 0; i < s->nr_chains; i++)
		free(s->chains[i].addresses);
	free(s->chains);
	free(s->maps);
	free(s->frames);
	free(s);
}

/* Room for one more; Return: false without memory. */
static bool make_room(void *array, size_t *room, size_t nr, size_t size)
{
	void **list = array, *bigger;
	size_t wanted = *room ? 2 * *room : 64;

	if (nr < *room)
		return true;
	bigger = reallocarray(*list, wanted, size);
	if (!bigger)
		return false;
	*list = bigger;
	*room = wanted;
	return true;
}

/* ---- Mappings ---- */

/* Return: the index of the first one that is not before @address of @pid. */
static size_t find_map(const struct stacks *s, uint32_t pid, uint64_t address)
{
	size_t low = 0, high = s->nr_maps;

	while (low < high) {
		size_t middle = (low + high) / 2;
		const struct map *m = &s->maps[middle];

		if (m->pid < pid || (m->pid == pid && m->start + m->bytes <= address))
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

/* What was there is no more; all that is there is told again. */
static void remove_maps(struct stacks *s, uint32_t pid, uint64_t start, uint64_t end)
{
	size_t first = find_map(s, pid, start), last = first;

	while (last < s->nr_maps && s->maps[last].pid == pid && s->maps[last].start < end)
		last++;
	if (first == last)
		return;
	memmove(&s->maps[first], &s->maps[last], (s->nr_maps - last) * sizeof(*s->maps));
	s->nr_maps -= last - first;
}

static void remove_old_maps(struct stacks *s, uint32_t pid)
{
	size_t first = find_map(s, pid, 0);

	if (first < s->nr_maps && s->maps[first].pid == pid && s->maps[first].is_old)
		remove_maps(s, pid, 0, UINT64_MAX);
}

static void age_maps(struct stacks *s, uint32_t pid)
{
	for (size_t i = find_map(s, pid, 0); i < s->nr_maps && s->maps[i].pid == pid; i++)
		s->maps[i].is_old = true;
}

static bool take_map(struct stacks *s, const struct record *r)
{
	struct map map = { .pid = r->pid, .start = r->value };
	struct piece range, path;
	size_t at;

	if (!record_find_piece(r, 0, UTRACE_RECORD_RANGE, false, &range) || range.len != 16 ||
	    !record_find_piece(r, 0, UTRACE_RECORD_PATH, false, &path))
		return true;
	memcpy(&map.bytes, range.bytes, 8);
	memcpy(&map.at, range.bytes + 8, 8);
	if (!map.bytes || map.start + map.bytes < map.start)
		return true;
	remove_old_maps(s, map.pid);
	remove_maps(s, map.pid, map.start, map.start + map.bytes);
	map.file = symbols_file(s->symbols, (const char *)path.bytes, path.len);
	if (!map.file || !make_room(&s->maps, &s->maps_room, s->nr_maps, sizeof(map)))
		return false;
	at = find_map(s, map.pid, map.start);
	memmove(&s->maps[at + 1], &s->maps[at], (s->nr_maps++ - at) * sizeof(map));
	s->maps[at] = map;
	return true;
}

/* ---- Chains ---- */

static size_t find_chain(const struct stacks *s, uint32_t tid)
{
	size_t low = 0, high = s->nr_chains;

	while (low < high) {
		size_t middle = (low + high) / 2;

		if (s->chains[middle].tid < tid)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct chain *chain_of(struct stacks *s, uint32_t tid)
{
	size_t at = find_chain(s, tid);

	return at < s->nr_chains && s->chains[at].tid == tid ? &s->chains[at] : NULL;
}

static bool take_chain(struct stacks *s, const struct record *r)
{
	struct chain *c = chain_of(s, r->tid);
	size_t at;

	if (!c) {
		if (!make_room(&s->chains, &s->chains_room, s->nr_chains, sizeof(*c)))
			return false;
		at = find_chain(s, r->tid);
		c = &s->chains[at];
		memmove(c + 1, c, (s->nr_chains++ - at) * sizeof(*c));
		*c = (struct chain){ .tid = r->tid };
	}
	c->pid = r->pid;
	c->cookie = 0;
	if (!r->stack.nr)
		return true;
	if (r->stack.nr > c->room) {
		uint64_t *bigger = reallocarray(c->addresses, r->stack.nr, sizeof(*bigger));

		if (!bigger)
			return false;
		c->addresses = bigger;
		c->room = r->stack.nr;
	}
	memcpy(c->addresses, r->stack.addresses, r->stack.nr * sizeof(*c->addresses));
	c->nr = r->stack.nr;
	c->flags = r->stack.flags;
	c->top = r->stack.top;
	c->cookie = r->value;
	return true;
}

/* It is gone, and with the last one of its process the mappings. */
static void forget_task(struct stacks *s, const struct record *r)
{
	struct chain *c = chain_of(s, r->tid);

	if (!c)
		return;
	free(c->addresses);
	memmove(c, c + 1, (size_t)(&s->chains[--s->nr_chains] - c) * sizeof(*c));
	for (size_t i = 0; i < s->nr_chains; i++)
		if (s->chains[i].pid == r->pid)
			return;
	remove_maps(s, r->pid, 0, UINT64_MAX);
}

bool stacks_take(struct stacks *s, const struct record *r)
{
	if (r->type == UTRACE_RECORD_STACK)
		return take_chain(s, r);
	if (r->type != UTRACE_RECORD_EVENT)
		return true;
	if (r->kind == UTRACE_RECORD_EVENT_MAP)
		return take_map(s, r);
	if (r->kind == UTRACE_RECORD_EVENT_EXIT)
		forget_task(s, r);
	if (r->kind == UTRACE_RECORD_EVENT_EXEC)
		age_maps(s, r->pid);
	return true;
}

/* ---- Both ---- */

/* Return: what is at the instruction before, which is that of the call. */
static struct symbol resolve(struct stacks *s, uint32_t pid, uint64_t address,
			     struct stack_frame *frame)
{
	size_t i = find_map(s, pid, address);
	const struct map *map = i < s->nr_maps ? &s->maps[i] : NULL;
	struct symbol symbol = {};

	*frame = (struct stack_frame){ .address = address };
	if (!map || map->pid != pid || address < map->start)
		return symbol;
	frame->path = symbols_path(map->file);
	frame->at = map->at + (address - map->start);
	if (address == map->start)
		return symbol;
	symbol = symbols_find(s->symbols, map->file, frame->at - 1);
	frame->symbol = symbol.name;
	frame->offset = symbol.offset + 1;
	return symbol;
}

static uint64_t cookie_of(const struct record *r)
{
	struct piece piece;
	uint64_t cookie = 0;

	if (r->type == UTRACE_RECORD_STACK)
		return r->value;
	if (record_find_piece(r, 0, UTRACE_RECORD_COOKIE, false, &piece) && piece.len == 8)
		memcpy(&cookie, piece.bytes, 8);
	return cookie;
}

bool stacks_find(struct stacks *s, const struct record *r, struct stack *stack)
{
	uint64_t cookie = cookie_of(r);
	const struct chain *c = cookie ? chain_of(s, r->tid) : NULL;
	size_t n = 0;

	if (!c || c->cookie != cookie)
		return false;
	if (c->nr + 1 > s->frames_room) {
		struct stack_frame *bigger = reallocarray(s->frames, c->nr + 1, sizeof(*bigger));

		if (!bigger)
			return false;
		s->frames = bigger;
		s->frames_room = c->nr + 1;
	}
	for (size_t i = 0; i < c->nr; i++) {
		struct symbol symbol = resolve(s, c->pid, c->addresses[i], &s->frames[n++]);

		if (!i && symbol.has_no_frame && c->top)
			resolve(s, c->pid, c->top, &s->frames[n++]);
	}
	*stack = (struct stack){
		.frames = s->frames, .nr = n,
		.truncated = c->flags & UTRACE_RECORD_STACK_TRUNCATED,
	};
	return true;
}
