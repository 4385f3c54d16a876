/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet under random events, against a model of the processes that it believes in. The seed is
 * printed; ECHOD_TEST_SEED repeats a run.
 */
#include "fleet_model.h"

#define EVENTS 100000

static void stop(void)
{
	static const uint32_t limits[] = { 0, 1000, FLEET_NO_DEADLINE };
	size_t which = (size_t)next_random(3);

	note("stop", limits[which]);
	stopped = true;
	fleet_stop(&fleet, limits[which], now);
}

static void pass_time(uint64_t ms)
{
	note("time passes", ms);
	now += ms;
	for (size_t id = 0; id < fleet.capacity; id++) {
		if (processes[id].alive && processes[id].said_ready && !processes[id].silent)
			fleet_heard(&fleet, id, now);
	}
	fleet_tick(&fleet, now);
}

static void happen_to(size_t id)
{
	if (!processes[id].alive)
		return;
	if (processes[id].killed || next_random(40) == 0) {
		die(id, next_random(10) == 0);
	} else if (next_random(10) == 0) {
		note("falls silent, or wakes up", id);
		processes[id].silent = may_fail && !processes[id].silent;
	} else if (!processes[id].said_ready) {
		note("is ready", id);
		CHECK(fleet_ready(&fleet, id, now) == 0);
		processes[id].said_ready = true;
	} else if (!processes[id].told_to_leave) {
		note("is ready again", id);
		CHECK(fleet_ready(&fleet, id, now) == -1);
	}
}

static void random_event(void)
{
	uint64_t kind = next_random(1000);

	if (kind < 2)
		stop();
	else if (kind < 100) {
		note("reload", 0);
		fleet_reload(&fleet);
	} else if (kind < 300)
		pass_time(next_random(1u << next_random(15)));
	else
		happen_to((size_t)next_random(fleet.capacity));
	carry_out();
	check_invariants();
}

/* Nobody fails any more: then every worker that is wanted comes, and nobody else stays. */
static void settle(void)
{
	may_fail = false;
	for (int i = 0; i < 10000; i++) {
		uint64_t deadline = CLOCK_NEVER;

		for (size_t id = 0; id < fleet.capacity; id++) {
			processes[id].silent = false;
			if (processes[id].alive && processes[id].said_ready)
				fleet_heard(&fleet, id, now);
			if (processes[id].alive && (processes[id].told_to_leave ||
						    fleet.workers[id].pulse >= FLEET_ABORTED))
				die(id, false);
			else if (processes[id].alive && !processes[id].said_ready) {
				CHECK(fleet_ready(&fleet, id, now) == 0);
				processes[id].said_ready = true;
			}
			carry_out();
			check_invariants();
		}
		for (size_t id = 0; id < fleet.capacity; id++) {
			if (fleet.workers[id].deadline_ms < deadline)
				deadline = fleet.workers[id].deadline_ms;
		}
		if (deadline == CLOCK_NEVER)
			break;
		pass_time(deadline - now);
		carry_out();
	}
	CHECK(fleet_is_fresh(&fleet));
	CHECK(fleet.starting == 0 && !fleet.reload_again);
	for (size_t id = 0; id < fleet.capacity; id++)
		CHECK(fleet.workers[id].state == FLEET_FREE ||
		      fleet.workers[id].state == FLEET_SERVING ||
		      fleet.workers[id].state == FLEET_FAILED);
	CHECK(!fleet.stopping || over);
	may_fail = true;
}

/* From the first start to the exit. */
static void one_life(void)
{
	memset(processes, 0, sizeof processes);
	stopped = over = false;
	may_fail = true;
	now += 1000;
	fleet_init(&fleet, (uint32_t)next_random(UINT32_MAX));
	asked = 1 + (unsigned)next_random(WORKERS_MAX);
	assert_int_equal(fleet_reserve(&fleet, asked), 0);
	fleet_start(&fleet, asked, &timing, now);
	wanted[1] = asked;
	note("begin", asked);
	carry_out();
	while (!over && fleet.newest + 1 < sizeof wanted / sizeof wanted[0]) {
		random_event();
		if (next_random(200) == 0)
			settle();
	}
	if (!over) {
		stop();
		carry_out();
		settle();
	}
	CHECK(over);
	CHECK(fleet.capacity <=
	      8 * WORKERS_MAX * (1 + fleet.newest)); /* free places are used again */
	carry_out();
	fleet_clear(&fleet);
}

static void lives_of_random_events(void **state)
{
	(void)state;
	while (events < EVENTS)
		one_life();
}

int main(void)
{
	const struct CMUnitTest group[] = { cmocka_unit_test(lives_of_random_events) };
	const char *given = getenv("ECHOD_TEST_SEED");

	seed = given != NULL ? strtoull(given, NULL, 10) : clock_ns();
	printf("# ECHOD_TEST_SEED=%llu\n", (unsigned long long)seed);
	fflush(stdout);
	return cmocka_run_group_tests_name("fleet_random", group, NULL, NULL) == 0 ? 0 : 1;
}
