/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong with a configuration: all of it is told, each once and where it is, and whose fault
 * it is. */
#include "conf.h"

static void who_is_at_fault_decides_the_status(void **state)
{
	(void)state;
	put(path, "workers 0\n");
	assert_int_equal(LOAD("-w4"), 78);
	put(path, "workers 4\n");
	assert_int_equal(LOAD("-w0"), 2);
	put(path, "workers 0\n");
	assert_int_equal(LOAD("-w0"), 2);
	unlink(path);
	assert_int_equal(LOAD("-w4"), 78);
	assert_memory_equal(errors, path, strlen(path));
	assert_string_equal(errors + strlen(path), ": cannot open: No such file or directory\n");
}

static void all_errors_are_told_at_once(void **state)
{
	char expected[4 * PATH_MAX];

	(void)state;
	put(path, "workers 0\n\nxyzzy 1\nport 99999\n");
	assert_int_equal(LOAD("--drain-timeout=x", "-w9999", "-P", ""), 2);
	snprintf(
		expected, sizeof expected,
		"%s:1: workers: '0' is neither auto nor a number from 1 to 1024\n"
		"%s:3: unknown directive 'xyzzy'\n"
		"%s:4: port: '99999' is not a number from 0 to 65535\n"
		"--drain-timeout: 'x' is not a time (seconds, or with ms, s, m or h) from 0s to 24h\n"
		"--workers: '9999' is neither auto nor a number from 1 to 1024\n"
		"--pid-file: the value is empty\n",
		path, path, path);
	assert_string_equal(errors, expected);
}

static void after_an_error_there_is_nothing(void **state)
{
	static const struct conf empty;

	(void)state;
	assert_int_equal(LOAD_FILE("pid-file /x\nlisten tcp:127.0.0.1:1\nworkers 0\n"), 78);
	assert_memory_equal(&conf, &empty, sizeof conf);
}

static void there_is_a_limit_to_listeners(void **state)
{
	char text[64 * (CONF_LISTEN_MAX + 2)] = "", expected[PATH_MAX + 128];

	(void)state;
	for (int i = 1; i <= CONF_LISTEN_MAX; i++)
		sprintf(text + strlen(text), "listen tcp:127.0.0.1:%d\n", i);
	assert_int_equal(LOAD_FILE(text), 0);
	assert_int_equal(conf.listen_count, CONF_LISTEN_MAX);
	assert_int_equal(LOAD("-p1"), 0);
	assert_int_equal(conf.listen_count, 1);
	strcat(text, "port 33\n");
	assert_int_equal(LOAD_FILE(text), 78);
	snprintf(expected, sizeof expected, "%s:%d: port: more than %d addresses to listen on\n",
		 path, CONF_LISTEN_MAX + 1, CONF_LISTEN_MAX);
	assert_string_equal(errors, expected);
}

/* Each line of `lines` begins with a number, that of a line of the file, or with --. */
static void assert_errors(const char *lines)
{
	char expected[sizeof errors] = "";

	while (*lines != '\0') {
		size_t length = strcspn(lines, "\n") + 1;

		if (*lines != '-') {
			strcat(expected, path);
			strcat(expected, ":");
		}
		strncat(expected, lines, length);
		lines += length;
	}
	assert_string_equal(errors, expected);
}

#define MARKS(low, high) "pending-low (" low ") must be less than pending-high (" high ")\n"

static void marks_that_do_not_go_together_are_told_once(void **state)
{
	(void)state;
	assert_int_equal(
		LOAD_FILE("listen tcp:127.0.0.1:1\npending-low 32k\nlisten tcp:127.0.0.1:2\n"
			  "pending-high 32k\nlisten unix:/s\nlisten udp:127.0.0.1:1\n"),
		78);
	assert_errors("4: pending-high: " MARKS("32k", "32k"));
	assert_int_equal(LOAD_FILE("pending-high 64k\n"), 78);
	assert_errors("1: pending-high: " MARKS("64k", "64k"));
	assert_int_equal(LOAD_FILE("pending-low 1m\nport 1\nport 2\n"), 78);
	assert_errors("1: pending-low: " MARKS("1m", "256k"));
}

static void a_listener_is_to_blame_for_what_it_says(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("listen tcp:127.0.0.1:1 pending-low=32k\n"
				   "listen tcp:127.0.0.1:2 pending-low=16k\n"
				   "listen tcp:127.0.0.1:3 pending-low=1k pending-high=64k\n"
				   "listen tcp:127.0.0.1:4 pending-high=4k\n"
				   "pending-high 32k\npending-low 4k\n"),
			 78);
	assert_errors("1: listen: " MARKS("32k", "32k") "4: listen: " MARKS("4k", "4k"));
	/* Several addresses are one mistake. */
	put(path, "listen tcp:localhost:1 pending-low=1m\n");
	assert_int_equal(LOAD("-v"), 78);
	assert_errors("1: listen: " MARKS("1m", "256k"));
}

