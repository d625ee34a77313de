/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_SLAB_H
#define _COMPAT_LINUX_SLAB_H
#include_next <linux/slab.h>

/* Delete when the oldest kernel has them. */
#ifndef kzalloc_obj
#define kzalloc_obj(obj, ...)	kzalloc(sizeof(obj), GFP_KERNEL)
#endif
#ifndef kvzalloc_objs
#define kvzalloc_objs(obj, count, ...)	kvcalloc(count, sizeof(obj), GFP_KERNEL)
#endif

#endif
