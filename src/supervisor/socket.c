/* SPDX-License-Identifier: BSD-2-Clause */
/* What fails is closed again; the reason names the address. */
#include "supervisor/socket.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static int set_option(int fd, int level, int name, int value, const char *what, struct err *err)
{
	if (setsockopt(fd, level, name, &value, sizeof value) == -1)
		return err_errno(err, "setsockopt %s", what);
	return 0;
}

/*
 * What every slot has. Accepted sockets inherit it, which saves a call for each: TCP_NODELAY, and
 * SO_OOBINLINE, because urgent bytes are bytes, too.
 */
static int set_options(int fd, const struct addr *addr, bool dual, struct err *err)
{
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", err) == -1 ||
	    set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE", err) == -1 ||
	    set_option(fd, IPPROTO_TCP, TCP_NODELAY, 1, "TCP_NODELAY", err) == -1)
		return -1;
	if (addr->storage.ss_family == AF_INET6)
		return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual, "IPV6_V6ONLY", err);
	return 0;
}

static void close_keeping_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

static const char *hint(int error)
{
	if (error == EADDRINUSE)
		return " (does another echod run?)";
	if (error == EACCES)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	return "";
}

static int cannot_listen(enum transport transport, const struct addr *addr, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int error = errno;

	err_set(err, "cannot listen on %s %s: %s%s", transport_name(transport),
		addr_format(addr, text), strerror(error), hint(error));
	errno = error;
	return -1;
}

/* A socket that is bound, and no more. */
static int open_bound(enum transport transport, const struct addr *addr, bool dual, bool reuseport,
		      struct err *err)
{
	int fd = socket(addr->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd == -1)
		return cannot_listen(transport, addr, err);
	if (set_options(fd, addr, dual, err) == 0 &&
	    (!reuseport || set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0)) {
		if (bind(fd, (const struct sockaddr *)&addr->storage, addr->length) == 0)
			return fd;
		cannot_listen(transport, addr, err);
	}
	close_keeping_errno(fd);
	return -1;
}

int socket_claim(const struct conf_listen *listen, const struct addr *addr, bool dual,
		 struct err *err)
{
	int fd = open_bound(listen->transport, addr, dual, false, err);

	if (fd == -1)
		return -1;
	if (socket_serve(fd, listen->transport, addr, err) == 0 &&
	    set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0)
		return fd;
	close_keeping_errno(fd);
	return -1;
}

int socket_join(const struct conf_listen *listen, const struct addr *addr, bool dual,
		struct err *err)
{
	return open_bound(listen->transport, addr, dual, true, err);
}

int socket_serve(int fd, enum transport transport, const struct addr *addr, struct err *err)
{
	/* The kernel takes net.core.somaxconn for it. */
	return listen(fd, INT_MAX) == -1 ? cannot_listen(transport, addr, err) : 0;
}

bool socket_is_dual(int fd)
{
	int v6only = 1;
	socklen_t length = sizeof v6only;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &length) == 0 && v6only == 0;
}
