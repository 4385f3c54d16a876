/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagrams of one socket: which are on their way, and which of the last ones have come back.
 * Datagrams are numbered from 0 as they are taken up, and sent in this order. No system call, no
 * clock.
 */
#ifndef ECHOD_WINDOW_H
#define ECHOD_WINDOW_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "bench/datagram.h"

struct packet {
	TAILQ_ENTRY(packet) link;
	uint64_t start_ns; /* its latency counts from here */
	uint64_t taken_ns; /* its time-out counts from here */
	uint64_t number;
	uint32_t size;
	bool flying; /* sent, and neither back nor given up */
};

TAILQ_HEAD(packet_list, packet);

struct window {
	struct packet *places; /* room of them, the owner's memory */
	uint64_t *seen;        /* a bit for each of the last `memory` numbers: it has come back */
	uint64_t room, memory; /* memory: a power of two, from 64 on */
	struct packet_list idle, ready,
		flying;      /* ready: to be sent; both in the order of sending */
	uint64_t next;       /* the number of the next datagram */
	uint64_t highest;    /* the highest number that has come back, and 1; or 0 */
	uint64_t short_lost; /* given up, without a head: one that comes now is late */
};

enum window_answer {
	WINDOW_FLYING,     /* it was awaited */
	WINDOW_DUPLICATED, /* it had come before */
	WINDOW_TOO_LATE,   /* it had been given up (or came so long ago that it is forgotten) */
	WINDOW_NEVER,      /* nothing of the kind was sent */
};

/* Numbers that are remembered for so many datagrams on their way: a power of two. */
uint64_t window_memory(uint64_t room);

/* Fills the structure. places and seen have to live as long as it does; window_reset empties it. */
void window_init(struct window *window, struct packet *places, uint64_t room, uint64_t *seen);
void window_reset(struct window *window);

/* Takes up a datagram: it is ready. There must be room. The caller fills in times and size. */
struct packet *window_take(struct window *window);

/* The oldest that is ready was sent. */
void window_sent(struct window *window);

/* The head that belongs to a datagram. */
struct datagram_head window_head(const struct window *window, const struct packet *packet);

/*
 * What came back with this head, or with `size` bytes and no head (head NULL): then it counts for
 * the oldest one of that size. *packet is set for WINDOW_FLYING only. What is late counts as
 * seen from now on.
 */
enum window_answer window_find(struct window *window, const struct datagram_head *head, size_t size,
			       struct packet **packet);

/* A flying datagram is back. True if one that was sent later has come back before (RFC 4737). */
bool window_land(struct window *window, struct packet *packet);

/* A flying datagram is given up. */
void window_lose(struct window *window, struct packet *packet);

#endif
