/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Networks of addresses, 192.0.2.0/24 or 2001:db8::/32, or all there are. An IPv4 address that came
 * in over an IPv6 socket (::ffff:a.b.c.d, RFC 4291, 2.5.5.2) is an IPv4 address here.
 */
#ifndef ECHOD_NETWORK_H
#define ECHOD_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"

#define NETWORK_TEXT_MAX 64 /* bytes of a network as text, with the NUL */

struct network {
	uint8_t bytes[16]; /* IPv4: the first 4; zeros behind the prefix */
	uint8_t bits;      /* of the prefix, 0 to 32 or 128 */
	uint8_t family;    /* AF_INET, AF_INET6, or AF_UNSPEC: every address */
};

/* Reads ADDRESS, ADDRESS/BITS or all. An address with bits behind its prefix is an error. */
int network_parse(const char *text, struct network *network, struct err *err);

/* As network_parse reads it. */
const char *network_format(const struct network *network, char text[NETWORK_TEXT_MAX]);

/* The network around an address that has so many bits in IPv4, and so many in IPv6. Of what is no
 * internet address: AF_UNSPEC. */
void network_around(const struct addr *addr, unsigned bits4, unsigned bits6,
		    struct network *network);

bool network_has(const struct network *network, const struct addr *addr);

#endif
