/* SPDX-License-Identifier: BSD-2-Clause */
/* Configurations that are prepared, and then committed or abandoned as a whole. */
#include "supervisor/generation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "caught.h"
#include "common/log.h"
#include "conf/listen.h"
#include "folder.h"

static bool no_listen;

/* In place of libc's. */
int listen(int fd, int backlog)
{
	if (no_listen) {
		errno = EADDRINUSE;
		return -1;
	}
	return (int)syscall(SYS_listen, fd, backlog);
}

static struct generation generation;
static struct cmdline cmdline;

static int set_up(void **state)
{
	(void)state;
	no_listen = false;
	memset(&generation, 0, sizeof generation);
	if (make_folder("echod.conf") == -1)
		return -1;
	cmdline = (struct cmdline){ .config = path };
	return catch_stderr();
}

static int tidy_up(void **state)
{
	(void)state;
	release_stderr();
	log_set_level(LOG_LEVEL_NOTICE);
	generation_clear(&generation);
	return remove_folder();
}

/* What is caught has a port in the place of each @. */
static void assert_caught_with(const char *format, unsigned one, unsigned other)
{
	char expected[512], *at = expected;

	for (; *format != '\0'; format++) {
		if (*format == '@') {
			at += snprintf(at, 8, "%u", one);
			one = other;
		} else {
			*at++ = *format;
		}
	}
	*at = '\0';
	assert_caught(expected);
}

/* Reads the file anew, as at SIGHUP. */
static int reload(const char *text, struct err *err)
{
	char content[1024];

	/* Not every build has one, and says so. */
	assert_true(snprintf(content, sizeof content, "%ssandbox off\n", text) <
		    (int)sizeof content);
	put(path, content);
	return generation_reload(&generation, &cmdline, err);
}

static void must_reload(const char *text)
{
	struct err err = { 0 };

	if (reload(text, &err) == -1)
		fail_msg("%s", err.text);
}

static void must_commit(void)
{
	struct err err = { 0 };

	if (generation_commit(&generation, &err) == -1)
		fail_msg("%s", err.text);
}

static unsigned port(size_t address)
{
	return addr_port(&generation.slots.addresses[address].bound);
}

#define FIRST "workers 3\nlisten tcp:127.0.0.1:0\ndrain-timeout 7s\nstart-timeout 2s\n"

static void what_is_prepared_serves_after_the_commit(void **state)
{
	struct fleet_timing timing;

	(void)state;
	must_reload(FIRST);
	assert_caught("");
	assert_int_equal(generation.next_workers, 3);
	assert_int_equal(generation.workers, 0);
	assert_int_equal(generation.conf.listen_count, 0);
	timing = generation_timing(&generation);
	assert_int_equal(timing.start_ms, 2000);
	assert_int_equal(timing.drain_ms, 7000);
	must_commit();
	assert_int_equal(generation.workers, 3);
	assert_int_equal(generation.conf.drain_timeout_ms, 7000);
	assert_int_equal(generation.next.listen_count, 0);
	assert_caught_with("echod: listening on tcp 127.0.0.1:@ (3 workers)\n", port(0), 0);
}

