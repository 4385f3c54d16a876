/* SPDX-License-Identifier: BSD-2-Clause */
/* What one does when it meets others at the last place; they are played here, step by step. */
#include "link/claim.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static int own;             /* what was added, less what was taken away */
static unsigned adds, sums; /* calls */
static const int *others;   /* what the others have, sum by sum; the last one stays */
static unsigned other_count;

static void add(void *context, int change)
{
	(void)context;
	own += change;
	adds++;
}

static uint64_t sum(void *context)
{
	unsigned at = sums < other_count ? sums : other_count - 1;

	(void)context;
	sums++;
	return (uint64_t)(own + others[at]);
}

static bool take(uint64_t limit, const int *list, unsigned count)
{
	struct claim claim = { .add = add, .sum = sum, .limit = limit, .tie = 5 };

	own = 0;
	adds = sums = 0;
	others = list;
	other_count = count;
	return claim_take(&claim);
}

#define TAKE(limit, ...) \
	take(limit, (const int[]){ __VA_ARGS__ }, sizeof((int[]){ __VA_ARGS__ }) / sizeof(int))

static void there_is_room(void **state)
{
	(void)state;
	assert_true(TAKE(10, 9));
	assert_int_equal(own, 1);
	assert_int_equal(adds, 1);
	assert_true(TAKE(1, 0));
}

static void all_is_taken(void **state)
{
	(void)state;
	assert_false(TAKE(10, 10));
	assert_int_equal(own, 0);
	assert_int_equal(adds, 0); /* nobody was disturbed */
	assert_false(TAKE(10, 11));
}

/* Another one adds after we have looked, and keeps its place. */
static void one_comes_in_between(void **state)
{
	(void)state;
	assert_false(TAKE(10, 9, 10, 10));
	assert_int_equal(own, 0);
}

/* Both add, both see one too many, both back off; we look again, and it is gone. */
static void two_meet_at_the_last_place(void **state)
{
	(void)state;
	assert_true(TAKE(10, 9, 10, 9));
	assert_int_equal(own, 1);
	assert_true(TAKE(10, 9, 10, 9, 10, 9, 10, 9));
	assert_int_equal(own, 1);
}

/* One who meets us for ever must not hang us. */
static void tries_are_bounded(void **state)
{
	static int list[10 * CLAIM_TRIES];

	(void)state;
	for (unsigned i = 0; i < 10 * CLAIM_TRIES; i++)
		list[i] = i % 2 == 0 ? 9 : 10;
	assert_false(take(10, list, 10 * CLAIM_TRIES));
	assert_int_equal(own, 0);
	assert_int_equal(sums, 2 * CLAIM_TRIES);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(there_is_room),
		cmocka_unit_test(all_is_taken),
		cmocka_unit_test(one_comes_in_between),
		cmocka_unit_test(two_meet_at_the_last_place),
		cmocka_unit_test(tries_are_bounded),
	};

	return cmocka_run_group_tests_name("claim", group, NULL, NULL) == 0 ? 0 : 1;
}
