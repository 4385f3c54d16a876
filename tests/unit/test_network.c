/* SPDX-License-Identifier: BSD-2-Clause */
/* Networks in and out, and who is in them. */
#include "common/network.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static struct network parse(const char *text)
{
	struct network network;
	struct err err = { 0 };

	if (network_parse(text, &network, &err) == -1)
		fail_msg("%s: %s", text, err.text);
	return network;
}

static struct addr address(const char *host)
{
	struct addr addr;
	struct err err;

	assert_int_equal(addr_resolve(host, 7, &addr, 1, &err), 1);
	return addr;
}

static void what_is_read_is_written(void **state)
{
	static const struct {
		const char *text, *written;
	} table[] = {
		{ "all", "all" },
		{ "10.0.0.0/8", "10.0.0.0/8" },
		{ "192.0.2.1", "192.0.2.1" },
		{ "192.0.2.1/32", "192.0.2.1" },
		{ "0.0.0.0/0", "0.0.0.0/0" },
		{ "128.0.0.0/1", "128.0.0.0/1" },
		{ "192.0.2.4/30", "192.0.2.4/30" },
		{ "::/0", "::/0" },
		{ "2001:DB8::/32", "2001:db8::/32" },
		{ "::1/128", "::1" },
		{ "fe80::/10", "fe80::/10" },
		{ "::ffff:10.0.0.0/104", "10.0.0.0/8" },
		{ "::ffff:0:0/96", "0.0.0.0/0" },
		{ "::ffff:192.0.2.1", "192.0.2.1" },
	};
	char text[NETWORK_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct network network = parse(table[i].text), again;

		assert_string_equal(network_format(&network, text), table[i].written);
		again = parse(text);
		assert_memory_equal(&again, &network, sizeof network);
	}
}

static void what_is_no_network_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "", "'' is no network: expected all, ADDRESS or ADDRESS/BITS" },
		{ "All", "is no network" },
		{ "10.0.0", "is no network" },
		{ "10.0.0.256", "is no network" },
		{ "10.0.0.0/", "10.0.0.0/BITS: '' is not a number from 0 to 32" },
		{ "10.0.0.0/33", "from 0 to 32" },
		{ "10.0.0.0/-1", "from 0 to 32" },
		{ "10.0.0.0/8/8", "from 0 to 32" },
		{ "::/129", "from 0 to 128" },
		{ "/8", "is no network" },
		{ "[::1]", "is no network" },
		{ " 10.0.0.0/8", "is no network" },
		{ "localhost", "is no network" },
		{ "10.1.2.3/8", "10.1.2.3/8 has bits behind its prefix: did you mean 10.0.0.0/8?" },
		{ "1.0.0.0/0", "did you mean 0.0.0.0/0?" },
		{ "2001:db8::1/64", "did you mean 2001:db8::/64?" },
		{ "0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000:0000", "is no network" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct network network = { .bits = 77 };
		struct err err = { 0 };

		assert_int_equal(network_parse(table[i].text, &network, &err), -1);
		if (strstr(err.text, table[i].why) == NULL)
			fail_msg("%s: %s", table[i].text, err.text);
		assert_int_equal(network.bits, 77);
	}
}

static void who_is_in_it(void **state)
{
	static const struct {
		const char *network, *host;
		bool has;
	} table[] = {
		{ "all", "192.0.2.1", true },
		{ "all", "::1", true },
		{ "192.0.2.0/24", "192.0.2.0", true },
		{ "192.0.2.0/24", "192.0.2.255", true },
		{ "192.0.2.0/24", "192.0.3.0", false },
		{ "192.0.2.0/24", "192.0.1.255", false },
		{ "192.0.2.0/24", "::ffff:192.0.2.7", true },
		{ "192.0.2.0/24", "::192.0.2.7", false },
		{ "192.0.2.4/30", "192.0.2.7", true },
		{ "192.0.2.4/30", "192.0.2.8", false },
		{ "192.0.2.1", "192.0.2.1", true },
		{ "192.0.2.1", "192.0.2.0", false },
		{ "0.0.0.0/0", "255.255.255.255", true },
		{ "0.0.0.0/0", "::1", false },
		{ "0.0.0.0/0", "::ffff:1.2.3.4", true },
		{ "::/0", "2001:db8::1", true },
		{ "::/0", "192.0.2.1", false },
		{ "::/0", "::ffff:192.0.2.1", false },
		{ "2001:db8::/33", "2001:db8:7fff::", true },
		{ "2001:db8::/33", "2001:db8:8000::", false },
		{ "::1", "::1", true },
		{ "::1", "::2", false },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct network network = parse(table[i].network);
		struct addr addr = address(table[i].host);

		if (network_has(&network, &addr) != table[i].has)
			fail_msg("%s, %s", table[i].network, table[i].host);
	}
}

static void a_unix_socket_is_in_all_only(void **state)
{
	struct network all = parse("all"), four = parse("0.0.0.0/0"), six = parse("::/0");
	struct addr addr;
	struct err err;

	(void)state;
	assert_int_equal(addr_unix(&addr, "@name", &err), 0);
	assert_true(network_has(&all, &addr));
	assert_false(network_has(&four, &addr) || network_has(&six, &addr));
}

static void around_an_address(void **state)
{
	struct addr four = address("192.0.2.77"), mapped = address("::ffff:192.0.2.77"),
		    six = address("2001:db8:1:2:3:4:5:6");
	struct network network;
	char text[NETWORK_TEXT_MAX];

	(void)state;
	network_around(&four, 32, 64, &network);
	assert_string_equal(network_format(&network, text), "192.0.2.77");
	network_around(&mapped, 32, 64, &network);
	assert_string_equal(network_format(&network, text), "192.0.2.77");
	network_around(&four, 24, 64, &network);
	assert_string_equal(network_format(&network, text), "192.0.2.0/24");
	network_around(&six, 32, 64, &network);
	assert_string_equal(network_format(&network, text), "2001:db8:1:2::/64");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(what_is_read_is_written),
		cmocka_unit_test(what_is_no_network_is_refused),
		cmocka_unit_test(who_is_in_it),
		cmocka_unit_test(a_unix_socket_is_in_all_only),
		cmocka_unit_test(around_an_address),
	};

	return cmocka_run_group_tests_name("network", group, NULL, NULL) == 0 ? 0 : 1;
}
