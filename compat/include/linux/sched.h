/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_SCHED_H
#define _COMPAT_LINUX_SCHED_H
#include_next <linux/sched.h>

/* Delete when 6.1 goes: there, only io_uring has such threads (PF_IO_WORKER). */
#ifndef PF_USER_WORKER
#define PF_USER_WORKER	0
#endif

#endif
