/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts as settings: quotes, escapes, and back. */
#include "conf/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void read_and_written(void **state)
{
	static const struct {
		const char *value, *text, *written;
	} table[] = {
		{ "\"\"", "", "\"\"" },
		{ "word", "word", "\"word\"" },
		{ "two words", "two words", "\"two words\"" },
		{ "'two words'", "'two words'", "\"'two words'\"" },
		{ "\"two words\"", "two words", "\"two words\"" },
		{ "\\n\\r\\t\\\\\\\"", "\n\r\t\\\"", "\"\\n\\r\\t\\\\\\\"\"" },
		{ "\"say \\\"x\\\"\\n\"", "say \"x\"\n", "\"say \\\"x\\\"\\n\"" },
		{ "\"# %w\"", "# %w", "\"# %w\"" },
		{ "123456789abcdef", "123456789abcdef", "\"123456789abcdef\"" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char text[16], again[16], *written = NULL;
		struct err err = { 0 };
		size_t size;
		FILE *out = open_memstream(&written, &size);

		assert_int_equal(text_read(table[i].value, text, sizeof text, &err), 0);
		assert_string_equal(text, table[i].text);
		text_write(text, out);
		fclose(out);
		assert_string_equal(written, table[i].written);
		assert_int_equal(text_read(written, again, sizeof again, &err), 0);
		assert_string_equal(again, text);
		free(written);
	}
}

static void what_does_not_fit_changes_nothing(void **state)
{
	static const struct {
		const char *value, *why;
	} table[] = {
		{ "\"", "closing quote is missing" },
		{ "\"abc", "closing quote is missing" },
		{ "\"abc\\\"", "closing quote is missing" },
		{ "\"abc\"d", "behind the closing quote" },
		{ "a\"b", "\\\"" },
		{ "\\", "behind it" },
		{ "\\x", "behind it" },
		{ "\"a\\0\"", "behind it" },
		{ "0123456789abcdef", "longer than 15" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char text[16] = "as it was";
		struct err err = { 0 };

		assert_int_equal(text_read(table[i].value, text, sizeof text, &err), -1);
		assert_non_null(strstr(err.text, table[i].why));
		assert_string_equal(text, "as it was");
	}
}

static void letters_behind_a_percent(void **state)
{
	struct err err = { 0 };

	(void)state;
	assert_int_equal(text_check("", "wan", &err), 0);
	assert_int_equal(text_check("%w %a%n %% 100%%", "wan", &err), 0);
	assert_int_equal(text_check("%", "wan", &err), -1);
	assert_int_equal(text_check("%%%", "wan", &err), -1);
	assert_int_equal(text_check("%w%x", "wan", &err), -1);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(read_and_written),
		cmocka_unit_test(what_does_not_fit_changes_nothing),
		cmocka_unit_test(letters_behind_a_percent),
	};

	return cmocka_run_group_tests_name("text", group, NULL, NULL) == 0 ? 0 : 1;
}
