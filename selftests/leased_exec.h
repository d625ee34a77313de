/* SPDX-License-Identifier: GPL-2.0 */
/*
 * An exec that waits, with the cred_guard_mutex of its process, before there is
 * anything that it could not go back from: for a lease of the interpreter that it
 * is to open. Who attaches to the process meanwhile waits for that mutex. After
 * session.h.
 */
#ifndef _SELFTESTS_LEASED_EXEC_H
#define _SELFTESTS_LEASED_EXEC_H

#define LEASED_SCRIPT		"/tmp/leased-script"
#define LEASED_INTERPRETER	"/tmp/leased-interpreter"

/** lease_interpreter() - the lease; @program: a file; what is to be run in the end */
static inline int lease_interpreter(const char *program)
{
	char *command;
	int fd;

	if (asprintf(&command, "set -e; umask 022; rm -f " LEASED_SCRIPT " " LEASED_INTERPRETER ";"
		     "echo '#!" LEASED_INTERPRETER " -f' >" LEASED_SCRIPT ";"
		     "cat %s >" LEASED_INTERPRETER ";"
		     "chmod 755 " LEASED_SCRIPT " " LEASED_INTERPRETER, program) < 0 ||
	    system(command))
		abort();
	free(command);
	/* Who has to wait for it is told of to its owner. */
	signal(SIGIO, SIG_IGN);
	fd = open(LEASED_INTERPRETER, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || fcntl(fd, F_SETLEASE, F_WRLCK))
		abort();
	return fd;
}

/** exec_leased() - does not return before lease_end(), and then if there is no program */
static inline void exec_leased(void)
{
	execl(LEASED_SCRIPT, LEASED_SCRIPT, NULL);
}

static inline bool wait_for_leased_exec(pid_t tid)
{
	return wait_blocked_in(tid, SYS_execve);
}

static inline void lease_end(int lease)
{
	if (fcntl(lease, F_SETLEASE, F_UNLCK))
		abort();
}

#endif /* _SELFTESTS_LEASED_EXEC_H */
