/* SPDX-License-Identifier: GPL-2.0 */
/* A program that gains privileges, run by somebody who has none. */
#ifndef _SELFTESTS_SUID_H
#define _SELFTESTS_SUID_H

#include <stdlib.h>
#include <sys/prctl.h>
#include <unistd.h>

#define SUID_PROGRAM	"/var/tmp/suid-true"

/* Return: false: it cannot be. From here on the test has no privileges. */
static inline bool become_somebody(void)
{
	return !system("cp /bin/true " SUID_PROGRAM " && chmod 4755 " SUID_PROGRAM) &&
	       !setresgid(1000, 1000, 1000) && !setresuid(1000, 1000, 1000) &&
	       /* Of setresuid(): it may be traced again. */
	       !prctl(PR_SET_DUMPABLE, 1);
}

static inline void exec_suid(void)
{
	execl(SUID_PROGRAM, "true", NULL);
	_exit(1);
}

#endif /* _SELFTESTS_SUID_H */
