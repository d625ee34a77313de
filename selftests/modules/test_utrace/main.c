// SPDX-License-Identifier: GPL-2.0
/*
 * The engine that the tests steer; selftests/test_utrace.h is its interface.
 */
#include <linux/miscdevice.h>
#include <linux/mm.h>
#include <linux/poll.h>
#include <linux/slab.h>
#include <linux/uaccess.h>
#include "session.h"

static void test_session_free(struct kref *ref)
{
	struct test_session *session = container_of(ref, struct test_session, ref);

	kvfree(session->log);
	kfree(session);
}

/**
 * test_session_put() - let a session go
 * @session: The session.
 */
void test_session_put(struct test_session *session)
{
	kref_put(&session->ref, test_session_free);
}

static int test_open(struct inode *inode, struct file *file)
{
	struct test_session *session = kzalloc(sizeof(*session), GFP_KERNEL);

	if (!session)
		return -ENOMEM;
	session->log = kvcalloc(TEST_UTRACE_MAX_EVENTS, sizeof(*session->log), GFP_KERNEL);
	if (!session->log) {
		kfree(session);
		return -ENOMEM;
	}
	kref_init(&session->ref);
	mutex_init(&session->lock);
	INIT_LIST_HEAD(&session->engines);
	spin_lock_init(&session->log_lock);
	init_waitqueue_head(&session->readers);
	init_waitqueue_head(&session->gate);
	file->private_data = session;
	return stream_open(inode, file);
}

static int test_close(struct inode *inode, struct file *file)
{
	struct test_session *session = file->private_data;

	test_detach_all(session);
	test_session_put(session);
	return 0;
}

static ssize_t test_read(struct file *file, char __user *buf, size_t size, loff_t *pos)
{
	struct test_session *session = file->private_data;
	struct test_utrace_event event;
	size_t done = 0;
	int ret;

	if (size < sizeof(event))
		return -EINVAL;
	while (done + sizeof(event) <= size) {
		bool empty;

		spin_lock(&session->log_lock);
		empty = session->head == session->tail;
		if (!empty)
			event = session->log[session->tail++ % TEST_UTRACE_MAX_EVENTS];
		spin_unlock(&session->log_lock);

		if (!empty) {
			if (copy_to_user(buf + done, &event, sizeof(event)))
				return -EFAULT;
			done += sizeof(event);
			continue;
		}
		if (done)
			break;
		if (file->f_flags & O_NONBLOCK)
			return -EAGAIN;
		ret = wait_event_interruptible(session->readers,
					       READ_ONCE(session->head) !=
					       READ_ONCE(session->tail));
		if (ret)
			return ret;
	}
	return done;
}

static __poll_t test_poll(struct file *file, struct poll_table_struct *wait)
{
	struct test_session *session = file->private_data;

	poll_wait(file, &session->readers, wait);
	if (READ_ONCE(session->head) != READ_ONCE(session->tail))
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

static const struct file_operations test_fops = {
	.owner		= THIS_MODULE,
	.open		= test_open,
	.release	= test_close,
	.read		= test_read,
	.poll		= test_poll,
	.unlocked_ioctl	= test_ioctl,
};

static struct miscdevice test_device = {
	.minor	= MISC_DYNAMIC_MINOR,
	.name	= "utrace_test",
	.mode	= 0600,
	.fops	= &test_fops,
};

static int __init test_init(void)
{
	return misc_register(&test_device);
}

static void __exit test_exit(void)
{
	misc_deregister(&test_device);
	test_free_shared();
}

module_init(test_init);
module_exit(test_exit);

MODULE_DESCRIPTION("The engine that the utrace tests steer");
MODULE_LICENSE("GPL");
