/* SPDX-License-Identifier: BSD-2-Clause */
/* What is no configuration file, or none of a person's: lines, sizes and files that are refused. */
#include "file.h"

#include <sys/stat.h>

static void nul_bytes_are_told(void **state)
{
	static const char bytes[] = "workers 4\0\nport 1\n\0\nport\0 2\n";

	(void)state;
	assert_string_equal(apply_bytes(bytes, sizeof bytes - 1),
			    ":1: there is a NUL byte in the line\n"
			    ":3: there is a NUL byte in the line\n"
			    ":4: there is a NUL byte in the line\n");
	assert_int_equal(conf.workers, 0);
	assert_int_equal(conf.listen_count, 1);
	assert_string_equal(apply_bytes("\0", 1), ":1: there is a NUL byte in the line\n");
}

/* A comment that makes the line as long as wanted; behind it a directive that has to be seen. */
static const char *apply_line_of(size_t length)
{
	static char text[2 * FILE_LINE_MAX + 64];

	memset(text, 'x', length);
	memcpy(text, "workers 4 #", 11);
	strcpy(text + length, "\ndrain-timeout 3s\n");
	return apply(text);
}

static void long_lines_are_told(void **state)
{
	(void)state;
	assert_string_equal(apply_line_of(FILE_LINE_MAX), "");
	assert_int_equal(conf.workers, 4);
	assert_string_equal(apply_line_of(FILE_LINE_MAX + 1),
			    ":1: the line is longer than 1024 bytes\n");
	assert_int_equal(conf.workers, 0);
	assert_int_equal(conf.drain_timeout_ms, 3000);
	assert_string_equal(apply_line_of(2 * FILE_LINE_MAX),
			    ":1: the line is longer than 1024 bytes\n");
}

static unsigned errors_of(const char *text)
{
	unsigned lines = 0;

	apply(text);
	for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	return lines;
}

/* Somebody has named a file that is none of ours. */
static void a_file_of_nothing_but_errors_is_given_up(void **state)
{
	static char text[8 * (FILE_ERRORS_MAX + 100)];

	(void)state;
	for (int i = 0; i < FILE_ERRORS_MAX; i++)
		strcat(text, "xyzzy 1\n");
	strcat(text, "workers 3\n");
	assert_int_equal(errors_of(text), FILE_ERRORS_MAX);
	assert_null(strstr(errors, "more than"));
	for (int i = 0; i < 50; i++)
		strcat(text, "xyzzy 1\n");
	assert_int_equal(errors_of(text), FILE_ERRORS_MAX + 1);
	assert_non_null(strstr(errors, "\n: more than 100 errors: is it the right file?\n"));
}

static void strange_bytes_are_not_repeated(void **state)
{
	(void)state;
	apply("\x1b[31m\xff 1\nworkers \x07\n");
	for (const char *at = errors; *at != '\0'; at++)
		assert_true(*at == '\n' || (*at >= ' ' && *at <= '~'));
}

static void a_long_unknown_name_has_no_neighbour(void **state)
{
	char text[128];

	(void)state;
	memset(text, 'z', sizeof text);
	strcpy(text + 100, " 1\n");
	assert_string_equal(
		apply(text),
		":1: unknown directive 'zzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzzz...'\n");
}

static void the_size_is_limited(void **state)
{
	char *text = malloc(FILE_SIZE_MAX + 1);

	(void)state;
	assert_non_null(text);
	memset(text, '\n', FILE_SIZE_MAX + 1);
	memcpy(text + FILE_SIZE_MAX - 9, "workers 4", 9);
	assert_string_equal(apply_bytes(text, FILE_SIZE_MAX), "");
	assert_int_equal(conf.workers, 4);
	assert_string_equal(apply_bytes(text, FILE_SIZE_MAX + 1),
			    ": is larger than 1048576 bytes\n");
	assert_int_equal(conf.workers, 0);
	free(text);
	snprintf(path, sizeof path, "/dev/zero");
	assert_string_equal(apply_path(), ": is larger than 1048576 bytes\n");
	snprintf(path, sizeof path, "%s/echod.conf", folder);
}

static void what_is_no_file_is_told_and_not_waited_for(void **state)
{
	(void)state;
	assert_string_equal(apply_path(), ": cannot open: No such file or directory\n");
	assert_int_equal(mkdir(path, 0700), 0);
	assert_string_equal(apply_path(), ": is a directory\n");
	assert_int_equal(rmdir(path), 0);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_string_equal(apply_path(), ": is not a regular file\n");
}

static void a_file_that_may_not_be_read_is_told(void **state)
{
	(void)state;
	if (geteuid() == 0)
		return; /* root may read everything */
	apply("");
	assert_int_equal(chmod(path, 0), 0);
	assert_string_equal(apply_path(), ": cannot open: Permission denied\n");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(nul_bytes_are_told),
		WITH_FOLDER(long_lines_are_told),
		WITH_FOLDER(a_file_of_nothing_but_errors_is_given_up),
		WITH_FOLDER(strange_bytes_are_not_repeated),
		WITH_FOLDER(a_long_unknown_name_has_no_neighbour),
		WITH_FOLDER(the_size_is_limited),
		WITH_FOLDER(what_is_no_file_is_told_and_not_waited_for),
		WITH_FOLDER(a_file_that_may_not_be_read_is_told),
	};

	return cmocka_run_group_tests_name("file_unfit", group, NULL, NULL) == 0 ? 0 : 1;
}
