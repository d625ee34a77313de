// SPDX-License-Identifier: GPL-2.0
/*
 * Capture: what the arguments of a call point to.
 *
 * Copied by the task itself, faulting as it must, into memory of its own: at
 * the entry what the kernel is going to read, at the return what it has
 * written. Only then is it copied into a ring, with the rest of the record.
 */
#include <linux/bitops.h>
#include <linux/minmax.h>
#include <linux/sizes.h>
#include <linux/uaccess.h>
#include <linux/uio.h>
#include <asm/word-at-a-time.h>
#include "record.h"

#define MAX_SOCKADDR	128
#define MAX_CONTROL	256
/* struct utrace_record_data.index has 8 bits. */
#define MAX_PARTS	255
/* Far more than exec takes, or getdents() gives. */
#define MAX_COUNT	SZ_1M

/**
 * struct capture - one argument of the call that the task is in
 */
struct capture {
	/** @rt: The current task. */
	struct record_task *rt;
	/** @arg: Number of the argument. */
	u8 arg;
	/** @flags: UTRACE_RECORD_DATA_OUT or none: for each piece. */
	u8 flags;
	/** @looks: Look at an IOVEC or MSGHDR... */
	bool looks;
	/** @follows: ... or at what it points to; or at both. */
	bool follows;
	/** @result: Of the call, if it has returned. */
	long result;
};

/* As in struct iovec and struct user_msghdr, widened. */
struct vector {
	u64 base, len;
};

struct message {
	u64 name;
	u32 namelen;
	u64 iov, iovlen;
	u64 control, controllen;
};

/* From here on a call of the processor's own copy is worth it. */
#define MIN_BULK	128
/* What is worth a way of its own. */
#define SMALL_PATH	256
#define SMALL_BUFFER	64

#define read_unit(type, to, user, at, fault)					\
	do {									\
		type __unit;							\
										\
		unsafe_get_user(__unit, (const type __user *)((user) + (at)), fault); \
		*(type *)((to) + (at)) = __unit;				\
		at += sizeof(type);						\
	} while (0)

/*
 * copy_from_user() without its check of the destination, which costs as much as
 * all of this: it is ours, and what goes there is bounded here. Return: whether
 * all of it could be read.
 */
static __always_inline bool __read_user(char *to, u64 from, size_t len)
{
	const char __user *user = (const char __user *)(unsigned long)from;
	size_t at = 0;

	if (unlikely(!user_read_access_begin(user, len)))
		return false;
	if (unlikely(len >= MIN_BULK)) {
		user_read_access_end();
		return !raw_copy_from_user(to, user, len);
	}
	while (at + 8 <= len)
		read_unit(u64, to, user, at, fault);
	if (len & 4)
		read_unit(u32, to, user, at, fault);
	if (len & 2)
		read_unit(u16, to, user, at, fault);
	if (len & 1)
		read_unit(u8, to, user, at, fault);
	user_read_access_end();
	return true;
fault:
	user_read_access_end();
	return false;
}

static bool read_user(void *to, u64 from, size_t len)
{
	return __read_user(to, from, len);
}

static size_t word_bytes(const struct record_task *rt)
{
	return rt->compat ? 4 : 8;
}

static bool read_word(const struct record_task *rt, u64 from, u64 *word)
{
	*word = 0;
	return read_user(word, from, word_bytes(rt));
}

static __always_inline void end_piece(struct record_task *rt, struct utrace_record_data *piece,
				      u32 len)
{
	u64 *last = (u64 *)(piece + 1) + len / 8;

	piece->len = len;
	/* The padding: what is left of a word. */
	if (len % 8)
		*last &= BIT_ULL(len % 8 * 8) - 1;
	/* Pairs with the barriers of record_write_in_flight(). */
	smp_store_release(&rt->data_bytes, rt->data_bytes + sizeof(*piece) + ALIGN(len, 8));
}

/* For what follows the head of the next piece. */
static u32 room_left(const struct record_task *rt)
{
	u32 used = rt->data_bytes + sizeof(struct utrace_record_data);
	u32 room = rt->session->data_room;

	return used < room ? (room - used) & ~7U : 0;
}

