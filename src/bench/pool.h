/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The clients of one process, and the queue of those that wait for a connection: connects keep to
 * their rate, only so many are on their way at once, and after a failure there is a pause.
 */
#ifndef ECHOD_POOL_H
#define ECHOD_POOL_H

#include <stdint.h>

#include "bench/client.h"
#include "bench/task.h"
#include "common/err.h"

struct pool {
	struct task *task;
	struct client *clients;
	struct message *messages; /* of streams */
	struct window *windows;   /* of datagrams, with what they point to: */
	struct packet *packets;
	uint64_t *seen;
	struct client **queue; /* a ring */
	uint64_t count, queue_head, queued;
	uint64_t untried; /* clients whose first connect has no outcome yet */
	uint64_t live;    /* clients that have not ended */
};

/* Zeroes and fills the pool; every client waits for its connection, or, with --churn, for its first
 * message. -1 without memory; pool_clear in any case. */
int pool_init(struct pool *pool, struct task *task, uint64_t count, struct err *err);
void pool_clear(struct pool *pool);

/* Follows up any call of client_. */
void pool_follow(struct pool *pool, struct client *client, enum client_step step);

/* Connects whose turn it is. */
void pool_dial(struct pool *pool, uint64_t now_ns);

/* When pool_dial is to be called next because of the connect rate; UINT64_MAX: not because of it.
 */
uint64_t pool_next_dial(const struct pool *pool);

/* client_kick and client_check for all. */
void pool_kick(struct pool *pool, uint64_t now_ns);
void pool_check(struct pool *pool, uint64_t now_ns);

/* client_give_up for all. */
void pool_give_up(struct pool *pool);

#endif
