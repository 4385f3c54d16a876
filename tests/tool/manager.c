/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The side of a service manager that hears: prints the datagrams that come to a UNIX socket, each
 * line of them as a line, and an empty one behind each datagram (sd_notify(3)).
 *
 * manager PATH: says "hearing" first, and ends when its standard input does.
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"

static void hear(int fd)
{
	char text[2048];
	ssize_t length = recv(fd, text, sizeof text, MSG_DONTWAIT);

	if (length >= 0)
		printf("%.*s\n\n", (int)length, text);
}

int main(int argc, char **argv)
{
	struct pollfd fds[2] = { { .fd = STDIN_FILENO, .events = POLLIN }, { .events = POLLIN } };
	struct addr addr;
	struct err err;

	if (argc != 2 || addr_unix(&addr, argv[1], &err) == -1) {
		fputs("usage: manager PATH\n", stderr);
		return 2;
	}
	fds[1].fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fds[1].fd == -1 ||
	    bind(fds[1].fd, (const struct sockaddr *)&addr.storage, addr.length) == -1) {
		perror("manager");
		return 1;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	puts("hearing");
	while (poll(fds, 2, -1) > 0) {
		if (fds[1].revents != 0)
			hear(fds[1].fd);
		else if (fds[0].revents != 0)
			break;
	}
	return 0;
}
