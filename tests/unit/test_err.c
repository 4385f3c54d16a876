/* SPDX-License-Identifier: BSD-2-Clause */
/* Reasons: what they say, that they are cut and not overrun, and that errno survives. */
#include "common/err.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <string.h>

#include <cmocka.h>

#define GUARD 'G'

/* A reason with something behind it that must not be touched. */
struct guarded {
	struct err err;
	char guard[16];
};

static void set_up(struct guarded *guarded)
{
	memset(guarded, GUARD, sizeof *guarded);
}

static void assert_untouched(const struct guarded *guarded)
{
	for (size_t i = 0; i < sizeof guarded->guard; i++)
		assert_int_equal(guarded->guard[i], GUARD);
	assert_true(memchr(guarded->err.text, '\0', sizeof guarded->err.text) != NULL);
}

/* A text of that length, without end in itself. */
static const char *text_of(size_t length)
{
	static char text[2 * ERR_TEXT_MAX];

	memset(text, 'x', length);
	text[length] = '\0';
	return text;
}

static void a_reason_is_formatted(void **state)
{
	struct err err;

	(void)state;
	assert_int_equal(err_set(&err, "%s is %d", "seven", 7), -1);
	assert_string_equal(err.text, "seven is 7");
}

static void errno_is_appended_and_survives(void **state)
{
	struct err err;

	(void)state;
	errno = ENOENT;
	assert_int_equal(err_errno(&err, "open %s", "x"), -1);
	assert_int_equal(errno, ENOENT);
	assert_string_equal(err.text, "open x: No such file or directory");
}

static void a_prefix_comes_before_the_reason(void **state)
{
	struct err err;

	(void)state;
	err_set(&err, "why");
	assert_int_equal(err_prefix(&err, "line %d", 3), -1);
	assert_int_equal(err_prefix(&err, "file"), -1);
	assert_string_equal(err.text, "file: line 3: why");
}

static void a_long_reason_is_cut(void **state)
{
	struct guarded guarded;

	(void)state;
	set_up(&guarded);
	err_set(&guarded.err, "%s", text_of(ERR_TEXT_MAX - 1));
	assert_int_equal(strlen(guarded.err.text), ERR_TEXT_MAX - 1);
	assert_untouched(&guarded);
	err_set(&guarded.err, "%s", text_of(ERR_TEXT_MAX));
	assert_int_equal(strlen(guarded.err.text), ERR_TEXT_MAX - 1);
	assert_untouched(&guarded);
}

/* Whatever the length: neither the errno's text nor the reason goes over the end. */
static void every_length_stays_within_bounds(void **state)
{
	struct guarded guarded;

	(void)state;
	for (size_t length = ERR_TEXT_MAX - 40; length < ERR_TEXT_MAX + 40; length++) {
		set_up(&guarded);
		errno = EACCES;
		err_errno(&guarded.err, "%s", text_of(length));
		assert_untouched(&guarded);
		set_up(&guarded);
		err_set(&guarded.err, "%s", text_of(100));
		err_prefix(&guarded.err, "%s", text_of(length));
		assert_untouched(&guarded);
		set_up(&guarded);
		err_set(&guarded.err, "%s", text_of(length));
		err_prefix(&guarded.err, "prefix");
		assert_untouched(&guarded);
		assert_memory_equal(guarded.err.text, "prefix: xxx", 11);
	}
}

/* Whatever the text is: it may be cut, and a name in it may say anything. */
static void memory_that_is_short_is_told_apart(void **state)
{
	struct err err;

	(void)state;
	errno = ENOMEM;
	err_errno(&err, "%s", text_of(ERR_TEXT_MAX));
	assert_true(err.no_memory);
	err_prefix(&err, "%s", text_of(ERR_TEXT_MAX));
	assert_true(err.no_memory);
	err_set(&err, "there is no user '%s'", strerror(ENOMEM));
	assert_false(err.no_memory);
	err_prefix(&err, "prefix");
	assert_false(err.no_memory);

	errno = ENOMEM;
	err_errno(&err, "strdup");
	assert_true(err.no_memory);
	errno = ENOENT;
	err_errno(&err, "open");
	assert_false(err.no_memory);
}

int main(void)
{
	const struct CMUnitTest err[] = {
		cmocka_unit_test(a_reason_is_formatted),
		cmocka_unit_test(errno_is_appended_and_survives),
		cmocka_unit_test(a_prefix_comes_before_the_reason),
		cmocka_unit_test(a_long_reason_is_cut),
		cmocka_unit_test(memory_that_is_short_is_told_apart),
		cmocka_unit_test(every_length_stays_within_bounds),
	};

	return cmocka_run_group_tests(err, NULL, NULL) == 0 ? 0 : 1;
}
