/* SPDX-License-Identifier: BSD-2-Clause */
/* The command line: what getopt_long makes of the table, and how mistakes are told. */
#include "conf/cmdline.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define WORDS_MAX    16

static struct cmdline cmdline;
static char errors[4096]; /* one a line */

static void on_error(void *context, const char *line)
{
	size_t used = strlen(errors);

	(void)context;
	snprintf(errors + used, sizeof errors - used, "%s\n", line);
}

static int clear(void **state)
{
	(void)state;
	cmdline_clear(&cmdline);
	return 0;
}

/* Reads `echod` and these words; returns the errors. */
static const char *read_words(const char *const *words)
{
	static char text[WORDS_MAX][256];
	static char *argv[WORDS_MAX + 1];
	struct conf_sink sink = { .on_error = on_error };
	int argc = 1, result;

	argv[0] = strcpy(text[0], "echod");
	for (; *words != NULL; words++, argc++)
		argv[argc] = strcpy(text[argc], *words);
	argv[argc] = NULL;
	cmdline_clear(&cmdline);
	errors[0] = '\0';
	result = cmdline_init(&cmdline, argc, argv, &sink);
	assert_int_equal(result, errors[0] == '\0' ? 0 : -1);
	assert_int_equal(sink.count != 0, result == -1);
	return errors;
}

#define READ(...) read_words((const char *const[]){ __VA_ARGS__, NULL })

static void assert_setting(size_t i, const char *name, const char *value)
{
	assert_true(i < cmdline.count);
	assert_string_equal(cmdline.settings[i].row->name, name);
	if (value == NULL)
		assert_null(cmdline.settings[i].value);
	else
		assert_string_equal(cmdline.settings[i].value, value);
}

static void without_options_it_serves(void **state)
{
	(void)state;
	assert_string_equal(read_words((const char *const[]){ NULL }), "");
	assert_int_equal(cmdline.action, CMDLINE_SERVE);
	assert_null(cmdline.config);
	assert_int_equal(cmdline.count, 0);
}

static void values_come_in_every_form(void **state)
{
	(void)state;
	assert_string_equal(READ("-w4", "-w", "5", "--workers=6", "--workers", "7", "--worker=8"),
			    "");
	assert_int_equal(cmdline.count, 5);
	assert_setting(0, "workers", "4");
	assert_setting(1, "workers", "5");
	assert_setting(2, "workers", "6");
	assert_setting(3, "workers", "7");
	assert_setting(4, "workers", "8");
}

static void settings_keep_their_order(void **state)
{
	(void)state;
	assert_string_equal(
		READ("-p1", "-l", "tcp:[::1]:2", "-vDq", "-P", "/x", "--drain-timeout=3s"), "");
	assert_int_equal(cmdline.count, 7);
	assert_setting(0, "port", "1");
	assert_setting(1, "listen", "tcp:[::1]:2");
	assert_setting(2, "verbose", NULL);
	assert_setting(3, "daemon", NULL);
	assert_setting(4, "quiet", NULL);
	assert_setting(5, "pid-file", "/x");
	assert_setting(6, "drain-timeout", "3s");
}

static void a_switch_takes_a_value_in_its_long_form_only(void **state)
{
	(void)state;
	assert_string_equal(READ("--daemon=off", "--daemon", "-D"), "");
	assert_int_equal(cmdline.count, 3);
	assert_setting(0, "daemon", "off");
	assert_setting(1, "daemon", NULL);
	assert_setting(2, "daemon", NULL);
	assert_string_equal(
		READ("--daemon", "off"),
		"unexpected argument 'off': a switch takes it behind '=', as in --daemon=off\n");
}

static void negative_numbers_are_values(void **state)
{
	(void)state;
	assert_string_equal(READ("-w", "-1", "--port", "-7"), "");
	assert_setting(0, "workers", "-1");
	assert_setting(1, "port", "-7");
}

/* One word can hold many options. */
static void many_letters_in_a_word(void **state)
{
	(void)state;
	assert_string_equal(READ("-vvvvvvvvvvvvvvvvvvvvqqqqqqqqqqqqqqqqqqqqDDDDDDDDDD"), "");
	assert_int_equal(cmdline.count, 50);
	assert_setting(49, "daemon", NULL);
}

static void actions_are_told_apart(void **state)
{
	static const struct {
		const char *letter, *name;
		enum cmdline_action action;
	} table[] = {
		{ "-t", "--test", CMDLINE_TEST },
		{ "-T", "--dump-config", CMDLINE_DUMP },
		{ "-V", "--version", CMDLINE_VERSION },
		{ "-h", "--help", CMDLINE_HELP },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		assert_string_equal(READ(table[i].letter), "");
		assert_int_equal(cmdline.action, table[i].action);
		assert_string_equal(READ(table[i].name), "");
		assert_int_equal(cmdline.action, table[i].action);
		assert_int_equal(cmdline.count, 0);
	}
}

static void the_last_config_counts(void **state)
{
	(void)state;
	assert_string_equal(READ("-c", "/one", "--config=/two"), "");
	assert_string_equal(cmdline.config, "/two");
	assert_int_equal(cmdline.action, CMDLINE_SERVE);
	assert_string_equal(READ("-c", ""), "--config: the value is empty\n");
}

