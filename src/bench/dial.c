/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets and connect(2). A descriptor that did not come to a connection is closed here; errno says
 * why. */
#include "bench/dial.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define ADDRESSES_MAX 16

/* The source is bound without a port: connect(2) finds one that is free towards this server. */
static int bind_source(int fd, uint32_t number)
{
	const int on = 1;
	struct sockaddr_in source = { .sin_family = AF_INET };

	source.sin_addr.s_addr = htonl(0x7f000101u + number); /* 127.0.1.1 and up */
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof on);
	return bind(fd, (const struct sockaddr *)&source, sizeof source);
}

static int give_up(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
	return -1;
}

int dial_start(const struct addr *server, uint64_t sources, uint64_t number)
{
	const int on = 1;
	int fd;

	fd = socket(server->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd == -1)
		return -1;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (sources > 0 && bind_source(fd, (uint32_t)(number % sources)) == -1)
		return give_up(fd);
	if (connect(fd, (const struct sockaddr *)&server->storage, server->length) == -1 &&
	    errno != EINPROGRESS)
		return give_up(fd);
	return fd;
}

int dial_result(int fd)
{
	socklen_t length = sizeof(int);
	int error = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) == -1)
		return errno;
	return error;
}

bool dial_is_local(int error)
{
	return error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE || error == ENOBUFS ||
	       error == ENOMEM;
}

static bool takes_connections(const struct addr *server, const struct options *options)
{
	struct pollfd poll_fd = { .events = POLLOUT };
	bool taken;

	poll_fd.fd = dial_start(server, options->sources, 0);
	if (poll_fd.fd == -1)
		return false;
	taken = poll(&poll_fd, 1, (int)options->timeout_ms) == 1 && dial_result(poll_fd.fd) == 0;
	close(poll_fd.fd);
	return taken;
}

int dial_resolve(const struct options *options, struct addr *server, struct err *err)
{
	struct addr list[ADDRESSES_MAX];
	int all = addr_resolve(options->host, options->port, list, ADDRESSES_MAX, err);
	int count = 0, chosen = 0;

	if (all == -1)
		return -1;
	for (int i = 0; i < all; i++) {
		if (options->family == AF_UNSPEC || list[i].storage.ss_family == options->family)
			list[count++] = list[i];
	}
	if (count == 0)
		return err_set(err, "'%s' has no IPv%d address", options->host,
			       options->family == AF_INET ? 4 : 6);
	while (count > 1 && chosen < count && !takes_connections(&list[chosen], options))
		chosen++;
	*server = list[chosen < count ? chosen : 0];
	return 0;
}
