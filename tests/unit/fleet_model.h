/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A model of the processes that the fleet believes in: it carries out what the fleet says, fails
 * now and then, and knows what must hold afterwards. Included once by a test program, before
 * anything else; everything is static.
 */
#ifndef ECHOD_TEST_FLEET_MODEL_H
#define ECHOD_TEST_FLEET_MODEL_H

#include "supervisor/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"

#define WORKERS_MAX 6
#define IDS_MAX     4096
#define START_MS    3000
#define HANG_MS     400
#define KEPT        24 /* events to show when something is wrong */

static const struct fleet_timing timing = { START_MS, 2000, HANG_MS };

static struct fleet fleet;
static uint64_t now, seed, events;
static unsigned asked, wanted[1 << 16]; /* workers of the next generation; of each generation */
static bool stopped, over;              /* a stop was asked for; exit was handed out */
static bool may_fail;                   /* forks, commits and reloads */

static struct {
	bool alive, said_ready, told_to_leave, killed, silent;
	unsigned index, generation;
	unsigned adopted; /* set of the siblings whose sockets it serves, too */
} processes[IDS_MAX];

static char history[KEPT][64];

static void note(const char *what, size_t number)
{
	snprintf(history[events % KEPT], sizeof history[0], "%llu ms: %s %zu",
		 (unsigned long long)now, what, number);
	events++;
}

static void show_history(const char *what)
{
	for (uint64_t i = events < KEPT ? 0 : events - KEPT; i < events; i++)
		print_error("%s\n", history[i % KEPT]);
	fail_msg("seed %llu, event %llu: %s", (unsigned long long)seed, (unsigned long long)events,
		 what);
}

#define CHECK(condition) ((condition) ? (void)0 : show_history(#condition))

static uint64_t next_random(uint64_t below)
{
	static uint64_t numbers;

	if (numbers == 0)
		numbers = seed | 1;
	numbers ^= numbers << 13; /* xorshift64 */
	numbers ^= numbers >> 7;
	numbers ^= numbers << 17;
	return (numbers >> 11) % below;
}

static bool happens(unsigned percent)
{
	return may_fail && next_random(100) < percent;
}

static void forget(size_t id)
{
	memset(&processes[id], 0, sizeof processes[id]);
}

static void die(size_t id, bool for_good)
{
	bool left = processes[id].told_to_leave || stopped || fleet.stopping;
	struct fleet_death death = { .for_good = for_good, .served = next_random(4) == 0 };
	uint64_t delay = 0;
	enum fleet_fate fate;

	note(for_good ? "dies for good" : "dies", id);
	fate = fleet_gone(&fleet, id, &death, &delay, now);
	CHECK((fate == FLEET_LEFT) == left);
	CHECK(fate != FLEET_RESTARTS || !for_good);
	CHECK(fate != FLEET_RESTARTS || delay <= BACKOFF_LAST_MS * 5 / 4);
	forget(id);
}

static void load(void)
{
	if (happens(20))
		return; /* the file is bad */
	asked = 1 + (unsigned)next_random(WORKERS_MAX);
	assert_int_equal(fleet_reserve(&fleet, asked), 0);
	fleet_start(&fleet, asked, &timing, now);
	wanted[fleet.newest] = asked;
}

static void spawn(size_t id)
{
	CHECK(!processes[id].alive);
	CHECK(!fleet.stopping);
	if (happens(5)) {
		die(id, false);
		return;
	}
	processes[id].alive = true;
	processes[id].index = fleet.workers[id].index;
	processes[id].generation = fleet.workers[id].generation;
}

static void serve(size_t id)
{
	CHECK(processes[id].alive && processes[id].said_ready);
	CHECK(!processes[id].told_to_leave);
	CHECK(processes[id].generation == fleet.serving);
}

static void stand_in(const struct fleet_action *action)
{
	unsigned bit = 1u << action->index;
	bool in = action->kind == FLEET_STAND_IN;

	CHECK(processes[action->id].alive && processes[action->id].said_ready);
	CHECK(!processes[action->id].told_to_leave);
	CHECK(processes[action->id].generation == fleet.serving);
	CHECK(action->index != processes[action->id].index);
	CHECK(((processes[action->id].adopted & bit) == 0) == in);
	processes[action->id].adopted ^= bit;
}

/* Who is not ready has not said anything yet. */
static bool is_silent(size_t id)
{
	return processes[id].silent || !processes[id].said_ready;
}

