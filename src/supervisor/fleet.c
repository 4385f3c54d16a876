/* SPDX-License-Identifier: BSD-2-Clause */
/* States x events. What is to be done about it is noted, and handed out by fleet_next.c. */
#include "supervisor/fleet.h"

#include <stdlib.h>
#include <sysexits.h>

#include "common/clock.h"
#include "supervisor/fleet_pulse.h"

void fleet_init(struct fleet *fleet, uint32_t random)
{
	*fleet = (struct fleet){ .random = random | 1 };
}

void fleet_clear(struct fleet *fleet)
{
	free(fleet->workers);
	*fleet = (struct fleet){ 0 };
}

/* xorshift32 (Marsaglia, 2003): jitter needs no better. */
static uint32_t next_random(struct fleet *fleet)
{
	fleet->random ^= fleet->random << 13;
	fleet->random ^= fleet->random >> 17;
	fleet->random ^= fleet->random << 5;
	return fleet->random;
}

static size_t count_state(const struct fleet *fleet, unsigned generation, enum fleet_state state)
{
	size_t count = 0;

	for (size_t id = 0; id < fleet->capacity; id++)
		count += fleet->workers[id].state == state &&
			 fleet->workers[id].generation == generation;
	return count;
}

bool fleet_lives(const struct fleet *fleet, size_t id)
{
	return fleet_worker_lives(&fleet->workers[id]);
}

int fleet_reserve(struct fleet *fleet, unsigned count)
{
	size_t taken = 0, capacity;
	struct fleet_worker *grown;

	for (size_t id = 0; id < fleet->capacity; id++)
		taken += fleet->workers[id].state != FLEET_FREE;
	capacity = taken + count;
	if (capacity <= fleet->capacity)
		return 0;
	grown = realloc(fleet->workers, capacity * sizeof *grown);
	if (grown == NULL)
		return -1;
	fleet->workers = grown;
	while (fleet->capacity < capacity)
		fleet_worker_release(&grown[fleet->capacity++]);
	return 0;
}

void fleet_start(struct fleet *fleet, unsigned count, const struct fleet_timing *timing,
		 uint64_t now)
{
	unsigned index = 0;

	if (fleet->stopping || fleet->starting != 0)
		return;
	fleet->starting = ++fleet->newest;
	fleet->next_timing = *timing;
	for (size_t id = 0; index < count && id < fleet->capacity; id++) {
		struct fleet_worker *worker = &fleet->workers[id];

		if (worker->state != FLEET_FREE)
			continue;
		worker->index = index++;
		worker->generation = fleet->starting;
		worker->hang_ms = timing->hang_ms;
		fleet_worker_start(worker, timing->start_ms, now);
	}
}

int fleet_ready(struct fleet *fleet, size_t id, uint64_t now)
{
	struct fleet_worker *worker = &fleet->workers[id];

	if (worker->state == FLEET_DRAINING)
		return 0; /* it had started when it was told to leave */
	if (worker->state != FLEET_STARTING)
		return -1;
	worker->ready_ms = worker->heard_ms = now;
	worker->deadline_ms = CLOCK_NEVER;
	if (worker->generation == fleet->serving) {
		worker->state = FLEET_SERVING;
		worker->todo |= FLEET_BIT(FLEET_SERVE);
		return 0;
	}
	worker->state = FLEET_READY;
	if (count_state(fleet, fleet->starting, FLEET_STARTING) == 0)
		fleet->todo |= FLEET_BIT(FLEET_COMMIT);
	return 0;
}

static void drain_generation(struct fleet *fleet, unsigned generation, uint32_t drain_ms,
			     uint64_t now)
{
	for (size_t id = 0; id < fleet->capacity; id++) {
		struct fleet_worker *worker = &fleet->workers[id];

		if (worker->state != FLEET_FREE && worker->state != FLEET_DRAINING &&
		    worker->generation == generation)
			fleet_worker_drain(worker, drain_ms, now);
	}
}

/*
 * Whether a reload has to wait: for the one on its way, or for workers of one that was given up,
 * who still hold sockets that the next one may want.
 */
static bool is_reloading(const struct fleet *fleet)
{
	if (fleet->starting != 0)
		return true;
	for (size_t id = 0; id < fleet->capacity; id++) {
		if (fleet->workers[id].state != FLEET_FREE &&
		    fleet->workers[id].generation > fleet->serving)
			return true;
	}
	return false;
}

/* A reload that was put off, if nothing is on its way now. */
static void reload_again(struct fleet *fleet)
{
	if (is_reloading(fleet))
		return;
	if (fleet->reload_again && !fleet->stopping)
		fleet->todo |= FLEET_BIT(FLEET_RELOAD);
	fleet->reload_again = false;
}

static void end_if_empty(struct fleet *fleet)
{
	for (size_t id = 0; id < fleet->capacity; id++) {
		if (fleet->workers[id].state != FLEET_FREE)
			return;
	}
	if (fleet->stopping)
		fleet->todo |= FLEET_BIT(FLEET_EXIT);
}

