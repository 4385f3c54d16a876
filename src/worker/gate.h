/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Which datagrams are answered. A UDP source can be forged, and whoever answers blindly can be made
 * to talk to another server that does so, for ever (CVE-1999-0103, CVE-2024-2169), or to a whole
 * network. So nothing goes to a port where a server that answers may be, or to more than one host.
 *
 * What is left, two echo servers on ports that nobody can know, is for the rate limit (bucket.h).
 */
#ifndef ECHOD_GATE_H
#define ECHOD_GATE_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "conf/profile.h"

#define GATE_ANSWER (-1) /* no reason against it */

/* Zeroed memory is a gate without ports of its own. */
struct gate {
	uint64_t own_ports[65536 / 64]; /* a set: where this echod listens */
};

void gate_add_port(struct gate *gate, uint16_t port);

/* What speaks against an answer to this source: GATE_ANSWER or an enum reason. */
int gate_source(const struct gate *gate, const struct sockaddr_storage *from,
		const struct profile *profile);

/*
 * Whether the datagram was sent to this host alone and not to a group or a whole network, by the
 * IP_PKTINFO or IPV6_PKTINFO that came with it (ip(7), ipv6(7)).
 */
bool gate_is_unicast(struct msghdr *message);

#endif