/* Return: NULL if there is no room. It counts from end_piece() on. */
static __always_inline struct utrace_record_data *
begin_piece(const struct capture *c, u8 kind, u8 index)
{
	struct utrace_record_data *piece = (void *)(c->rt->data + c->rt->data_bytes);

	if (unlikely(!room_left(c->rt)))
		return NULL;
	*piece = (struct utrace_record_data){
		.arg = c->arg, .kind = kind, .flags = c->flags, .index = index,
	};
	return piece;
}

/* @address: if it is not the argument itself, else 0. */
static void put_fault(const struct capture *c, u8 kind, u8 index, u64 address)
{
	struct utrace_record_data *piece = begin_piece(c, kind, index);

	if (!piece)
		return;
	piece->flags |= UTRACE_RECORD_DATA_FAULT;
	memcpy(piece + 1, &address, sizeof(address));
	end_piece(c->rt, piece, address ? sizeof(address) : 0);
}

/* A buffer that is worth a record of its own. Return: false: take it as any other. */
static bool put_large(const struct capture *c, struct utrace_record_data *piece, u64 from, u64 len,
		      u64 max)
{
	u64 cookie = utrace_cookie();
	u32 keep = min(len, max);

	switch (record_write_large(c->rt, cookie, from, keep)) {
	case RECORD_LARGE_WRITTEN:
		break;
	case RECORD_LARGE_LOST:
		cookie = 0;
		break;
	case RECORD_LARGE_FAULT:
		return false;
	}
	piece->flags |= UTRACE_RECORD_DATA_LARGE;
	if (keep < len)
		piece->flags |= UTRACE_RECORD_DATA_TRUNCATED;
	memcpy(piece + 1, &cookie, sizeof(cookie));
	end_piece(c->rt, piece, sizeof(cookie));
	return true;
}

/* @len bytes at @from, of which @max are kept; @via: the address of a fault, or 0. */
static struct utrace_record_data *put_bytes(const struct capture *c, u8 kind, u8 index, u64 from,
					    u64 len, u64 max, u64 via)
{
	struct utrace_record_data *piece = begin_piece(c, kind, index);
	u64 keep, room;

	if (unlikely(!piece))
		return NULL;
	keep = min(len, max);
	if (kind == UTRACE_RECORD_BUFFER && unlikely(keep > UTRACE_RECORD_MIN_LARGE) &&
	    put_large(c, piece, from, len, max))
		return piece;
	room = room_left(c->rt);
	if (unlikely(keep > room))
		keep = room;
	if (keep < len)
		piece->flags |= UTRACE_RECORD_DATA_TRUNCATED;
	if (likely(__read_user((char *)(piece + 1), from, keep))) {
		end_piece(c->rt, piece, keep);
		return piece;
	}
	put_fault(c, kind, index, via);
	return NULL;
}

/* @bound: what is looked at, a NUL at its end included; @keep: of that, without it. */
static void put_string(const struct capture *c, u8 kind, u8 index, u64 from, u32 bound, u32 keep,
		       u64 via)
{
	struct utrace_record_data *piece = begin_piece(c, kind, index);
	long len;

	if (!piece)
		return;
	bound = min(bound, room_left(c->rt));
	len = bound ? strncpy_from_user((char *)(piece + 1),
					(const char __user *)(unsigned long)from, bound) : 0;
	if (len < 0) {
		put_fault(c, kind, index, via);
		return;
	}
	if (len == bound)
		piece->flags |= UTRACE_RECORD_DATA_TRUNCATED;
	end_piece(c->rt, piece, min_t(u32, len, len == bound ? min(keep, bound) : bound));
}

static void put_u64(const struct capture *c, u8 kind, u8 flags, u64 value)
{
	struct utrace_record_data *piece = begin_piece(c, kind, 0);

	if (!piece)
		return;
	piece->flags |= flags;
	memcpy(piece + 1, &value, sizeof(value));
	end_piece(c->rt, piece, sizeof(value));
}

