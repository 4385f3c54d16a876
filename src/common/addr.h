/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses: HOST:PORT and paths of UNIX sockets as people write them, resolved and shown. */
#ifndef ECHOD_ADDR_H
#define ECHOD_ADDR_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include "common/err.h"

#define ADDR_HOST_MAX 256 /* bytes of a host, with the NUL (RFC 1035: a name has at most 253) */
#define ADDR_TEXT_MAX 128 /* bytes of an address as text, with the NUL */

struct addr {
	struct sockaddr_storage storage;
	socklen_t length; /* of what is used of it, as bind(2) and connect(2) want it */
};

/*
 * Splits HOST:PORT; an IPv6 address stands in brackets, which host then lacks (RFC 3986, 3.2.2).
 * The port is a number from min_port to 65535.
 */
int addr_split(const char *text, uint16_t min_port, char host[ADDR_HOST_MAX], uint16_t *port,
	       struct err *err);

/*
 * Looks up a name or a numeric address (getaddrinfo(3), so it may block on a name server) and
 * writes at most max different stream addresses. Returns their number, at least 1, or -1.
 */
int addr_resolve(const char *host, uint16_t port, struct addr *list, size_t max, struct err *err);

/* The unspecified address of a family: [::] for AF_INET6, 0.0.0.0 for AF_INET. */
void addr_any(struct addr *addr, int family, uint16_t port);

/*
 * The address of a UNIX socket: a path, or with @ in front a name that is in no file system
 * (unix(7), "abstract"). A path of more than 107 bytes is an error.
 */
int addr_unix(struct addr *addr, const char *path, struct err *err);

/* The path of a UNIX socket's address, NULL if it has none (it is abstract, or not bound). */
const char *addr_path(const struct addr *addr);

/* 192.0.2.1:7 or [2001:db8::1]:7, /run/socket or @name; an IPv4 address that came in over an
 * IPv6 socket is shown as IPv4. */
const char *addr_format(const struct addr *addr, char text[ADDR_TEXT_MAX]);

/*
 * Who is at the other end of a connection that was accepted: its address, or, for a client of a
 * UNIX socket, which seldom has one, "a client of" the server's.
 */
const char *addr_of_client(int fd, char text[ADDR_TEXT_MAX]);

bool addr_equal(const struct addr *one, const struct addr *other);

/* Whether it is that of addr_any. */
bool addr_is_any(const struct addr *addr);

/* Whether it is that of many hosts: multicast (RFC 1112, RFC 4291) or 255.255.255.255 (RFC 919).
 * That of a subnet's broadcast is known to the kernel alone. */
bool addr_is_group(const struct addr *addr);

/*
 * Whether a connection could be meant for either of two internet addresses. dual: an IPv6 address
 * that takes IPv4, too.
 */
bool addr_overlap(const struct addr *one, bool one_dual, const struct addr *other, bool other_dual);

/* 0 for a UNIX socket. */
uint16_t addr_port(const struct addr *addr);
void addr_set_port(struct addr *addr, uint16_t port);

#endif
