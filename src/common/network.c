/* SPDX-License-Identifier: BSD-2-Clause */
/* Prefixes of addresses. What cannot be read is named in the reason. */
#include "common/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>

#include "common/parse.h"

static unsigned width(int family)
{
	return family == AF_INET ? 32 : 128;
}

/* Makes zeros of everything behind the prefix. */
static void cut(struct network *network, unsigned bits)
{
	network->bits = (uint8_t)bits;
	for (unsigned i = 0; i < sizeof network->bytes; i++) {
		unsigned keep = bits <= i * 8 ? 0 : bits - i * 8;

		if (keep < 8)
			network->bytes[i] &= (uint8_t)(0xff00u >> keep);
	}
}

/* ::ffff:a.b.c.d/96+n is a.b.c.d/n. */
static void unmap(struct network *network)
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (network->family != AF_INET6 || network->bits < 96 ||
	    memcmp(network->bytes, prefix, sizeof prefix) != 0)
		return;
	memmove(network->bytes, network->bytes + 12, 4);
	memset(network->bytes + 4, 0, 12);
	network->family = AF_INET;
	network->bits -= 96;
}

/* Reads the address alone. */
static int read_address(const char *text, struct network *network)
{
	*network = (struct network){ .family = AF_INET };
	if (inet_pton(AF_INET, text, network->bytes) == 1)
		return 0;
	network->family = AF_INET6;
	return inet_pton(AF_INET6, text, network->bytes) == 1 ? 0 : -1;
}

int network_parse(const char *text, struct network *network, struct err *err)
{
	const char *slash = strchr(text, '/');
	char address[INET6_ADDRSTRLEN] = "", shown[NETWORK_TEXT_MAX];
	size_t length = strcspn(text, "/");
	struct network found, masked;
	uint64_t bits;

	if (strcmp(text, "all") == 0) {
		*network = (struct network){ .family = AF_UNSPEC };
		return 0;
	}
	if (length < sizeof address)
		snprintf(address, sizeof address, "%.*s", (int)length, text);
	if (read_address(address, &found) == -1)
		return err_set(err, "'%s' is no network: expected all, ADDRESS or ADDRESS/BITS",
			       parse_printable(text, shown, sizeof shown));
	bits = width(found.family);
	if (slash != NULL && parse_number(slash + 1, 0, bits, &bits, err) == -1)
		return err_prefix(err, "%s/BITS", address);
	found.bits = (uint8_t)bits;
	masked = found;
	cut(&masked, (unsigned)bits);
	if (memcmp(found.bytes, masked.bytes, sizeof found.bytes) != 0)
		return err_set(err, "%s has bits behind its prefix: did you mean %s?",
			       parse_printable(text, address, sizeof address),
			       network_format(&masked, shown));
	unmap(&found);
	*network = found;
	return 0;
}

const char *network_format(const struct network *network, char text[NETWORK_TEXT_MAX])
{
	char address[INET6_ADDRSTRLEN] = "all";

	if (network->family != AF_UNSPEC)
		inet_ntop(network->family, network->bytes, address, sizeof address);
	if (network->family == AF_UNSPEC || network->bits == width(network->family))
		snprintf(text, NETWORK_TEXT_MAX, "%s", address);
	else
		snprintf(text, NETWORK_TEXT_MAX, "%s/%u", address, network->bits);
	return text;
}

void network_around(const struct addr *addr, unsigned bits4, unsigned bits6,
		    struct network *network)
{
	const struct sockaddr_in *in = (const struct sockaddr_in *)&addr->storage;
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)&addr->storage;

	*network = (struct network){ .family = AF_UNSPEC };
	if (addr->storage.ss_family == AF_INET) {
		memcpy(network->bytes, &in->sin_addr, 4);
		network->family = AF_INET;
	} else if (addr->storage.ss_family == AF_INET6) {
		memcpy(network->bytes, &in6->sin6_addr, 16);
		network->family = AF_INET6;
		network->bits = 128;
		unmap(network);
	}
	if (network->family != AF_UNSPEC)
		cut(network, network->family == AF_INET ? bits4 : bits6);
}

bool network_has(const struct network *network, const struct addr *addr)
{
	struct network around;

	if (network->family == AF_UNSPEC)
		return true;
	network_around(addr, network->bits, network->bits, &around);
	return around.family == network->family &&
	       memcmp(around.bytes, network->bytes, sizeof around.bytes) == 0;
}
