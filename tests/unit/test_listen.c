/* SPDX-License-Identifier: BSD-2-Clause */
#include "conf/listen.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

static struct conf conf = { .profile = PROFILE_DEFAULTS };

static int tear_down(void **state)
{
	(void)state;
	conf_clear(&conf);
	return 0;
}

static void add(const char *text)
{
	struct err err = { 0 };

	if (conf.profile.pending_high == 0)
		conf.profile = (struct profile)PROFILE_DEFAULTS;
	if (listen_add(&conf, CONF_FILE, text, &err) == -1)
		fail_msg("%s: %s", text, err.text);
}

/* Completes listener i and returns its service. */
static uint64_t service_of(size_t i)
{
	struct err err = { 0 };

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

static void it_is_known_what_is_said(void **state)
{
	(void)state;
	add("tcp:127.0.0.1:1 delay-jitter=5ms greeting=\"rate=5 nodelay\" v6only");
	assert_true(listen_says(&conf.listens[0], "delay-jitter"));
	assert_true(listen_says(&conf.listens[0], "greeting"));
	assert_true(listen_says(&conf.listens[0], "v6only"));
	assert_false(listen_says(&conf.listens[0], "delay"));
	assert_false(listen_says(&conf.listens[0], "rate"));
	assert_false(listen_says(&conf.listens[0], "nodelay"));
}

static void unix_sockets_have_a_path(void **state)
{
	(void)state;
	add("unix:/run/s mode=0600");
	add("unix:@s");
	assert_int_equal(conf.listens[0].transport, TRANSPORT_UNIX);
	assert_string_equal(addr_path(&conf.listens[0].addr), "/run/s");
	assert_null(addr_path(&conf.listens[1].addr));
	service_of(0);
	assert_int_equal(conf.listens[0].profile.socket.mode, 0600);
}

/* [::] v6only=off is *; of other addresses it changes nothing, and * stays what it is. */
static void v6only_is_about_the_colons(void **state)
{
	static const struct profile built_in = PROFILE_DEFAULTS;
	static const bool dual[] = { true, false, false, false, true };
	struct err err;

	(void)state;
	add("tcp:[::]:1 v6only=off");
	add("tcp:[::]:2");
	add("tcp:[::1]:3 v6only=off");
	add("tcp:0.0.0.0:4 v6only=off");
	add("tcp:*:5 v6only=on");
	for (size_t i = 0; i < 5; i++) {
		assert_int_equal(listen_complete(&conf.listens[i], &built_in, &err), 0);
		assert_int_equal(conf.listens[i].dual, dual[i]);
	}
}

/* Clients of UNIX sockets have no address that they could be told by. */
static void rules_for_addresses_are_for_addresses(void **state)
{
	struct err err;

	(void)state;
	add("unix:/run/s");
	add("tcp:127.0.0.1:1");
	add("udp:127.0.0.1:1");
	assert_int_equal(rules_add(&conf.profile.rules, false, "all", &err), 0);
	conf.profile.per_source = 1;
	for (size_t i = 0; i < 3; i++)
		service_of(i);
	assert_int_equal(conf.listens[0].profile.rules.count, 0);
	assert_int_equal(conf.listens[0].profile.per_source, 0);
	assert_int_equal(conf.listens[1].profile.rules.count, 1);
	assert_int_equal(conf.listens[1].profile.per_source, 1);
	assert_int_equal(conf.listens[2].profile.rules.count, 1);
}

static void a_switch_alone_is_on(void **state)
{
	(void)state;
	conf.profile = (struct profile)PROFILE_DEFAULTS;
	conf.profile.socket.nodelay = conf.profile.socket.keepalive.on = false;
	add("tcp:127.0.0.1:1 nodelay keepalive");
	service_of(0);
	assert_true(conf.listens[0].profile.socket.nodelay);
	assert_true(conf.listens[0].profile.socket.keepalive.on);
}

/* Also without quotes around all of it. */
static void an_escaped_quote_begins_nothing(void **state)
{
	(void)state;
	add("tcp:127.0.0.1:1 greeting=a\\\"b service=discard");
	assert_int_equal(service_of(0), PROFILE_DISCARD);
	assert_string_equal(conf.listens[0].profile.greeting, "a\"b");
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
		{ "tcp:127.0.0.1:2 service",
		  "service: the value is missing: service=NAME, without blanks" },
		{ "tcp:127.0.0.1:2 delay = 5ms",
		  "delay: the value is missing: delay=TIME, without blanks" },
		{ "tcp:127.0.0.1:2 greeting", "greeting: the value is missing: greeting=TEXT" },
		{ "tcp:127.0.0.1:2 =echo", "unknown setting ''" },
		{ "tcp:127.0.0.1:2 service=echo service=echo", "service: stands there twice" },
		{ "tcp:127.0.0.1:2 \"service=echo", "unknown setting '\"service'" },
		{ "service=echo tcp:127.0.0.1:2", "'service=echo': expected tcp:HOST:PORT" },
		{ "tcp:127.0.0.1:2 mode=0600", "mode: has no meaning for tcp" },
		{ "unix:/run/other nodelay=on", "nodelay: has no meaning for unix" },
		{ "unix:", "'': no path" },
		{ "unix:/run/a\"b mode=0600", "the closing quote is missing" },
		{ "tcp:127.0.0.1:2 bind-to-device=\"a", "the closing quote is missing" },
		{ "tcp:127.0.0.1:1", "127.0.0.1:1 is listened on already (tcp:127.0.0.1:1)" },
		{ "", "'': expected tcp:HOST:PORT" },
	};

	(void)state;
	add("tcp:127.0.0.1:1");
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct err err = { 0 };

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
		WITH_CONF(it_is_known_what_is_said),
		WITH_CONF(unix_sockets_have_a_path),
		WITH_CONF(v6only_is_about_the_colons),
		WITH_CONF(rules_for_addresses_are_for_addresses),
		WITH_CONF(a_switch_alone_is_on),
		WITH_CONF(an_escaped_quote_begins_nothing),
		WITH_CONF(mistakes_are_named_and_change_nothing),
		WITH_CONF(a_mistake_drops_nothing),
	};

	return cmocka_run_group_tests_name("listen", group, NULL, NULL) == 0 ? 0 : 1;
}
