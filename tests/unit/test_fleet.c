/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet: every event in every state of a worker. What is to be done is compared as text, in its
 * order.
 */
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

static const struct fleet_timing timing = { START_MS, DRAIN_MS };

static int new_fleet(void **state)
{
	(void)state;
	now = 1000;
	fleet_init(&fleet, 4711);
	return 0;
}

static int clear_fleet(void **state)
{
	(void)state;
	fleet_clear(&fleet);
	return 0;
}

static void describe(const struct fleet_action *action, char *text, size_t size)
{
	static const char *const names[] = { "",      "commit", "abandon", "serve", "spawn",
					     "drain", "kill",   "reload",  "exit" };
	const char *name = names[action->kind];

	if (action->kind == FLEET_COMMIT || action->kind == FLEET_ABANDON)
		snprintf(text, size, "%s %u", name, action->generation);
	else if (action->kind == FLEET_RELOAD || action->kind == FLEET_EXIT)
		snprintf(text, size, "%s", name);
	else if (action->kind != FLEET_DRAIN)
		snprintf(text, size, "%s %zu", name, action->id);
	else if (action->drain_ms == FLEET_NO_DEADLINE)
		snprintf(text, size, "%s %zu/-", name, action->id);
	else
		snprintf(text, size, "%s %zu/%u", name, action->id, action->drain_ms);
}

/* Carries out everything, as the supervisor does: what is committed is told at once. */
static const char *carry_out(void)
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

static void start(unsigned count)
{
	assert_int_equal(fleet_reserve(&fleet, count), 0);
	fleet_start(&fleet, count, &timing, now);
}

static void ready(size_t id)
{
	assert_int_equal(fleet_ready(&fleet, id, now), 0);
}

/* A death; returns the delay of the restart. */
static uint64_t gone(size_t id, bool for_good, enum fleet_fate fate)
{
	uint64_t delay = 4711;

	assert_int_equal(fleet_gone(&fleet, id, for_good, &delay, now), fate);
	return delay;
}

static void later(uint64_t ms)
{
	now += ms;
	fleet_tick(&fleet, now);
}

static enum fleet_state state_of(size_t id)
{
	return fleet.workers[id].state;
}

/* Two workers that serve. */
static void serve_two(void)
{
	start(2);
	ASSERT_TODO("spawn 0, spawn 1");
	ready(0);
	ready(1);
	ASSERT_TODO("commit 1, serve 0, serve 1");
}

static void it_serves_when_all_are_ready(void **state)
{
	(void)state;
	start(3);
	for (size_t id = 0; id < 3; id++) {
		assert_int_equal(fleet.workers[id].index, id);
		assert_int_equal(fleet.workers[id].generation, 1);
		assert_false(fleet_lives(&fleet, id));
	}
	ASSERT_TODO("spawn 0, spawn 1, spawn 2");
	assert_true(fleet_lives(&fleet, 1));
	ready(2);
	ready(0);
	ASSERT_TODO("");
	assert_int_equal(fleet.serving, 0);
	ready(1);
	ASSERT_TODO("commit 1, serve 0, serve 1, serve 2");
	assert_int_equal(fleet.serving, 1);
	assert_int_equal(fleet.starting, 0);
	assert_true(fleet_deadline(&fleet) == CLOCK_NEVER);
}

/* The states that worker 0 can be in; worker 1 stays out of the way. */
static void be_starting(void)
{
	start(2);
	ASSERT_TODO("spawn 0, spawn 1");
}

static void be_ready(void)
{
	be_starting();
	ready(0);
}

static void be_serving(void)
{
	serve_two();
	later(BACKOFF_STEADY_MS - 1);
}

static void be_serving_for_long(void)
{
	serve_two();
	later(BACKOFF_STEADY_MS);
}

static void be_waiting(void)
{
	be_serving();
	gone(0, false, FLEET_RESTARTS);
}

static void be_due(void)
{
	be_waiting();
	later(100); /* to be forked, and not forked yet */
}

static void be_restarting(void)
{
	be_due();
	ASSERT_TODO("spawn 0");
}

static void be_failed(void)
{
	be_serving();
	gone(0, true, FLEET_GIVEN_UP);
}

/* Replaced by workers 2 and 3. */
static void be_draining(void)
{
	serve_two();
	start(2);
	ASSERT_TODO("spawn 2, spawn 3");
	ready(2);
	ready(3);
	ASSERT_TODO("commit 2, serve 2, serve 3, drain 0/25000, drain 1/25000");
}

/* The events. */
static void hear_ready(void)
{
	fleet_ready(&fleet, 0, now);
}

static void die(void)
{
	uint64_t delay;

	fleet_gone(&fleet, 0, false, &delay, now);
}

static void die_for_good(void)
{
	uint64_t delay;

	fleet_gone(&fleet, 0, true, &delay, now);
}

static void reach_deadline(void)
{
	assert_true(fleet_deadline(&fleet) != CLOCK_NEVER);
	later(fleet_deadline(&fleet) - now);
}

static void stop(void)
{
	fleet_stop(&fleet, DRAIN_MS, now);
}

