/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The yardstick: the smallest possible pre-forked epoll echo server. epoll_wait, recv, send, and
 * nothing else: no output queue (a client that does not read stops its worker), no half-close, no
 * limits, no log. What it costs is what the kernel costs; a server that does more can at best cost
 * as much.
 *
 * limit WORKERS: prints the port and serves until standard input ends.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFFER_SIZE 65536
#define EVENTS      512

static char buffer[BUFFER_SIZE];

static int listen_on(in_port_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = port,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	int on = 1;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == -1 ||
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on) == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1 || listen(fd, 4096) == -1) {
		perror("limit");
		exit(1);
	}
	return fd;
}

static void watch(int epoll, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
}

static void echo(int fd)
{
	ssize_t got = recv(fd, buffer, sizeof buffer, 0);

	if (got <= 0) {
		if (got == 0 || errno != EAGAIN)
			close(fd);
		return;
	}
	for (ssize_t sent = 0; sent < got;) {
		ssize_t n = send(fd, buffer + sent, (size_t)(got - sent), MSG_NOSIGNAL);

		if (n == -1 && errno != EAGAIN) {
			close(fd);
			return;
		}
		sent += n > 0 ? n : 0;
	}
}

static void serve(int listener)
{
	static struct epoll_event events[EVENTS];
	int epoll = epoll_create1(0);

	watch(epoll, listener);
	for (;;) {
		int count = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < count; i++) {
			int fd = events[i].data.fd;

			if (fd != listener)
				echo(fd);
			else if ((fd = accept4(listener, NULL, NULL, SOCK_NONBLOCK)) != -1)
				watch(epoll, fd);
		}
	}
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 1;
	struct sockaddr_in addr;
	socklen_t length = sizeof addr;
	int first = listen_on(0);
	char byte;

	getsockname(first, (struct sockaddr *)&addr, &length);
	for (int i = 0; i < workers; i++) {
		int listener = i == 0 ? first : listen_on(addr.sin_port);

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(listener);
		}
		close(listener);
	}
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
