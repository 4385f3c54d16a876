/* SPDX-License-Identifier: BSD-2-Clause */
/* Reads and shows servers; only what can be wrong without asking anybody is an error here. */
#include "bench/target.h"

#include <stdio.h>
#include <string.h>

int target_read(struct target *target, const char *text, struct err *err)
{
	struct addr local;
	const char *rest;

	*target = (struct target){ .transport = TRANSPORT_TCP };
	rest = transport_read(text, &target->transport);
	if (rest == NULL)
		rest = text;
	if (!target_is_local(target))
		return addr_split(rest, 1, target->host, &target->port, err);
	if (addr_unix(&local, rest, err) == -1)
		return -1;
	memcpy(target->host, rest, strlen(rest) + 1); /* addr_unix bounds it */
	return 0;
}

const char *target_format(const struct target *target, const struct addr *server,
			  char text[TARGET_TEXT_MAX])
{
	char plain[ADDR_TEXT_MAX];

	addr_format(server, plain);
	if (target->transport == TRANSPORT_TCP)
		snprintf(text, TARGET_TEXT_MAX, "%s", plain);
	else
		snprintf(text, TARGET_TEXT_MAX, "%s:%s", transport_name(target->transport), plain);
	return text;
}
