/* SPDX-License-Identifier: BSD-2-Clause */
/* A client that talks to an echo server once, and says how that went. Nothing waits for longer than
 * VISITOR_PATIENCE_MS. */
#ifndef ECHOD_TEST_VISITOR_H
#define ECHOD_TEST_VISITOR_H

#include <stdbool.h>
#include <stddef.h>

#include "common/addr.h"
#include "common/transport.h"

#define VISITOR_PATIENCE_MS 20000

enum visitor_end {
	VISITOR_OK,
	VISITOR_RESET,
	VISITOR_LOST,    /* no answer to a datagram */
	VISITOR_REFUSED, /* no connection */
	VISITOR_SHORT,   /* FIN before all had come back */
	VISITOR_WRONG,   /* a byte that is not the one that was sent */
	VISITOR_TIMEOUT,
	VISITOR_ENDS
};

extern const char *const visitor_ends[VISITOR_ENDS];

/* Where to, and what is to be expected there. */
struct visitor_target {
	enum transport transport;
	struct addr addr;
	bool framed;          /* the frame service */
	const char *greeting; /* comes first; NULL = none */
};

/* Connects, without a word. Returns the descriptor, or -1: refused. Owned by the caller. */
int visitor_connect(const struct visitor_target *target);

/*
 * Sends size bytes, or a few more with the headers of frames, and compares what comes back. A large
 * number of them is sent without reading until nothing more is taken. With fin, ends its side then,
 * and expects the same of the server.
 */
enum visitor_end visitor_exchange(int fd, const struct visitor_target *target, size_t size,
				  bool fin);

/* All of it: with datagrams, one. */
enum visitor_end visitor_visit(const struct visitor_target *target, size_t size);

#endif
