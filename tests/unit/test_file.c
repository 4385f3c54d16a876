/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration file: what lines mean, and that every fault is told with its line. */
#include "conf/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static char folder[PATH_MAX - 64], path[PATH_MAX];
static struct conf conf;
static char errors[8192]; /* one a line, without the path */

static void on_error(void *context, const char *line)
{
	size_t used = strlen(errors);

	(void)context;
	assert_memory_equal(line, path, strlen(path));
	assert_null(strchr(line, '\n'));
	snprintf(errors + used, sizeof errors - used, "%s\n", line + strlen(path));
}

static int new_folder(void **state)
{
	const char *tmp = getenv("TMPDIR");

	(void)state;
	memset(&conf, 0, sizeof conf);
	snprintf(folder, sizeof folder, "%s/test_file.XXXXXX", tmp == NULL ? "/tmp" : tmp);
	if (mkdtemp(folder) == NULL)
		return -1;
	snprintf(path, sizeof path, "%s/echod.conf", folder);
	return 0;
}

static int remove_folder(void **state)
{
	(void)state;
	conf_clear(&conf);
	if (unlink(path) == -1)
		rmdir(path);
	return rmdir(folder);
}

/* Applies what is at path; returns the errors. */
static const char *apply_path(void)
{
	struct conf_sink sink = { .on_error = on_error };
	unsigned lines = 0;

	conf_clear(&conf);
	errors[0] = '\0';
	file_apply(path, &conf, &sink);
	for (const char *at = errors; (at = strchr(at, '\n')) != NULL; at++)
		lines++;
	assert_int_equal(sink.count, lines);
	return errors;
}

static const char *apply_bytes(const char *bytes, size_t size)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_int_equal(fwrite(bytes, 1, size, file), size);
	assert_int_equal(fclose(file), 0);
	return apply_path();
}

static const char *apply(const char *text)
{
	return apply_bytes(text, strlen(text));
}

static void directives_are_names_and_values(void **state)
{
	static const char *const same[] = {
		"workers 4\ndrain-timeout 3s\n",
		"workers 4\ndrain-timeout 3s",
		"workers 4\r\ndrain-timeout 3s\r\n",
		"workers 4\r\ndrain-timeout 3s\r",
		"\n\n  \t\nworkers\t4\n\t drain-timeout \t 3s \t\n\n",
		"# comment\nworkers 4 # comment\n  # comment\ndrain-timeout 3s\t#comment\n#",
		"drain-timeout 3s # workers 7\r\nworkers 4 \r\n#",
	};

	(void)state;
	for (size_t i = 0; i < COUNT(same); i++) {
		assert_string_equal(apply(same[i]), "");
		assert_int_equal(conf.workers, 4);
		assert_int_equal(conf.drain_timeout_ms, 3000);
	}
}

static void a_file_may_be_empty(void **state)
{
	static const char *const empty[] = { "", "\n", "\r\n", "#", " ", "# only a comment" };

	(void)state;
	for (size_t i = 0; i < COUNT(empty); i++)
		assert_string_equal(apply(empty[i]), "");
	snprintf(path, sizeof path, "/dev/null");
	assert_string_equal(apply_path(), "");
	snprintf(path, sizeof path, "%s/echod.conf", folder);
}

static void a_hash_within_a_word_is_no_comment(void **state)
{
	(void)state;
	assert_string_equal(apply("pid-file /run/a#b\n"), "");
	assert_string_equal(conf.pid_file, "/run/a#b");
	assert_string_equal(apply("pid-file /run/a #b\n"), "");
	assert_string_equal(conf.pid_file, "/run/a");
	assert_string_equal(apply("pid-file /run/with blanks in it  \n"), "");
	assert_string_equal(conf.pid_file, "/run/with blanks in it");
}

