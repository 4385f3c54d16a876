/* SPDX-License-Identifier: BSD-2-Clause */
/* echobench's command line. */
#include "bench/options.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define ARGUMENTS_MAX 32

/* Reads a command line, words with blanks between them. */
static int read_line(struct options *options, const char *line, struct err *err)
{
	static char words[256];
	char *argv[ARGUMENTS_MAX] = { words };
	int argc = 1;

	memcpy(words, "echobench", 10);
	strncpy(words + 10, line, sizeof words - 11);
	for (char *at = strtok(words + 10, " "); at != NULL; at = strtok(NULL, " "))
		argv[argc++] = at;
	argv[argc] = NULL;
	return options_read(options, argc, argv, err);
}

static void defaults_are_as_documented(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(read_line(&options, "localhost:7777", &err), 0);
	assert_string_equal(options.target.host, "localhost");
	assert_int_equal(options.target.port, 7777);
	assert_int_equal(options.action, OPTIONS_RUN);
	assert_int_equal(options.connections, 1);
	assert_int_equal(options.processes, 1);
	assert_int_equal(options.duration_ms, 10000);
	assert_true(options.messages == OPTIONS_FOREVER);
	assert_int_equal(options.size.low, 64);
	assert_int_equal(options.size.high, 64);
	assert_int_equal(options.in_flight, 1);
	assert_int_equal(options.rate, 0);
	assert_int_equal(options.timeout_ms, 5000);
	assert_int_equal(options.interval_ms, 1000);
	assert_false(options.no_verify);
}

static void values_arrive(void **state)
{
	struct options options;
	struct err err;

	(void)state;
	assert_int_equal(read_line(&options,
				   "[::1]:7 -c 50 -t2 -d 2m -s 1k-64k -P16 --rate=5000 "
				   "--half-close -w 500ms --hgrm=x -J -6 --seed=9 --timeout 1s",
				   &err),
			 0);
	assert_string_equal(options.target.host, "::1");
	assert_int_equal(options.connections, 50);
	assert_int_equal(options.processes, 2);
	assert_int_equal(options.duration_ms, 120000);
	assert_int_equal(options.size.low, 1024);
	assert_int_equal(options.size.high, 65536);
	assert_int_equal(options.in_flight, 16);
	assert_int_equal(options.rate, 5000);
	assert_int_equal(options.warm_up_ms, 500);
	assert_string_equal(options.hgrm, "x");
	assert_true(options.half_close && options.json && !options.csv);
	assert_int_equal(options.family, AF_INET6);
	assert_int_equal(options.seed, 9);
	assert_int_equal(read_line(&options, "-n 5 a:1", &err), 0);
	assert_true(options.messages == 5 && options.duration_ms == OPTIONS_FOREVER);
	assert_int_equal(read_line(&options, "--frame -s 0 unix:/a/b", &err), 0);
	assert_true(options.frame && options.target.transport == TRANSPORT_UNIX);
	assert_int_equal(options.timeout_ms, 5000);
	assert_int_equal(read_line(&options, "-s 0-65507 --churn udp:a:1", &err), 0);
	assert_true(options.size.low == 0 && options.target.transport == TRANSPORT_UDP);
	assert_int_equal(options.timeout_ms, 1000);
	assert_int_equal(read_line(&options, "--timeout=3s unixgram:@x", &err), 0);
	assert_int_equal(options.timeout_ms, 3000);
	assert_int_equal(read_line(&options, "--ping --frame a:1", &err), 0);
	assert_int_equal(read_line(&options, "--ping a:1", &err), 0);
	assert_true(options.action == OPTIONS_PING && options.duration_ms == OPTIONS_FOREVER);
	assert_int_equal(read_line(&options, "-h", &err), 0);
	assert_int_equal(options.action, OPTIONS_HELP);
	assert_int_equal(read_line(&options, "-V", &err), 0);
	assert_int_equal(options.action, OPTIONS_VERSION);
}

static void nonsense_is_refused(void **state)
{
	static const char *const lines[] = {
		"",
		"a:1 b:2",
		"a",
		"::1:7",
		"a:0",
		"-c 0 a:1",
		"-c x a:1",
		"-c",
		"--foo a:1",
		"-Z a:1",
		"-s 10-5 a:1",
		"-s - a:1",
		"-s 0 a:1",
		"-t 2 a:1",
		"--churn -P 2 a:1",
		"--ping -c 2 a:1",
		"--ping -J a:1",
		"--json --csv a:1",
		"-6 --source-range=3 a:1",
		"-R 0 a:1",
		"-c 1000000 -P 65536 a:1",
		"--churn=yes a:1",
		"--half-close udp:a:1",
		"--half-close unixgram:/a",
		"--frame udp:a:1",
		"--frame unixgram:/a",
		"-s 65508 udp:a:1",
		"-s 1-1m unixgram:/a",
		"-s 0-5 unix:/a",
		"-4 unix:/a",
		"--source-range=3 unixgram:/a",
		"unix:",
		"udp:a",
		"--timeout=0 a:1",
	};

	(void)state;
	for (size_t i = 0; i < sizeof lines / sizeof lines[0]; i++) {
		struct options options;
		struct err err = { 0 };

		assert_int_equal(read_line(&options, lines[i], &err), -1);
		assert_true(err.text[0] != '\0' && strchr(err.text, '\n') == NULL);
	}
}

static void help_fits_a_terminal(void **state)
{
	char *text;
	size_t length;
	FILE *file = open_memstream(&text, &length);

	(void)state;
	assert_non_null(file);
	options_print_help(file);
	fclose(file);
	for (const char *line = text; *line != '\0'; line = strchr(line, '\n') + 1)
		assert_true(strcspn(line, "\n") <= 80);
	free(text);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_as_documented),
		cmocka_unit_test(values_arrive),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(help_fits_a_terminal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