/* The caller's configuration is taken over, and in any case empty afterwards. */
static void a_configuration_is_taken_over(void **state)
{
	static const struct conf empty;
	struct conf conf = { .workers = 1 };
	struct err err;

	(void)state;
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:127.0.0.1:0", &err), 0);
	assert_int_equal(generation_prepare(&generation, &conf, &err), 0);
	assert_memory_equal(&conf, &empty, sizeof conf);
	assert_int_equal(generation.next.listen_count, 1);
	must_commit();
	conf.workers = 1;
	no_listen = true;
	assert_int_equal(listen_add(&conf, CONF_FILE, "tcp:127.0.0.2:0", &err), 0);
	assert_int_equal(generation_prepare(&generation, &conf, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen on tcp 127.0.0.2:0"));
	assert_memory_equal(&conf, &empty, sizeof conf);
}

static void a_bad_file_changes_nothing(void **state)
{
	char expected[2 * PATH_MAX];
	struct err err;

	(void)state;
	must_reload(FIRST);
	must_commit();
	assert_int_equal(reload("workers x\n", &err), -1);
	snprintf(expected, sizeof expected,
		 "%s:1: workers: 'x' is neither auto nor a number from 1 to 1024", path);
	assert_string_equal(err.text, expected);
	assert_int_equal(reload("\nworkers 0\nport x\nxyzzy 1\n", &err), -1);
	snprintf(expected, sizeof expected,
		 "%s:2: workers: '0' is neither auto nor a number from 1 to 1024"
		 " (and 2 more; see echod --test)",
		 path);
	assert_string_equal(err.text, expected);
	unlink(path);
	assert_int_equal(generation_reload(&generation, &cmdline, &err), -1);
	assert_non_null(strstr(err.text, "cannot open"));
	assert_int_equal(generation.workers, 3);
	assert_int_equal(generation.conf.drain_timeout_ms, 7000);
	assert_int_equal(generation.next.listen_count, 0);
}

static void an_abandoned_one_changes_nothing(void **state)
{
	(void)state;
	must_reload(FIRST);
	must_commit();
	assert_caught_with("echod: listening on tcp 127.0.0.1:@ (3 workers)\n", port(0), 0);
	must_reload("workers 5\nlisten tcp:127.0.0.2:0\nlog-level debug\n");
	generation_abandon(&generation);
	assert_int_equal(generation.workers, 3);
	assert_int_equal(generation.conf.workers, 3);
	assert_int_equal(generation.next.listen_count, 0);
	assert_int_equal(generation.slots.addresses[0].opened, 3);
	assert_int_equal(generation.slots.addresses[1].opened, 0);
	assert_false(log_wants(LOG_LEVEL_INFO));
	assert_caught("");
	must_reload(FIRST);
	must_commit();
	assert_caught("");
}

static void a_commit_that_fails_can_be_abandoned(void **state)
{
	struct err err = { 0 };

	(void)state;
	must_reload(FIRST);
	must_commit();
	must_reload("workers 5\nlisten tcp:127.0.0.1:0\n");
	no_listen = true;
	assert_int_equal(generation_commit(&generation, &err), -1);
	assert_non_null(strstr(err.text, "cannot listen on tcp 127.0.0.1:"));
	generation_abandon(&generation);
	assert_int_equal(generation.workers, 3);
	assert_int_equal(generation.slots.addresses[0].opened, 3);
}

static void addresses_that_come_and_go_are_logged(void **state)
{
	unsigned before;

	(void)state;
	must_reload(FIRST);
	must_commit();
	before = port(0);
	assert_caught_with("echod: listening on tcp 127.0.0.1:@ (3 workers)\n", before, 0);
	must_reload("workers 1\nlisten tcp:127.0.0.2:0\n");
	must_commit();
	assert_int_equal(generation.orphans, 1);
	assert_caught_with("echod: no longer listening on tcp 127.0.0.1:@\n"
			   "echod: listening on tcp 127.0.0.2:@ (1 worker)\n",
			   before, port(1));
}

static void the_log_level_changes_with_the_commit(void **state)
{
	(void)state;
	must_reload("workers 1\nlisten tcp:127.0.0.1:0\nlog-level error\n");
	assert_true(log_wants(LOG_LEVEL_NOTICE));
	must_commit();
	assert_false(log_wants(LOG_LEVEL_WARN));
	assert_true(log_wants(LOG_LEVEL_ERROR));
}

static void what_needs_a_restart_is_told(void **state)
{
	static const char told[] = "echod: reload: pid-file changes only at a restart\n";

	(void)state;
	must_reload(FIRST);
	must_commit();
	assert_caught_with("echod: listening on tcp 127.0.0.1:@ (3 workers)\n", port(0), 0);
	must_reload(FIRST);
	must_commit();
	assert_caught("");
	must_reload(FIRST "pid-file /x\n");
	must_commit();
	assert_caught(told);
	must_reload(FIRST "pid-file /y\n");
	must_commit();
	assert_caught(told);
	must_reload(FIRST "pid-file /y\ndaemon on\n");
	assert_caught("echod: reload: daemon changes only at a restart\n");
}

static void how_auto_was_worked_out_is_logged(void **state)
{
	const char *text;
	char expected[64];

	(void)state;
	must_reload("listen tcp:127.0.0.1:0\n");
	assert_true(generation.next_workers >= 1 && generation.next_workers <= CONF_WORKERS_MAX);
	snprintf(expected, sizeof expected, "echod: workers: %u (affinity mask ",
		 generation.next_workers);
	text = caught();
	assert_memory_equal(text, expected, strlen(expected));
	assert_non_null(strstr(text, ", cgroup quota "));
}

#define WITH_FOLDER(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_FOLDER(what_is_prepared_serves_after_the_commit),
		WITH_FOLDER(a_configuration_is_taken_over),
		WITH_FOLDER(a_bad_file_changes_nothing),
		WITH_FOLDER(an_abandoned_one_changes_nothing),
		WITH_FOLDER(a_commit_that_fails_can_be_abandoned),
		WITH_FOLDER(addresses_that_come_and_go_are_logged),
		WITH_FOLDER(the_log_level_changes_with_the_commit),
		WITH_FOLDER(what_needs_a_restart_is_told),
		WITH_FOLDER(how_auto_was_worked_out_is_logged),
	};

	return cmocka_run_group_tests_name("generation", group, NULL, NULL) == 0 ? 0 : 1;
}
