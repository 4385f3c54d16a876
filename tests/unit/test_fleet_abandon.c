/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet with several generations: what dies during a reload, and what becomes of it.
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

/* A new generation of that many, up to its commit. */
static void replace(unsigned count, const char *spawns, const char *commit)
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
	ASSERT_TODO("spawn 1"); /* will be starting */
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
