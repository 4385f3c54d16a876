/* SPDX-License-Identifier: BSD-2-Clause */
/* A network, and whether an address is in it, by looking at one bit after the other. */
#include "common/network.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdbool.h>

#include "fuzz.h"

static bool bit(const uint8_t *bytes, unsigned number)
{
	return (bytes[number / 8] >> (7 - number % 8) & 1) != 0;
}

/* As IPv6, in which IPv4 is ::ffff:0:0/96. */
static void widen(int family, const uint8_t *bytes, uint8_t wide[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	if (family == AF_INET) {
		memcpy(wide, prefix, 12);
		memcpy(wide + 12, bytes, 4);
	} else {
		memcpy(wide, bytes, 16);
	}
}

static bool is_mapped(const uint8_t wide[16])
{
	static const uint8_t prefix[12] = { [10] = 0xff, [11] = 0xff };

	return memcmp(wide, prefix, sizeof prefix) == 0;
}

static bool expect(const struct network *network, const uint8_t address[16])
{
	uint8_t wide[16];
	unsigned bits = network->bits + (network->family == AF_INET ? 96u : 0);

	if (network->family == AF_UNSPEC)
		return true;
	/* An IPv4 address is in no network of IPv6, ::/0 included. */
	if (is_mapped(address) != (network->family == AF_INET))
		return false;
	widen(network->family, network->bytes, wide);
	for (unsigned i = 0; i < bits; i++) {
		if (bit(address, i) != bit(wide, i))
			return false;
	}
	return true;
}

static void check_member(const struct network *network, int family, const uint8_t bytes[16])
{
	struct sockaddr_in in = { .sin_family = AF_INET };
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	struct addr addr = { 0 };
	struct network around;
	uint8_t wide[16];

	memcpy(&in.sin_addr, bytes, 4);
	memcpy(&in6.sin6_addr, bytes, 16);
	addr.length = family == AF_INET ? sizeof in : sizeof in6;
	memcpy(&addr.storage, family == AF_INET ? (void *)&in : (void *)&in6, addr.length);
	widen(family, bytes, wide);
	MUST(network_has(network, &addr) == expect(network, wide));
	network_around(&addr, bytes[0] % 33, bytes[0] % 129, &around);
	MUST(network_has(&around, &addr));
}

/* The address before the slash as libc reads it, as IPv6. */
static bool read_wide(const char *text, uint8_t wide[16], unsigned *bits)
{
	char address[64] = "";
	uint8_t bytes[16];
	size_t length = strcspn(text, "/");
	int family = AF_INET;

	if (length >= sizeof address)
		return false;
	memcpy(address, text, length);
	if (inet_pton(AF_INET, address, bytes) != 1) {
		family = AF_INET6;
		if (inet_pton(AF_INET6, address, bytes) != 1)
			return false;
	}
	widen(family, bytes, wide);
	*bits = family == AF_INET ? 32 : 128;
	if (text[length] == '/') {
		const char *number = text + length + 1;

		if (*number == '\0' || number[strspn(number, "0123456789")] != '\0' ||
		    strtoul(number, NULL, 10) > *bits)
			return false;
		*bits = (unsigned)strtoul(number, NULL, 10);
	}
	*bits += family == AF_INET ? 96 : 0;
	for (unsigned i = *bits; i < 128; i++) {
		if (bit(wide, i))
			return false;
	}
	return true;
}

static void check_read(const char *text, const struct network *network)
{
	uint8_t wide[16] = { 0 }, found[16];
	unsigned bits = 0;

	if (strcmp(text, "all") == 0) {
		MUST(network->family == AF_UNSPEC);
		return;
	}
	MUST(read_wide(text, wide, &bits));
	widen(network->family, network->bytes, found);
	MUST(memcmp(wide, found, sizeof wide) == 0);
	MUST(network->bits + (network->family == AF_INET ? 96u : 0) == bits);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct input input = { bytes, size };
	int family = input_byte(&input) % 2 == 0 ? AF_INET : AF_INET6;
	struct network network, again;
	char shown[NETWORK_TEXT_MAX], *text;
	uint8_t address[16], wide[16];
	unsigned bits;
	struct err err = { 0 };

	input_copy(&input, address, sizeof address);
	text = input_text(&input);
	if (network_parse(text, &network, &err) == 0) {
		check_read(text, &network);
		network_format(&network, shown);
		MUST(network_parse(shown, &again, &err) == 0);
		MUST(memcmp(&again, &network, sizeof again) == 0);
		check_member(&network, family, address);
	} else {
		MUST(err.text[0] != '\0');
		MUST(strcmp(text, "all") != 0 && !read_wide(text, wide, &bits));
	}
	free(text);
	return 0;
}
