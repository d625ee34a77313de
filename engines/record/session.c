// SPDX-License-Identifier: GPL-2.0
/*
 * Sessions: the file operations of /dev/utrace/record.
 */
#include <linux/fs.h>
#include <linux/jiffies.h>
#include <linux/log2.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/sizes.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include <linux/vmalloc.h>
#include "../attach.h"
#include "record.h"

static void session_free(struct kref *refs)
{
	struct record_session *session = container_of(refs, struct record_session, refs);

	record_rings_free(session);
	kvfree(session->specs[0]);
	kvfree(session->specs[1]);
	utrace_syscall_filter_put(session->filter);
	kfree(session);
}

/**
 * record_session_put() - let a reference to a session go
 * @session: The session.
 */
void record_session_put(struct record_session *session)
{
	kref_put(&session->refs, session_free);
}

static int record_open(struct inode *inode, struct file *file)
{
	struct record_session *session = kzalloc_obj(*session);

	if (!session)
		return -ENOMEM;
	kref_init(&session->refs);
	mutex_init(&session->ioctl);
	mutex_init(&session->consume);
	spin_lock_init(&session->lock);
	init_waitqueue_head(&session->wait);
	INIT_LIST_HEAD(&session->tasks);
	file->private_data = session;
	return stream_open(inode, file);
}

static int record_close(struct inode *inode, struct file *file)
{
	struct record_session *session = file->private_data;

	scoped_guard(spinlock, &session->lock)
		WRITE_ONCE(session->closed, true);
	record_release_blocked(session);
	record_detach_all(session);
	record_session_put(session);
	return 0;
}

/* For good: mmap() and poll() ask without the mutex. */
static bool is_set_up(const struct record_session *session)
{
	/* Pairs with record_rings_alloc(). */
	return smp_load_acquire(&session->rings);
}

static bool is_policy(const struct utrace_record_setup *setup)
{
	switch (setup->policy) {
	case UTRACE_RECORD_POLICY_DROP:
		return !setup->block_timeout_ms;
	case UTRACE_RECORD_POLICY_OVERWRITE:
		return !setup->block_timeout_ms && !setup->watermark;
	case UTRACE_RECORD_POLICY_BLOCK:
		return true;
	default:
		return false;
	}
}

static int setup(struct record_session *session, struct utrace_record_setup __user *arg)
{
	struct utrace_record_setup setup;
	int err;

	if (is_set_up(session))
		return -EBUSY;
	if (copy_from_user(&setup, arg, sizeof(setup)))
		return -EFAULT;
	if (setup.size != sizeof(setup) || setup.version != UTRACE_RECORD_VERSION || setup.flags ||
	    !is_power_of_2(setup.ring_bytes) ||
	    setup.ring_bytes < SZ_4K || setup.ring_bytes > SZ_1G ||
	    setup.watermark > setup.ring_bytes ||
	    !setup.max_string || setup.max_string > SZ_4K || setup.max_data > SZ_16K ||
	    !is_policy(&setup) || memchr_inv(setup.reserved, 0, sizeof(setup.reserved)))
		return -EINVAL;
	if (setup.policy == UTRACE_RECORD_POLICY_OVERWRITE)
		setup.watermark = U32_MAX;	/* more than any ring ever has */
	else if (!setup.watermark)
		setup.watermark = setup.ring_bytes / 2;
	setup.nr_cpus = nr_cpu_ids;
	setup.map_bytes = PAGE_SIZE + PAGE_ALIGN(setup.ring_bytes);

	session->setup = setup;
	session->consumed = jiffies;
	session->data_room = record_data_room(&setup);
	err = record_rings_alloc(session);
	if (err)
		return err;
	return copy_to_user(arg, &setup, sizeof(setup)) ? -EFAULT : 0;
}

