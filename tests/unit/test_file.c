/* SPDX-License-Identifier: BSD-2-Clause */
/* The configuration file: what lines mean, and that every fault is told with its line. */
#include "file.h"

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

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(directives_are_names_and_values),
		WITH_FOLDER(a_file_may_be_empty),
		WITH_FOLDER(a_hash_within_a_word_is_no_comment),
		WITH_FOLDER(every_fault_is_told_with_its_line),
		WITH_FOLDER(what_is_for_the_command_line_is_refused),
		WITH_FOLDER(a_directive_is_given_once),
		WITH_FOLDER(listeners_may_be_repeated_but_not_the_same),
		WITH_FOLDER(a_byte_order_mark_is_no_part_of_a_name),
	};

	return cmocka_run_group_tests_name("file", group, NULL, NULL) == 0 ? 0 : 1;
}
