/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet: workers that fall silent, who stands in for them, and what becomes of them.
 */
#include "fleet.h"

#include "supervisor/fleet_pulse.h"

#define HANG_MS 2000

static const struct fleet_timing watchful = { .start_ms = START_MS,
					      .drain_ms = DRAIN_MS,
					      .hang_ms = HANG_MS };

/* Workers that serve, and are watched. */
static void serve(unsigned count)
{
	assert_int_equal(fleet_reserve(&fleet, count), 0);
	fleet_start(&fleet, count, &watchful, now);
	carry_out();
	for (size_t id = 0; id < count; id++)
		ready(id);
	carry_out();
}

/* Time passes, and all but one are heard. */
static void silence(size_t silent, uint64_t ms)
{
	now += ms;
	for (size_t id = 0; id < fleet.capacity; id++) {
		if (id != silent)
			fleet_heard(&fleet, id, now);
	}
	fleet_tick(&fleet, now);
}

static void who_is_heard_is_left_alone(void **state)
{
	(void)state;
	serve(2);
	for (int i = 0; i < 100; i++) {
		silence(FLEET_NOBODY, HANG_MS - 1);
		ASSERT_TODO("");
	}
	assert_int_equal(fleet_deadline(&fleet), now + HANG_MS);
	assert_true(fleet_is_fresh(&fleet));
}

static void silence_has_steps(void **state)
{
	(void)state;
	serve(3);
	silence(1, HANG_MS - 1);
	ASSERT_TODO("");
	assert_true(fleet_is_fresh(&fleet));
	assert_int_equal(fleet_deadline(&fleet), now + 1);
	silence(1, 1);
	ASSERT_TODO("miss 1, stand-in 2/1");
	assert_false(fleet_is_fresh(&fleet));
	for (int i = 0; i < FLEET_ABORT_AFTER - 2; i++) {
		silence(1, HANG_MS);
		ASSERT_TODO("");
	}
	silence(1, HANG_MS - 1);
	ASSERT_TODO("");
	silence(1, 1);
	ASSERT_TODO("abort 1");
	silence(1, FLEET_KILL_AFTER_MS - 1);
	ASSERT_TODO("");
	silence(1, 1);
	ASSERT_TODO("kill 1");
	silence(1, 100 * HANG_MS);
	ASSERT_TODO(""); /* it is told once */
	gone(1, false, FLEET_RESTARTS);
	ASSERT_TODO("spawn 1"); /* the stand-in stays */
	ready(1);
	ASSERT_TODO("serve 1, stand-down 2/1");
	assert_true(fleet_is_fresh(&fleet));
	silence(1, HANG_MS);
	ASSERT_TODO("miss 1, stand-in 2/1"); /* as at the first time */
}

static void who_is_heard_again_serves_again(void **state)
{
	(void)state;
	serve(2);
	silence(0, HANG_MS);
	ASSERT_TODO("miss 0, stand-in 1/0");
	fleet_heard(&fleet, 0, now);
	ASSERT_TODO("hear 0, stand-down 1/0");
	assert_true(fleet_is_fresh(&fleet));
	silence(0, HANG_MS - 1);
	ASSERT_TODO("");
}

/* What was sent to it will end it, whatever it says now. */
static void it_can_be_too_late(void **state)
{
	(void)state;
	serve(2);
	silence(0, HANG_MS * FLEET_ABORT_AFTER);
	ASSERT_TODO("miss 0, abort 0, stand-in 1/0");
	fleet_heard(&fleet, 0, now);
	ASSERT_TODO("");
	assert_false(fleet_is_fresh(&fleet));
}

/* If it survives that (it can be stopped), a word from it does not save it. */
static void a_word_after_the_abort_saves_nobody(void **state)
{
	(void)state;
	serve(2);
	silence(0, HANG_MS * FLEET_ABORT_AFTER);
	ASSERT_TODO("miss 0, abort 0, stand-in 1/0");
	silence(FLEET_NOBODY, FLEET_KILL_AFTER_MS);
	ASSERT_TODO("kill 0");
}

static void a_kill_is_not_lost_in_a_commit(void **state)
{
	(void)state;
	serve(1);
	silence(0, HANG_MS * FLEET_ABORT_AFTER);
	ASSERT_TODO("miss 0, abort 0");
	assert_int_equal(fleet_reserve(&fleet, 1), 0);
	fleet_start(&fleet, 1, &watchful, now);
	ASSERT_TODO("spawn 1");
	ready(1);
	silence(0, FLEET_KILL_AFTER_MS);
	ASSERT_TODO("commit 2, serve 1, drain 0/25000, kill 0");
}

static void one_that_is_to_leave_before_it_is_ready_can_hang(void **state)
{
	(void)state;
	serve(2);
	silence(FLEET_NOBODY, BACKOFF_STEADY_MS);
	gone(0, false, FLEET_RESTARTS);
	ASSERT_TODO("spawn 0, stand-in 1/0");
	fleet_stop(&fleet, FLEET_NO_DEADLINE, now);
	ASSERT_TODO("drain 0/-, drain 1/-");
	now += START_MS + HANG_MS - 1;
	fleet_heard(&fleet, 1, now);
	fleet_tick(&fleet, now);
	ASSERT_TODO("");
	silence(0, 1);
	ASSERT_TODO("miss 0");
	silence(0, HANG_MS * (FLEET_ABORT_AFTER - 1) + FLEET_KILL_AFTER_MS);
	ASSERT_TODO("abort 0, kill 0");
}

