// SPDX-License-Identifier: GPL-2.0
/* Unlike its neighbours built, by scripts/lint: shows that gcc and sparse look. */
#include <linux/module.h>
#include <linux/spinlock.h>

static DEFINE_SPINLOCK(lock);

static int under_guard(const int __user *user)
{
	guard(spinlock)(&lock);
	return *user;				/* EXPECT */
}

static int under_scoped_guard(int __user *user)
{
	int unused;				/* EXPECT */

	scoped_guard(spinlock, &lock)
		return under_guard((int *)user);	/* EXPECT */
	return 0;
}

int not_static(int __user *user)		/* EXPECT */
{
	return under_scoped_guard(user);
}

MODULE_DESCRIPTION("What gcc and sparse must report");
MODULE_LICENSE("GPL");