static void do_action(const struct fleet_action *action)
{
	switch (action->kind) {
	case FLEET_COMMIT:
		CHECK(!fleet.stopping && action->generation == fleet.starting);
		if (happens(10))
			fleet_abandon(&fleet, 1, now);
		else
			fleet_committed(&fleet, now);
		break;
	case FLEET_ABANDON:
		break;
	case FLEET_SERVE:
		serve(action->id);
		break;
	case FLEET_SPAWN:
		spawn(action->id);
		break;
	case FLEET_DRAIN:
		CHECK(processes[action->id].alive);
		processes[action->id].told_to_leave = true;
		break;
	case FLEET_MISS:
		CHECK(processes[action->id].alive && is_silent(action->id));
		break;
	case FLEET_HEAR:
		CHECK(processes[action->id].alive && !processes[action->id].silent);
		break;
	case FLEET_STAND_IN:
	case FLEET_STAND_DOWN:
		stand_in(action);
		break;
	case FLEET_ABORT:
		CHECK(processes[action->id].alive && is_silent(action->id));
		processes[action->id].killed = next_random(2) == 0;
		break;
	case FLEET_KILL:
		CHECK(processes[action->id].alive);
		processes[action->id].killed = true;
		break;
	case FLEET_RELOAD:
		CHECK(!fleet.stopping && fleet.starting == 0);
		for (size_t id = 0; id < fleet.capacity; id++)
			CHECK(!processes[id].alive || processes[id].generation <= fleet.serving);
		load();
		break;
	case FLEET_EXIT:
		over = true;
		break;
	case FLEET_NOTHING:
		break;
	}
}

static void carry_out(void)
{
	struct fleet_action action;
	size_t most = 16 + 16 * fleet.capacity;

	while ((action = fleet_next(&fleet)).kind != FLEET_NOTHING) {
		CHECK(most-- > 0); /* it comes to an end */
		CHECK(!over);      /* and the end is told once */
		do_action(&action);
	}
}

/* Of those that are to serve, each that does not has one that does so for it, if there is one. */
static void check_stand_ins(void)
{
	bool anyone = false;

	if (fleet.stopping)
		return;
	for (size_t id = 0; id < fleet.capacity; id++)
		anyone |= fleet.workers[id].state == FLEET_SERVING &&
			  fleet.workers[id].pulse == FLEET_HEARD;
	for (size_t id = 0; id < fleet.capacity; id++) {
		const struct fleet_worker *worker = &fleet.workers[id];
		bool well = worker->state == FLEET_SERVING && worker->pulse == FLEET_HEARD;
		unsigned stand_ins = 0;

		if (worker->generation != fleet.serving || worker->state == FLEET_FREE ||
		    worker->state == FLEET_DRAINING)
			continue;
		for (size_t other = 0; other < fleet.capacity; other++)
			stand_ins += fleet.workers[other].state == FLEET_SERVING &&
				     fleet.workers[other].pulse == FLEET_HEARD &&
				     (processes[other].adopted >> worker->index & 1) != 0;
		CHECK(stand_ins == (!well && anyone ? 1 : 0));
	}
}

/* No index twice in a generation; what serves is complete; who lives does. */
static void check_invariants(void)
{
	unsigned seen = 0;

	CHECK(fleet.capacity <= IDS_MAX);
	for (size_t id = 0; id < fleet.capacity; id++) {
		const struct fleet_worker *worker = &fleet.workers[id];

		CHECK(fleet_lives(&fleet, id) == processes[id].alive);
		CHECK(worker->deadline_ms > now || worker->state == FLEET_FREE);
		if (worker->state == FLEET_FREE)
			continue;
		CHECK(worker->state != FLEET_READY || worker->generation == fleet.starting);
		CHECK(worker->state != FLEET_SERVING || worker->generation == fleet.serving);
		CHECK((worker->state == FLEET_DRAINING) == processes[id].told_to_leave);
		seen += worker->state != FLEET_DRAINING && worker->generation == fleet.serving;
		for (size_t other = 0; other < id; other++)
			CHECK(fleet.workers[other].state == FLEET_FREE ||
			      fleet.workers[other].generation != worker->generation ||
			      fleet.workers[other].index != worker->index);
	}
	check_stand_ins();
	CHECK(fleet.stopping || fleet.serving == 0 || seen == wanted[fleet.serving]);
	CHECK(!over || seen == 0);
}

#endif