static void every_fault_is_told_with_its_line(void **state)
{
	(void)state;
	assert_string_equal(
		apply("workers 0\n"
		      "# fine\n"
		      "drain-timeout 5s\n"
		      "wrokers 4\n"
		      "xyzzy 1\n"
		      "port\n"
		      "daemon\n"
		      "log-level loud\n"
		      "listen dccp:*:7\n"),
		":1: workers: '0' is neither auto nor a number from 1 to 1024\n"
		":4: unknown directive 'wrokers' (did you mean 'workers'?)\n"
		":5: unknown directive 'xyzzy'\n"
		":6: port: the value is empty\n"
		":7: daemon: the value is empty\n"
		":8: log-level: 'loud' is none of: error warn notice info debug\n"
		":9: listen: 'dccp:*:7': expected tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH\n");
	assert_int_equal(conf.drain_timeout_ms, 5000); /* what is right was applied all the same */
}

static void what_is_for_the_command_line_is_refused(void **state)
{
	static const char *const names[] = { "config", "test",    "dump-config", "version",
					     "help",   "verbose", "quiet" };

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char line[64];

		snprintf(line, sizeof line, "%s on\n", names[i]);
		if (strstr(apply(line), "is for the command line only") == NULL)
			fail_msg("%s: '%s'", names[i], errors);
	}
	assert_int_equal(conf.verbosity, 0);
}

static void a_directive_is_given_once(void **state)
{
	(void)state;
	assert_string_equal(apply("workers 2\n\nworkers 3\nworkers 4\n"),
			    ":3: workers: set in line 1 already\n"
			    ":4: workers: set in line 3 already\n");
	assert_int_equal(conf.workers, 2);
	assert_string_equal(apply("workers x\nworkers 3\n"),
			    ":1: workers: 'x' is neither auto nor a number from 1 to 1024\n"
			    ":2: workers: set in line 1 already\n");
}

static void listeners_may_be_repeated_but_not_the_same(void **state)
{
	(void)state;
	assert_string_equal(
		apply("listen tcp:127.0.0.1:1\nlisten tcp:127.0.0.1:2\nport 1\nport 2\n"), "");
	assert_int_equal(conf.listen_count, 4);
	assert_string_equal(apply("port 1\nlisten tcp:*:1\nlisten tcp:[::]:1\n"),
			    ":2: listen: [::]:1 is listened on already (tcp:*:1)\n"
			    ":3: listen: [::]:1 is listened on already (tcp:*:1)\n");
}

static void a_byte_order_mark_is_no_part_of_a_name(void **state)
{
	(void)state;
	assert_string_equal(apply("\xef\xbb\xbfworkers 4\n"),
			    ":1: unknown directive '???workers' (did you mean 'workers'?)\n");
}

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

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, new_folder, remove_folder)

int main(void)
{
	const struct CMUnitTest file[] = {
		WITH_FOLDER(directives_are_names_and_values),
		WITH_FOLDER(a_file_may_be_empty),
		WITH_FOLDER(a_hash_within_a_word_is_no_comment),
		WITH_FOLDER(every_fault_is_told_with_its_line),
		WITH_FOLDER(what_is_for_the_command_line_is_refused),
		WITH_FOLDER(a_directive_is_given_once),
		WITH_FOLDER(listeners_may_be_repeated_but_not_the_same),
		WITH_FOLDER(a_byte_order_mark_is_no_part_of_a_name),
		WITH_FOLDER(nul_bytes_are_told),
		WITH_FOLDER(long_lines_are_told),
		WITH_FOLDER(a_file_of_nothing_but_errors_is_given_up),
		WITH_FOLDER(strange_bytes_are_not_repeated),
		WITH_FOLDER(a_long_unknown_name_has_no_neighbour),
		WITH_FOLDER(the_size_is_limited),
		WITH_FOLDER(what_is_no_file_is_told_and_not_waited_for),
		WITH_FOLDER(a_file_that_may_not_be_read_is_told),
	};

	return cmocka_run_group_tests(file, NULL, NULL) == 0 ? 0 : 1;
}