static void put_strings(const struct capture *c, u64 from)
{
	const struct utrace_record_setup *setup = &c->rt->session->setup;
	u32 max = min_t(u32, setup->max_data, MAX_PARTS);
	u32 head_at = c->rt->data_bytes;
	u64 word, n = 0;
	u8 flags = 0;

	/* Its place; the number is known in the end. */
	put_u64(c, UTRACE_RECORD_STRINGS, 0, 0);
	if (c->rt->data_bytes == head_at)
		return;
	for (;; n++) {
		if (!read_word(c->rt, from + n * word_bytes(c->rt), &word)) {
			flags = UTRACE_RECORD_DATA_FAULT;
			break;
		}
		if (!word)
			break;
		if (n == max || !room_left(c->rt)) {
			flags = UTRACE_RECORD_DATA_TRUNCATED;
			break;
		}
		put_string(c, UTRACE_RECORD_STRING, n, word, setup->max_data + 1, setup->max_data,
			   word);
	}
	((struct utrace_record_data *)(c->rt->data + head_at))->flags |= flags;
	memcpy(c->rt->data + head_at + sizeof(struct utrace_record_data), &n, sizeof(n));
}

static void put_pointer_count(const struct capture *c, u64 from)
{
	u64 word, n;
	u8 flags = 0;

	for (n = 0; ; n++) {
		if (!read_word(c->rt, from + n * word_bytes(c->rt), &word)) {
			flags = UTRACE_RECORD_DATA_FAULT;
			break;
		}
		if (!word)
			break;
		if (n == MAX_COUNT) {
			flags = UTRACE_RECORD_DATA_TRUNCATED;
			break;
		}
	}
	put_u64(c, UTRACE_RECORD_POINTERS, flags, n);
}

static void put_entry_count(const struct capture *c, u64 from, u64 len, u32 offset)
{
	u64 at = 0, n = 0;
	u8 flags = 0;
	u16 step;

	while (at < len && n < MAX_COUNT) {
		if (!read_user(&step, from + at + offset, sizeof(step))) {
			flags = UTRACE_RECORD_DATA_FAULT;
			break;
		}
		if (!step)
			break;
		at += step;
		n++;
	}
	put_u64(c, UTRACE_RECORD_ENTRIES, flags, n);
}

/* What was captured of an argument at the entry. */
static const struct utrace_record_data *find_piece(const struct record_task *rt, u8 arg, u8 kind)
{
	const struct utrace_record_data *piece;
	u32 at;

	for (at = 0; at < rt->data_bytes; at += sizeof(*piece) + ALIGN(piece->len, 8)) {
		piece = (const void *)(rt->data + at);
		if (piece->arg == arg && piece->kind == kind)
			return piece;
	}
	return NULL;
}

static struct vector nth_vector(const struct record_task *rt,
				const struct utrace_record_data *piece, u32 n)
{
	const u64 *v = (const u64 *)(piece + 1);

	if (rt->compat)
		return (struct vector){ .base = (u32)v[n], .len = v[n] >> 32 };
	return (struct vector){ .base = v[2 * n], .len = v[2 * n + 1] };
}

/*
 * Goes by what has been captured, not by what is there now: the program may
 * have changed it since, or the very call may have.
 * @via: the address of a fault if another piece led here, or 0.
 */
static void put_iovec(const struct capture *c, u64 from, u64 count, u64 via)
{
	struct record_task *rt = c->rt;
	u32 max = min_t(u32, rt->session->setup.max_data, MAX_PARTS);
	u64 left = c->flags & UTRACE_RECORD_DATA_OUT ? c->result : U64_MAX;
	u64 element = 2 * word_bytes(rt);
	const struct utrace_record_data *piece;
	u32 i;

	/* The kernel refuses more. */
	count = min_t(u64, count, UIO_MAXIOV + 1);
	if (c->looks)
		piece = put_bytes(c, UTRACE_RECORD_IOVEC, 0, from, count * element, max * element,
				  via);
	else
		piece = find_piece(rt, c->arg, UTRACE_RECORD_IOVEC);
	if (!c->follows || !piece || piece->flags & UTRACE_RECORD_DATA_FAULT)
		return;
	for (i = 0; (i + 1) * element <= piece->len; i++) {
		struct vector v = nth_vector(rt, piece, i);
		u64 len = min(v.len, left);

		left -= len;
		put_bytes(c, UTRACE_RECORD_BUFFER, i, v.base, len, rt->session->setup.max_data,
			  v.base);
	}
}

