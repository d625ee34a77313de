// SPDX-License-Identifier: GPL-2.0
/*
 * server THREADS REQUESTS: a threaded server under load that does the same
 * calls in every run. Each thread has a socket of its own to listen on and a
 * process that connects to it, REQUESTS times: all at once, but nobody waits
 * for what another is doing.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <err.h>
#include <netinet/in.h>
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#define MAX_THREADS	16
#define FIRST_PORT	8200

static int requests;

static struct sockaddr_in address(int i)
{
	return (struct sockaddr_in){
		.sin_family = AF_INET,
		.sin_port = htons(FIRST_PORT + i),
		.sin_addr.s_addr = htonl(INADDR_LOOPBACK),
	};
}

static int listening(int i)
{
	struct sockaddr_in sin = address(i);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&sin, sizeof(sin)) || listen(fd, 8))
		err(1, "port %d", FIRST_PORT + i);
	return fd;
}

static void client(int i)
{
	struct sockaddr_in sin = address(i);
	char line[64];

	for (int n = 0; n < requests; n++) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (connect(fd, (struct sockaddr *)&sin, sizeof(sin)))
			err(1, "connect");
		if (write(fd, "hello\n", 6) != 6 || shutdown(fd, SHUT_WR) ||
		    recv(fd, line, sizeof(line), MSG_WAITALL) != 6)
			errx(1, "no answer");
		close(fd);
	}
}

static void *serve(void *arg)
{
	int listener = (int)(long)arg;
	char line[64];

	/* A table of its own: else numbers depend on what the others have open. */
	if (unshare(CLONE_FILES))
		err(1, "unshare");
	for (int n = 0; n < requests; n++) {
		int fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
		ssize_t len = recv(fd, line, sizeof(line), MSG_WAITALL);

		if (len != 6 || write(fd, line, (size_t)len) != len)
			errx(1, "no request");
		close(fd);
	}
	return NULL;
}

int main(int argc, char **argv)
{
	int threads = argc > 2 ? atoi(argv[1]) : 0;
	pid_t clients[MAX_THREADS];
	pthread_t ids[MAX_THREADS];
	int listeners[MAX_THREADS];

	if (threads < 1 || threads > MAX_THREADS)
		errx(2, "Usage: server THREADS REQUESTS");
	requests = atoi(argv[2]);
	for (int i = 0; i < threads; i++)
		listeners[i] = listening(i);
	for (int i = 0; i < threads; i++) {
		clients[i] = fork();
		if (!clients[i]) {
			client(i);
			_exit(0);
		}
	}
	for (int i = 0; i < threads; i++)
		if (pthread_create(&ids[i], NULL, serve, (void *)(long)listeners[i]))
			errx(1, "pthread_create");
	for (int i = 0; i < threads; i++)
		pthread_join(ids[i], NULL);
	for (int i = 0; i < threads; i++)
		waitpid(clients[i], NULL, 0);
	return 0;
}
