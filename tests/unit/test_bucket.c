/* SPDX-License-Identifier: BSD-2-Clause */
/* How often a source is answered, who shares a bucket, and what a flood of sources can do. */
#include "worker/bucket.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#include "common/addr.h"

#define SECOND UINT64_C(1000000000)
#define START  (1000 * SECOND)

static struct bucket_table *table;

static int set_up(void **state)
{
	(void)state;
	table = bucket_table_new();
	return table == NULL ? -1 : 0;
}

static int tear_down(void **state)
{
	(void)state;
	bucket_table_free(table);
	return 0;
}

static uint64_t source(const char *host, unsigned listener)
{
	struct addr addr;
	struct err err;

	assert_int_equal(addr_resolve(host, 9999, &addr, 1, &err), 1);
	return bucket_source(table, &addr.storage, listener);
}

/* How many of `asked` are answered at that time. */
static unsigned take_part(uint64_t who, struct bucket_limit limit, unsigned asked, uint64_t now)
{
	unsigned answered = 0;

	while (asked-- > 0)
		answered += bucket_take(table, who, limit, now);
	return answered;
}

static unsigned take(uint64_t who, uint64_t rate, uint64_t burst, unsigned asked, uint64_t now)
{
	return take_part(who, bucket_share(rate, burst, 1), asked, now);
}

static void a_burst_and_then_the_rate(void **state)
{
	uint64_t who = source("192.0.2.1", 0);

	(void)state;
	assert_int_equal(take(who, 100, 200, 1000, START), 200);
	assert_int_equal(take(who, 100, 200, 10, START + SECOND / 100 - 1), 0);
	assert_int_equal(take(who, 100, 200, 10, START + SECOND / 100), 1);
	assert_int_equal(take(who, 100, 200, 1000, START + SECOND), 99);
	/* It fills up, and no further. */
	assert_int_equal(take(who, 100, 200, 1000, START + 100 * SECOND), 200);
	assert_int_equal(take(who, 100, 200, 1000, START + 200 * SECOND), 200);
}

/* What several tables let through is what one would. */
static void a_part_is_for_one_of_several(void **state)
{
	uint64_t who = source("192.0.2.1", 0), other = source("192.0.2.2", 0);
	struct bucket_limit part = bucket_share(100, 200, 8);

	(void)state;
	assert_int_equal(take_part(who, part, 1000, START), 25);
	assert_int_equal(take_part(who, part, 1000, START + SECOND), 12); /* 12.5 */
	assert_int_equal(take_part(who, part, 1000, START + 2 * SECOND), 13);
	/* Never less than one, however long it takes. */
	part = bucket_share(1, 1, 1024);
	assert_int_equal(take_part(other, part, 10, START), 1);
	assert_int_equal(take_part(other, part, 10, START + 1024 * SECOND - 1), 0);
	assert_int_equal(take_part(other, part, 10, START + 1024 * SECOND), 1);
	assert_int_equal(bucket_share(0, 200, 8).token_ns, 0);
}

static void the_ends_of_the_ranges(void **state)
{
	static const struct {
		uint64_t rate, burst;
	} ends[] = { { 1, 1 }, { 1, 1000000 }, { 1000000, 1 }, { 1000000, 1000000 } };

	(void)state;
	for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++) {
		uint64_t who = source("192.0.2.1", (unsigned)i), rate = ends[i].rate;

		assert_int_equal(take(who, rate, ends[i].burst, 1000002, START), ends[i].burst);
		assert_int_equal(take(who, rate, ends[i].burst, 2, START + SECOND / rate), 1);
	}
}

/* A token of 1099.9989 ns: what is cut off there would be 9 answers more in these 10 ms. */
static void a_rate_that_does_not_divide_a_second(void **state)
{
	uint64_t who = source("192.0.2.1", 0), rate = 909091;
	unsigned answered = 0;

	(void)state;
	for (uint64_t now = START; now < START + SECOND / 100; now += 100)
		answered += take(who, rate, 100, 1, now);
	assert_true(answered <= 100 + rate / 100);
	assert_true(answered >= 99 + rate / 100);
}

static void who_shares_a_bucket(void **state)
{
	(void)state;
	assert_true(source("192.0.2.1", 0) == source("192.0.2.1", 0));
	assert_true(source("192.0.2.1", 0) == source("::ffff:192.0.2.1", 0));
	assert_true(source("192.0.2.1", 0) != source("192.0.2.2", 0));
	assert_true(source("192.0.2.1", 0) != source("192.0.2.1", 1));
	assert_true(source("2001:db8:0:1::1", 0) == source("2001:db8:0:1:ffff:ffff:ffff:ffff", 0));
	assert_true(source("2001:db8:0:1::1", 0) != source("2001:db8:0:2::1", 0));
	assert_true(source("::", 0) != source("0.0.0.0", 0));
}

static void every_table_has_a_key_of_its_own(void **state)
{
	uint64_t here = source("192.0.2.1", 0);
	struct bucket_table *first = table;

	(void)state;
	table = bucket_table_new();
	assert_non_null(table);
	assert_true(source("192.0.2.1", 0) != here);
	bucket_table_free(first);
}

/* Many more sources than there is room for, each with one datagram. */
static void a_flood_frees_no_loop_and_locks_nobody_out(void **state)
{
	uint64_t loop = source("192.0.2.1", 0);
	struct bucket_limit limit = bucket_share(100, 200, 1);

	(void)state;
	assert_int_equal(take(loop, 100, 200, 300, START), 200);
	for (uint32_t i = 0; i < 100000; i++) {
		struct sockaddr_in in = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(i) };
		struct sockaddr_storage from = { 0 };

		memcpy(&from, &in, sizeof in);
		if (!bucket_take(table, bucket_source(table, &from, 0), limit, START + i))
			fail_msg("source %u was locked out", i);
		if (i % 100 == 0)
			assert_false(bucket_take(table, loop, limit, START + i));
	}
	assert_int_equal(take(source("198.51.100.1", 0), 100, 200, 1, START + 100000), 1);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_burst_and_then_the_rate),
		FRESH(a_part_is_for_one_of_several),
		FRESH(the_ends_of_the_ranges),
		FRESH(a_rate_that_does_not_divide_a_second),
		FRESH(who_shares_a_bucket),
		FRESH(every_table_has_a_key_of_its_own),
		FRESH(a_flood_frees_no_loop_and_locks_nobody_out),
	};

	return cmocka_run_group_tests_name("bucket", group, NULL, NULL) == 0 ? 0 : 1;
}
