/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * libevent keeps a few bytes for each descriptor number that it has ever seen, until the end. If
 * each of them were made when its connection is, between the connection's own memory and that of
 * the next, they would hold fast every page of a rush of clients when it is long over. So they are
 * made many at a time, side by side, ahead of the connections.
 */
#ifndef ECHOD_FOOTING_H
#define ECHOD_FOOTING_H

#include <event2/event.h>

/* How many descriptor numbers are made known at once. */
#define FOOTING_AHEAD 256

/* All zeros but the base to begin with. */
struct footing {
	struct event_base *base;
	int known; /* descriptors below this one */
};

/*
 * A connection with this descriptor is about to be made. Takes, for a moment, free descriptors next
 * to it: as many as there are, FOOTING_AHEAD at most. What fails here costs memory later and
 * nothing else.
 */
void footing_reach(struct footing *footing, int fd);

#endif
