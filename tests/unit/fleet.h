/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the fleet share: one fleet, a clock that the tests move, events by short names,
 * and what is to be done as a line of text. Included once by a test program, before anything else;
 * everything is static.
 */
#ifndef ECHOD_TEST_FLEET_H
#define ECHOD_TEST_FLEET_H

#include "supervisor/fleet.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "common/clock.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define START_MS     10000
#define DRAIN_MS     25000

static struct fleet fleet;
static uint64_t now;

static const struct fleet_timing timing = { .start_ms = START_MS, .drain_ms = DRAIN_MS };

static inline int new_fleet(void **state)
{
	(void)state;
	now = 1000;
	fleet_init(&fleet, 4711);
	return 0;
}

static inline int clear_fleet(void **state)
{
	(void)state;
	fleet_clear(&fleet);
	return 0;
}

static inline void describe(const struct fleet_action *action, char *text, size_t size)
{
	static const char *const names[] = {
		[FLEET_COMMIT] = "commit",     [FLEET_ABANDON] = "abandon",
		[FLEET_SERVE] = "serve",       [FLEET_SPAWN] = "spawn",
		[FLEET_DRAIN] = "drain",       [FLEET_MISS] = "miss",
		[FLEET_HEAR] = "hear",         [FLEET_ABORT] = "abort",
		[FLEET_KILL] = "kill",         [FLEET_STAND_DOWN] = "stand-down",
		[FLEET_STAND_IN] = "stand-in", [FLEET_RELOAD] = "reload",
		[FLEET_EXIT] = "exit",
	};
	const char *name = names[action->kind];

	if (action->kind == FLEET_COMMIT || action->kind == FLEET_ABANDON)
		snprintf(text, size, "%s %u", name, action->generation);
	else if (action->kind == FLEET_RELOAD || action->kind == FLEET_EXIT)
		snprintf(text, size, "%s", name);
	else if (action->kind == FLEET_STAND_IN || action->kind == FLEET_STAND_DOWN)
		snprintf(text, size, "%s %zu/%u", name, action->id, action->index);
	else if (action->kind != FLEET_DRAIN)
		snprintf(text, size, "%s %zu", name, action->id);
	else if (action->drain_ms == FLEET_NO_DEADLINE)
		snprintf(text, size, "%s %zu/-", name, action->id);
	else
		snprintf(text, size, "%s %zu/%u", name, action->id, action->drain_ms);
}

/* Carries out everything, as the supervisor does: what is committed is told at once. */
static inline const char *carry_out(void)
{
	static char all[1024];

	all[0] = '\0';
	for (int i = 0; i < 1000; i++) {
		struct fleet_action action = fleet_next(&fleet);
		char text[64];

		if (action.kind == FLEET_NOTHING)
			return all;
		describe(&action, text, sizeof text);
		if (all[0] != '\0')
			strcat(all, ", ");
		strncat(all, text, sizeof all - strlen(all) - 3);
		if (action.kind == FLEET_COMMIT)
			fleet_committed(&fleet, now);
	}
	fail_msg("there is no end of it: %s", all);
	return all;
}

#define ASSERT_TODO(expected) assert_string_equal(carry_out(), expected)

static inline void start(unsigned count)
{
	assert_int_equal(fleet_reserve(&fleet, count), 0);
	fleet_start(&fleet, count, &timing, now);
}

static inline void ready(size_t id)
{
	assert_int_equal(fleet_ready(&fleet, id, now), 0);
}

/* A death; returns the delay of the restart. */
static inline uint64_t gone(size_t id, bool for_good, enum fleet_fate fate)
{
	struct fleet_death death = { .for_good = for_good };
	uint64_t delay = 4711;

	assert_int_equal(fleet_gone(&fleet, id, &death, &delay, now), fate);
	return delay;
}

static inline void later(uint64_t ms)
{
	now += ms;
	fleet_tick(&fleet, now);
}

static inline enum fleet_state state_of(size_t id)
{
	return fleet.workers[id].state;
}

/* Two workers that serve. */
static inline void serve_two(void)
{
	start(2);
	ASSERT_TODO("spawn 0, spawn 1");
	ready(0);
	ready(1);
	ASSERT_TODO("commit 1, serve 0, serve 1");
}

/* A new generation of that many, up to its commit. */
static inline void replace(unsigned count, const char *spawns, const char *commit)
{
	unsigned generation = fleet.newest + 1;

	start(count);
	assert_int_equal(fleet.starting, generation);
	ASSERT_TODO(spawns);
	for (size_t id = 0; id < fleet.capacity; id++) {
		if (fleet.workers[id].generation == generation)
			ready(id);
	}
	ASSERT_TODO(commit);
	assert_int_equal(fleet.serving, generation);
}

#endif
