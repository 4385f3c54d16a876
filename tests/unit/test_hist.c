/* SPDX-License-Identifier: BSD-2-Clause */
/* The histogram against exact percentiles of random data. */
#include "bench/hist.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define COUNT 20000

static uint64_t draw(uint64_t *state)
{
	*state = *state * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return *state >> 11;
}

static double draw_part(uint64_t *state)
{
	return ((double)draw(state) + 1) / 9007199254740993.0;
}

static uint64_t even(uint64_t *state)
{
	return 1 + draw(state) % 1000000;
}

static uint64_t exponential(uint64_t *state)
{
	return 1 + (uint64_t)(-log(draw_part(state)) * 50000);
}

static uint64_t log_even(uint64_t *state)
{
	return (uint64_t)exp(draw_part(state) * log((double)HIST_VALUE_MAX));
}

static uint64_t two_humps(uint64_t *state)
{
	return draw(state) % 100 == 0 ? 300000000 + draw(state) % 1000000
				      : 20000 + draw(state) % 3000;
}

static uint64_t tiny(uint64_t *state)
{
	return 1 + draw(state) % 7;
}

static uint64_t (*const distributions[])(uint64_t *) = { even, exponential, log_even, two_humps,
							 tiny };
#define DISTRIBUTIONS (sizeof distributions / sizeof distributions[0])

static int compare(const void *one, const void *other)
{
	uint64_t a = *(const uint64_t *)one, b = *(const uint64_t *)other;

	return a < b ? -1 : a > b;
}

static void check_percentiles(const struct hist *hist, uint64_t *values, size_t count)
{
	static const double parts[] = { 0, 0.001, 0.1, 0.25, 0.5, 0.9, 0.99, 0.999, 0.9999, 1 };

	qsort(values, count, sizeof *values, compare);
	for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
		double rank = ceil(parts[i] * (double)count);
		uint64_t exact = values[rank < 1 ? 0 : (size_t)rank - 1];
		uint64_t got = hist_percentile(hist, parts[i]);

		assert_true(got >= exact);
		assert_true((double)(got - exact) <= (double)exact * 0.001);
	}
}

static void percentiles_are_within_a_thousandth(void **state)
{
	struct hist *hist = malloc(sizeof *hist);
	uint64_t *values = malloc(COUNT * sizeof *values);

	(void)state;
	for (size_t d = 0; d < DISTRIBUTIONS; d++) {
		uint64_t random = d + 1, sum = 0;

		memset(hist, 0, sizeof *hist);
		for (size_t i = 0; i < COUNT; i++) {
			values[i] = distributions[d](&random);
			sum += values[i];
			hist_record(hist, values[i]);
		}
		check_percentiles(hist, values, COUNT);
		assert_int_equal(hist->min, values[0]);
		assert_int_equal(hist->max, values[COUNT - 1]);
		assert_true(fabs(hist_mean(hist) - (double)sum / COUNT) < 0.001);
	}
	free(values);
	free(hist);
}

static void buckets_hold_what_they_should(void **state)
{
	(void)state;
	for (uint32_t i = 0; i < HIST_BUCKETS; i++) {
		assert_int_equal(hist_bucket(hist_lowest(i)), i);
		assert_int_equal(hist_bucket(hist_highest(i)), i);
		if (i > 0)
			assert_int_equal(hist_lowest(i), hist_highest(i - 1) + 1);
		if (i > 0)
			assert_true((hist_highest(i) - hist_lowest(i)) * 1024 <= hist_lowest(i));
	}
	assert_true(hist_bucket(HIST_VALUE_MAX) < HIST_BUCKETS);
}

static void merging_is_adding(void **state)
{
	struct hist *parts = calloc(3, sizeof *parts), *all = calloc(1, sizeof *all);
	uint64_t random = 7;

	(void)state;
	for (size_t i = 0; i < COUNT; i++) {
		uint64_t value = log_even(&random);

		hist_record(&parts[i % 2], value);
		hist_record(all, value);
	}
	hist_merge(&parts[2], &parts[0]);
	hist_merge(&parts[2], &parts[1]);
	assert_memory_equal(&parts[2], all, sizeof *all);

	hist_subtract(&parts[2], &parts[0]);
	assert_int_equal(parts[2].count, parts[1].count);
	assert_int_equal(parts[2].sum, parts[1].sum);
	assert_memory_equal(parts[2].buckets, parts[1].buckets, sizeof all->buckets);
	assert_true(parts[2].min <= parts[1].min && parts[2].max >= parts[1].max);
	free(parts);
	free(all);
}

static void extremes_are_told(void **state)
{
	struct hist *hist = calloc(1, sizeof *hist);

	(void)state;
	assert_int_equal(hist_percentile(hist, 0.5), 0);
	assert_true(hist_mean(hist) < 1 && hist_deviation(hist) < 1);
	hist_record(hist, 0);
	assert_int_equal(hist->min, 1);
	hist_record(hist, UINT64_C(61000000000));
	assert_int_equal(hist->max, HIST_VALUE_MAX);
	assert_int_equal(hist->above, 1);
	assert_int_equal(hist_percentile(hist, 1), HIST_VALUE_MAX);
	free(hist);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(percentiles_are_within_a_thousandth),
		cmocka_unit_test(buckets_hold_what_they_should),
		cmocka_unit_test(merging_is_adding),
		cmocka_unit_test(extremes_are_told),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
