/* SPDX-License-Identifier: GPL-2.0 */
/* A tracee in the middle of an exec, for as long as a test likes. After session.h. */
#ifndef _SELFTESTS_SLOW_EXEC_H
#define _SELFTESTS_SLOW_EXEC_H

static inline void *be_traced(void *arg)
{
	(void)arg;
	ptrace(PTRACE_TRACEME);
	shared[0] = syscall(SYS_gettid);
	return NULL;
}

/* The exec waits until the other thread is gone: until its tracer has reaped it. */
static inline void exec_that_waits(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, be_traced, NULL))
		abort();
	pthread_join(thread, NULL);
	/* Makes calls for ever. */
	execl("/bin/dd", "dd", "if=/dev/zero", "of=/dev/null", NULL);
}

static inline bool is_in_exec(pid_t pid)
{
	char buf[256];

	return state_of(pid) == 'D' && read_proc(pid, "syscall", buf, sizeof(buf)) > 0 &&
	       atoi(buf) == SYS_execve;
}

static inline bool let_exec_go_on(void)
{
	return waitpid(shared[0], NULL, __WALL) == shared[0];
}

#endif /* _SELFTESTS_SLOW_EXEC_H */