void fleet_committed(struct fleet *fleet, uint64_t now)
{
	unsigned old = fleet->serving;

	fleet->serving = fleet->starting;
	fleet->starting = 0;
	fleet->timing = fleet->next_timing;
	for (size_t id = 0; id < fleet->capacity; id++) {
		struct fleet_worker *worker = &fleet->workers[id];

		if (worker->state != FLEET_READY)
			continue;
		worker->state = FLEET_SERVING;
		worker->todo |= FLEET_BIT(FLEET_SERVE);
	}
	if (old != 0)
		drain_generation(fleet, old, fleet->timing.drain_ms, now);
	reload_again(fleet);
}

/* Whether the committed generation has a worker that serves or will serve again. */
static bool anyone_serves(const struct fleet *fleet)
{
	for (size_t id = 0; id < fleet->capacity; id++) {
		const struct fleet_worker *worker = &fleet->workers[id];

		if (worker->generation == fleet->serving && worker->state != FLEET_FAILED &&
		    worker->state != FLEET_FREE)
			return true;
	}
	return false;
}

/* There is nothing left to supervise. */
static void end(struct fleet *fleet, int exit_status, uint64_t now)
{
	fleet->exit_status = exit_status;
	fleet_stop(fleet, fleet->timing.drain_ms, now);
}

void fleet_abandon(struct fleet *fleet, int exit_status, uint64_t now)
{
	unsigned generation = fleet->starting;

	fleet->starting = 0;
	fleet->todo &= ~FLEET_BIT(FLEET_COMMIT);
	fleet->todo |= FLEET_BIT(FLEET_ABANDON);
	drain_generation(fleet, generation, 0, now); /* they have served nobody */
	if (!anyone_serves(fleet))
		end(fleet, fleet->serving == 0 ? exit_status : EX_CONFIG, now);
	reload_again(fleet);
	end_if_empty(fleet);
}

/* A worker that will not come back. If it was the last of those that serve, only a reload that is
 * on its way can mend that. */
static enum fleet_fate give_up(struct fleet *fleet, struct fleet_worker *worker, uint64_t now)
{
	worker->state = FLEET_FAILED;
	worker->todo = 0;
	worker->deadline_ms = CLOCK_NEVER;
	if (fleet->starting == 0 && !anyone_serves(fleet))
		end(fleet, EX_CONFIG, now);
	return FLEET_GIVEN_UP;
}

enum fleet_fate fleet_gone(struct fleet *fleet, size_t id, const struct fleet_death *death,
			   uint64_t *delay_ms, uint64_t now)
{
	struct fleet_worker *worker = &fleet->workers[id];

	if (worker->state == FLEET_DRAINING || fleet->stopping) {
		fleet_worker_release(worker);
		reload_again(fleet);
		end_if_empty(fleet);
		return FLEET_LEFT;
	}
	if (worker->generation == fleet->starting) {
		fleet_worker_release(worker);
		fleet_abandon(fleet, death->for_good ? EX_CONFIG : 1, now);
		return FLEET_ABANDONED;
	}
	if (death->for_good)
		return give_up(fleet, worker, now);
	*delay_ms = death->served
			    ? 0
			    : backoff_delay(&worker->backoff,
					    worker->ready_ms == 0 ? 0 : now - worker->ready_ms,
					    next_random(fleet));
	if (*delay_ms == 0) {
		fleet_worker_start(worker, fleet->timing.start_ms, now);
	} else {
		worker->state = FLEET_WAITING;
		worker->todo = 0;
		worker->deadline_ms = now + *delay_ms;
	}
	return FLEET_RESTARTS;
}

void fleet_reload(struct fleet *fleet)
{
	if (fleet->stopping)
		return;
	fleet->reload_again = true;
	reload_again(fleet);
}

void fleet_stop(struct fleet *fleet, uint32_t drain_ms, uint64_t now)
{
	fleet->stopping = true;
	fleet->starting = 0;
	fleet->reload_again = false;
	fleet->todo &= FLEET_BIT(FLEET_ABANDON);
	for (size_t id = 0; id < fleet->capacity; id++) {
		if (fleet->workers[id].state != FLEET_FREE)
			fleet_worker_drain(&fleet->workers[id], drain_ms, now);
	}
	end_if_empty(fleet);
}

uint64_t fleet_deadline(const struct fleet *fleet)
{
	uint64_t nearest = CLOCK_NEVER;

	for (size_t id = 0; id < fleet->capacity; id++) {
		const struct fleet_worker *worker = &fleet->workers[id];
		uint64_t pulse = fleet_pulse_deadline(worker);

		if (worker->deadline_ms < nearest)
			nearest = worker->deadline_ms;
		if (pulse < nearest)
			nearest = pulse;
	}
	return nearest;
}

static void on_deadline(struct fleet *fleet, struct fleet_worker *worker, uint64_t now)
{
	worker->deadline_ms = CLOCK_NEVER;
	if (worker->state == FLEET_WAITING)
		fleet_worker_start(worker, fleet->timing.start_ms, now);
	else if (worker->state == FLEET_STARTING && worker->generation == fleet->starting)
		fleet_abandon(fleet, 1, now);
	else
		worker->todo |= FLEET_BIT(FLEET_KILL);
}

void fleet_tick(struct fleet *fleet, uint64_t now)
{
	for (size_t id = 0; id < fleet->capacity; id++) {
		if (fleet->workers[id].deadline_ms <= now)
			on_deadline(fleet, &fleet->workers[id], now);
		fleet_pulse_feel(&fleet->workers[id], now);
	}
}
