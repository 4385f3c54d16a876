/* SPDX-License-Identifier: BSD-2-Clause */
/* The table of options: that it is sound, and what is found in it. */
#include "conf/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <ctype.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static void the_table_is_sound(void **state)
{
	(void)state;
	assert_true(option_count > 0 && option_count <= OPTION_MAX);
	for (size_t i = 0; i < option_count; i++) {
		const struct option_row *row = &option_rows[i];

		assert_non_null(row->help);
		assert_true(row->name[0] != '\0');
		assert_int_equal(strspn(row->name, "abcdefghijklmnopqrstuvwxyz0123456789-"),
				 strlen(row->name));
		assert_true(row->letter == 0 || isalpha((unsigned char)row->letter));
		assert_true(row->min >= 0 || row->kind == OPTION_VERBOSITY);
		assert_true(row->kind != OPTION_CHOICE || row->choices != NULL);
		assert_true(row->offset < sizeof(struct conf));
		assert_ptr_equal(option_find(row->name), row);
		for (size_t j = 0; j < i; j++) {
			assert_string_not_equal(row->name, option_rows[j].name);
			assert_true(row->letter == 0 || row->letter != option_rows[j].letter);
		}
	}
}

static void options_are_found_by_their_whole_name(void **state)
{
	static const char *const unknown[] = { "",   "worker", "workerss", "Workers",
					       "-w", "w",      "--workers" };

	(void)state;
	for (size_t i = 0; i < COUNT(unknown); i++)
		assert_null(option_find(unknown[i]));
	assert_int_equal(option_find("listen")->kind, OPTION_LISTEN);
}

static void some_are_for_the_command_line_only(void **state)
{
	static const char *const only[] = { "config", "test",    "dump-config", "version",
					    "help",   "verbose", "quiet" };

	struct conf conf = { .workers = 0 };

	(void)state;
	for (size_t i = 0; i < COUNT(only); i++)
		assert_false(option_in_file(option_find(only[i])));
	for (size_t i = 0; i < option_count; i++) {
		struct err err;

		if (option_rows[i].kind == OPTION_ACTION)
			assert_int_equal(option_set(&option_rows[i], &conf, CONF_FILE, "on", &err),
					 -1);
	}
	assert_true(option_in_file(option_find("workers")));
	assert_true(option_in_file(option_find("port")));
}

static void the_nearest_name_is_found(void **state)
{
	static const struct {
		const char *name, *nearest;
	} table[] = {
		{ "worker", "workers" },
		{ "wrokers", "workers" },
		{ "WORKERS", NULL },
		{ "prot", "port" },
		{ "prt", "port" },
		{ "ports", "port" },
		{ "lisen", "listen" },
		{ "listne", "listen" },
		{ "pidfile", "pid-file" },
		{ "log_level", "log-level" },
		{ "loglevel", "log-level" },
		{ "draintimeout", "drain-timeout" },
		{ "ademo", "daemon" },
		{ "demon", "daemon" },
		{ "xyzzy", NULL },
		{ "", NULL },
		{ "p", NULL },
		{ "start-timout", "start-timeout" },
		{ "\xef\xbb\xbfworkers", "workers" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		const char *nearest = option_nearest(table[i].name, option_in_file);

		if (table[i].nearest == NULL && nearest != NULL)
			fail_msg("'%s': %s", table[i].name, nearest);
		if (table[i].nearest != NULL) {
			assert_non_null(nearest);
			assert_string_equal(nearest, table[i].nearest);
		}
	}
	assert_string_equal(option_nearest("dump-confg", NULL), "dump-config");
	assert_null(option_nearest("dump-confg", option_in_file));
	assert_string_equal(option_nearest("hlep", NULL), "help");
}

/* However long it is: a name that is nothing like any other is not near to one. */
static void a_long_name_is_near_to_nothing(void **state)
{
	char name[200];

	(void)state;
	for (size_t length = 14; length < sizeof name; length++) {
		memset(name, 'z', length);
		name[length] = '\0';
		if (option_nearest(name, option_in_file) != NULL)
			fail_msg("%zu letters: %s", length, option_nearest(name, option_in_file));
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(the_table_is_sound),
		cmocka_unit_test(options_are_found_by_their_whole_name),
		cmocka_unit_test(some_are_for_the_command_line_only),
		cmocka_unit_test(the_nearest_name_is_found),
		cmocka_unit_test(a_long_name_is_near_to_nothing),
	};

	return cmocka_run_group_tests_name("option", group, NULL, NULL) == 0 ? 0 : 1;
}
