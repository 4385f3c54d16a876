/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet: how it ends, asked to or not.
 */
#include "fleet.h"

static void only_when_everybody_has_left_is_it_over(void **state)
{
	(void)state;
	serve_two();
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000");
	gone(1, false, FLEET_LEFT);
	ASSERT_TODO("");
	gone(0, false, FLEET_LEFT);
	ASSERT_TODO("exit");
	ASSERT_TODO("");
	assert_int_equal(fleet.exit_status, 0);
}

static void who_stays_too_long_is_killed(void **state)
{
	(void)state;
	serve_two();
	fleet_stop(&fleet, DRAIN_MS, now);
	carry_out();
	gone(1, false, FLEET_LEFT);
	assert_int_equal(fleet_deadline(&fleet), now + DRAIN_MS + FLEET_KILL_AFTER_MS);
	later(DRAIN_MS + FLEET_KILL_AFTER_MS - 1);
	ASSERT_TODO("");
	later(1);
	ASSERT_TODO("kill 0");
	later(DRAIN_MS);
	ASSERT_TODO("");
	gone(0, false, FLEET_LEFT);
	ASSERT_TODO("exit");
}

static void a_second_stop_is_at_once(void **state)
{
	(void)state;
	serve_two();
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000");
	later(1000);
	fleet_stop(&fleet, 0, now);
	ASSERT_TODO("drain 0/0, drain 1/0");
	fleet_stop(&fleet, 0, now);
	ASSERT_TODO("");
	later(FLEET_KILL_AFTER_MS);
	ASSERT_TODO("kill 0, kill 1");
}

static void a_stop_without_limit_can_be_limited_later(void **state)
{
	(void)state;
	serve_two();
	fleet_stop(&fleet, FLEET_NO_DEADLINE, now);
	ASSERT_TODO("drain 0/-, drain 1/-");
	assert_true(fleet_deadline(&fleet) == CLOCK_NEVER);
	later(1000 * 1000);
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000");
	assert_int_equal(fleet_deadline(&fleet), now + DRAIN_MS + FLEET_KILL_AFTER_MS);
	fleet_stop(&fleet, FLEET_NO_DEADLINE, now); /* can only hasten it */
	ASSERT_TODO("");
	assert_int_equal(fleet_deadline(&fleet), now + DRAIN_MS + FLEET_KILL_AFTER_MS);
}

static void nobody_is_forked_for_a_fleet_that_stops(void **state)
{
	(void)state;
	start(3);
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 0);
	start(3);
	fleet_reload(&fleet);
	ASSERT_TODO("");
	assert_int_equal(fleet.starting, 0);
}

static void a_stop_before_it_serves_is_no_failure(void **state)
{
	(void)state;
	start(2);
	carry_out();
	ready(0);
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000");
	ready(1); /* it had not heard yet */
	ASSERT_TODO("");
	gone(0, false, FLEET_LEFT);
	gone(1, true, FLEET_LEFT);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 0);
}

static void a_stop_forgets_a_commit_that_was_due(void **state)
{
	(void)state;
	start(1);
	carry_out();
	ready(0);
	fleet_stop(&fleet, 0, now);
	ASSERT_TODO("drain 0/0");
}

/* The first generation fails: in whatever way, that is the end. */
static void a_first_generation_that_fails_is_the_end(void **state)
{
	static const struct {
		bool dies, for_good;
		int status;
	} table[] = { { true, false, 1 }, { true, true, 78 }, { false, false, 1 } };

	for (size_t i = 0; i < COUNT(table); i++) {
		new_fleet(state);
		start(2);
		carry_out();
		ready(0);
		if (table[i].dies) {
			gone(1, table[i].for_good, FLEET_ABANDONED);
			ASSERT_TODO("abandon 1, drain 0/0");
		} else {
			later(START_MS);
			ASSERT_TODO("abandon 1, drain 0/0, drain 1/0");
			gone(1, false, FLEET_LEFT);
		}
		gone(0, false, FLEET_LEFT);
		ASSERT_TODO("exit");
		assert_int_equal(fleet.exit_status, table[i].status);
		fleet_clear(&fleet);
	}
	new_fleet(state);
}

static void a_reload_that_was_asked_for_meanwhile_is_forgotten(void **state)
{
	(void)state;
	start(2);
	carry_out();
	fleet_reload(&fleet);
	gone(1, false, FLEET_ABANDONED);
	ASSERT_TODO("abandon 1, drain 0/0");
	gone(0, false, FLEET_LEFT);
	ASSERT_TODO("exit");
}

static void a_commit_that_fails_is_the_end(void **state)
{
	(void)state;
	start(1);
	carry_out();
	ready(0);
	assert_int_equal(fleet_next(&fleet).kind, FLEET_COMMIT);
	fleet_abandon(&fleet, 1, now);
	ASSERT_TODO("abandon 1, drain 0/0");
	gone(0, false, FLEET_LEFT);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 1);
}

static void a_first_fork_that_fails_is_the_end(void **state)
{
	(void)state;
	start(3);
	assert_int_equal(fleet_next(&fleet).id, 0);
	assert_int_equal(fleet_next(&fleet).id, 1);
	gone(1, false, FLEET_ABANDONED);
	ASSERT_TODO("abandon 1, drain 0/0"); /* and worker 2 is not forked */
	assert_int_equal(state_of(2), FLEET_FREE);
	gone(0, false, FLEET_LEFT);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 1);
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(only_when_everybody_has_left_is_it_over),
		WITH_FLEET(who_stays_too_long_is_killed),
		WITH_FLEET(a_second_stop_is_at_once),
		WITH_FLEET(a_stop_without_limit_can_be_limited_later),
		WITH_FLEET(nobody_is_forked_for_a_fleet_that_stops),
		WITH_FLEET(a_stop_before_it_serves_is_no_failure),
		WITH_FLEET(a_stop_forgets_a_commit_that_was_due),
		WITH_FLEET(a_first_generation_that_fails_is_the_end),
		WITH_FLEET(a_reload_that_was_asked_for_meanwhile_is_forgotten),
		WITH_FLEET(a_commit_that_fails_is_the_end),
		WITH_FLEET(a_first_fork_that_fails_is_the_end),
	};

	return cmocka_run_group_tests_name("fleet_stop", group, NULL, NULL) == 0 ? 0 : 1;
}
