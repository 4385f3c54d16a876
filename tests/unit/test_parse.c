/* SPDX-License-Identifier: BSD-2-Clause */
/* Numbers, sizes, times and switches: what is taken, what is refused, and that a refusal changes
 * nothing. */
#include "common/parse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

#define UNTOUCHED 4711

typedef int parser(const char *text, uint64_t min, uint64_t max, uint64_t *value, struct err *err);

struct good {
	const char *text;
	uint64_t value;
};

static void assert_taken(parser *parse, const struct good *table, size_t count, uint64_t max)
{
	for (size_t i = 0; i < count; i++) {
		uint64_t value = UNTOUCHED;
		struct err err = { 0 };

		if (parse(table[i].text, 0, max, &value, &err) == -1)
			fail_msg("'%s' was refused: %s", table[i].text, err.text);
		assert_int_equal(value, table[i].value);
	}
}

/* The reason shows the text and one word more. */
static void assert_refused(parser *parse, const char *const *texts, uint64_t min, uint64_t max,
			   const char *word)
{
	for (; *texts != NULL; texts++) {
		uint64_t value = UNTOUCHED;
		struct err err = { 0 };

		if (parse(*texts, min, max, &value, &err) != -1)
			fail_msg("'%s' was taken", *texts);
		assert_int_equal(value, UNTOUCHED);
		assert_non_null(strstr(err.text, word));
		assert_int_equal(err.text[0], '\'');
		assert_null(strchr(err.text, '\n'));
	}
}

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void numbers_are_taken(void **state)
{
	static const struct good table[] = {
		{ "0", 0 },
		{ "1", 1 },
		{ "007", 7 },
		{ "65535", 65535 },
		{ "4096", 4096 },
		{ "18446744073709551614", UINT64_MAX - 1 },
		{ "0000000000000000000000000000042", 42 },
	};

	(void)state;
	assert_taken(parse_number, table, COUNT(table), UINT64_MAX - 1);
}

static void what_is_no_number_is_refused(void **state)
{
	static const char *const texts[] = { "",    "-1",       "+1",  " 1",  "1 ", "1\n",   "0x1",
					     "1e3", "1.5",      "a",   "1a",  "1k", "-0",    "1,0",
					     "--",  "\xc2\xb2", "\t1", "1\r", "_1", "1_000", NULL };

	(void)state;
	assert_refused(parse_number, texts, 0, UINT64_MAX - 1, "is not a number from 0 to");
}

static void the_range_includes_its_ends(void **state)
{
	static const char *const outside[] = { "9", "21", "0", "4294967306", NULL };
	uint64_t value = 0;
	struct err err;

	(void)state;
	assert_int_equal(parse_number("10", 10, 20, &value, &err), 0);
	assert_int_equal(value, 10);
	assert_int_equal(parse_number("20", 10, 20, &value, &err), 0);
	assert_int_equal(value, 20);
	assert_refused(parse_number, outside, 10, 20, "is not a number from 10 to 20");
}

static void overflow_is_refused(void **state)
{
	/* 2^64, 2^64 + 15 (which looks like 15), 10 * 2^64 + 1, and longer ones */
	static const char *const numbers[] = { "18446744073709551616", "18446744073709551631",
					       "184467440737095516161",
					       "99999999999999999999999999999999999999999", NULL };
	static const char *const sizes[] = { "18014398509481984k", "17592186044416m",
					     "18014398509481985k", NULL };
	static const char *const times[] = { "5124095576031h", "18446744073709552s",
					     "18446744073709552", NULL };

	(void)state;
	assert_refused(parse_number, numbers, 0, UINT64_MAX - 1, "number");
	assert_refused(parse_number, numbers, 0, 100, "number");
	assert_refused(parse_size, sizes, 0, UINT64_MAX - 1, "size");
	assert_refused(parse_duration, times, 0, UINT64_MAX - 1, "time");
}

/* With no upper limit at all, 2^64 is still too much. */
static void overflow_is_refused_even_without_a_limit(void **state)
{
	static const char *const numbers[] = { "18446744073709551616", NULL };
	uint64_t value = 0;
	struct err err;

	(void)state;
	assert_int_equal(parse_number("18446744073709551615", 0, UINT64_MAX, &value, &err), 0);
	assert_true(value == UINT64_MAX);
	assert_refused(parse_number, numbers, 0, UINT64_MAX, "number");
}

static void sizes_are_taken(void **state)
{
	static const struct good table[] = {
		{ "0", 0 },       { "1", 1 },        { "1k", 1024 },
		{ "64k", 65536 }, { "3m", 3145728 }, { "0m", 0 },
	};
	static const char *const bad[] = { "",    "k",   "1K",   "1M",   "1g", "1kb", "1 k",
					   "-1k", "1kk", "1.5k", "0x1k", "k1", NULL };

	(void)state;
	assert_taken(parse_size, table, COUNT(table), UINT64_MAX - 1);
	assert_refused(parse_size, bad, 0, UINT64_MAX - 1, "is not a size (bytes, or with k or m)");
}

static void times_are_taken(void **state)
{
	static const struct good table[] = {
		{ "0", 0 },        { "1", 1000 },    { "25", 25000 },
		{ "25s", 25000 },  { "250ms", 250 }, { "2m", 120000 },
		{ "1h", 3600000 }, { "0ms", 0 },     { "24h", 86400000 },
	};
	static const char *const bad[] = { "",   "s",    "1S",   "1 s", "1sec", "1d",  "-1s",
					   "+1", "1.5s", "1h1m", "ms",  "1mss", "1us", NULL };

	(void)state;
	assert_taken(parse_duration, table, COUNT(table), UINT64_MAX - 1);
	assert_refused(parse_duration, bad, 0, UINT64_MAX - 1, "is not a time");
}

