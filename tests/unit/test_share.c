/* SPDX-License-Identifier: BSD-2-Clause */
#include "link/share.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "race.h"

/* Where it is seen that memory is shared: from another process. */
static void a_child_writes_what_its_parent_reads(void **state)
{
	struct share *share = share_new();
	int status;
	pid_t pid;

	(void)state;
	assert_non_null(share);
	share_reset(share, 0);
	share_reset(share, SHARE_CELLS - 1);
	assert_int_equal(share_active(share), 0);
	pid = fork();
	if (pid == 0) {
		atomic_store(&share->cells[0].active, 3);
		atomic_store(&share->cells[SHARE_CELLS - 1].active, UINT32_MAX);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(share_active(share), UINT32_MAX + UINT64_C(3));
	share_reset(share, SHARE_CELLS - 1);
	assert_int_equal(share_active(share), 3);
	share_free(share);
}

/* What a worker dies of may be a client's doing, but not another worker's client's. */
static void a_client_is_remembered_until_the_next_worker(void **state)
{
	struct share *share = share_new();

	(void)state;
	assert_non_null(share);
	share_reset(share, 2);
	assert_false(share_served(share, 2));
	atomic_store(&share->cells[2].served, 1);
	assert_true(share_served(share, 2));
	assert_false(share_served(share, 1));
	share_reset(share, 2);
	assert_false(share_served(share, 2));
	share_free(share);
}

static void cells_have_cache_lines_of_their_own(void **state)
{
	(void)state;
	assert_int_equal(sizeof(struct share_cell) % 64, 0);
	assert_int_equal(offsetof(struct share, cells) % 64, 0);
}

static void a_place_is_taken_once(void **state)
{
	struct share *share = share_new();

	(void)state;
	assert_non_null(share);
	share_reset(share, 0);
	share_reset(share, 7);
	assert_true(share_take(share, 0, 0, 3));
	assert_true(share_take(share, 7, 0, 3));
	assert_true(share_take(share, 0, 1, 3));
	assert_false(share_take(share, 7, 1, 3));
	assert_int_equal(atomic_load(&share->cells[7].active), 1);
	atomic_store(&share->cells[0].forbidden, 4711);
	share_reset(share, 0); /* it has died */
	assert_int_equal(atomic_load(&share->cells[0].forbidden), 0);
	assert_int_equal(share_active(share), 1);
	assert_true(share_take(share, 7, 1, 3));
	assert_true(share_take(share, 0, 0, 3));
	assert_false(share_take(share, 0, 1, 3));
	share_free(share);
}

/* A worker that has lost its mind may write anything. */
static void no_cell_is_read_that_is_not_there(void **state)
{
	struct share *share = share_new();

	(void)state;
	assert_non_null(share);
	atomic_store(&share->used, UINT32_MAX);
	assert_int_equal(share_used(share), SHARE_CELLS);
	assert_int_equal(share_active(share), 0);
	share_free(share);
}

#define ROUNDS 400
#define PLACES 10

static struct share *contested; /* what the racers take places in */

static uint32_t take_some(struct race *race, size_t id, unsigned tries)
{
	uint32_t active = 0;

	for (unsigned i = 0; i < tries; i++) {
		if (!share_take(contested, id, active, race->places))
			continue;
		active++;
		uint32_t now = atomic_fetch_add(&race->holders, 1) + 1;

		if (now > atomic_load(&race->most))
			atomic_store(&race->most, now);
	}
	return active;
}

/* All at once, and who has a place keeps it until all have tried: there must be as many as there
 * are places. Returns how many rounds were not so. */
static int rounds(struct race *race, size_t id)
{
	int wrong = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t active;

		wait_for_all(race, 3 * round);
		active = take_some(race, id, 1 + round % PLACES);
		wait_for_all(race, 3 * round + 1);
		if (round % PLACES >= PLACES / 2 && atomic_load(&race->holders) != PLACES)
			wrong++;
		wrong += share_active(contested) != atomic_load(&race->holders);
		wait_for_all(race, 3 * round + 2);
		atomic_fetch_sub(&race->holders, active);
		atomic_store(&contested->cells[id].active, 0);
	}
	return wrong > 100 ? 100 : wrong;
}

/* Places are taken and given back without a pause: there are never more holders than places. */
static int melee(struct race *race, size_t id)
{
	wait_for_all(race, 0);
	for (unsigned i = 0; i < 300000; i++) {
		if (take_some(race, id, 1) == 0)
			continue;
		atomic_fetch_sub(&race->holders, 1);
		atomic_store(&contested->cells[id].active, 0);
	}
	return 0;
}

/* Returns how many places were held at the most. */
static uint32_t race_for(uint32_t places, int (*run)(struct race *race, size_t id))
{
	struct race *race = new_race(places);
	uint32_t most;

	contested = share_new();
	assert_non_null(contested);
	for (size_t id = 0; id < RACERS; id++)
		share_reset(contested, id);
	run_racers(race, run);
	most = atomic_load(&race->most);
	share_free(contested);
	free_race(race);
	return most;
}

static void in_a_melee_there_are_never_too_many(void **state)
{
	(void)state;
	assert_int_equal(race_for(1, melee), 1);
}

static void of_racers_exactly_as_many_get_in(void **state)
{
	(void)state;
	assert_int_equal(race_for(PLACES, rounds), PLACES);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(a_child_writes_what_its_parent_reads),
		cmocka_unit_test(a_client_is_remembered_until_the_next_worker),
		cmocka_unit_test(cells_have_cache_lines_of_their_own),
		cmocka_unit_test(a_place_is_taken_once),
		cmocka_unit_test(no_cell_is_read_that_is_not_there),
		cmocka_unit_test(in_a_melee_there_are_never_too_many),
		cmocka_unit_test(of_racers_exactly_as_many_get_in),
	};

	return cmocka_run_group_tests_name("share", group, NULL, NULL) == 0 ? 0 : 1;
}
