/* SPDX-License-Identifier: BSD-2-Clause */
/* What fails is closed again; the reason names the address. */
#include "supervisor/socket.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "supervisor/sockopt.h"

static int set_option(int fd, int level, int name, int value, const char *what, struct err *err)
{
	if (setsockopt(fd, level, name, &value, sizeof value) == -1)
		return err_errno(err, "setsockopt %s", what);
	return 0;
}

/*
 * No SO_REUSEADDR: with UDP it would let others in. On a wildcard address each datagram comes with
 * its destination, which the reply is to leave from; the kernel notes it when the datagram comes,
 * so this is asked for before the socket is bound. Of IPv4 on a dual socket only IP_PKTINFO tells
 * that a datagram was sent to a whole subnet.
 */
static int set_udp_options(int fd, const struct addr *addr, bool dual, struct err *err)
{
	int family = addr->storage.ss_family;

	if (!addr_is_any(addr))
		return 0;
	if ((family == AF_INET || dual) &&
	    set_option(fd, IPPROTO_IP, IP_PKTINFO, 1, "IP_PKTINFO", err) == -1)
		return -1;
	if (family != AF_INET6)
		return 0;
	return set_option(fd, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1, "IPV6_RECVPKTINFO", err);
}

/* Accepted sockets inherit SO_OOBINLINE, which is there because urgent bytes are bytes, too. */
static int set_tcp_options(int fd, struct err *err)
{
	if (set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1, "SO_REUSEADDR", err) == -1)
		return -1;
	return set_option(fd, SOL_SOCKET, SO_OOBINLINE, 1, "SO_OOBINLINE", err);
}

/* What every socket of an address has, beside its settings. */
static int set_options(int fd, const struct conf_listen *listen, const struct addr *addr, bool dual,
		       struct err *err)
{
	int family = addr->storage.ss_family;

	if (sockopt_open(fd, listen->transport, family, &listen->profile.socket, err) == -1)
		return -1;
	if (listen->transport == TRANSPORT_TCP)
		return set_tcp_options(fd, err);
	return listen->transport == TRANSPORT_UDP ? set_udp_options(fd, addr, dual, err) : 0;
}

static void close_keeping_errno(int fd)
{
	int error = errno;

	close(fd);
	errno = error;
}

static const char *hint(int error, const struct addr *addr)
{
	if (error == EADDRINUSE)
		return " (does another echod run?)";
	if (error == EACCES && addr->storage.ss_family != AF_UNIX)
		return " (ports below 1024 need root or CAP_NET_BIND_SERVICE)";
	return "";
}

static int cannot_listen(enum transport transport, const struct addr *addr, struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int error = errno;

	err_set(err, "cannot listen on %s %s: %s%s", transport_name(transport),
		addr_format(addr, text), strerror(error), hint(error, addr));
	errno = error;
	return -1;
}

static int open_one(enum transport transport, int family)
{
	int type = transport_in(transport, TRANSPORT_STREAM) ? SOCK_STREAM : SOCK_DGRAM;

	return socket(family, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
}

/* The file of a UNIX socket is for nobody until sockfile.c has said for whom. */
static int bind_to(int fd, enum transport transport, const struct addr *addr, struct err *err)
{
	mode_t before = umask(0777);
	int result = bind(fd, (const struct sockaddr *)&addr->storage, addr->length);

	umask(before);
	return result == 0 ? 0 : cannot_listen(transport, addr, err);
}

static int set_family(int fd, int family, bool dual, struct err *err)
{
	if (family != AF_INET6)
		return 0;
	return set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, !dual, "IPV6_V6ONLY", err);
}

/* A socket with its options, not bound. */
static int open_socket(const struct conf_listen *listen, const struct addr *addr, bool dual,
		       struct err *err)
{
	int fd = open_one(listen->transport, addr->storage.ss_family), error;
	char text[ADDR_TEXT_MAX];

	if (fd == -1)
		return cannot_listen(listen->transport, addr, err);
	if (set_family(fd, addr->storage.ss_family, dual, err) == 0 &&
	    set_options(fd, listen, addr, dual, err) == 0)
		return fd;
	error = errno;
	err_prefix(err, "cannot listen on %s %s", transport_name(listen->transport),
		   addr_format(addr, text));
	close(fd);
	errno = error;
	return -1;
}

