/* SPDX-License-Identifier: BSD-2-Clause */
#include "common/transport.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <string.h>

#include <cmocka.h>

static void every_name_is_read_back(void **state)
{
	static const char *const texts[] = { "tcp:x", "udp:x", "unix:x", "unixgram:x" };

	(void)state;
	for (unsigned i = 0; i < TRANSPORT_COUNT; i++) {
		enum transport transport = TRANSPORT_COUNT;
		const char *rest = transport_read(texts[i], &transport);

		assert_non_null(rest);
		assert_string_equal(rest, "x");
		assert_int_equal(transport, i);
		assert_int_equal(strncmp(transport_name(transport), texts[i],
					 strlen(transport_name(transport))),
				 0);
	}
}

static void what_is_no_prefix_is_none(void **state)
{
	static const char *const texts[] = { "",   "tcp",     "tc:x",    "tcpx:x",
					     ":x", "unixg:x", "[::1]:7", "TCP:x:7" };

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		enum transport transport = TRANSPORT_UNIX;

		assert_null(transport_read(texts[i], &transport));
		assert_int_equal(transport, TRANSPORT_UNIX);
	}
}

static void the_sets_are_what_they_say(void **state)
{
	(void)state;
	for (enum transport each = TRANSPORT_TCP; each < TRANSPORT_COUNT; each++) {
		assert_true(transport_in(each, TRANSPORT_STREAM) !=
			    transport_in(each, TRANSPORT_DATAGRAM));
		assert_true(transport_in(each, TRANSPORT_INET) !=
			    transport_in(each, TRANSPORT_LOCAL));
	}
	assert_true(transport_in(TRANSPORT_UNIX, TRANSPORT_STREAM & TRANSPORT_LOCAL));
	assert_true(transport_in(TRANSPORT_UDP, TRANSPORT_DATAGRAM & TRANSPORT_INET));
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(every_name_is_read_back),
		cmocka_unit_test(what_is_no_prefix_is_none),
		cmocka_unit_test(the_sets_are_what_they_say),
	};

	return cmocka_run_group_tests_name("transport", group, NULL, NULL) == 0 ? 0 : 1;
}
