/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever comes is thrown away (RFC 863). */
#include "worker/service.h"

static int discard(struct conn *conn, const unsigned char *bytes, size_t size)
{
	(void)conn;
	(void)bytes;
	(void)size;
	return 0;
}

const struct service service_discard = { .input = discard };