static struct message message_of(const struct record_task *rt,
				 const struct utrace_record_data *piece)
{
	const u32 *raw = (const u32 *)(piece + 1);
	const u64 *wide = (const u64 *)(piece + 1);

	if (rt->compat)
		return (struct message){
			.name = raw[0], .namelen = raw[1], .iov = raw[2], .iovlen = raw[3],
			.control = raw[4], .controllen = raw[5],
		};
	return (struct message){
		.name = wide[0], .namelen = raw[2], .iov = wide[2], .iovlen = wide[3],
		.control = wide[4], .controllen = wide[5],
	};
}

static void put_message(const struct capture *c, u64 from)
{
	u32 bytes = c->rt->compat ? 28 : 56;
	const struct utrace_record_data *piece =
		put_bytes(c, UTRACE_RECORD_MSGHDR, 0, from, bytes, bytes, 0);
	struct capture parts = *c;
	struct message m;

	/* What it points to is not filled in yet; or only part of it had room. */
	if (!piece || !c->follows || piece->len < bytes)
		return;
	m = message_of(c->rt, piece);
	if (m.name && m.namelen)
		put_bytes(c, UTRACE_RECORD_SOCKADDR, 0, m.name, m.namelen, MAX_SOCKADDR, m.name);
	parts.looks = true;
	if (m.iov)
		put_iovec(&parts, m.iov, m.iovlen, m.iov);
	if (m.control && m.controllen)
		put_bytes(c, UTRACE_RECORD_CONTROL, 0, m.control, m.controllen, MAX_CONTROL,
			  m.control);
}

/* Return: whether it is known how many elements there are. */
static bool find_length(const struct capture *c, const struct utrace_record_arg_spec *spec,
			u64 *count)
{
	u32 n = spec->length & 15;
	u32 word;

	switch (spec->length >> 4) {
	case UTRACE_RECORD_LENGTH_ARG:
		*count = c->rt->args[n];
		return true;
	case UTRACE_RECORD_LENGTH_RESULT:
		*count = c->result;
		if (n < 6)
			*count = min_t(u64, *count, c->rt->args[n]);
		return true;
	case UTRACE_RECORD_LENGTH_POINTER:
		if (!read_user(&word, c->rt->args[n], sizeof(word)))
			return false;
		*count = word;
		return true;
	case UTRACE_RECORD_LENGTH_BITS:
		*count = DIV_ROUND_UP_ULL((u32)c->rt->args[n], 8 * word_bytes(c->rt)) *
			 word_bytes(c->rt);
		return true;
	default:
		*count = 1;
		return true;
	}
}

static void put_counted(const struct capture *c, const struct utrace_record_arg_spec *spec,
			u64 from, u64 count)
{
	u32 max_data = c->rt->session->setup.max_data;

	switch (spec->kind) {
	case UTRACE_RECORD_BUFFER:
		put_bytes(c, spec->kind, 0, from, count, max_data, 0);
		break;
	case UTRACE_RECORD_STRUCT:
		put_bytes(c, spec->kind, 0, from, min_t(u64, count, SZ_4K) * spec->size,
			  UTRACE_RECORD_MAX_STRUCT, 0);
		break;
	case UTRACE_RECORD_ARRAY:
		put_bytes(c, spec->kind, 0, from, min_t(u64, count, U32_MAX) * spec->size,
			  (u64)max_data * spec->size, 0);
		break;
	case UTRACE_RECORD_SOCKADDR:
		put_bytes(c, spec->kind, 0, from, (u32)count, MAX_SOCKADDR, 0);
		break;
	case UTRACE_RECORD_ENTRIES:
		put_entry_count(c, from, count, spec->size);
		break;
	case UTRACE_RECORD_IOVEC:
		put_iovec(c, from, count, 0);
		break;
	}
}

