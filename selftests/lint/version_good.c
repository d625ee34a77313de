// SPDX-License-Identifier: GPL-2.0
#include <linux/utsname.h>
#include <linux/utrace_record.h>

#ifdef CONFIG_COMPAT
static int version = UTRACE_RECORD_VERSION;
#endif
