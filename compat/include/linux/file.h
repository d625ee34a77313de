/* SPDX-License-Identifier: GPL-2.0 */
#ifndef _COMPAT_LINUX_FILE_H
#define _COMPAT_LINUX_FILE_H
#include_next <linux/file.h>

/* Delete when 6.1 goes (6.7). */
#ifndef UTRACE_HAVE_RECEIVE_FD_USER
#define receive_fd(file, ufd, o_flags)	receive_fd(file, o_flags)
#endif

#endif