static void stop_at_once(void)
{
	fleet_stop(&fleet, 0, now);
}

static void stop_without_limit(void)
{
	fleet_stop(&fleet, FLEET_NO_DEADLINE, now);
}

static void reload(void)
{
	fleet_reload(&fleet);
}

static void every_event_in_every_state(void **state)
{
	static const struct {
		void (*be)(void), (*event)(void);
		const char *todo;
		enum fleet_state after;
	} table[] = {
		{ be_starting, hear_ready, "", FLEET_READY },
		{ be_ready, hear_ready, "", FLEET_READY },
		{ be_serving, hear_ready, "", FLEET_SERVING },
		{ be_waiting, hear_ready, "", FLEET_WAITING },
		{ be_restarting, hear_ready, "serve 0", FLEET_SERVING },
		{ be_failed, hear_ready, "", FLEET_FAILED },
		{ be_draining, hear_ready, "", FLEET_DRAINING },

		{ be_starting, die, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_ready, die, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_serving, die, "", FLEET_WAITING },
		{ be_serving_for_long, die, "spawn 0", FLEET_STARTING },
		{ be_restarting, die, "", FLEET_WAITING },
		{ be_draining, die, "", FLEET_FREE },

		{ be_starting, die_for_good, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_ready, die_for_good, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_serving, die_for_good, "", FLEET_FAILED },
		{ be_serving_for_long, die_for_good, "", FLEET_FAILED },
		{ be_restarting, die_for_good, "", FLEET_FAILED },
		{ be_draining, die_for_good, "", FLEET_FREE },

		{ be_starting, reach_deadline, "abandon 1, drain 0/0, drain 1/0", FLEET_DRAINING },
		{ be_ready, reach_deadline, "abandon 1, drain 0/0, drain 1/0", FLEET_DRAINING },
		{ be_waiting, reach_deadline, "spawn 0", FLEET_STARTING },
		{ be_restarting, reach_deadline, "kill 0", FLEET_STARTING },
		{ be_draining, reach_deadline, "kill 0, kill 1", FLEET_DRAINING },

		{ be_starting, stop, "drain 0/25000, drain 1/25000", FLEET_DRAINING },
		{ be_ready, stop, "drain 0/25000, drain 1/25000", FLEET_DRAINING },
		{ be_serving, stop, "drain 0/25000, drain 1/25000", FLEET_DRAINING },
		{ be_waiting, stop, "drain 1/25000", FLEET_FREE },
		{ be_due, stop, "drain 1/25000", FLEET_FREE },
		{ be_restarting, stop, "drain 0/25000, drain 1/25000", FLEET_DRAINING },
		{ be_failed, stop, "drain 1/25000", FLEET_FREE },
		{ be_draining, stop, "drain 2/25000, drain 3/25000", FLEET_DRAINING },

		{ be_serving, stop_at_once, "drain 0/0, drain 1/0", FLEET_DRAINING },
		{ be_draining, stop_at_once, "drain 0/0, drain 1/0, drain 2/0, drain 3/0",
		  FLEET_DRAINING },
		{ be_serving, stop_without_limit, "drain 0/-, drain 1/-", FLEET_DRAINING },
		{ be_draining, stop_without_limit, "drain 2/-, drain 3/-", FLEET_DRAINING },

		{ be_starting, reload, "", FLEET_STARTING },
		{ be_ready, reload, "", FLEET_READY },
		{ be_serving, reload, "reload", FLEET_SERVING },
		{ be_waiting, reload, "reload", FLEET_WAITING },
		{ be_restarting, reload, "reload", FLEET_STARTING },
		{ be_failed, reload, "reload", FLEET_FAILED },
		{ be_draining, reload, "reload", FLEET_DRAINING },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		const char *todo;

		new_fleet(state);
		table[i].be();
		table[i].event();
		todo = carry_out();
		if (strcmp(todo, table[i].todo) != 0 || state_of(0) != table[i].after)
			fail_msg("row %zu: '%s', state %d", i, todo, state_of(0));
		assert_int_equal(fleet_lives(&fleet, 0), state_of(0) != FLEET_FREE &&
								 state_of(0) != FLEET_WAITING &&
								 state_of(0) != FLEET_FAILED);
		fleet_clear(&fleet);
	}
	new_fleet(state);
}

static void who_has_no_business_to_be_ready_is_told(void **state)
{
	static const struct {
		void (*be)(void);
		int result;
	} table[] = { { be_starting, 0 }, { be_ready, -1 },     { be_serving, -1 },
		      { be_waiting, -1 }, { be_restarting, 0 }, { be_failed, -1 },
		      { be_draining, 0 } };

	for (size_t i = 0; i < COUNT(table); i++) {
		new_fleet(state);
		table[i].be();
		assert_int_equal(fleet_ready(&fleet, 0, now), table[i].result);
		fleet_clear(&fleet);
	}
	new_fleet(state);
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(it_serves_when_all_are_ready),
		WITH_FLEET(every_event_in_every_state),
		WITH_FLEET(who_has_no_business_to_be_ready_is_told),
	};

	return cmocka_run_group_tests_name("fleet", group, NULL, NULL) == 0 ? 0 : 1;
}
