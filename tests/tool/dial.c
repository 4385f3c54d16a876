/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets and connect(2). A descriptor that did not come to a connection is closed here; errno says
 * why. */
#include "dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

/* The source is bound without a port: connect(2) finds one that is free towards this server. */
static int bind_source(int fd, uint32_t number)
{
	const int on = 1;
	struct sockaddr_in source = { .sin_family = AF_INET };

	source.sin_addr.s_addr = htonl(0x7f000101u + number); /* 127.0.1.1 and up */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	return bind(fd, (const struct sockaddr *)&source, sizeof(source));
}

/*
 * Small segments make a small send buffer on the other side, too (tcp_init_buffer_space). With less
 * than this, the kernel drops what it has no room for, and with it acknowledgements: connections
 * then stop for seconds.
 */
static void shrink_buffers(int fd)
{
	const int buffer = 32768, segment = 1400;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof(buffer));
	setsockopt(fd, IPPROTO_TCP, TCP_MAXSEG, &segment, sizeof(segment));
}

static int prepare(int fd, const struct plan *plan, uint64_t number)
{
	const int on = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (plan->small_buffers)
		shrink_buffers(fd);
	if (plan->sources > 0)
		return bind_source(fd, (uint32_t)(number % plan->sources));
	return 0;
}

static int give_up(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

int dial_start(const struct plan *plan, uint64_t number, bool *connected)
{
	const struct addr *server = &plan->server;
	int fd;

	fd = socket(server->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -1;
	if (prepare(fd, plan, number) < 0)
		return give_up(fd);
	*connected = connect(fd, (const struct sockaddr *)&server->storage, server->length) == 0;
	if (!*connected && errno != EINPROGRESS)
		return give_up(fd);
	return fd;
}

int dial_result(int fd)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) < 0)
		return errno;
	return error;
}

bool dial_is_local(int error)
{
	return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}
