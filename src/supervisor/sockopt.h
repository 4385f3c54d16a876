/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The settings of a listener that are options of its sockets (socket(7), tcp(7), ip(7), ipv6(7)).
 *
 * They are set on the listening socket. Linux hands every one of them on to the connections that
 * TCP accepts there, so no worker spends a call on them; UNIX sockets inherit nothing, and there
 * the worker sets what is left (listener.c).
 */
#ifndef ECHOD_SOCKOPT_H
#define ECHOD_SOCKOPT_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "common/transport.h"
#include "conf/profile.h"

/* Sets them on a new socket, which is not bound yet: buffers decide TCP's window scale. */
int sockopt_open(int fd, enum transport transport, int family,
		 const struct profile_socket *settings, struct err *err);

/*
 * Sets what has changed on a socket that may be in use. Returns -1 if not all of it could be: the
 * reason names all that could not.
 */
int sockopt_change(int fd, enum transport transport, int family, const struct profile_socket *was,
		   const struct profile_socket *now, struct err *err);

/* Whether both ask the kernel for the same. */
bool sockopt_is_same(const struct profile_socket *one, const struct profile_socket *other);

/*
 * Calls on_other for each setting of which the kernel has made another value than was asked for:
 * buffers are doubled and bounded, queues are bounded by net.core.somaxconn.
 */
void sockopt_compare(int fd, enum transport transport, int family,
		     const struct profile_socket *settings,
		     void (*on_other)(const void *context, const char *setting, uint64_t asked,
				      uint64_t is),
		     const void *context);

#endif
