// SPDX-License-Identifier: GPL-2.0
#include <linux/version.h>				/* EXPECT */

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 6, 0)	/* EXPECT */
#define shorten(s) strlcpy(s)
#endif

#ifdef UTRACE_HAVE_FTRACE_DIRECT_MULTI			/* EXPECT */
static int with_direct_calls;
#endif