static void a_stand_in_that_hangs_has_one_of_its_own(void **state)
{
	(void)state;
	serve(3);
	silence(0, HANG_MS);
	ASSERT_TODO("miss 0, stand-in 1/0");
	now += HANG_MS;
	fleet_heard(&fleet, 2, now);
	fleet_tick(&fleet, now);
	/* It is told, for the time when it wakes up. */
	ASSERT_TODO("miss 1, stand-down 1/0, stand-in 2/0, stand-in 2/1");
	fleet_heard(&fleet, 1, now);
	ASSERT_TODO("hear 1, stand-down 2/1");
}

static void a_stand_in_that_dies_is_replaced(void **state)
{
	(void)state;
	serve(3);
	silence(0, HANG_MS);
	ASSERT_TODO("miss 0, stand-in 1/0");
	gone(1, false, FLEET_RESTARTS);
	ASSERT_TODO("spawn 1, stand-in 2/0, stand-in 2/1");
}

static void with_nobody_left_the_queues_wait(void **state)
{
	(void)state;
	serve(2);
	silence(FLEET_NOBODY, 500);
	now += HANG_MS;
	fleet_tick(&fleet, now);
	ASSERT_TODO("miss 0, miss 1");
	fleet_heard(&fleet, 1, now);
	ASSERT_TODO("hear 1, stand-in 1/0");
}

static void the_supervisors_own_pause_is_not_silence(void **state)
{
	(void)state;
	serve(2);
	silence(FLEET_NOBODY, 500);
	ASSERT_TODO("");
	now += 60000;
	fleet_paused(&fleet, 59900);
	fleet_tick(&fleet, now);
	ASSERT_TODO("");
	assert_int_equal(fleet_deadline(&fleet), now + HANG_MS - 100);
}

static void whoever_is_not_ready_may_be_silent(void **state)
{
	(void)state;
	assert_int_equal(fleet_reserve(&fleet, 1), 0);
	fleet_start(&fleet, 1, &watchful, now);
	ASSERT_TODO("spawn 0");
	assert_int_equal(fleet_deadline(&fleet), now + START_MS);
	later(START_MS - 1);
	ASSERT_TODO("");
	ready(0);
	ASSERT_TODO("commit 1, serve 0");
	assert_int_equal(fleet_deadline(&fleet), now + HANG_MS);
}

/* Without a limit for draining, one that hangs would stay for ever. */
static void one_that_is_to_leave_can_hang_too(void **state)
{
	(void)state;
	serve(2);
	fleet_stop(&fleet, FLEET_NO_DEADLINE, now);
	ASSERT_TODO("drain 0/-, drain 1/-");
	silence(1, HANG_MS);
	ASSERT_TODO("miss 1"); /* nobody serves any more: nobody stands in */
	silence(1, HANG_MS * (FLEET_ABORT_AFTER - 1));
	ASSERT_TODO("abort 1");
	silence(1, FLEET_KILL_AFTER_MS);
	ASSERT_TODO("kill 1");
}

static void a_new_generation_does_without_the_one_that_hangs(void **state)
{
	(void)state;
	serve(2);
	silence(0, HANG_MS);
	ASSERT_TODO("miss 0, stand-in 1/0");
	assert_int_equal(fleet_reserve(&fleet, 2), 0);
	fleet_start(&fleet, 2, &watchful, now);
	ASSERT_TODO("spawn 2, spawn 3");
	ready(2);
	ready(3);
	ASSERT_TODO("commit 2, serve 2, serve 3, drain 0/25000, drain 1/25000");
	assert_true(fleet_is_fresh(&fleet));
}

static void without_a_limit_nobody_hangs(void **state)
{
	(void)state;
	serve_two();
	later(24 * 3600 * 1000);
	ASSERT_TODO("");
	assert_true(fleet_deadline(&fleet) == CLOCK_NEVER);
}

/* What it died of may be a client's doing: others are not to wait for that. */
static void who_had_a_client_is_started_at_once(void **state)
{
	struct fleet_death death = { .served = true };
	uint64_t delay = 4711;

	(void)state;
	serve(2);
	for (int i = 0; i < 100; i++) {
		assert_int_equal(fleet_gone(&fleet, 0, &death, &delay, now), FLEET_RESTARTS);
		assert_int_equal(delay, 0);
		ASSERT_TODO("spawn 0, stand-in 1/0");
		ready(0);
		ASSERT_TODO("serve 0, stand-down 1/0");
	}
	assert_true(gone(0, false, FLEET_RESTARTS) < BACKOFF_FIRST_MS * 5 / 4);
}

#define WITH_FLEET(test) cmocka_unit_test_setup_teardown(test, new_fleet, clear_fleet)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FLEET(who_is_heard_is_left_alone),
		WITH_FLEET(silence_has_steps),
		WITH_FLEET(who_is_heard_again_serves_again),
		WITH_FLEET(it_can_be_too_late),
		WITH_FLEET(a_word_after_the_abort_saves_nobody),
		WITH_FLEET(a_kill_is_not_lost_in_a_commit),
		WITH_FLEET(one_that_is_to_leave_before_it_is_ready_can_hang),
		WITH_FLEET(a_stand_in_that_hangs_has_one_of_its_own),
		WITH_FLEET(a_stand_in_that_dies_is_replaced),
		WITH_FLEET(with_nobody_left_the_queues_wait),
		WITH_FLEET(the_supervisors_own_pause_is_not_silence),
		WITH_FLEET(whoever_is_not_ready_may_be_silent),
		WITH_FLEET(one_that_is_to_leave_can_hang_too),
		WITH_FLEET(a_new_generation_does_without_the_one_that_hangs),
		WITH_FLEET(without_a_limit_nobody_hangs),
		WITH_FLEET(who_had_a_client_is_started_at_once),
	};

	return cmocka_run_group_tests_name("fleet_pulse", group, NULL, NULL) == 0 ? 0 : 1;
}
