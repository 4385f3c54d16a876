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

int pool_init(struct pool *pool, struct task *task, uint64_t count, struct err *err)
{
	uint64_t in_flight = task->options->in_flight;

	*pool = (struct pool){ .task = task, .count = count, .live = count };
	pool->clients = calloc(count, sizeof *pool->clients);
	pool->messages = calloc(count * in_flight, sizeof *pool->messages);
	pool->queue = calloc(count, sizeof(struct client *));
	if (pool->clients == NULL || pool->messages == NULL || pool->queue == NULL)
		return err_errno(err, "%ju connections", (uintmax_t)count);
	for (uint64_t i = 0; i < count; i++) {
		client_init(&pool->clients[i], task, &pool->messages[i * in_flight], i);
		pool->clients[i].tried = task->options->churn;
		if (!task->options->churn)
			enqueue(pool, &pool->clients[i], 0);
	}
	pool->untried = pool->queued;
	return 0;
}

void pool_clear(struct pool *pool)
{
	for (uint64_t i = 0; pool->clients != NULL && i < pool->count; i++)
		client_clear(&pool->clients[i]);
	free(pool->clients);
	free(pool->messages);
	free(pool->queue);
}
