/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet with several generations: reloads, reloads that meet each other, and a stop.
 */
#include "fleet.h"

static void the_new_serve_before_the_old_are_drained(void **state)
{
	(void)state;
	serve_two();
	fleet_reload(&fleet);
	ASSERT_TODO("reload");
	replace(2, "spawn 2, spawn 3", "commit 2, serve 2, serve 3, drain 0/25000, drain 1/25000");
	gone(0, false, FLEET_LEFT);
	gone(1, true, FLEET_LEFT);
	ASSERT_TODO("");
	assert_int_equal(state_of(0), FLEET_FREE);
	replace(2, "spawn 0, spawn 1", "commit 3, serve 0, serve 1, drain 2/25000, drain 3/25000");
}

static void fewer_and_more_workers(void **state)
{
	(void)state;
	serve_two();
	replace(1, "spawn 2", "commit 2, serve 2, drain 0/25000, drain 1/25000");
	gone(1, false, FLEET_LEFT);
	replace(4, "spawn 1, spawn 3, spawn 4, spawn 5",
		"commit 3, serve 1, serve 3, serve 4, serve 5, drain 2/25000");
	assert_int_equal(fleet.capacity, 6);
	assert_int_equal(fleet.workers[1].index, 0);
	assert_int_equal(fleet.workers[5].index, 3);
	assert_int_equal(state_of(0), FLEET_DRAINING); /* since two generations */
	replace(1, "spawn 6",
		"commit 4, serve 6, drain 1/25000, drain 3/25000, drain 4/25000, drain 5/25000");
}

static void the_old_leave_by_the_new_settings(void **state)
{
	static const struct fleet_timing next = { .start_ms = 500, .drain_ms = 300 };

	(void)state;
	serve_two();
	assert_int_equal(fleet_reserve(&fleet, 1), 0);
	fleet_start(&fleet, 1, &next, now);
	assert_int_equal(fleet_deadline(&fleet), now + 500);
	ASSERT_TODO("spawn 2");
	ready(2);
	ASSERT_TODO("commit 2, serve 2, drain 0/300, drain 1/300");
	assert_int_equal(fleet_deadline(&fleet), now + 300 + FLEET_KILL_AFTER_MS);
	later(300 + FLEET_KILL_AFTER_MS);
	ASSERT_TODO("kill 0, kill 1");
	gone(2, false, FLEET_RESTARTS);
	ASSERT_TODO("spawn 2");
	assert_int_equal(fleet_deadline(&fleet), now + 500);
}

static void until_the_commit_the_old_restart_by_the_old_settings(void **state)
{
	static const struct fleet_timing next = { .start_ms = 500, .drain_ms = 300 };

	(void)state;
	serve_two();
	later(BACKOFF_STEADY_MS);
	assert_int_equal(fleet_reserve(&fleet, 1), 0);
	fleet_start(&fleet, 1, &next, now);
	carry_out();
	gone(0, false, FLEET_RESTARTS);
	ASSERT_TODO("spawn 0, stand-in 1/0");
	assert_int_equal(fleet.workers[0].deadline_ms, now + START_MS);
	assert_int_equal(fleet.workers[0].generation, 1);
	ready(0);
	ASSERT_TODO("serve 0, stand-down 1/0"); /* its generation serves */
}

static void a_reload_during_a_reload_is_one_more(void **state)
{
	(void)state;
	serve_two();
	fleet_reload(&fleet);
	fleet_reload(&fleet);
	ASSERT_TODO("reload");
	start(1);
	ASSERT_TODO("spawn 2");
	for (int i = 0; i < 3; i++)
		fleet_reload(&fleet);
	ASSERT_TODO("");
	ready(2);
	ASSERT_TODO("commit 2, serve 2, drain 0/25000, drain 1/25000, reload");
	ASSERT_TODO("");
	replace(1, "spawn 3", "commit 3, serve 3, drain 2/25000");
}

static void a_reload_that_is_refused_changes_nothing(void **state)
{
	(void)state;
	serve_two();
	fleet_reload(&fleet);
	ASSERT_TODO("reload");
	ASSERT_TODO("");
	fleet_reload(&fleet);
	ASSERT_TODO("reload");
	assert_int_equal(fleet.newest, 1);
}

static void one_generation_at_a_time_is_started(void **state)
{
	(void)state;
	serve_two();
	start(1);
	start(5);
	assert_int_equal(fleet.newest, 2);
	ASSERT_TODO("spawn 2");
}

static void three_generations_leave_one_after_the_other(void **state)
{
	(void)state;
	serve_two();
	replace(1, "spawn 2", "commit 2, serve 2, drain 0/25000, drain 1/25000");
	later(1000);
	replace(1, "spawn 3", "commit 3, serve 3, drain 2/25000");
	later(DRAIN_MS + FLEET_KILL_AFTER_MS - 1000);
	ASSERT_TODO("kill 0, kill 1");
	later(1000);
	ASSERT_TODO("kill 2");
	assert_int_equal(state_of(3), FLEET_SERVING);
}

static void a_stop_ends_a_reload(void **state)
{
	(void)state;
	serve_two();
	start(2);
	carry_out();
	ready(2);
	fleet_reload(&fleet);
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000, drain 2/25000, drain 3/25000");
	ready(3);
	fleet_reload(&fleet);
	for (size_t id = 0; id < 4; id++) {
		ASSERT_TODO("");
		gone(id, false, FLEET_LEFT);
	}
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 0);
}

static void a_stop_hastens_those_that_drain(void **state)
{
	static const struct fleet_timing slow = { .start_ms = START_MS, .drain_ms = 1000 * 1000 };

	(void)state;
	serve_two();
	assert_int_equal(fleet_reserve(&fleet, 1), 0);
	fleet_start(&fleet, 1, &slow, now);
	carry_out();
	ready(2);
	ASSERT_TODO("commit 2, serve 2, drain 0/1000000, drain 1/1000000");
	fleet_stop(&fleet, DRAIN_MS, now);
	ASSERT_TODO("drain 0/25000, drain 1/25000, drain 2/25000");
}

static void a_stop_forgets_a_reload_that_was_due(void **state)
{
	(void)state;
	serve_two();
	fleet_reload(&fleet);
	fleet_stop(&fleet, 0, now);
	ASSERT_TODO("drain 0/0, drain 1/0");
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(the_new_serve_before_the_old_are_drained),
		WITH_FLEET(fewer_and_more_workers),
		WITH_FLEET(the_old_leave_by_the_new_settings),
		WITH_FLEET(until_the_commit_the_old_restart_by_the_old_settings),
		WITH_FLEET(a_reload_during_a_reload_is_one_more),
		WITH_FLEET(a_reload_that_is_refused_changes_nothing),
		WITH_FLEET(one_generation_at_a_time_is_started),
		WITH_FLEET(three_generations_leave_one_after_the_other),
		WITH_FLEET(a_stop_ends_a_reload),
		WITH_FLEET(a_stop_hastens_those_that_drain),
		WITH_FLEET(a_stop_forgets_a_reload_that_was_due),
	};

	return cmocka_run_group_tests_name("fleet_reload", group, NULL, NULL) == 0 ? 0 : 1;
}
