/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker's datagram sockets, UDP and UNIX: what comes goes back to where it came from, in
 * batches, or is thrown away (RFC 862, RFC 863). Who is not answered is counted by reason.
 *
 * A UDP socket that does not take all replies is not read until it has: at most one batch waits for
 * each. A UNIX socket says the same when a single client does not read, so there such replies are
 * dropped.
 */
#ifndef ECHOD_DATAGRAM_H
#define ECHOD_DATAGRAM_H

#include <event2/event.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/log.h"
#include "link/report.h"
#include "link/setup.h"
#include "worker/gate.h"

struct datagram_socket;

struct datagram_set {
	struct event_base *base;   /* the worker's */
	struct counters *counters; /* the worker's */
	struct share_cell *cell;   /* the worker's */
	unsigned index;            /* the worker's */
	/* The last socket is closed; called only after datagram_set_stop has returned. */
	void (*on_left)(void *context);
	void *context;
	struct datagram_socket *sockets;
	size_t count, open;
	struct batch *batch;          /* of no meaning between two calls; NULL = no sockets */
	struct bucket_table *buckets; /* NULL = no listener has a rate */
	struct gate gate;
	struct log_limit limit;
};

/*
 * Takes over those of the sockets that are for datagrams; reads nothing yet. base, counters, cell,
 * index, on_left and context are set by the caller. Returns -1 if memory is short.
 */
int datagram_set_init(struct datagram_set *set, const struct setup_listener *list, size_t count);

/* All sockets are bound by now: begins to read those that are this worker's. Returns -1 if that
 * fails. */
int datagram_set_start(struct datagram_set *set);

/* Reads the sockets of another worker, too, or does so no more. */
void datagram_set_adopt(struct datagram_set *set, unsigned worker, bool adopt);

/*
 * Stops for good. What waits at the addresses in the set `orphans` (bit = address), which nobody
 * will read any more, is answered first; what waits elsewhere is left to those who share the
 * socket. A socket is closed here, or when its last replies are sent.
 */
void datagram_set_stop(struct datagram_set *set, uint64_t orphans);

/* Whether every socket is closed. */
bool datagram_set_has_left(const struct datagram_set *set);

/* Closes what is open; replies that wait are lost and counted. */
void datagram_set_clear(struct datagram_set *set);

#endif
