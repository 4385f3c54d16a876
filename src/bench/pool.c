/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may dial when. Memory is taken at the beginning only, and only that can fail. */
#include "bench/pool.h"

#include <stdlib.h>

#include "common/clock.h"

#define CONNECTING 128 /* on their way at once: a server's backlog has room for them */
#define PAUSE      (100 * UINT64_C(1000000)) /* after a failure, in ns */

static void enqueue(struct pool *pool, struct client *client, uint64_t not_before_ns)
{
	if (client->waiting)
		return;
	client->waiting = true;
	client->not_before_ns = not_before_ns;
	pool->queue[(pool->queue_head + pool->queued++) % pool->count] = client;
}

static struct client *dequeue(struct pool *pool)
{
	struct client *client = pool->queue[pool->queue_head];

	pool->queue_head = (pool->queue_head + 1) % pool->count;
	pool->queued--;
	client->waiting = false;
	return client;
}

static uint64_t dial_ns(const struct pool *pool)
{
	const struct schedule *dials = &pool->task->dials;

	if (dials->rate == 0)
		return 0;
	return schedule_due(dials, schedule_number(dials, pool->task->dialled));
}

static bool may_dial(const struct pool *pool, uint64_t now_ns)
{
	return pool->task->connecting < CONNECTING && dial_ns(pool) <= now_ns;
}

uint64_t pool_next_dial(const struct pool *pool)
{
	if (pool->queued == 0 || pool->task->dials.rate == 0 ||
	    pool->task->connecting >= CONNECTING)
		return UINT64_MAX;
	return dial_ns(pool);
}

void pool_follow(struct pool *pool, struct client *client, enum client_step step)
{
	if (step == CLIENT_DIALS && !client->waiting) {
		uint64_t now_ns = clock_ns();

		if (may_dial(pool, now_ns))
			step = client_dial(client, now_ns);
		else
			enqueue(pool, client, 0);
	}
	if (step == CLIENT_RETRIES)
		enqueue(pool, client, clock_ns() + PAUSE);
	if (step == CLIENT_ENDS && !client->ended) {
		client->ended = true;
		pool->live--;
	}
	if (!client->tried &&
	    (step == CLIENT_RETRIES || step == CLIENT_ENDS || client->state == CLIENT_OPEN)) {
		client->tried = true;
		pool->untried--;
	}
}

/* Those whose time has not come go to the end of the queue. */
void pool_dial(struct pool *pool, uint64_t now_ns)
{
	for (uint64_t n = pool->queued; n > 0 && may_dial(pool, now_ns); n--) {
		struct client *client = dequeue(pool);

		if (client->ended)
			continue;
		if (client->not_before_ns > now_ns)
			enqueue(pool, client, client->not_before_ns);
		else
			pool_follow(pool, client, client_dial(client, now_ns));
	}
}

void pool_kick(struct pool *pool, uint64_t now_ns)
{
	for (uint64_t i = 0; i < pool->count; i++) {
		if (!pool->clients[i].ended)
			pool_follow(pool, &pool->clients[i],
				    client_kick(&pool->clients[i], now_ns));
	}
}

void pool_check(struct pool *pool, uint64_t now_ns)
{
	for (uint64_t i = 0; i < pool->count; i++) {
		if (!pool->clients[i].ended)
			pool_follow(pool, &pool->clients[i],
				    client_check(&pool->clients[i], now_ns));
	}
}

void pool_give_up(struct pool *pool)
{
	for (uint64_t i = 0; i < pool->count; i++)
		client_give_up(&pool->clients[i]);
}

/* What the clients keep of their messages. False without memory. */
static bool take_memory(struct pool *pool, bool datagram, uint64_t in_flight)
{
	uint64_t words = window_memory(in_flight) / 64;

	if (!datagram) {
		pool->messages = calloc(pool->count * in_flight, sizeof *pool->messages);
		return pool->messages != NULL;
	}
	pool->windows = calloc(pool->count, sizeof *pool->windows);
	pool->packets = calloc(pool->count * in_flight, sizeof *pool->packets);
	pool->seen = calloc(pool->count * words, sizeof *pool->seen);
	return pool->windows != NULL && pool->packets != NULL && pool->seen != NULL;
}

static void init_client(struct pool *pool, uint64_t i)
{
	struct client *client = &pool->clients[i];
	const struct options *options = pool->task->options;
	uint64_t in_flight = options->in_flight;

	client_init(client, pool->task, i);
	if (pool->windows == NULL) {
		client->ring = &pool->messages[i * in_flight];
	} else {
		client->window = &pool->windows[i];
		window_init(client->window, &pool->packets[i * in_flight], in_flight,
			    &pool->seen[i * (window_memory(in_flight) / 64)]);
	}
	client->tried = options->churn;
	if (!options->churn)
		enqueue(pool, client, 0);
}

int pool_init(struct pool *pool, struct task *task, uint64_t count, struct err *err)
{
	bool datagram = target_is_datagram(&task->options->target);

	*pool = (struct pool){ .task = task, .count = count, .live = count };
	pool->clients = calloc(count, sizeof *pool->clients);
	pool->queue = calloc(count, sizeof(struct client *));
	if (pool->clients == NULL || pool->queue == NULL ||
	    !take_memory(pool, datagram, task->options->in_flight))
		return err_errno(err, "%ju connections", (uintmax_t)count);
	for (uint64_t i = 0; i < count; i++)
		init_client(pool, i);
	pool->untried = pool->queued;
	return 0;
}

void pool_clear(struct pool *pool)
{
	for (uint64_t i = 0; pool->clients != NULL && i < pool->count; i++)
		client_clear(&pool->clients[i]);
	free(pool->clients);
	free(pool->messages);
	free(pool->windows);
	free(pool->packets);
	free(pool->seen);
	free(pool->queue);
}
