/* SPDX-License-Identifier: BSD-2-Clause */
/* Texts: quotes and escapes, and that what is written is read as the same. */
#include "conf/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static char field[16];

static void what_is_read_is_what_was_meant(void **state)
{
	static const struct {
		const char *text, *meant;
	} table[] = {
		{ "\"\"", "" },
		{ "full", "full" },
		{ "\"try later\\n\"", "try later\n" },
		{ "try later", "try later" },
		{ "\\n\\r\\t\\\\\\\"", "\n\r\t\\\"" },
		{ "\"a # b\"", "a # b" },
		{ "\"123456789012345\"", "123456789012345" },
		{ "\"\\n23456789012345\"", "\n23456789012345" },
	};
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char *written = NULL;
		size_t size;
		FILE *out = open_memstream(&written, &size);

		assert_int_equal(text_parse(table[i].text, field, sizeof field, &err), 0);
		assert_string_equal(field, table[i].meant);
		text_dump(field, out);
		fclose(out);
		memset(field, 'x', sizeof field);
		assert_int_equal(text_parse(written, field, sizeof field, &err), 0);
		assert_string_equal(field, table[i].meant);
		free(written);
	}
}

static void what_is_wrong_changes_nothing(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "\"", "the closing quote is missing" },
		{ "\"full", "the closing quote is missing" },
		{ "\"full\\\"", "the closing quote is missing" },
		{ "full\"", "a quote inside the text is written \\\"" },
		{ "\"full\" now", "a quote inside the text" },
		{ "full\\x", "a backslash stands before one of" },
		{ "full\\", "a backslash stands before one of" },
		{ "1234567890123456", "longer than 15 bytes" },
	};

	(void)state;
	strcpy(field, "before");
	for (size_t i = 0; i < COUNT(table); i++) {
		struct err err = { "" };

		assert_int_equal(text_parse(table[i].text, field, sizeof field, &err), -1);
		if (strstr(err.text, table[i].why) == NULL)
			fail_msg("%s: %s", table[i].text, err.text);
		assert_string_equal(field, "before");
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(what_is_read_is_what_was_meant),
		cmocka_unit_test(what_is_wrong_changes_nothing),
	};

	return cmocka_run_group_tests_name("text", group, NULL, NULL) == 0 ? 0 : 1;
}