static int calls(struct record_session *session, const struct utrace_record_calls __user *arg)
{
	struct utrace_record_call_spec *specs;
	struct utrace_record_calls calls;
	u32 i;

	if (copy_from_user(&calls, arg, sizeof(calls)))
		return -EFAULT;
	if (calls.abi > UTRACE_RECORD_ABI_COMPAT || calls.nr > UTRACE_RECORD_MAX_CALLS)
		return -EINVAL;
	if (READ_ONCE(session->attached_ever))
		return -EBUSY;
	specs = kvmalloc_array(calls.nr, sizeof(*specs), GFP_KERNEL);
	if (!specs)
		return -ENOMEM;
	if (copy_from_user(specs, u64_to_user_ptr(calls.specs), calls.nr * sizeof(*specs))) {
		kvfree(specs);
		return -EFAULT;
	}
	for (i = 0; i < calls.nr; i++) {
		if (!record_spec_is_valid(&specs[i])) {
			kvfree(specs);
			return -EINVAL;
		}
	}
	kvfree(session->specs[calls.abi]);
	session->specs[calls.abi] = specs;
	session->nr_specs[calls.abi] = calls.nr;
	return 0;
}

static int filter(struct record_session *session, const struct utrace_record_filter __user *arg)
{
	struct utrace_syscall_filter *made;
	struct utrace_record_filter filter;

	if (copy_from_user(&filter, arg, sizeof(filter)))
		return -EFAULT;
	if (filter.reserved)
		return -EINVAL;
	if (session->filter || READ_ONCE(session->attached_ever))
		return -EBUSY;
	made = engine_filter_create(filter.insns, filter.nr);
	if (IS_ERR(made))
		return PTR_ERR(made);
	session->filter = made;
	return 0;
}

static int stack(struct record_session *session,
		 const struct utrace_record_stacks __user *arg)
{
	struct utrace_record_stacks stacks;

	if (copy_from_user(&stacks, arg, sizeof(stacks)))
		return -EFAULT;
	if (!stacks.depth || stacks.depth > UTRACE_RECORD_MAX_DEPTH || stacks.reserved)
		return -EINVAL;
	if (READ_ONCE(session->attached_ever))
		return -EBUSY;
	session->stack_depth = stacks.depth;
	return 0;
}

static bool is_attached(void *data, struct task_struct *task)
{
	struct record_session *session = data;
	struct record_task *rt;

	guard(spinlock)(&session->lock);
	hash_for_each_possible(session->by_task, rt, by_task, (unsigned long)task)
		if (rt->task == task)
			return true;
	return false;
}

static int attach_to(void *session, struct task_struct *task, u32 flags)
{
	return record_attach(session, task, flags);
}

static const struct engine_attacher attacher = {
	.is_attached = is_attached,
	.attach = attach_to,
};

static int attach(struct record_session *session, const struct utrace_record_attach __user *arg)
{
	struct utrace_record_attach attach;

	if (!is_set_up(session))
		return -ENXIO;
	if (copy_from_user(&attach, arg, sizeof(attach)))
		return -EFAULT;
	if (attach.flags & ~(UTRACE_RECORD_FOLLOW | UTRACE_RECORD_PROCESS |
			     UTRACE_RECORD_IGNORED_SIGNALS) || attach.pid <= 0)
		return -EINVAL;
	return engine_attach_pid(&attacher, session, attach.pid,
				 attach.flags & UTRACE_RECORD_PROCESS,
				 attach.flags & ~UTRACE_RECORD_PROCESS);
}

static int consume(struct record_session *session,
		   const struct utrace_record_consume __user *arg)
{
	struct utrace_record_consume consume;
	struct record_ring *ring;

	if (!is_set_up(session))
		return -ENXIO;
	if (copy_from_user(&consume, arg, sizeof(consume)))
		return -EFAULT;
	if (session->setup.policy == UTRACE_RECORD_POLICY_OVERWRITE)
		return -EOPNOTSUPP;
	if (consume.reserved || consume.cpu >= nr_cpu_ids || !cpu_possible(consume.cpu))
		return -EINVAL;
	ring = per_cpu_ptr(session->rings, consume.cpu);
	guard(mutex)(&session->consume);
	if (consume.tail < ring->tail || consume.tail % 8 ||
	    consume.tail > READ_ONCE(ring->page->head))
		return -EINVAL;
	WRITE_ONCE(ring->page->tail, consume.tail);
	/* Pairs with record_find_room(). */
	smp_store_release(&ring->tail, consume.tail);
	record_reader_came(session, ring);
	return 0;
}

