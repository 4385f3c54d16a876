/* SPDX-License-Identifier: BSD-2-Clause */
/* Opening the socket of a server for tests. What fails ends the program: whoever started it waits
 * for the line with the port. */
#include "serve.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include "common/addr.h"

int serve_open(int type, const char *path)
{
	const int on = 1;
	struct addr addr;
	struct err err;
	int fd;

	addr_any(&addr, AF_INET, 0);
	((struct sockaddr_in *)&addr.storage)->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (path != NULL && addr_unix(&addr, path, &err) == -1)
		exit(2);
	fd = socket(addr.storage.ss_family, type | SOCK_CLOEXEC, 0);
	if (fd != -1 && type == SOCK_STREAM && path == NULL)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (fd == -1 || bind(fd, (const struct sockaddr *)&addr.storage, addr.length) == -1 ||
	    (type == SOCK_STREAM && listen(fd, 1024) == -1) ||
	    getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length) == -1) {
		perror(program_invocation_short_name);
		exit(1);
	}
	printf("port %d\n", addr_port(&addr));
	fflush(stdout);
	return fd;
}

uint64_t serve_behind_colon(const char *text)
{
	const char *colon = text == NULL ? NULL : strchr(text, ':');

	return colon == NULL ? 0 : strtoull(colon + 1, NULL, 10);
}
