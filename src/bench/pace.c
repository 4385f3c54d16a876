/* SPDX-License-Identifier: BSD-2-Clause */
/* Goes through the clients in turn. Cannot fail. */
#include "bench/pace.h"

uint64_t pace_next(const struct pace *pace)
{
	const struct task *task = pace->pool->task;

	if (!task->running || task->options->rate == 0)
		return UINT64_MAX;
	return task_next_due(task, pace->kicked % pace->pool->count,
			     pace->kicked / pace->pool->count);
}

/* Whether a message that is due now could have been sent at once. */
static bool is_free(const struct client *client)
{
	const struct options *options = client->task->options;

	if (options->churn)
		return client->state == CLIENT_CLOSED && !client->waiting;
	return client->state == CLIENT_OPEN && client->in_flight < options->in_flight;
}

static void note_late(struct meter *meter, uint64_t late_ns)
{
	if (late_ns <= METER_LATE_NS)
		return;
	meter->late++;
	if (late_ns > meter->late_ns)
		meter->late_ns = late_ns;
}

void pace_kick(struct pace *pace, uint64_t now_ns)
{
	struct pool *pool = pace->pool;
	uint64_t due_ns;

	while ((due_ns = pace_next(pace)) <= now_ns) {
		uint64_t round = pace->kicked / pool->count;
		struct client *client = &pool->clients[pace->kicked % pool->count];

		/* If it has taken the message meanwhile, or has older ones to send, that is not our
		 * lateness. */
		if (client->taken == round && is_free(client))
			note_late(pool->task->meter, now_ns - due_ns);
		pace->kicked++;
		if (!client->ended)
			pool_follow(pool, client, client_kick(client, now_ns));
	}
}

bool pace_is_over(const struct pace *pace, uint64_t now_ns)
{
	uint64_t count = pace->pool->count;

	return task_is_over(pace->pool->task, pace->kicked % count, pace->kicked / count, now_ns);
}

void pace_count_unsent(const struct pace *pace, uint64_t now_ns)
{
	struct pool *pool = pace->pool;
	struct task *task = pool->task;

	if (!task->running || task->options->rate == 0)
		return;
	for (uint64_t i = 0; i < pool->count; i++) {
		uint64_t taken = pool->clients[i].taken;

		while (task_next_due(task, i, taken) <= now_ns) {
			task->meter->unsent++;
			taken++;
		}
	}
}
