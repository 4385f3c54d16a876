/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The yardstick for UDP: the smallest possible pre-forked echo server of datagrams. recvfrom,
 * sendto, and nothing else: no look at who asks, no limits, no counters.
 *
 * udp_limit WORKERS: prints the port and serves until standard input ends.
 */
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE (4 << 20) /* bytes; as bench.sh gives to echod */

static char buffer[65536];

static int bind_to(in_port_t port)
{
	struct sockaddr_in addr = { .sin_family = AF_INET,
				    .sin_port = port,
				    .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0);
	int on = 1, room = QUEUE;

	if (fd == -1 || setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == -1 ||
	    bind(fd, (struct sockaddr *)&addr, sizeof addr) == -1) {
		perror("udp_limit");
		exit(1);
	}
	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
	return fd;
}

static void serve(int fd)
{
	for (;;) {
		struct sockaddr_storage from;
		socklen_t length = sizeof from;
		ssize_t got =
			recvfrom(fd, buffer, sizeof buffer, 0, (struct sockaddr *)&from, &length);

		if (got >= 0)
			sendto(fd, buffer, (size_t)got, 0, (struct sockaddr *)&from, length);
	}
}

int main(int argc, char **argv)
{
	int workers = argc > 1 ? atoi(argv[1]) : 1;
	struct sockaddr_in addr;
	socklen_t length = sizeof addr;
	int first = bind_to(0);
	char byte;

	getsockname(first, (struct sockaddr *)&addr, &length);
	for (int i = 0; i < workers; i++) {
		int fd = i == 0 ? first : bind_to(addr.sin_port);

		if (fork() == 0) {
			prctl(PR_SET_PDEATHSIG, SIGKILL);
			serve(fd);
		}
		close(fd);
	}
	printf("%d\n", ntohs(addr.sin_port));
	fflush(stdout);
	while (read(STDIN_FILENO, &byte, 1) > 0)
		;
	return 0;
}
