/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Telling clients that they are not served, so that they hear it: the text, FIN, and then reading
 * and dropping what they send until they end, too. A socket that is closed with input unread sends
 * RST, which can destroy the text on its way (RFC 1122, 4.2.2.13).
 */
#ifndef ECHOD_REFUSAL_H
#define ECHOD_REFUSAL_H

#include <event2/event.h>
#include <stdbool.h>
#include <sys/queue.h>

/* A client is waited for so long, and so much of it is dropped; of more clients at a time than
 * these the sockets are closed at once. */
#define REFUSAL_MS    1000
#define REFUSAL_BYTES (64 * 1024)
#define REFUSAL_MAX   64

struct refusal;

/* Those who are being told, of a worker. */
struct refusal_set {
	struct event_base *base;       /* the worker's */
	void (*on_end)(void *context); /* one of them has ended; NULL = nobody wants to know */
	void *context;
	unsigned count;
	LIST_HEAD(refusal_list, refusal) list;
};

/* base, on_end and context are set by the caller, everything else is zeros. */
void refusal_set_clear(struct refusal_set *set);

/* Takes over a connected, non-blocking socket, which will be closed. Without a text that is at
 * once. framed: the text is sent as a frame, with its length in front (framing.h). */
void refusal_open(struct refusal_set *set, int fd, const char *text, bool framed);

#endif