/* Whether nobody could be answered from there. Of IPv4 only the routes tell, which connect(2) asks:
 * to a subnet's broadcast address it goes with SO_BROADCAST alone. */
static bool is_for_many(const struct addr *addr)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&addr->storage;
	int fd, result, error;

	if (addr->storage.ss_family == AF_INET6 || addr_is_group(addr))
		return addr_is_group(addr);
	fd = open_one(TRANSPORT_UDP, AF_INET);
	if (fd == -1)
		return false;
	result = connect(fd, (const struct sockaddr *)in, sizeof *in);
	error = errno;
	close(fd);
	return result == -1 && error == EACCES;
}

int socket_claim(const struct conf_listen *listen, const struct addr *addr, bool dual,
		 struct err *err)
{
	char text[ADDR_TEXT_MAX];
	int fd;

	if (listen->transport == TRANSPORT_UDP && is_for_many(addr)) {
		err_set(err, "cannot listen on udp %s: not the address of one host",
			addr_format(addr, text));
		errno = EINVAL;
		return -1;
	}
	fd = open_socket(listen, addr, dual, err);
	if (fd == -1)
		return -1;
	if (bind_to(fd, listen->transport, addr, err) == 0 &&
	    (transport_in(listen->transport, TRANSPORT_LOCAL) || /* sockfile.c has to come first */
	     (socket_serve(fd, listen->transport, addr, &listen->profile.socket, err) == 0 &&
	      (!listen->profile.socket.reuseport ||
	       set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0))))
		return fd;
	close_keeping_errno(fd);
	return -1;
}

int socket_join(const struct conf_listen *listen, const struct addr *addr, bool dual,
		struct err *err)
{
	int fd = open_socket(listen, addr, dual, err);

	if (fd == -1)
		return -1;
	if (set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1, "SO_REUSEPORT", err) == 0 &&
	    (listen->transport == TRANSPORT_UDP || bind_to(fd, listen->transport, addr, err) == 0))
		return fd;
	close_keeping_errno(fd);
	return -1;
}

int socket_adopt(int fd, const struct conf_listen *listen, const struct addr *addr, bool dual,
		 struct err *err)
{
	int flags = fcntl(fd, F_GETFL);

	if (flags == -1 || fcntl(fd, F_SETFL, flags | O_NONBLOCK) == -1)
		return err_errno(err, "fcntl");
	return set_options(fd, listen, addr, dual, err);
}

static bool is_bound(int fd)
{
	struct addr addr = { .length = sizeof addr.storage };

	return getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length) == 0 &&
	       addr_port(&addr) != 0;
}

int socket_serve(int fd, enum transport transport, const struct addr *addr,
		 const struct profile_socket *settings, struct err *err)
{
	/* The kernel takes net.core.somaxconn for what is more than that. */
	int backlog = settings->backlog == 0 ? INT_MAX : (int)settings->backlog;

	if (transport == TRANSPORT_UDP)
		return is_bound(fd) ? 0 : bind_to(fd, transport, addr, err);
	if (!transport_in(transport, TRANSPORT_STREAM))
		return 0;
	return listen(fd, backlog) == -1 ? cannot_listen(transport, addr, err) : 0;
}

int socket_answers(enum transport transport, const struct addr *addr)
{
	int fd = open_one(transport, AF_UNIX), error = 0;

	if (fd == -1)
		return -1;
	if (connect(fd, (const struct sockaddr *)&addr->storage, addr->length) == -1)
		error = errno;
	close(fd);
	/* A full queue, and a socket of another type, are somebody, too. */
	if (error == 0 || error == EAGAIN || error == EPROTOTYPE)
		return 1;
	if (error == ECONNREFUSED || error == ENOENT)
		return 0;
	errno = error;
	return -1;
}

bool socket_is_dual(int fd)
{
	int v6only = 1;
	socklen_t length = sizeof v6only;

	return getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &v6only, &length) == 0 && v6only == 0;
}

int socket_connect_datagram(const struct addr *addr, struct err *err)
{
	int fd = open_one(TRANSPORT_UNIXGRAM, AF_UNIX);

	if (fd == -1)
		return err_errno(err, "socket");
	if (connect(fd, (const struct sockaddr *)&addr->storage, addr->length) == 0)
		return fd;
	err_errno(err, "connect");
	close_keeping_errno(fd);
	return -1;
}
