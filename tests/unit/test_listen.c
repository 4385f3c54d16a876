/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

static struct conf conf;

static int tear_down(void **state)
{
	(void)state;
	conf_clear(&conf);
	return 0;
}

static void add(const char *text)
{
	struct err err = { "" };

	if (listen_add(&conf, CONF_FILE, text, &err) == -1)
		fail_msg("%s: %s", text, err.text);
}

/* Completes listener i and returns its service. */
static uint64_t service_of(size_t i)
{
	struct err err = { "" };

	if (listen_complete(&conf.listens[i], &conf.profile, &err) == -1)
		fail_msg("%s", err.text);
	return conf.listens[i].profile.service;
}

static void what_stands_behind_the_address_wins(void **state)
{
	(void)state;
	add("tcp:127.0.0.1:1 service=discard");
	add("tcp:127.0.0.1:2\tservice=echo ");
	add("tcp:127.0.0.1:3");
	assert_int_equal(service_of(0), PROFILE_DISCARD);
	assert_int_equal(service_of(1), PROFILE_ECHO);
	assert_int_equal(service_of(2), PROFILE_ECHO);
	/* Whatever comes later in the file is global for them all. */
	conf.profile.service = PROFILE_DISCARD;
	assert_int_equal(service_of(0), PROFILE_DISCARD);
	assert_int_equal(service_of(1), PROFILE_ECHO);
	assert_int_equal(service_of(2), PROFILE_DISCARD);
}

static void the_text_stays_as_it_was_written(void **state)
{
	(void)state;
	add("tcp:127.0.0.1:1  service=discard");
	assert_string_equal(conf.listens[0].text, "tcp:127.0.0.1:1  service=discard");
}

static void mistakes_are_named_and_change_nothing(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "tcp:127.0.0.1:2 service=ecko", "service: 'ecko' is none of: echo discard" },
		{ "tcp:127.0.0.1:2 servise=echo",
		  "unknown setting 'servise' (did you mean 'service'?)" },
		{ "tcp:127.0.0.1:2 xyzzy=1", "unknown setting 'xyzzy'" },
		{ "tcp:127.0.0.1:2 workers=2", "workers: cannot stand behind an address" },
		{ "tcp:127.0.0.1:2 service=", "service: the value is empty" },
		{ "tcp:127.0.0.1:2 service", "service: 'on' is none of: echo discard" },
		{ "tcp:127.0.0.1:2 =echo", "unknown setting ''" },
		{ "tcp:127.0.0.1:2 service=echo service=echo", "service: stands there twice" },
		{ "tcp:127.0.0.1:2 \"service=echo", "unknown setting '\"service'" },
		{ "service=echo tcp:127.0.0.1:2",
		  "'service=echo': expected tcp:HOST:PORT or udp:HOST:PORT" },
		{ "tcp:127.0.0.1:1", "127.0.0.1:1 is listened on already (tcp:127.0.0.1:1)" },
		{ "", "'': expected tcp:HOST:PORT or udp:HOST:PORT" },
	};

	(void)state;
	add("tcp:127.0.0.1:1");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err err = { "" };

		assert_int_equal(listen_add(&conf, CONF_FILE, table[i].text, &err), -1);
		if (strncmp(err.text, table[i].why, strlen(table[i].why)) != 0)
			fail_msg("'%s': %s", table[i].text, err.text);
		assert_int_equal(conf.listen_count, 1);
	}
}

/* Also if it is the first of a higher level, which would drop the others. */
static void a_mistake_drops_nothing(void **state)
{
	struct err err;

	(void)state;
	add("tcp:127.0.0.1:1");
	assert_int_equal(listen_add(&conf, CONF_COMMAND_LINE, "tcp:127.0.0.1:2 x=y", &err), -1);
	assert_int_equal(conf.listen_count, 1);
	add("tcp:127.0.0.1:2");
	assert_int_equal(listen_add(&conf, CONF_COMMAND_LINE, "tcp:127.0.0.1:3", &err), 0);
	assert_int_equal(conf.listen_count, 1);
	assert_int_equal(addr_port(&conf.listens[0].addr), 3);
}

#define WITH_CONF(test) cmocka_unit_test_teardown(test, tear_down)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_CONF(what_stands_behind_the_address_wins),
		WITH_CONF(the_text_stays_as_it_was_written),
		WITH_CONF(mistakes_are_named_and_change_nothing),
		WITH_CONF(a_mistake_drops_nothing),
	};

	return cmocka_run_group_tests_name("listen", group, NULL, NULL) == 0 ? 0 : 1;
}
