/* SPDX-License-Identifier: BSD-2-Clause */
/* What carries bytes or datagrams, as the prefix of an address says it: tcp:, udp:, unix:,
 * unixgram:. */
#ifndef ECHOD_TRANSPORT_H
#define ECHOD_TRANSPORT_H

#include <stdbool.h>

enum transport { TRANSPORT_TCP, TRANSPORT_UDP, TRANSPORT_UNIX, TRANSPORT_UNIXGRAM };

#define TRANSPORT_COUNT 4

/* A set of transports: for a member of an option table. */
#define TRANSPORT_BIT(transport) (1u << (transport))
#define TRANSPORT_STREAM         (TRANSPORT_BIT(TRANSPORT_TCP) | TRANSPORT_BIT(TRANSPORT_UNIX))
#define TRANSPORT_DATAGRAM       (TRANSPORT_BIT(TRANSPORT_UDP) | TRANSPORT_BIT(TRANSPORT_UNIXGRAM))
#define TRANSPORT_INET           (TRANSPORT_BIT(TRANSPORT_TCP) | TRANSPORT_BIT(TRANSPORT_UDP))
#define TRANSPORT_LOCAL          (TRANSPORT_BIT(TRANSPORT_UNIX) | TRANSPORT_BIT(TRANSPORT_UNIXGRAM))

/* tcp, udp, unix or unixgram. */
const char *transport_name(enum transport transport);

/*
 * Reads the prefix of an address. Returns what is behind its colon, or NULL if there is no such
 * prefix.
 */
const char *transport_read(const char *text, enum transport *transport);

/* Whether transport is in the set. */
static inline bool transport_in(enum transport transport, unsigned set)
{
	return (set & TRANSPORT_BIT(transport)) != 0;
}

#endif
