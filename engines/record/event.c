// SPDX-License-Identifier: GPL-2.0
/*
 * Events: what a record of one carries beside its value.
 */
#include <linux/binfmts.h>
#include <linux/cred.h>
#include <linux/dcache.h>
#include <linux/fs.h>
#include <linux/limits.h>
#include <linux/mm.h>
#include <linux/sched.h>
#include <linux/slab.h>
#include <linux/uidgid.h>
#include "record.h"

/**
 * record_event_clone() - the task has created another
 * @rt: The current task.
 * @flags: As for clone(2).
 * @child: Its thread ID.
 * @when_full: What if there is no room.
 *
 * Return: false when there was none.
 */
bool record_event_clone(struct record_task *rt, unsigned long flags, pid_t child,
			enum record_when_full when_full)
{
	struct {
		struct utrace_record_data head;
		u64 flags;
	} data = {
		.head = { .kind = UTRACE_RECORD_CLONE_FLAGS, .len = sizeof(data.flags) },
		.flags = flags,
	};

	return record_write_event(rt, UTRACE_RECORD_EVENT_CLONE, child, &data, sizeof(data),
				  when_full);
}

/* IDs of the initial user namespace, as thread IDs are of the initial PID namespace. */
static u32 put_creds(void *to)
{
	const struct cred *cred = current_cred();
	struct {
		struct utrace_record_data head;
		u32 ids[4];
	} data = {
		.head = { .kind = UTRACE_RECORD_CREDS, .len = sizeof(data.ids) },
		.ids = {
			from_kuid(&init_user_ns, cred->uid), from_kuid(&init_user_ns, cred->euid),
			from_kgid(&init_user_ns, cred->gid), from_kgid(&init_user_ns, cred->egid),
		},
	};

	memcpy(to, &data, sizeof(data));
	return sizeof(data);
}

static u32 put_path(void *to, const struct path *path, u32 max)
{
	struct utrace_record_data head = { .kind = UTRACE_RECORD_PATH };
	char *buf = (char *)to + sizeof(head);
	char *name = d_path(path, buf, PATH_MAX);
	u32 len;

	if (IS_ERR(name)) {
		head.flags = UTRACE_RECORD_DATA_FAULT;
		len = 0;
	} else {
		len = strlen(name);
		if (len >= max) {
			head.flags = UTRACE_RECORD_DATA_TRUNCATED;
			len = max - 1;
		}
		memmove(buf, name, len);
	}
	memset(buf + len, 0, ALIGN(len, 8) - len);
	head.len = len;
	memcpy(to, &head, sizeof(head));
	return sizeof(head) + ALIGN(len, 8);
}

/**
 * record_event_exec() - the task runs a new program
 * @rt: The current task.
 * @bprm: The program.
 */
void record_event_exec(struct record_task *rt, const struct linux_binprm *bprm)
{
	/* The task is in its call: rt->data is in use. */
	char *data = kmalloc(PATH_MAX + 64, GFP_KERNEL);
	u32 bytes = 0;

	if (data) {
		bytes = put_path(data, &bprm->file->f_path, rt->session->setup.max_string);
		bytes += put_creds(data + bytes);
	}
	record_write_event(rt, UTRACE_RECORD_EVENT_EXEC, 0, data, bytes, RECORD_BY_POLICY);
	kfree(data);
}

/**
 * record_event_signal() - the task takes a signal
 * @rt: The current task.
 * @signal: Which.
 * @cookie: Of its chain; 0: there is none.
 */
void record_event_signal(struct record_task *rt, const struct utrace_signal *signal, u64 cookie)
{
	struct {
		struct utrace_record_data head;
		kernel_siginfo_t info;
		struct utrace_record_data cookie_head;
		u64 cookie;
	} data = {
		.head = { .kind = UTRACE_RECORD_SIGINFO, .len = sizeof(data.info) },
		.info = signal->info,
		.cookie_head = { .kind = UTRACE_RECORD_COOKIE, .len = sizeof(data.cookie) },
		.cookie = cookie,
	};
	u32 bytes = cookie ? sizeof(data) : offsetof(typeof(data), cookie_head);

	BUILD_BUG_ON(offsetof(typeof(data), cookie_head) % 8);
	record_write_event(rt, UTRACE_RECORD_EVENT_SIGNAL, signal->info.si_signo, &data,
			   bytes, RECORD_BY_POLICY);
}

static u32 put_name(void *to, const char *name)
{
	struct utrace_record_data head = { .kind = UTRACE_RECORD_PATH, .len = strlen(name) };
	u32 room = ALIGN(head.len, 8);

	memcpy(to, &head, sizeof(head));
	memset(to + sizeof(head), 0, room);
	memcpy(to + sizeof(head), name, head.len);
	return sizeof(head) + room;
}

/* A mapping that code can be in, from @at on; others may change what there is. */
static bool find_code(struct record_task *rt, unsigned long at, char *data, u32 *bytes,
		      unsigned long *start, unsigned long *end)
{
	struct {
		struct utrace_record_data head;
		u64 bytes, offset;
	} range = {
		.head = { .kind = UTRACE_RECORD_RANGE, .len = 16 },
	};
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	const char *name = NULL;

	if (mmap_read_lock_killable(mm))
		return false;
	for (vma = find_vma(mm, at); vma; vma = find_vma(mm, vma->vm_end)) {
		if (!(vma->vm_flags & VM_EXEC))
			continue;
		if (vma->vm_ops && vma->vm_ops->name)
			name = vma->vm_ops->name(vma);
		if (vma->vm_file || name)
			break;
	}
	if (vma) {
		*start = vma->vm_start;
		*end = vma->vm_end;
		range.bytes = *end - *start;
		range.offset = vma->vm_file ? (u64)vma->vm_pgoff << PAGE_SHIFT : 0;
		memcpy(data, &range, sizeof(range));
		*bytes = sizeof(range);
		*bytes += vma->vm_file ?
			put_path(data + *bytes, &vma->vm_file->f_path,
				 rt->session->setup.max_string) :
			put_name(data + *bytes, name);
	}
	mmap_read_unlock(mm);
	return vma;
}

/**
 * record_event_maps() - tell what files the code of the program is from
 * @rt: The current task.
 */
void record_event_maps(struct record_task *rt)
{
	/* The task may be in its call: rt->data is in use. */
	char *data = kmalloc(PATH_MAX + 64, GFP_KERNEL);
	unsigned long start, end = 0;
	u32 bytes;

	while (data && find_code(rt, end, data, &bytes, &start, &end))
		record_write_event(rt, UTRACE_RECORD_EVENT_MAP, start, data, bytes,
				   RECORD_BY_POLICY);
	kfree(data);
}
