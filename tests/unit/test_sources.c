/* SPDX-License-Identifier: BSD-2-Clause */
/* The tables of sources: names, counts, windows, and many who count at once. */
#include "link/sources.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmocka.h>

#include "race.h"

static struct sources *sources;
static struct share *share;

static int set_up(void **state)
{
	(void)state;
	sources = sources_new();
	share = share_new();
	if (sources == NULL || share == NULL)
		return -1;
	share_reset(share, 3);
	return 0;
}

static int tidy_up(void **state)
{
	(void)state;
	sources_free(sources);
	share_free(share);
	return 0;
}

/* Or the memory of a dead worker's table would not be given back. */
static void tables_are_whole_pages(void **state)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);

	(void)state;
	assert_int_equal(offsetof(struct sources, tables) % page, 0);
	assert_int_equal(sizeof sources->tables[0] % page, 0);
	assert_int_equal(madvise(&sources->tables[3], sizeof sources->tables[3], MADV_REMOVE), 0);
}

static uint64_t name_of(const char *host)
{
	struct addr addr;
	struct err err;

	assert_int_equal(addr_resolve(host, 7, &addr, 1, &err), 1);
	return sources_name(sources, &addr);
}

static uint64_t count(uint64_t name)
{
	return sources_count(sources, share_used(share), name);
}

static void a_source_is_an_address_or_a_64(void **state)
{
	uint64_t four = name_of("192.0.2.1"), six = name_of("2001:db8:1:2::1");

	(void)state;
	assert_int_equal(name_of("::ffff:192.0.2.1"), four);
	assert_int_not_equal(name_of("192.0.2.2"), four);
	assert_int_equal(name_of("2001:db8:1:2:ffff::77"), six);
	assert_int_not_equal(name_of("2001:db8:1:3::1"), six);
}

/* Or who knows the program could choose addresses that share a place. */
static void names_are_other_ones_each_time(void **state)
{
	uint64_t before = name_of("192.0.2.1");

	(void)state;
	sources_free(sources);
	sources = sources_new();
	assert_non_null(sources);
	assert_int_not_equal(name_of("192.0.2.1"), before);
}

static void a_limit_holds_over_all_workers(void **state)
{
	uint64_t name = name_of("192.0.2.1"), other = name_of("192.0.2.2");
	uint32_t entry[4];

	(void)state;
	assert_int_equal(sources_enter(sources, share, 0, name, 3, &entry[0]), SOURCES_TAKEN);
	assert_int_equal(sources_enter(sources, share, 3, name, 3, &entry[1]), SOURCES_TAKEN);
	assert_int_equal(sources_enter(sources, share, 3, name, 3, &entry[2]), SOURCES_TAKEN);
	assert_int_equal(entry[2], entry[1]);
	assert_int_equal(sources_enter(sources, share, 0, name, 3, &entry[3]), SOURCES_FULL);
	assert_int_equal(sources_enter(sources, share, 1, name, 3, &entry[3]), SOURCES_FULL);
	assert_int_equal(count(name), 3);
	assert_int_equal(sources_enter(sources, share, 1, other, 3, &entry[3]), SOURCES_TAKEN);
	assert_int_equal(count(other), 1);
	sources_leave(sources, 3, entry[1]);
	assert_int_equal(count(name), 2);
	assert_int_equal(sources_enter(sources, share, 1, name, 3, &entry[3]), SOURCES_TAKEN);
	assert_int_equal(sources_enter(sources, share, 1, name, 3, &entry[3]), SOURCES_FULL);
}

static void who_dies_gives_its_share_back(void **state)
{
	uint64_t name = name_of("192.0.2.1");
	uint32_t entry;

	(void)state;
	assert_int_equal(sources_enter(sources, share, 3, name, 1, &entry), SOURCES_TAKEN);
	assert_int_equal(sources_enter(sources, share, 0, name, 1, &entry), SOURCES_FULL);
	sources_reset(sources, 3);
	assert_int_equal(count(name), 0);
	assert_int_equal(sources_enter(sources, share, 0, name, 1, &entry), SOURCES_TAKEN);
	sources_reset(NULL, 0);
}

/* Names that begin at the same place in the table. */
static uint64_t neighbour(unsigned number)
{
	return ((uint64_t)number + 1) << SOURCES_COUNT_BITS | (SOURCES_ENTRIES - 5);
}

static unsigned used_entries(size_t id)
{
	unsigned used = 0;

	for (size_t i = 0; i < SOURCES_ENTRIES; i++)
		used += atomic_load(&sources->tables[id].entries[i]) != 0;
	return used;
}

