/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet with several generations: what dies during a reload, and what becomes of it.
 */
#include "fleet.h"

/* Whatever goes wrong with the new generation, the old one serves on and another reload can come.
 */
static void fail_reload(void (*go_wrong)(void), const char *todo)
{
	serve_two();
	start(3);
	ASSERT_TODO("spawn 2, spawn 3, spawn 4");
	ready(3);
	go_wrong();
	ASSERT_TODO(todo);
	assert_int_equal(fleet.serving, 1);
	assert_int_equal(fleet.starting, 0);
	assert_false(fleet.stopping);
	assert_int_equal(state_of(0), FLEET_SERVING);
	assert_int_equal(state_of(1), FLEET_SERVING);
	for (size_t id = 2; id < 5; id++) {
		if (state_of(id) != FLEET_FREE)
			gone(id, true, FLEET_LEFT);
	}
	ASSERT_TODO("");
	replace(2, "spawn 2, spawn 3", "commit 3, serve 2, serve 3, drain 0/25000, drain 1/25000");
	assert_int_equal(fleet.exit_status, 0);
}

static void ready_one_dies(void)
{
	gone(3, false, FLEET_ABANDONED);
}

static void starting_one_dies(void)
{
	gone(2, false, FLEET_ABANDONED);
}

static void one_dies_for_good(void)
{
	gone(4, true, FLEET_ABANDONED);
}

static void it_is_late(void)
{
	later(START_MS - 1);
	ASSERT_TODO("");
	later(1);
}

static void the_commit_fails(void)
{
	ready(2);
	ready(4);
	assert_int_equal(fleet_next(&fleet).kind, FLEET_COMMIT);
	fleet_abandon(&fleet, 1, now);
}

static void a_generation_that_fails_leaves_the_old_one(void **state)
{
	static const struct {
		void (*go_wrong)(void);
		const char *todo;
	} table[] = {
		{ ready_one_dies, "abandon 2, drain 2/0, drain 4/0" },
		{ starting_one_dies, "abandon 2, drain 3/0, drain 4/0" },
		{ one_dies_for_good, "abandon 2, drain 2/0, drain 3/0" },
		{ it_is_late, "abandon 2, drain 2/0, drain 3/0, drain 4/0" },
		{ the_commit_fails, "abandon 2, drain 2/0, drain 3/0, drain 4/0" },
	};

	for (size_t i = 0; i < COUNT(table); i++) {
		new_fleet(state);
		fail_reload(table[i].go_wrong, table[i].todo);
		fleet_clear(&fleet);
	}
	new_fleet(state);
}

static void a_death_between_ready_and_commit_counts(void **state)
{
	(void)state;
	serve_two();
	start(1);
	ASSERT_TODO("spawn 2");
	ready(2);
	gone(2, false, FLEET_ABANDONED);
	ASSERT_TODO("abandon 2");
}

static void an_abandoned_worker_that_stays_is_killed(void **state)
{
	(void)state;
	serve_two();
	start(2);
	carry_out();
	gone(2, false, FLEET_ABANDONED);
	ASSERT_TODO("abandon 2, drain 3/0");
	ready(3); /* it had not heard yet */
	ASSERT_TODO("");
	later(FLEET_KILL_AFTER_MS);
	ASSERT_TODO("kill 3");
}

/*
 * What the file says may have been put right meanwhile. But first those who were given up have to
 * leave: they hold sockets that the next generation may want.
 */
static void a_reload_during_one_that_fails_is_one_more(void **state)
{
	(void)state;
	serve_two();
	start(3);
	carry_out();
	fleet_reload(&fleet);
	fleet_reload(&fleet);
	gone(2, true, FLEET_ABANDONED);
	ASSERT_TODO("abandon 2, drain 3/0, drain 4/0");
	fleet_reload(&fleet);
	gone(4, false, FLEET_LEFT);
	ASSERT_TODO("");
	gone(3, false, FLEET_LEFT);
	ASSERT_TODO("reload");
	ASSERT_TODO("");
}

static void a_reload_does_not_wait_for_the_old_to_leave(void **state)
{
	(void)state;
	serve_two();
	replace(1, "spawn 2", "commit 2, serve 2, drain 0/25000, drain 1/25000");
	fleet_reload(&fleet);
	ASSERT_TODO("reload");
}

/* Deaths of the old while the new are on their way. */
static void the_old_are_restarted_until_the_commit(void **state)
{
	(void)state;
	start(4);
	carry_out();
	for (size_t id = 0; id < 4; id++)
		ready(id);
	carry_out();
	start(1);
	ASSERT_TODO("spawn 4");
	gone(0, false, FLEET_RESTARTS); /* will wait */
	gone(1, false, FLEET_RESTARTS);
	later(100);
	gone(0, false, FLEET_RESTARTS);
	gone(2, true, FLEET_GIVEN_UP);
	ASSERT_TODO("spawn 1, stand-in 3/0, stand-in 3/1, stand-in 3/2"); /* will be starting */
	ready(4);
	ASSERT_TODO("commit 2, serve 4, drain 1/25000, drain 3/25000");
	assert_int_equal(state_of(0), FLEET_FREE);
	assert_int_equal(state_of(2), FLEET_FREE);
	ready(1); /* has not heard yet */
	ASSERT_TODO("");
	gone(1, false, FLEET_LEFT);
	later(BACKOFF_LAST_MS * 2);
	ASSERT_TODO("");
}

static void a_restart_that_is_due_at_the_commit_is_not_made(void **state)
{
	(void)state;
	serve_two();
	start(1);
	carry_out();
	gone(0, false, FLEET_RESTARTS);
	later(100); /* to be forked */
	ready(2);
	ASSERT_TODO("commit 2, serve 2, drain 1/25000");
	assert_int_equal(state_of(0), FLEET_FREE);
}

static void all_failed_for_good_waits_for_those_that_drain(void **state)
{
	(void)state;
	serve_two();
	replace(1, "spawn 2", "commit 2, serve 2, drain 0/25000, drain 1/25000");
	gone(2, true, FLEET_GIVEN_UP);
	ASSERT_TODO("");
	gone(0, false, FLEET_LEFT);
	gone(1, false, FLEET_LEFT);
	ASSERT_TODO("exit");
	assert_int_equal(fleet.exit_status, 78);
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(a_generation_that_fails_leaves_the_old_one),
		WITH_FLEET(a_death_between_ready_and_commit_counts),
		WITH_FLEET(an_abandoned_worker_that_stays_is_killed),
		WITH_FLEET(a_reload_during_one_that_fails_is_one_more),
		WITH_FLEET(a_reload_does_not_wait_for_the_old_to_leave),
		WITH_FLEET(the_old_are_restarted_until_the_commit),
		WITH_FLEET(a_restart_that_is_due_at_the_commit_is_not_made),
		WITH_FLEET(all_failed_for_good_waits_for_those_that_drain),
	};

	return cmocka_run_group_tests_name("fleet_abandon", group, NULL, NULL) == 0 ? 0 : 1;
}