static int in_flight(struct record_session *session,
		     const struct utrace_record_in_flight __user *arg)
{
	struct utrace_record_in_flight in_flight;

	if (!is_set_up(session))
		return -ENXIO;
	if (copy_from_user(&in_flight, arg, sizeof(in_flight)))
		return -EFAULT;
	if (in_flight.flags || in_flight.reserved)
		return -EINVAL;
	return record_in_flight(session);
}

static int status(struct record_session *session, struct utrace_record_status __user *arg)
{
	struct utrace_record_status status = { };
	int cpu;

	scoped_guard(spinlock, &session->lock) {
		status.attached = session->attached;
		status.attached_ever = session->attached_ever;
		status.attach_failed = session->attach_failed;
		status.timeouts = session->timeouts;
		status.blocked = session->blocked;
		status.blocked_ns = session->blocked_ns;
	}
	if (is_set_up(session)) {
		for_each_possible_cpu(cpu) {
			struct utrace_record_ring *page = per_cpu_ptr(session->rings, cpu)->page;

			status.records += READ_ONCE(page->records);
			status.lost += READ_ONCE(page->lost);
			status.overwritten += READ_ONCE(page->overwritten);
		}
	}
	return copy_to_user(arg, &status, sizeof(status)) ? -EFAULT : 0;
}

static long one_at_a_time(struct record_session *session, unsigned int cmd, void __user *user)
{
	lockdep_assert_held(&session->ioctl);
	switch (cmd) {
	case UTRACE_RECORD_IOC_SETUP:
		return setup(session, user);
	case UTRACE_RECORD_IOC_CALLS:
		return calls(session, user);
	case UTRACE_RECORD_IOC_ATTACH:
		return attach(session, user);
	case UTRACE_RECORD_IOC_FILTER:
		return filter(session, user);
	case UTRACE_RECORD_IOC_STACK:
		return stack(session, user);
	case UTRACE_RECORD_IOC_IN_FLIGHT:
		return in_flight(session, user);
	default:
		return -ENOTTY;
	}
}

static long record_ioctl(struct file *file, unsigned int cmd, unsigned long arg)
{
	struct record_session *session = file->private_data;
	void __user *user = (void __user *)arg;
	long ret;

	switch (cmd) {
	/* A reader is not kept waiting by an ATTACH that waits for an exec. */
	case UTRACE_RECORD_IOC_CONSUME:
		return consume(session, user);
	case UTRACE_RECORD_IOC_STATUS:
		return status(session, user);
	}
	if (mutex_lock_interruptible(&session->ioctl))
		return -EINTR;
	ret = one_at_a_time(session, cmd, user);
	mutex_unlock(&session->ioctl);
	return ret;
}

static int record_mmap(struct file *file, struct vm_area_struct *vma)
{
	struct record_session *session = file->private_data;
	unsigned long offset = vma->vm_pgoff << PAGE_SHIFT;
	unsigned long cpu;

	if (!is_set_up(session))
		return -ENXIO;
	if (vma->vm_flags & VM_WRITE)
		return -EPERM;
	cpu = offset / session->setup.map_bytes;
	if (offset % session->setup.map_bytes || cpu >= nr_cpu_ids ||
	    vma->vm_end - vma->vm_start != session->setup.map_bytes)
		return -EINVAL;
	if (!cpu_possible(cpu))
		return -ENODEV;
	/* A child that inherits it would keep the session. */
	vm_flags_mod(vma, VM_DONTCOPY, VM_MAYWRITE);
	return remap_vmalloc_range(vma, per_cpu_ptr(session->rings, cpu)->page, 0);
}

static __poll_t record_poll(struct file *file, struct poll_table_struct *wait)
{
	struct record_session *session = file->private_data;
	__poll_t events = 0;

	poll_wait(file, &session->wait, wait);
	if (!is_set_up(session))
		return EPOLLERR;
	if (record_rings_readable(session))
		events |= EPOLLIN | EPOLLRDNORM;
	scoped_guard(spinlock, &session->lock)
		if (session->attached_ever && !session->attached)
			events |= EPOLLHUP;
	return events;
}

const struct file_operations record_fops = {
	.owner = THIS_MODULE,
	.open = record_open,
	.release = record_close,
	.unlocked_ioctl = record_ioctl,
	.compat_ioctl = compat_ptr_ioctl,
	.mmap = record_mmap,
	.poll = record_poll,
};
