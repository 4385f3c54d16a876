/* SPDX-License-Identifier: BSD-2-Clause */
/* What the kinds of options take and refuse, and how they are written. */
#include "conf/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct conf conf;

static int empty_conf(void **state)
{
	(void)state;
	memset(&conf, 0, sizeof conf);
	return 0;
}

static int clear_conf(void **state)
{
	(void)state;
	conf_clear(&conf);
	return 0;
}

static void set(const char *name, const char *value)
{
	const struct option_row *row = option_find(name);
	struct err err = { 0 };

	assert_non_null(row);
	if (option_set(row, &conf, CONF_FILE, value, &err) == -1)
		fail_msg("%s %s: %s", name, value, err.text);
}

/* Refused with these words, and without a trace. */
static void refuse(const char *name, const char *value, const char *why)
{
	struct conf before = conf;
	struct err err = { 0 };

	assert_int_equal(option_set(option_find(name), &conf, CONF_FILE, value, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s %s: %s", name, value, err.text);
	assert_memory_equal(&conf, &before, sizeof conf);
}

/* What option_dump writes for this option, to be freed. */
static char *dump(const char *name)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	assert_non_null(out);
	option_dump(option_find(name), &conf, out);
	assert_int_equal(fclose(out), 0);
	return text;
}

static void assert_dump(const char *name, const char *expected)
{
	char *text = dump(name);

	assert_string_equal(text, expected);
	free(text);
}

static void numbers(void **state)
{
	(void)state;
	set("workers", "1");
	assert_int_equal(conf.workers, 1);
	set("workers", "1024");
	assert_int_equal(conf.workers, CONF_WORKERS_MAX);
	refuse("workers", "0", "'0' is neither auto nor a number from 1 to 1024");
	refuse("workers", "1025", "from 1 to 1024");
	refuse("workers", "-1", "from 1 to 1024");
	refuse("workers", "Auto", "from 1 to 1024");
	refuse("workers", "18446744073709551617", "from 1 to 1024");
	refuse("workers", "", "the value is empty");
	assert_dump("workers", "workers 1024\n");
	set("workers", "auto");
	assert_int_equal(conf.workers, 0);
	assert_dump("workers", "workers auto\n");
}

static void durations(void **state)
{
	(void)state;
	set("drain-timeout", "0");
	assert_int_equal(conf.drain_timeout_ms, 0);
	assert_dump("drain-timeout", "drain-timeout 0s\n");
	set("drain-timeout", "24h");
	assert_int_equal(conf.drain_timeout_ms, 86400000);
	refuse("drain-timeout", "86400001ms", "from 0s to 24h");
	refuse("drain-timeout", "soon", "is not a time");
	assert_dump("drain-timeout", "drain-timeout 24h\n");
	set("start-timeout", "1500ms");
	assert_int_equal(conf.start_timeout_ms, 1500);
	assert_dump("start-timeout", "start-timeout 1500ms\n");
	refuse("start-timeout", "99ms", "from 100ms to 1h");
}

static void switches(void **state)
{
	(void)state;
	set("daemon", "on");
	assert_true(conf.daemon);
	assert_dump("daemon", "daemon on\n");
	refuse("daemon", "maybe", "neither on nor off");
	set("daemon", "off");
	assert_false(conf.daemon);
	assert_dump("daemon", "daemon off\n");
	set("daemon", NULL); /* -D */
	assert_true(conf.daemon);
	refuse("daemon", "", "the value is empty");
}

static void paths(void **state)
{
	(void)state;
	assert_dump("pid-file", "pid-file none\n");
	set("pid-file", "/run/echod.pid");
	assert_string_equal(conf.pid_file, "/run/echod.pid");
	set("pid-file", "/run/other.pid");
	assert_string_equal(conf.pid_file, "/run/other.pid");
	assert_dump("pid-file", "pid-file /run/other.pid\n");
	refuse("pid-file", "", "the value is empty");
	set("pid-file", "none");
	assert_null(conf.pid_file);
}

static void choices(void **state)
{
	static const char *const levels[] = { "error", "warn", "notice", "info", "debug" };

	(void)state;
	for (size_t i = 0; i < COUNT(levels); i++) {
		char line[32];

		set("log-level", levels[i]);
		assert_int_equal(conf.log_level, i);
		snprintf(line, sizeof line, "log-level %s\n", levels[i]);
		assert_dump("log-level", line);
	}
	refuse("log-level", "warning", "'warning' is none of: error warn notice info debug");
	refuse("log-level", "3", "is none of");
	refuse("log-level", "inf\n", "a control character");
}

static void texts(void **state)
{
	(void)state;
	assert_dump("refusal-text", "refusal-text \"\"\n");
	set("refusal-text", "\"come back later\\n\"");
	assert_string_equal(conf.profile.refusal_text, "come back later\n");
	assert_dump("refusal-text", "refusal-text \"come back later\\n\"\n");
	refuse("refusal-text", "\"come", "the closing quote is missing");
	refuse("refusal-text", "", "the value is empty");
	set("refusal-text", "\"\"");
	assert_string_equal(conf.profile.refusal_text, "");
}

/* Two options, one list. */
static void networks(void **state)
{
	(void)state;
	assert_dump("allow", "allow all\n");
	assert_dump("deny", "deny none\n");
	set("deny", "10.1.0.0/16");
	set("allow", "10.0.0.0/8,::1");
	set("deny", "all");
	assert_dump("allow", "deny 10.1.0.0/16\nallow 10.0.0.0/8\nallow ::1\ndeny all\n");
	assert_dump("deny", "");
	refuse("allow", "10.0.0.0/8,10.0.0.0/33", "from 0 to 32");
	refuse("allow", "none", "'none' is no network");
	for (size_t i = 0; i < option_count; i++)
		assert_int_equal(option_repeats(&option_rows[i]),
				 strstr("listen port allow deny", option_rows[i].name) != NULL);
}

static void a_limit_can_be_off(void **state)
{
	(void)state;
	assert_dump("max-connections", "max-connections off\n");
	set("max-connections", "100");
	assert_int_equal(conf.max_connections, 100);
	set("max-connections", "off");
	assert_int_equal(conf.max_connections, 0);
	refuse("max-connections", "0", "'0' is neither off nor a number from 1 to");
	refuse("accept-rate", "none", "'none' is neither off nor a number from 1 to");
}

static void a_port_is_short_for_a_listener(void **state)
{
	(void)state;
	set("port", "7");
	set("port", "0");
	set("port", "65535");
	assert_int_equal(conf.listen_count, 3);
	assert_true(conf.listens[0].dual);
	assert_int_equal(addr_port(&conf.listens[2].addr), 65535);
	refuse("port", "65536", "'65536' is not a number from 0 to 65535");
	refuse("port", "-1", "from 0 to 65535");
	refuse("port", "echo", "from 0 to 65535");
	refuse("port", "7", "[::]:7 is listened on already (tcp:*:7)");
	refuse("port", "007", "is listened on already");
	assert_dump("port", "");
	assert_dump("listen", "listen tcp:*:7\nlisten tcp:*:0\nlisten tcp:*:65535\n");
}

static void listeners_add_up(void **state)
{
	(void)state;
	set("listen", "tcp:127.0.0.1:7777");
	set("listen", "tcp:[::1]:7777");
	set("listen", "tcp:*:80");
	assert_int_equal(conf.listen_count, 3);
	assert_false(conf.listens[1].dual);
	refuse("listen", "tcp:127.0.0.1:7777", "127.0.0.1:7777 is listened on already");
	refuse("listen", "dccp:127.0.0.1:7777",
	       "expected tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH");
	refuse("listen", "127.0.0.1:7777",
	       "expected tcp:HOST:PORT, udp:HOST:PORT, unix:PATH or unixgram:PATH");
	refuse("listen", "tcp:7777", "no port, expected HOST:PORT");
	refuse("listen", "tcp:a..b:7777", "cannot resolve 'a..b'");
	assert_dump("listen",
		    "listen tcp:127.0.0.1:7777\nlisten tcp:[::1]:7777\nlisten tcp:*:80\n");
}

static void add_verbosity(const char *name)
{
	struct err err;

	assert_int_equal(option_set(option_find(name), &conf, CONF_COMMAND_LINE, NULL, &err), 0);
}

static void verbosity_adds_up(void **state)
{
	(void)state;
	add_verbosity("verbose");
	add_verbosity("verbose");
	add_verbosity("quiet");
	assert_int_equal(conf.verbosity, 1);
	add_verbosity("quiet");
	add_verbosity("quiet");
	assert_int_equal(conf.verbosity, -1);
	assert_dump("verbose", "");
	assert_dump("help", "");
}

#define WITH_CONF(test) cmocka_unit_test_setup_teardown(test, empty_conf, clear_conf)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_CONF(numbers),
		WITH_CONF(durations),
		WITH_CONF(switches),
		WITH_CONF(paths),
		WITH_CONF(choices),
		WITH_CONF(texts),
		WITH_CONF(networks),
		WITH_CONF(a_limit_can_be_off),
		WITH_CONF(a_port_is_short_for_a_listener),
		WITH_CONF(listeners_add_up),
		WITH_CONF(verbosity_adds_up),
	};

	return cmocka_run_group_tests_name("option_kinds", group, NULL, NULL) == 0 ? 0 : 1;
}
