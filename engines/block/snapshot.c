// SPDX-License-Identifier: GPL-2.0
/*
 * What calls point to: strings that are captured when the supervisor is asked,
 * and what the call is to read instead, by its verdict.
 *
 * A snapshot lies in a mapping of its own, made for one call. Not on the stack,
 * below the red zone: an alternative or a coroutine's stack may end there. The
 * mapping is read-only for the program: another thread cannot write it without
 * an mprotect(2), which is a call that can be seen.
 */
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "block.h"

static u32 string_room(u32 max_string)
{
	return sizeof(struct utrace_block_string) + ALIGN(max_string, 8);
}

static void capture(struct block_strings *strings, u32 max, unsigned int arg, unsigned long from)
{
	struct utrace_block_string *string = (void *)(strings->data + strings->bytes);
	char *to = (char *)(string + 1);
	long len = strncpy_from_user(to, (const char __user *)from, max);

	string->arg = arg;
	if (len < 0) {
		string->flags = UTRACE_BLOCK_STRING_FAULT;
		len = 0;
	} else if (len == max) {
		string->flags = UTRACE_BLOCK_STRING_TRUNCATED;
		len--;
	}
	string->len = len;
	memset(to + len, 0, ALIGN(len + 1, 8) - len);
	strings->bytes += sizeof(*string) + ALIGN(len + 1, 8);
}

/**
 * block_strings_capture() - copy strings of the current task
 * @session: Says how long they may be.
 * @args: Arguments of its call.
 * @which: A bit for each.
 *
 * Return: the strings; NULL: out of memory.
 */
struct block_strings *block_strings_capture(struct block_session *session,
					    const unsigned long args[6], u8 which)
{
	u32 max = session->setup.max_string;
	struct block_strings *strings;
	unsigned int arg;

	/* strncpy_from_user() writes whole words. */
	strings = kzalloc(struct_size(strings, data, hweight8(which) * string_room(max) + 8),
			  GFP_KERNEL);
	if (!strings)
		return NULL;
	refcount_set(&strings->refs, 1);
	for (arg = 0; arg < 6; arg++)
		if (which & BIT(arg))
			capture(strings, max, arg, args[arg]);
	return strings;
}

static int read_one(struct block_snapshots *all, const struct utrace_block_snapshot *snapshot,
		    u32 taken)
{
	if (snapshot->arg > 5 || !snapshot->len || snapshot->len > SZ_4K ||
	    taken & UTRACE_BLOCK_ARG(snapshot->arg))
		return -EINVAL;
	if (copy_from_user(all->data + all->bytes, u64_to_user_ptr(snapshot->bytes),
			   snapshot->len))
		return -EFAULT;
	all->args[all->nr] = snapshot->arg;
	all->offsets[all->nr] = all->bytes;
	all->bytes += ALIGN(snapshot->len, 8);
	all->nr++;
	return 0;
}

/**
 * block_snapshots_read() - the snapshots of a verdict
 * @verdict: The verdict.
 *
 * Return: for kfree(); ERR_PTR(-EINVAL, -EFAULT, -ENOMEM).
 */
struct block_snapshots *block_snapshots_read(const struct utrace_block_verdict *verdict)
{
	struct utrace_block_snapshot list[UTRACE_BLOCK_MAX_STRINGS];
	struct block_snapshots *all;
	u32 taken = verdict->flags;
	int err = 0;
	u32 i;

	if (verdict->nr_snapshots > ARRAY_SIZE(list))
		return ERR_PTR(-EINVAL);
	if (copy_from_user(list, u64_to_user_ptr(verdict->snapshots),
			   verdict->nr_snapshots * sizeof(list[0])))
		return ERR_PTR(-EFAULT);
	all = kzalloc(struct_size(all, data, verdict->nr_snapshots * SZ_4K), GFP_KERNEL);
	if (!all)
		return ERR_PTR(-ENOMEM);
	for (i = 0; i < verdict->nr_snapshots && !err; i++) {
		err = read_one(all, &list[i], taken);
		taken |= UTRACE_BLOCK_ARG(list[i].arg & 7);
	}
	if (!err)
		return all;
	kfree(all);
	return ERR_PTR(err);
}

/**
 * block_snapshots_args() - which arguments they are for
 * @all: The snapshots, or NULL.
 */
u32 block_snapshots_args(const struct block_snapshots *all)
{
	u32 args = 0;
	u32 i;

	for (i = 0; all && i < all->nr; i++)
		args |= UTRACE_BLOCK_ARG(all->args[i]);
	return args;
}

/**
 * block_snapshots_use() - put what the call is to read into the task's memory
 * @bt: The current task; its verdict has snapshots.
 * @args: Set: those that point there.
 *
 * Return: 0; else the call must not be made: -ENOMEM, or what mmap(2) returns.
 */
int block_snapshots_use(struct block_task *bt, unsigned long args[6])
{
	const struct block_snapshots *all = bt->snapshots;
	u32 i;

	/* A call that another has restarted unseen: its snapshots are still there. */
	block_snapshots_unmap(bt);
	bt->map_bytes = PAGE_ALIGN(all->bytes);
	bt->map = vm_mmap(NULL, 0, bt->map_bytes, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, 0);
	if (IS_ERR_VALUE(bt->map)) {
		long err = bt->map;

		bt->map = 0;
		return err;
	}
	/* The program may not write there, but we may. */
	if (utrace_write_memory(current, bt->map, all->data, all->bytes)) {
		block_snapshots_unmap(bt);
		return -ENOMEM;
	}
	for (i = 0; i < all->nr; i++)
		args[all->args[i]] = bt->map + all->offsets[i];
	return 0;
}

/**
 * block_snapshots_unmap() - the call has returned
 * @bt: The current task.
 */
void block_snapshots_unmap(struct block_task *bt)
{
	if (bt->map)
		vm_munmap(bt->map, bt->map_bytes);
	bt->map = 0;
}
