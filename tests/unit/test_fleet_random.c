/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The fleet under random events, against a model of the processes that it believes in. The seed is
 * printed; ECHOD_TEST_SEED repeats a run.
 */
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

#define EVENTS      100000
#define WORKERS_MAX 6
#define IDS_MAX     4096
#define START_MS    3000
#define KEPT        24 /* events to show when something is wrong */

static const struct fleet_timing timing = { START_MS, 2000 };

static struct fleet fleet;
static uint64_t now, seed, events;
static unsigned asked, wanted[1 << 16]; /* workers of the next generation; of each generation */
static bool stopped, over;              /* a stop was asked for; exit was handed out */
static bool may_fail;                   /* forks, commits and reloads */

static struct {
	bool alive, said_ready, told_to_leave, killed;
	unsigned index, generation;
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
	uint64_t delay = 0;
	enum fleet_fate fate;

	note(for_good ? "dies for good" : "dies", id);
	fate = fleet_gone(&fleet, id, for_good, &delay, now);
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
	CHECK(fleet.stopping || fleet.serving == 0 || seen == wanted[fleet.serving]);
	CHECK(!over || seen == 0);
}

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
	fleet_tick(&fleet, now);
}

static void happen_to(size_t id)
{
	if (!processes[id].alive)
		return;
	if (processes[id].killed || next_random(40) == 0) {
		die(id, next_random(10) == 0);
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
		uint64_t deadline;

		for (size_t id = 0; id < fleet.capacity; id++) {
			if (processes[id].alive && processes[id].told_to_leave)
				die(id, false);
			else if (processes[id].alive && !processes[id].said_ready) {
				CHECK(fleet_ready(&fleet, id, now) == 0);
				processes[id].said_ready = true;
			}
			carry_out();
			check_invariants();
		}
		deadline = fleet_deadline(&fleet);
		if (deadline == CLOCK_NEVER)
			break;
		pass_time(deadline - now);
		carry_out();
	}
	CHECK(fleet_deadline(&fleet) == CLOCK_NEVER);
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
