/* SPDX-License-Identifier: BSD-2-Clause */
/* Servers as the command line names them. */
#include "bench/target.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

static void names_are_read(void **state)
{
	static const struct {
		const char *text;
		enum transport transport;
		const char *host;
		uint16_t port;
	} rows[] = {
		{ "localhost:7", TRANSPORT_TCP, "localhost", 7 },
		{ "tcp:[::1]:7777", TRANSPORT_TCP, "::1", 7777 },
		{ "udp:10.0.0.1:65535", TRANSPORT_UDP, "10.0.0.1", 65535 },
		{ "unix:/run/a:b", TRANSPORT_UNIX, "/run/a:b", 0 },
		{ "unixgram:@name", TRANSPORT_UNIXGRAM, "@name", 0 },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct target target;
		struct err err;

		assert_int_equal(target_read(&target, rows[i].text, &err), 0);
		assert_int_equal(target.transport, rows[i].transport);
		assert_string_equal(target.host, rows[i].host);
		assert_int_equal(target.port, rows[i].port);
		assert_int_equal(target_is_local(&target), rows[i].port == 0);
		assert_int_equal(target_is_datagram(&target), i == 2 || i == 4);
	}
}

static void nonsense_is_refused(void **state)
{
	static const char *const texts[] = { "",      "localhost",  "udp:7",      "udp::7",
					     "tcp:a", "unix:",      "unixgram:@", "sctp:a:7",
					     "a:0",   "udp:a:65536" };
	char path[256] = "unix:";

	(void)state;
	memset(path + 5, 'x', 108);
	for (size_t i = 0; i <= sizeof texts / sizeof texts[0]; i++) {
		const char *text = i < sizeof texts / sizeof texts[0] ? texts[i] : path;
		struct target target;
		struct err err = { 0 };

		assert_int_equal(target_read(&target, text, &err), -1);
		assert_true(err.text[0] != '\0');
	}
}

static void only_tcp_needs_no_name(void **state)
{
	struct target target = { .transport = TRANSPORT_TCP };
	struct addr server;
	struct err err;
	char text[TARGET_TEXT_MAX];

	(void)state;
	addr_any(&server, AF_INET, 7);
	assert_string_equal(target_format(&target, &server, text), "0.0.0.0:7");
	target.transport = TRANSPORT_UDP;
	assert_string_equal(target_format(&target, &server, text), "udp:0.0.0.0:7");
	target.transport = TRANSPORT_UNIXGRAM;
	assert_int_equal(addr_unix(&server, "@name", &err), 0);
	assert_string_equal(target_format(&target, &server, text), "unixgram:@name");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(names_are_read),
		cmocka_unit_test(nonsense_is_refused),
		cmocka_unit_test(only_tcp_needs_no_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
