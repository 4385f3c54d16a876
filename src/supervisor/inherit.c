/* SPDX-License-Identifier: BSD-2-Clause */
/* What a manager has opened, looked at once. A descriptor that is not what we need is an error: to
 * go on without it would be to serve somewhere else than was asked for. */
#include "supervisor/inherit.h"

#include <errno.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/parse.h"
#include "conf/listen.h"
#include "supervisor/socket.h"

#define FIRST_FD 3 /* SD_LISTEN_FDS_START */

/* How many there are for this process. */
static int count_fds(uint64_t *count, struct err *err)
{
	const char *pid = getenv("LISTEN_PID"), *fds = getenv("LISTEN_FDS");
	uint64_t own = (uint64_t)getpid();
	struct err ignored;

	*count = 0;
	if (pid == NULL || fds == NULL || parse_number(pid, own, own, &own, &ignored) == -1)
		return 0;
	return parse_number(fds, 0, INHERIT_MAX, count, err) == -1 ? err_prefix(err, "LISTEN_FDS")
								   : 0;
}

/* names: what is left of $LISTEN_FDNAMES, separated by colons. */
static void set_label(struct inherit_socket *socket, const char **names)
{
	size_t length = strcspn(*names, ":");
	char name[INHERIT_LABEL_MAX - 8], shown[sizeof name];

	snprintf(name, sizeof name, "%.*s", (int)length, *names);
	*names += length + ((*names)[length] == ':');
	if (name[0] == '\0')
		snprintf(socket->label, sizeof socket->label, "%d", socket->fd);
	else
		snprintf(socket->label, sizeof socket->label, "%d (%s)", socket->fd,
			 parse_printable(name, shown, sizeof shown));
}

/* -1 if the socket does not know it. */
static int get(int fd, int option)
{
	int value;
	socklen_t length = sizeof value;

	return getsockopt(fd, SOL_SOCKET, option, &value, &length) == 0 ? value : -1;
}

static int find_transport(struct inherit_socket *socket, struct err *err)
{
	int domain = get(socket->fd, SO_DOMAIN), type = get(socket->fd, SO_TYPE);
	bool is_local = domain == AF_UNIX, is_inet = domain == AF_INET || domain == AF_INET6;

	if (type == -1)
		return err_errno(err, "no socket");
	if ((!is_local && !is_inet) || (type != SOCK_STREAM && type != SOCK_DGRAM))
		return err_set(err, "neither TCP nor UDP nor a UNIX stream or datagram socket");
	if (type == SOCK_STREAM)
		socket->transport = is_local ? TRANSPORT_UNIX : TRANSPORT_TCP;
	else
		socket->transport = is_local ? TRANSPORT_UNIXGRAM : TRANSPORT_UDP;
	return 0;
}

static int find_addr(struct inherit_socket *socket, struct err *err)
{
	struct addr *addr = &socket->addr;
	bool is_local = transport_in(socket->transport, TRANSPORT_LOCAL);

	addr->length = sizeof addr->storage;
	if (getsockname(socket->fd, (struct sockaddr *)&addr->storage, &addr->length) == -1)
		return err_errno(err, "getsockname");
	if (is_local ? addr->length <= sizeof(sa_family_t) : addr_port(addr) == 0)
		return err_set(err, "has no address");
	socket->dual = !is_local && addr_is_any(addr) && socket_is_dual(socket->fd);
	return 0;
}

/* Of another user's socket the kernel would refuse us the address (socket(7), SO_REUSEPORT). */
static bool can_be_joined(int fd)
{
	struct stat st;

	return get(fd, SO_REUSEPORT) == 1 && fstat(fd, &st) == 0 && st.st_uid == geteuid();
}

static int look_at(struct inherit_socket *socket, struct err *err)
{
	struct sockaddr_storage peer;
	socklen_t length = sizeof peer;

	if (fcntl(socket->fd, F_SETFD, FD_CLOEXEC) == -1)
		return err_errno(err, "fcntl");
	if (find_transport(socket, err) == -1)
		return -1;
	if (getpeername(socket->fd, (struct sockaddr *)&peer, &length) == 0)
		return err_set(err, "is a connection, and not a listening socket: a socket unit "
				    "for echod has Accept=no");
	if (transport_in(socket->transport, TRANSPORT_STREAM) &&
	    get(socket->fd, SO_ACCEPTCONN) != 1)
		return err_set(err, "does not listen");
	socket->joins = can_be_joined(socket->fd);
	return find_addr(socket, err);
}

static int open_all(struct inherit *inherit, size_t count, struct err *err)
{
	const char *names = getenv("LISTEN_FDNAMES");

	if (names == NULL)
		names = "";
	for (; inherit->count < count; inherit->count++) {
		struct inherit_socket *socket = &inherit->sockets[inherit->count];

		socket->fd = FIRST_FD + (int)inherit->count;
		set_label(socket, &names);
		if (look_at(socket, err) == -1)
			return err_prefix(err, "inherited socket %s", socket->label);
	}
	return 0;
}

int inherit_open(struct inherit *inherit, struct err *err)
{
	uint64_t count;
	int result = count_fds(&count, err);

	memset(inherit, 0, sizeof *inherit);
	if (result == 0)
		result = open_all(inherit, (size_t)count, err);
	return result;
}

static bool is_listed(const struct conf *conf, const struct inherit_socket *socket)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (listen_is_at(&conf->listens[i], socket->transport, &socket->addr, socket->dual))
			return true;
	}
	return false;
}

int inherit_configure(const struct inherit *inherit, struct conf *conf, struct err *err)
{
	if (inherit == NULL || inherit->count == 0 || conf->listen_level != CONF_BUILT_IN)
		return 0;
	listen_drop(conf, 0);
	for (size_t i = 0; i < inherit->count; i++) {
		const struct inherit_socket *socket = &inherit->sockets[i];

		if (!is_listed(conf, socket) &&
		    listen_add_bound(conf, socket->transport, &socket->addr, socket->dual, err) ==
			    -1)
			return err_prefix(err, "inherited socket %s", socket->label);
	}
	return 0;
}

struct inherit_socket *inherit_find(struct inherit *inherit, const struct conf_listen *listen)
{
	for (size_t i = 0; inherit != NULL && i < inherit->count; i++) {
		struct inherit_socket *socket = &inherit->sockets[i];

		if (socket->fd != -1 &&
		    listen_is_at(listen, socket->transport, &socket->addr, socket->dual))
			return socket;
	}
	return NULL;
}

const char *inherit_name(const struct inherit_socket *socket, char name[ADDR_TEXT_MAX])
{
	if (!socket->dual)
		return addr_format(&socket->addr, name);
	snprintf(name, ADDR_TEXT_MAX, "*:%u", addr_port(&socket->addr));
	return name;
}

void inherit_close(struct inherit_socket *socket)
{
	close(socket->fd);
	socket->fd = -1;
}
