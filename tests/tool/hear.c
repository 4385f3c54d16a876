/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * hear [-s BYTES] HOST:PORT: connects, sends that many bytes (default 0), and writes what the
 * server says to standard output, until it ends. For servers that say something of their own. Exit
 * status: 0 the server ended decently (FIN), 1 it reset the connection or nobody was there, 2
 * usage, 3 no end within 30 seconds.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/parse.h"

#define SECONDS  30
#define SENT_MAX 65536

static int usage(const char *why)
{
	fprintf(stderr, "hear: %s\nusage: hear [-s BYTES] HOST:PORT\n", why);
	return 2;
}

static int dial(const char *where, struct err *err)
{
	char host[ADDR_HOST_MAX];
	struct timeval limit = { .tv_sec = SECONDS };
	struct addr addr;
	uint16_t port;
	int fd;

	if (addr_split(where, 1, host, &port, err) == -1 ||
	    addr_resolve(host, port, &addr, 1, err) == -1)
		return -1;
	fd = socket(addr.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return err_errno(err, "socket");
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
	if (connect(fd, (struct sockaddr *)&addr.storage, addr.length) == 0)
		return fd;
	err_errno(err, "connect");
	close(fd);
	return -1;
}

int main(int argc, char **argv)
{
	static char sent[SENT_MAX], heard[4096];
	uint64_t size = 0;
	struct err err;
	ssize_t got;
	int fd, error;

	if (argc == 4 && strcmp(argv[1], "-s") == 0) {
		if (parse_size(argv[2], 0, SENT_MAX, &size, &err) == -1)
			return usage(err.text);
	} else if (argc != 2) {
		return usage("one address is needed");
	}
	fd = dial(argv[argc - 1], &err);
	if (fd == -1) {
		fprintf(stderr, "hear: %s\n", err.text);
		return 1;
	}
	memset(sent, 'x', sizeof sent);
	if (size > 0 && send(fd, sent, size, MSG_NOSIGNAL) == -1)
		perror("hear: send"); /* what was said before can still be heard */
	while ((got = recv(fd, heard, sizeof heard, 0)) > 0)
		fwrite(heard, 1, (size_t)got, stdout);
	error = errno;
	if (got == 0)
		return fflush(stdout) == 0 ? 0 : 2;
	fflush(stdout);
	fprintf(stderr, "hear: recv: %s\n", strerror(error));
	return error == EAGAIN ? 3 : 1;
}
