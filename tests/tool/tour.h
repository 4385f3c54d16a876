/* SPDX-License-Identifier: BSD-2-Clause */
/* Visits (visitor.h) to every address that a log says echod listens on. */
#ifndef ECHOD_TEST_TOUR_H
#define ECHOD_TEST_TOUR_H

#include <stdbool.h>
#include <stddef.h>

#include "visitor.h"

#define TOUR_MAX 16

/* By the host of an address: what is behind it. */
#define TOUR_FRAMED   "127.0.0.2" /* service=frame */
#define TOUR_GREETER  "127.0.0.3" /* greeting=TOUR_GREETING */
#define TOUR_GREETER2 "127.0.0.4"
#define TOUR_GREETING "hello\n"

struct tour {
	struct visitor_target targets[TOUR_MAX];
	size_t count;
	int held[TOUR_MAX]; /* descriptors; -1 = none */
	unsigned ends[VISITOR_ENDS];
	char trouble[256]; /* how a visit ended as none may end; empty = none did */
};

/*
 * Reads the targets from lines "listening on TRANSPORT ADDRESS (2 workers)". without: a host that
 * is left out, or NULL. UNIX sockets know no reset: there VISITOR_SHORT is counted as
 * VISITOR_RESET.
 */
void tour_plan(struct tour *tour, const char *log, const char *without);

/* To each of them some small visits, because the kernel chooses the worker, and a large one. */
void tour_go(struct tour *tour);

/* Connections that stay, one for each stream that is not a greeter, and their end. */
void tour_hold(struct tour *tour);
void tour_let_go(struct tour *tour);

#endif