static void a_window_that_is_full_is_said_to_be(void **state)
{
	uint32_t entries[SOURCES_WINDOW], entry;

	(void)state;
	for (unsigned i = 0; i < SOURCES_WINDOW; i++)
		assert_int_equal(sources_enter(sources, share, 0, neighbour(i), 2, &entries[i]),
				 SOURCES_TAKEN);
	assert_int_equal(sources_enter(sources, share, 0, neighbour(1000), 2, &entry),
			 SOURCES_NO_ROOM);
	/* who is there already is not shut out */
	assert_int_equal(sources_enter(sources, share, 0, neighbour(63), 2, &entry), SOURCES_TAKEN);
	sources_leave(sources, 0, entry);
	/* a place in the middle that has become free is taken, and the others are still found */
	sources_leave(sources, 0, entries[10]);
	assert_int_equal(sources_enter(sources, share, 0, neighbour(1000), 2, &entries[10]),
			 SOURCES_TAKEN);
	for (unsigned i = 0; i < SOURCES_WINDOW; i++)
		assert_int_equal(count(neighbour(i == 10 ? 1000 : i)), 1);
	assert_int_equal(count(neighbour(10)), 0);
	for (unsigned i = 0; i < SOURCES_WINDOW; i++)
		sources_leave(sources, 0, entries[i]);
	assert_int_equal(used_entries(0), 0);
}

/* Entries are given back in whatever order: nothing is left, and nobody is lost meanwhile. */
static void nothing_is_left_behind(void **state)
{
	static struct {
		uint64_t name;
		uint32_t entry;
		bool in;
	} list[3000];
	uint64_t random = 12345, failed = 0;

	(void)state;
	for (unsigned i = 0; i < 3000; i++)
		list[i].name = neighbour(i) + i * UINT64_C(7); /* crowded */
	for (unsigned step = 0; step < 200000; step++) {
		unsigned i =
			(unsigned)((random = random * UINT64_C(6364136223846793005) + 1) >> 33) %
			3000;

		if (list[i].in) {
			sources_leave(sources, 3, list[i].entry);
			list[i].in = false;
		} else {
			list[i].in = sources_enter(sources, share, 3, list[i].name, 1,
						   &list[i].entry) == SOURCES_TAKEN;
			failed += !list[i].in;
		}
		if (step % 1000 == 0) {
			for (unsigned j = 0; j < 3000; j++)
				assert_int_equal(count(list[j].name), list[j].in);
		}
	}
	assert_int_equal(failed, 0);
	for (unsigned i = 0; i < 3000; i++) {
		if (list[i].in)
			sources_leave(sources, 3, list[i].entry);
	}
	assert_int_equal(used_entries(3), 0);
}

/* Who is refused leaves nothing in the table either. */
static void a_refusal_leaves_nothing(void **state)
{
	uint64_t name = name_of("192.0.2.1");
	uint32_t entry;

	(void)state;
	assert_int_equal(sources_enter(sources, share, 0, name, 1, &entry), SOURCES_TAKEN);
	for (int i = 0; i < 10; i++)
		assert_int_equal(sources_enter(sources, share, 3, name, 1, &entry), SOURCES_FULL);
	assert_int_equal(used_entries(3), 0);
}

#define ROUNDS 300
#define PLACES 5

static uint64_t contested; /* the name that the racers count under */

/* Returns how many rounds had another number of holders than of places. */
static int rounds(struct race *race, size_t id)
{
	int wrong = 0;

	for (unsigned round = 0; round < ROUNDS; round++) {
		uint32_t entry, mine = 0, at = 0;

		wait_for_all(race, 3 * round);
		for (unsigned i = 0; i < 4; i++) {
			if (sources_enter(sources, share, id, contested, race->places, &entry) ==
			    SOURCES_TAKEN) {
				mine++;
				at = entry;
				atomic_fetch_add(&race->holders, 1);
			}
		}
		wait_for_all(race, 3 * round + 1);
		wrong += atomic_load(&race->holders) != race->places ||
			 count(contested) != race->places;
		wait_for_all(race, 3 * round + 2);
		for (; mine > 0; mine--) {
			atomic_fetch_sub(&race->holders, 1);
			sources_leave(sources, id, at);
		}
	}
	return wrong > 100 ? 100 : wrong;
}

static void of_racers_exactly_as_many_get_in(void **state)
{
	struct race *race = new_race(PLACES);

	(void)state;
	contested = name_of("192.0.2.1");
	run_racers(race, rounds);
	assert_int_equal(count(contested), 0);
	free_race(race);
}

#define WITH_SOURCES(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SOURCES(tables_are_whole_pages),
		WITH_SOURCES(a_source_is_an_address_or_a_64),
		WITH_SOURCES(names_are_other_ones_each_time),
		WITH_SOURCES(a_limit_holds_over_all_workers),
		WITH_SOURCES(who_dies_gives_its_share_back),
		WITH_SOURCES(a_window_that_is_full_is_said_to_be),
		WITH_SOURCES(nothing_is_left_behind),
		WITH_SOURCES(a_refusal_leaves_nothing),
		WITH_SOURCES(of_racers_exactly_as_many_get_in),
	};

	return cmocka_run_group_tests_name("sources", group, NULL, NULL) == 0 ? 0 : 1;
}
