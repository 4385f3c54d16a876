/* SPDX-License-Identifier: BSD-2-Clause */
/* What is done with the bytes that a client sends; a file for each service. */
#ifndef ECHOD_SERVICE_H
#define ECHOD_SERVICE_H

#include <stdbool.h>
#include <stddef.h>

#include "worker/conn.h"

struct service {
	/* Bytes have come; they are counted already. They are in the set's buffer, which sending
	 * does not touch. Returns -1 if the connection is gone. */
	int (*input)(struct conn *conn, const unsigned char *bytes, size_t size);
	/* No more will come. NULL = that means nothing to it. */
	void (*end)(struct conn *conn);
	/* What moves bulk may go past input, through echo_bulk. */
	bool is_plain_echo;
};

extern const struct service service_echo;
extern const struct service service_discard;
extern const struct service service_frame;

/* The one that the profile names. */
const struct service *service_of(const struct profile *profile);

#endif
