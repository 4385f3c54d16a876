/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of transports. Cannot fail. */
#include "common/transport.h"

#include <stddef.h>
#include <string.h>

static const char *const names[TRANSPORT_COUNT] = {
	[TRANSPORT_TCP] = "tcp",
	[TRANSPORT_UDP] = "udp",
	[TRANSPORT_UNIX] = "unix",
	[TRANSPORT_UNIXGRAM] = "unixgram",
};

const char *transport_name(enum transport transport)
{
	return names[transport];
}

const char *transport_read(const char *text, enum transport *transport)
{
	size_t length = strcspn(text, ":");

	if (text[length] == '\0')
		return NULL;
	for (enum transport each = TRANSPORT_TCP; each < TRANSPORT_COUNT; each++) {
		if (strlen(names[each]) == length && strncmp(text, names[each], length) == 0) {
			*transport = each;
			return text + length + 1;
		}
	}
	return NULL;
}