static void mistakes_are_told(void **state)
{
	static const struct {
		const char *word, *why;
	} table[] = {
		{ "--wrokers=4", "unknown option '--wrokers=4' (did you mean '--workers'?)\n" },
		{ "--worekrs", "unknown option '--worekrs' (did you mean '--workers'?)\n" },
		{ "--hlep", "unknown option '--hlep' (did you mean '--help'?)\n" },
		{ "--xyzzy", "unknown option '--xyzzy'\n" },
		{ "--=4", "unknown option '--=4'\n" },
		{ "-x", "unknown option '-x'\n" },
		{ "-vx", "unknown option '-x'\n" },
		{ "-\x07", "unknown option '-?'\n" },
		{ "-\xff", "unknown option '-?'\n" },
		{ "--x\n\x1b", "unknown option '--x?\?'\n" },
		{ "--test=yes", "option '--test' takes no value\n" },
		{ "--verbose=3", "option '--verbose' takes no value\n" },
		{ "-w", "option '--workers' needs a value: N\n" },
		{ "--workers", "option '--workers' needs a value: N\n" },
		{ "--pid-file", "option '--pid-file' needs a value: PATH\n" },
		{ "-c", "option '--config' needs a value: FILE\n" },
		{ "extra", "unexpected argument 'extra'\n" },
		{ "", "unexpected argument ''\n" },
		{ "-", "unexpected argument '-'\n" },
		{ "off",
		  "unexpected argument 'off': a switch takes it behind '=', as in --daemon=off\n" },
		{ "a\nb", "unexpected argument 'a?b'\n" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++)
		assert_string_equal(READ(table[i].word), table[i].why);
}

/* An abbreviation that fits several is no option either. */
static void abbreviations_must_be_clear(void **state)
{
	(void)state;
	assert_string_equal(READ("--dr=1"), "");
	assert_setting(0, "drain-timeout", "1");
	assert_string_equal(READ("--drain-=1"), "");
	assert_string_equal(READ("--d"),
			    "option '--d' is ambiguous: '--drain-timeout', '--daemon'\n");
	assert_string_equal(READ("--ver=1"),
			    "option '--ver' is ambiguous: '--verbose', '--version'\n");
}

static void all_mistakes_are_told_at_once(void **state)
{
	(void)state;
	assert_string_equal(READ("-w4", "--prot=7", "more", "-x", "--test=1", "-p"),
			    "unknown option '--prot=7' (did you mean '--port'?)\n"
			    "unknown option '-x'\n"
			    "option '--test' takes no value\n"
			    "option '--port' needs a value: PORT\n"
			    "unexpected argument 'more'\n");
	assert_setting(0, "workers", "4");
}

static void long_words_are_cut(void **state)
{
	char word[256];

	(void)state;
	memset(word, 'z', sizeof word - 1);
	word[sizeof word - 1] = '\0';
	memcpy(word, "--", 2);
	assert_true(strlen(READ(word)) < 80);
	assert_non_null(strstr(errors, "zzz...'\n"));
}

static void two_dashes_end_the_options(void **state)
{
	(void)state;
	assert_string_equal(READ("-w4", "--"), "");
	assert_string_equal(READ("--", "-w4"), "unexpected argument '-w4'\n");
	assert_int_equal(cmdline.count, 0);
}

static void help_has_every_option(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	(void)state;
	assert_non_null(out);
	cmdline_help(out);
	assert_int_equal(fclose(out), 0);
	for (size_t i = 0; i < option_count; i++) {
		char name[64], letter[16];

		snprintf(name, sizeof name, "--%s", option_rows[i].name);
		snprintf(letter, sizeof letter, "  -%c, --", option_rows[i].letter);
		assert_non_null(strstr(text, name));
		assert_non_null(strstr(text, option_rows[i].help));
		if (option_rows[i].letter != 0)
			assert_non_null(strstr(text, letter));
	}
	free(text);
}

static void clearing_twice_is_no_harm(void **state)
{
	(void)state;
	assert_string_equal(READ("-c", "/x", "-w4"), "");
	cmdline_clear(&cmdline);
	assert_null(cmdline.config);
	assert_int_equal(cmdline.count, 0);
	cmdline_clear(&cmdline);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test_teardown(without_options_it_serves, clear),
		cmocka_unit_test_teardown(values_come_in_every_form, clear),
		cmocka_unit_test_teardown(settings_keep_their_order, clear),
		cmocka_unit_test_teardown(a_switch_takes_a_value_in_its_long_form_only, clear),
		cmocka_unit_test_teardown(negative_numbers_are_values, clear),
		cmocka_unit_test_teardown(many_letters_in_a_word, clear),
		cmocka_unit_test_teardown(actions_are_told_apart, clear),
		cmocka_unit_test_teardown(the_last_config_counts, clear),
		cmocka_unit_test_teardown(mistakes_are_told, clear),
		cmocka_unit_test_teardown(abbreviations_must_be_clear, clear),
		cmocka_unit_test_teardown(all_mistakes_are_told_at_once, clear),
		cmocka_unit_test_teardown(long_words_are_cut, clear),
		cmocka_unit_test_teardown(two_dashes_end_the_options, clear),
		cmocka_unit_test(help_has_every_option),
		cmocka_unit_test(clearing_twice_is_no_harm),
	};

	unsetenv("POSIXLY_CORRECT"); /* getopt_long then stops at the first argument */
	return cmocka_run_group_tests_name("cmdline", group, NULL, NULL) == 0 ? 0 : 1;
}