static void the_higher_level_is_to_blame(void **state)
{
	(void)state;
	put(path,
	    "listen tcp:127.0.0.1:1 pending-low=32k\nlisten tcp:127.0.0.1:2\npending-low 20k\n");
	assert_int_equal(LOAD("-w1", "--pending-high=16k", "-q"), 2);
	assert_errors("--pending-high: " MARKS("32k", "16k"));
	assert_int_equal(LOAD("--pending-high=30k"), 2);
	assert_errors("--pending-high: " MARKS("32k", "30k"));
	assert_int_equal(LOAD("--pending-low=300k", "-q"), 2);
	assert_errors("--pending-low: " MARKS("300k", "256k"));
	assert_int_equal(LOAD("--pending-low=30k", "--pending-high=30k", "-p1"), 2);
	assert_errors("--pending-high: " MARKS("30k", "30k"));
	assert_int_equal(LOAD("-l", "tcp:127.0.0.1:1 pending-high=5k", "-l", "tcp:127.0.0.1:2",
			      "-l", "tcp:127.0.0.1:3 pending-high=6k"),
			 2);
	assert_errors("--listen: tcp:127.0.0.1:1 pending-high=5k: " MARKS(
		"20k", "5k") "--listen: tcp:127.0.0.1:3 pending-high=6k: " MARKS("20k", "6k"));
}

#define FRAME "frame is a service for streams: datagrams need service=echo or discard\n"

/* What the command line says does not make it guilty. */
static void the_file_is_to_blame_for_what_is_in_it(void **state)
{
	(void)state;
	put(path, "listen udp:127.0.0.1:1 service=frame\npending-low 1m\nlisten tcp:127.0.0.1:1\n");
	assert_int_equal(LOAD("-w1", "-vv", "--daemon", "--pid-file=/x"), 78);
	assert_errors("1: listen: " FRAME "2: pending-low: " MARKS("1m", "256k"));
	assert_int_equal(LOAD("-w0"), 2);
	put(path, "listen udp:127.0.0.1:1 service=frame\nlisten tcp:127.0.0.1:1\n");
	assert_int_equal(LOAD("--pending-low=1m"), 2);
	assert_errors("1: listen: " FRAME "--pending-low: " MARKS("1m", "256k"));
}

static void frames_are_not_for_datagrams(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("service frame\nlisten tcp:127.0.0.1:1\nlisten udp:127.0.0.1:1\n"
				   "listen udp:127.0.0.1:2 service=echo\nlisten unixgram:/s\n"),
			 78);
	assert_errors("3: listen: " FRAME "5: listen: " FRAME);
	put(path,
	    "listen udp:127.0.0.1:1\nlisten udp:127.0.0.1:2\nlisten udp:127.0.0.1:3 service=frame\n");
	assert_int_equal(LOAD("-w1", "--service=frame"), 2);
	assert_errors("--service: " FRAME "3: listen: " FRAME);
	put(path, "service frame\n");
	assert_int_equal(LOAD("-l", "udp:127.0.0.1:1"), 2);
	assert_errors("--listen: udp:127.0.0.1:1: " FRAME);
}

#define PATH_ERROR "daemon needs an absolute path, as in unix:/run/echod.socket\n"

static void a_daemon_has_no_relative_paths(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("listen unix:/s\nlisten unix:s\ndaemon on\nlisten unixgram:t\n"),
			 78);
	assert_errors("2: listen: " PATH_ERROR "4: listen: " PATH_ERROR);
	put(path, "listen unix:s\nlisten unixgram:t\nlisten unix:@u\n");
	assert_int_equal(LOAD("-w1", "-D"), 2);
	assert_errors("--daemon: " PATH_ERROR);
	assert_int_equal(LOAD("-w1"), 0);
	put(path, "daemon on\n");
	assert_int_equal(LOAD("-l", "unix:s"), 2);
	assert_errors("--listen: unix:s: " PATH_ERROR);
}

#define GROUP_ERROR "user and group do not name the same group\n"

static void a_user_has_one_group(void **state)
{
	(void)state;
	assert_int_equal(LOAD_FILE("group 5\nuser 4:6\n"), 78);
	assert_errors("2: user: " GROUP_ERROR);
	put(path, "user 4:6\n");
	assert_int_equal(LOAD("-w1", "-g", "5"), 2);
	assert_errors("--group: " GROUP_ERROR);
	assert_int_equal(LOAD("-w1", "-g", "6"), 0);
	assert_int_equal(LOAD_FILE("\nuser 4000000000\n"), 78);
	assert_errors("2: user: user 4000000000 has no group of its own: a group is needed\n");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(who_is_at_fault_decides_the_status),
		WITH_FOLDER(all_errors_are_told_at_once),
		WITH_FOLDER(after_an_error_there_is_nothing),
		WITH_FOLDER(there_is_a_limit_to_listeners),
		WITH_FOLDER(marks_that_do_not_go_together_are_told_once),
		WITH_FOLDER(a_listener_is_to_blame_for_what_it_says),
		WITH_FOLDER(the_higher_level_is_to_blame),
		WITH_FOLDER(the_file_is_to_blame_for_what_is_in_it),
		WITH_FOLDER(frames_are_not_for_datagrams),
		WITH_FOLDER(a_daemon_has_no_relative_paths),
		WITH_FOLDER(a_user_has_one_group),
	};

	return cmocka_run_group_tests_name("errors in conf", group, NULL, NULL) == 0 ? 0 : 1;
}
