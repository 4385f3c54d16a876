/* SPDX-License-Identifier: BSD-2-Clause */
/* The server that is to be loaded, as the command line names it. */
#ifndef ECHOD_TARGET_H
#define ECHOD_TARGET_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/transport.h"

#define TARGET_TEXT_MAX (ADDR_TEXT_MAX + 16) /* bytes of a server as text, with the NUL */

struct target {
	enum transport transport;
	char host[ADDR_HOST_MAX]; /* or the path of a UNIX socket, @ in front if it is abstract */
	uint16_t port;            /* 0 for a UNIX socket */
};

/*
 * Reads HOST:PORT (which means TCP), tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH. -1
 * with a reason. Nothing is looked up.
 */
int target_read(struct target *target, const char *text, struct err *err);

/* HOST:PORT for TCP, and with its transport in front for all others. */
const char *target_format(const struct target *target, const struct addr *server,
			  char text[TARGET_TEXT_MAX]);

static inline bool target_is_datagram(const struct target *target)
{
	return transport_in(target->transport, TRANSPORT_DATAGRAM);
}

static inline bool target_is_local(const struct target *target)
{
	return transport_in(target->transport, TRANSPORT_LOCAL);
}

#endif
