/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets and connect(2). A socket for datagrams is connected, too: so it gets what this server
 * sends and nothing else, and ICMP errors. A descriptor that did not come to a connection is closed
 * here; errno says why.
 */
#include "bench/dial.h"

#include <errno.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define ADDRESSES_MAX  16
#define PACKET_COST    1024      /* what the kernel charges for a small datagram, about */
#define BUFFER_DEFAULT 100000    /* what the kernel gives without being asked is more */
#define BUFFER_MAX     (1 << 29) /* it doubles it */

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

/* A name of its own, which the kernel chooses: without one there would be no answers (unix(7)). */
static int bind_local(int fd)
{
	const struct sockaddr_un local = { .sun_family = AF_UNIX };

	return bind(fd, (const struct sockaddr *)&local, sizeof local.sun_family);
}

/* Room for all answers that can be on their way; the kernel has a limit of its own, but for root.
 */
static void make_room(int fd, const struct options *options)
{
	uint64_t wanted = options->in_flight * (options->size.high + PACKET_COST);
	int size = wanted < BUFFER_MAX ? (int)wanted : BUFFER_MAX;

	if (size <= BUFFER_DEFAULT)
		return;
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof size) == -1)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &size, sizeof size) == -1)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

static int prepare(int fd, const struct options *options, uint64_t number)
{
	const int on = 1;

	if (options->target.transport == TRANSPORT_TCP)
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	if (target_is_datagram(&options->target))
		make_room(fd, options);
	if (options->target.transport == TRANSPORT_UNIXGRAM)
		return bind_local(fd);
	if (options->sources > 0)
		return bind_source(fd, (uint32_t)(number % options->sources));
	return 0;
}

int dial_start(const struct addr *server, const struct options *options, uint64_t number)
{
	int type = target_is_datagram(&options->target) ? SOCK_DGRAM : SOCK_STREAM;
	int fd = socket(server->storage.ss_family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return -1;
	if (prepare(fd, options, number) == -1)
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

uint64_t dial_dropped(int fd)
{
	uint32_t info[SK_MEMINFO_VARS] = { 0 };
	socklen_t length = sizeof info;

	if (getsockopt(fd, SOL_SOCKET, SO_MEMINFO, info, &length) == -1)
		return 0;
	return info[SK_MEMINFO_DROPS];
}

bool dial_is_local(int error)
{
	return error == EAGAIN || error == EADDRNOTAVAIL || error == EMFILE || error == ENFILE ||
	       error == ENOBUFS || error == ENOMEM;
}

/* Whether there is a server: it takes a connection, or answers a datagram. */
static bool is_there(const struct addr *server, const struct options *options)
{
	bool datagram = target_is_datagram(&options->target), taken = true;
	struct pollfd poll_fd = { .events = datagram ? POLLIN : POLLOUT };

	poll_fd.fd = dial_start(server, options, 0);
	if (poll_fd.fd == -1)
		return false;
	if (datagram)
		taken = send(poll_fd.fd, "?", 1, 0) == 1;
	taken = taken && poll(&poll_fd, 1, (int)options->timeout_ms) == 1 &&
		dial_result(poll_fd.fd) == 0;
	close(poll_fd.fd);
	return taken;
}

int dial_resolve(const struct options *options, struct addr *server, struct err *err)
{
	const struct target *target = &options->target;
	struct addr list[ADDRESSES_MAX];
	int all, count = 0, chosen = 0;

	if (target_is_local(target))
		return addr_unix(server, target->host, err);
	all = addr_resolve(target->host, target->port, list, ADDRESSES_MAX, err);
	if (all == -1)
		return -1;
	for (int i = 0; i < all; i++) {
		if (options->family == AF_UNSPEC || list[i].storage.ss_family == options->family)
			list[count++] = list[i];
	}
	if (count == 0)
		return err_set(err, "'%s' has no IPv%d address", target->host,
			       options->family == AF_INET ? 4 : 6);
	while (count > 1 && chosen < count && !is_there(&list[chosen], options))
		chosen++;
	*server = list[chosen < count ? chosen : 0];
	return 0;
}
