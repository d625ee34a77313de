// SPDX-License-Identifier: GPL-2.0
/*
 * For a debugger: functions to stop in, a variable to watch, a child, and calls
 * to count: getsid(1) to getsid(5). With an argument it waits for a line first.
 */
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

volatile int answer;

__attribute__((noinline)) int work(int n)
{
	syscall(SYS_getsid, n);
	answer += n;
	return answer;
}

int main(int argc, char **argv)
{
	int i, status;
	pid_t pid;
	char c;

	(void)argv;
	if (argc > 1 && read(0, &c, 1) != 1)
		return 1;
	for (i = 1; i <= 5; i++)
		work(i);
	pid = fork();
	if (pid == 0)
		_exit(3);
	if (waitpid(pid, &status, 0) != pid || WEXITSTATUS(status) != 3)
		return 2;
	return answer == 15 ? 42 : 4;
}
