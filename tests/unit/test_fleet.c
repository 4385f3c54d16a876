/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet: every event in every state of a worker. What is to be done is compared as text, in its
 * order.
 */
#include "fleet.h"

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
	ASSERT_TODO("spawn 0, stand-in 1/0");
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

	fleet_gone(&fleet, 0, &(struct fleet_death){ false }, &delay, now);
}

static void die_for_good(void)
{
	uint64_t delay;

	fleet_gone(&fleet, 0, &(struct fleet_death){ .for_good = true }, &delay, now);
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
		{ be_waiting, hear_ready, "stand-in 1/0", FLEET_WAITING },
		{ be_restarting, hear_ready, "serve 0, stand-down 1/0", FLEET_SERVING },
		{ be_failed, hear_ready, "stand-in 1/0", FLEET_FAILED },
		{ be_draining, hear_ready, "", FLEET_DRAINING },

		{ be_starting, die, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_ready, die, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_serving, die, "stand-in 1/0", FLEET_WAITING },
		{ be_serving_for_long, die, "spawn 0, stand-in 1/0", FLEET_STARTING },
		{ be_restarting, die, "", FLEET_WAITING },
		{ be_draining, die, "", FLEET_FREE },

		{ be_starting, die_for_good, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_ready, die_for_good, "abandon 1, drain 1/0", FLEET_FREE },
		{ be_serving, die_for_good, "stand-in 1/0", FLEET_FAILED },
		{ be_serving_for_long, die_for_good, "stand-in 1/0", FLEET_FAILED },
		{ be_restarting, die_for_good, "", FLEET_FAILED },
		{ be_draining, die_for_good, "", FLEET_FREE },

		{ be_starting, reach_deadline, "abandon 1, drain 0/0, drain 1/0", FLEET_DRAINING },
		{ be_ready, reach_deadline, "abandon 1, drain 0/0, drain 1/0", FLEET_DRAINING },
		{ be_waiting, reach_deadline, "spawn 0, stand-in 1/0", FLEET_STARTING },
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
		{ be_waiting, reload, "reload, stand-in 1/0", FLEET_WAITING },
		{ be_restarting, reload, "reload", FLEET_STARTING },
		{ be_failed, reload, "reload, stand-in 1/0", FLEET_FAILED },
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