static void the_range_of_a_time_is_shown_as_times(void **state)
{
	static const char *const outside[] = { "99ms", "3601s", "2h", "0", NULL };

	(void)state;
	assert_refused(parse_duration, outside, 100, 3600000, "from 100ms to 1h");
}

static void switches_are_on_or_off(void **state)
{
	static const char *const bad[] = { "", "ON", "yes", "1", "true", "on ", "offf", "o" };
	bool value = false;
	struct err err;

	(void)state;
	assert_int_equal(parse_switch("on", &value, &err), 0);
	assert_true(value);
	assert_int_equal(parse_switch("off", &value, &err), 0);
	assert_false(value);
	value = true;
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_int_equal(parse_switch(bad[i], &value, &err), -1);
		assert_true(value);
		assert_non_null(strstr(err.text, "neither on nor off"));
	}
}

static void times_are_shown_in_the_largest_unit(void **state)
{
	static const struct {
		uint64_t ms;
		const char *text;
	} table[] = {
		{ 0, "0s" },        { 1, "1ms" },        { 999, "999ms" },
		{ 1000, "1s" },     { 1001, "1001ms" },  { 59000, "59s" },
		{ 60000, "1m" },    { 90000, "90s" },    { 3600000, "1h" },
		{ 3660000, "61m" }, { 86400000, "24h" }, { UINT64_MAX, "18446744073709551615ms" },
	};
	char text[PARSE_DURATION_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint64_t back = UNTOUCHED;
		struct err err;

		assert_string_equal(parse_format_duration(table[i].ms, text), table[i].text);
		assert_int_equal(parse_duration(text, 0, UINT64_MAX, &back, &err), 0);
		assert_true(back == table[i].ms);
	}
}

static void sizes_as_text(void **state)
{
	static const struct {
		uint64_t size;
		const char *text;
	} table[] = {
		{ 0, "0" },
		{ 1, "1" },
		{ 1023, "1023" },
		{ 1024, "1k" },
		{ 1025, "1025" },
		{ 65536, "64k" },
		{ 1048575, "1048575" },
		{ 1048576, "1m" },
		{ 1049600, "1025k" },
		{ 16777216, "16m" },
	};
	char text[PARSE_SIZE_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		uint64_t back = UNTOUCHED;
		struct err err;

		assert_string_equal(parse_format_size(table[i].size, text), table[i].text);
		assert_int_equal(parse_size(text, 0, UINT64_MAX, &back, &err), 0);
		assert_int_equal(back, table[i].size);
	}
}

static void every_time_comes_back(void **state)
{
	uint64_t ms = 1;

	(void)state;
	for (int i = 0; i < 10000; i++) {
		char text[PARSE_DURATION_MAX];
		uint64_t back = 0;
		struct err err;

		ms = ms * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		assert_int_equal(parse_duration(parse_format_duration(ms % 90000000, text), 0,
						UINT64_MAX - 1, &back, &err),
				 0);
		assert_int_equal(back, ms % 90000000);
	}
}

static void strange_text_is_made_printable(void **state)
{
	static const struct {
		const char *text, *shown;
	} table[] = {
		{ "", "" },
		{ "abc", "abc" },
		{ "a\nb\tc", "a?b?c" },
		{ "\x1b[31m", "?[31m" },
		{ "\xc3\xa4", "??" },
		{ "\x7f~ ", "?~ " },
		{ "1234567", "1234567" },
		{ "12345678", "1234..." },
		{ "a string that is far too long", "a st..." },
	};
	char buffer[8 + 4];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		memset(buffer, 'G', sizeof buffer);
		assert_ptr_equal(parse_printable(table[i].text, buffer, 8), buffer);
		assert_string_equal(buffer, table[i].shown);
		assert_memory_equal(buffer + 8, "GGGG", 4);
	}
	assert_string_equal(parse_printable("1234", buffer, 4), "...");
}

static void a_long_value_is_cut_in_the_reason(void **state)
{
	char text[2000];
	uint64_t value = UNTOUCHED;
	struct err err;

	(void)state;
	memset(text, '\n', sizeof text - 1);
	text[sizeof text - 1] = '\0';
	assert_int_equal(parse_number(text, 1, 9, &value, &err), -1);
	assert_non_null(strstr(err.text, "...' is not a number from 1 to 9"));
	assert_null(strchr(err.text, '\n'));
}

int main(void)
{
	const struct CMUnitTest parse[] = {
		cmocka_unit_test(numbers_are_taken),
		cmocka_unit_test(what_is_no_number_is_refused),
		cmocka_unit_test(the_range_includes_its_ends),
		cmocka_unit_test(overflow_is_refused),
		cmocka_unit_test(overflow_is_refused_even_without_a_limit),
		cmocka_unit_test(sizes_are_taken),
		cmocka_unit_test(times_are_taken),
		cmocka_unit_test(the_range_of_a_time_is_shown_as_times),
		cmocka_unit_test(switches_are_on_or_off),
		cmocka_unit_test(times_are_shown_in_the_largest_unit),
		cmocka_unit_test(sizes_as_text),
		cmocka_unit_test(every_time_comes_back),
		cmocka_unit_test(strange_text_is_made_printable),
		cmocka_unit_test(a_long_value_is_cut_in_the_reason),
	};

	return cmocka_run_group_tests(parse, NULL, NULL) == 0 ? 0 : 1;
}
