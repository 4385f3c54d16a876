/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Listening sockets that a service manager has opened for us (sd_listen_fds(3), daemon(7), "Socket-
 * based activation"): descriptors from 3 on, as many as $LISTEN_FDS says, if $LISTEN_PID is this
 * process. What each of them is, the kernel is asked; $LISTEN_FDNAMES is shown in messages only.
 */
#ifndef ECHOD_INHERIT_H
#define ECHOD_INHERIT_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/transport.h"
#include "conf/conf.h"

#define INHERIT_MAX       CONF_LISTEN_MAX
#define INHERIT_LABEL_MAX 48

struct inherit_socket {
	int fd; /* -1 = an address of slots.h has it, or it is closed */
	enum transport transport;
	struct addr addr;
	bool dual;  /* as in struct conf_listen */
	bool joins; /* more sockets of ours can join it: it has SO_REUSEPORT, and our user made it
		     */
	char label[INHERIT_LABEL_MAX]; /* such as 3 (echod.socket) */
};

struct inherit {
	struct inherit_socket sockets[INHERIT_MAX];
	size_t count;
	bool settled; /* for generation.c: it was said what became of each */
};

/*
 * Takes what there is, which is nothing in most cases. The descriptors are close-on-exec then.
 * Returns 0, or -1 with a reason if one of them is not a listening TCP or UNIX socket, or a UDP or
 * UNIX datagram socket, that is bound and not connected.
 */
int inherit_open(struct inherit *inherit, struct err *err);

/*
 * Where neither file nor command line names a listener, the sockets are the listeners, with the
 * settings of conf. Returns 0, or -1 with a reason: these settings do not fit one of them, or
 * memory is short.
 */
int inherit_configure(const struct inherit *inherit, struct conf *conf, struct err *err);

/*
 * The socket of exactly this transport and address, with its descriptor still there; or NULL.
 * inherit: NULL = nothing was inherited.
 */
struct inherit_socket *inherit_find(struct inherit *inherit, const struct conf_listen *listen);

/* The address as a listen line would have it: *:7777, [::1]:7777, /run/echod.socket. */
const char *inherit_name(const struct inherit_socket *socket, char name[ADDR_TEXT_MAX]);

/* Closes what no address has taken. */
void inherit_close(struct inherit_socket *socket);

#endif