static void put_request(const struct capture *c, const struct utrace_record_arg_spec *spec,
			u64 from)
{
	u32 nr = c->rt->args[spec->length & 15];
	struct record_request request = spec->size == UTRACE_RECORD_REQUEST_FCNTL ?
					record_fcntl_request(nr, c->rt->compat) :
					record_ioctl_request(nr, c->rt->compat);
	u32 bytes = c->flags & UTRACE_RECORD_DATA_OUT ? request.out : request.in;

	if (bytes)
		put_bytes(c, UTRACE_RECORD_STRUCT, 0, from, bytes, UTRACE_RECORD_MAX_STRUCT, 0);
}

static void put_argument(const struct capture *c, const struct utrace_record_arg_spec *spec)
{
	const struct utrace_record_setup *setup = &c->rt->session->setup;
	u64 from = c->rt->args[c->arg];
	u64 count;

	if (!from)
		return;
	switch (spec->kind) {
	case UTRACE_RECORD_PATH:
		put_string(c, spec->kind, 0, from, setup->max_string, setup->max_string - 1, 0);
		break;
	case UTRACE_RECORD_STRING:
		put_string(c, spec->kind, 0, from, setup->max_data + 1, setup->max_data, 0);
		break;
	case UTRACE_RECORD_STRINGS:
		put_strings(c, from);
		break;
	case UTRACE_RECORD_POINTERS:
		put_pointer_count(c, from);
		break;
	case UTRACE_RECORD_MSGHDR:
		put_message(c, from);
		break;
	case UTRACE_RECORD_REQUEST:
		put_request(c, spec, from);
		break;
	default:
		if (find_length(c, spec, &count))
			put_counted(c, spec, from, count);
		else
			put_fault(c, spec->kind, 0, 0);
	}
}

/* The first of all pieces, or behind a cookie: there is room. */
static noinline void put_regs(struct record_task *rt, struct pt_regs *regs)
{
	const struct capture c = { .rt = rt };
	struct utrace_record_data *piece = begin_piece(&c, UTRACE_RECORD_REGS, 0);
	u64 values[2] = { instruction_pointer(regs), user_stack_pointer(regs) };

	memcpy(piece + 1, values, sizeof(values));
	end_piece(rt, piece, sizeof(values));
}

/**
 * record_capture_cookie() - the call has a chain
 * @rt: The current task; nothing has been captured of this call.
 * @cookie: That of the chain.
 */
void record_capture_cookie(struct record_task *rt, u64 cookie)
{
	const struct capture c = { .rt = rt };

	put_u64(&c, UTRACE_RECORD_COOKIE, 0, cookie);
}

/*
 * What most calls have, without what it takes to do all the others: a path, or
 * a buffer of which few bytes are kept, in memory that can be read. Of anything
 * else they return false, and nothing was captured.
 */

static __always_inline u64 *small_piece(struct record_task *rt, u32 max)
{
	if (unlikely(rt->data_bytes + sizeof(struct utrace_record_data) + max >
		     rt->session->data_room))
		return NULL;
	return (u64 *)(rt->data + rt->data_bytes);
}

static __always_inline void end_small_piece(struct record_task *rt, u64 *piece, unsigned int arg,
					    u8 kind, u8 flags, u32 len)
{
	*(struct utrace_record_data *)piece = (struct utrace_record_data){
		.arg = arg, .kind = kind, .flags = flags, .len = len,
	};
	/* Pairs with the barriers of record_write_in_flight(). */
	smp_store_release(&rt->data_bytes, rt->data_bytes + sizeof(*piece) + ALIGN(len, 8));
}

static __always_inline bool put_small_path(struct record_task *rt, unsigned int arg)
{
	const struct word_at_a_time constants = WORD_AT_A_TIME_CONSTANTS;
	const char __user *user = (const char __user *)rt->args[arg];
	u32 max = min_t(u32, rt->session->setup.max_string, SMALL_PATH);
	u64 *piece = small_piece(rt, SMALL_PATH);
	unsigned long word, zero;
	u32 at;

	if (unlikely(!piece || !user_read_access_begin(user, max)))
		return false;
	/* Words that reach into a page that is not there: see put_string(). */
	for (at = 0; at + 8 <= max; at += 8) {
		unsafe_get_user(word, (const unsigned long __user *)(user + at), fault);
		if (has_zero(word, &zero, &constants)) {
			user_read_access_end();
			zero = create_zero_mask(prep_zero_mask(word, zero, &constants));
			piece[1 + at / 8] = word & zero_bytemask(zero);
			end_small_piece(rt, piece, arg, UTRACE_RECORD_PATH, 0,
					at + find_zero(zero));
			return true;
		}
		piece[1 + at / 8] = word;
	}
fault:
	user_read_access_end();
	return false;
}

static __always_inline bool put_small_buffer(struct record_task *rt, unsigned int arg, u8 flags,
					     u64 len)
{
	u32 keep = min_t(u64, len, rt->session->setup.max_data);
	u64 *piece = small_piece(rt, SMALL_BUFFER);

	if (unlikely(!piece || keep > SMALL_BUFFER))
		return false;
	if (keep % 8)
		piece[1 + keep / 8] = 0;
	if (unlikely(!__read_user((char *)(piece + 1), rt->args[arg], keep)))
		return false;
	if (keep < len)
		flags |= UTRACE_RECORD_DATA_TRUNCATED;
	end_small_piece(rt, piece, arg, UTRACE_RECORD_BUFFER, flags, keep);
	return true;
}

static noinline void put_any_in(struct record_task *rt, const struct utrace_record_call_spec *spec,
				unsigned int arg)
{
	const struct capture c = {
		.rt = rt, .arg = arg, .looks = true, .follows = !(spec->out & BIT(arg)),
	};

	put_argument(&c, &spec->args[arg]);
}

static noinline void put_any_out(struct record_task *rt, const struct utrace_record_call_spec *spec,
				 unsigned int arg, long result)
{
	const struct capture c = {
		.rt = rt, .arg = arg, .flags = UTRACE_RECORD_DATA_OUT, .result = result,
		.looks = !(spec->in & BIT(arg)), .follows = true,
	};

	put_argument(&c, &spec->args[arg]);
}

/* What an argument is may depend on another: then there may be no pointer. */
static bool applies(const struct record_task *rt, const struct utrace_record_call_spec *spec)
{
	return !spec->when || spec->values >> rt->args[spec->when - 1] % 32 & 1;
}

/**
 * record_capture_in() - take what a call is going to read
 * @rt: The current task; its arguments have been read.
 * @spec: What there is to take.
 * @regs: The task's user registers.
 */
void record_capture_in(struct record_task *rt, const struct utrace_record_call_spec *spec,
		       struct pt_regs *regs)
{
	unsigned int args = spec->in & ~BIT(UTRACE_RECORD_IN_REGS);

	if (unlikely(spec->in & BIT(UTRACE_RECORD_IN_REGS)))
		put_regs(rt, regs);
	if (unlikely(!applies(rt, spec)))
		return;
	for (; args; args &= args - 1) {
		unsigned int arg = __ffs(args);
		const struct utrace_record_arg_spec *what = &spec->args[arg];

		if (what->kind == UTRACE_RECORD_PATH && put_small_path(rt, arg))
			continue;
		if (what->kind == UTRACE_RECORD_BUFFER && rt->args[arg] &&
		    what->length >> 4 == UTRACE_RECORD_LENGTH_ARG &&
		    put_small_buffer(rt, arg, 0, rt->args[what->length & 15]))
			continue;
		put_any_in(rt, spec, arg);
	}
}

/**
 * record_capture_out() - take what a call has written
 * @rt: The current task.
 * @result: What the call returned: no error.
 */
void record_capture_out(struct record_task *rt, long result)
{
	const struct utrace_record_call_spec *spec = rt->spec;
	unsigned int args;

	if (unlikely(!applies(rt, spec)))
		return;
	for (args = spec->out; args; args &= args - 1) {
		unsigned int arg = __ffs(args);
		const struct utrace_record_arg_spec *what = &spec->args[arg];
		unsigned int bound = what->length & 15;

		if (what->kind == UTRACE_RECORD_BUFFER && rt->args[arg] && bound < 6 &&
		    what->length >> 4 == UTRACE_RECORD_LENGTH_RESULT &&
		    put_small_buffer(rt, arg, UTRACE_RECORD_DATA_OUT,
				     min_t(u64, result, rt->args[bound])))
			continue;
		put_any_out(rt, spec, arg, result);
	}
}
