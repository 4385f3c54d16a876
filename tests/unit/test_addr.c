/* SPDX-License-Identifier: BSD-2-Clause */
/* Internet addresses: HOST:PORT taken apart, numeric hosts, how they are shown and compared. */
#include "common/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define UNTOUCHED    4711

static struct addr one_of(const char *host, uint16_t port)
{
	struct addr addr;
	struct err err = { 0 };

	if (addr_resolve(host, port, &addr, 1, &err) != 1)
		fail_msg("%s: %s", host, err.text);
	return addr;
}

static void host_and_port_are_split(void **state)
{
	static const struct {
		const char *text, *host;
		uint16_t port;
	} table[] = {
		{ "127.0.0.1:7777", "127.0.0.1", 7777 },
		{ "localhost:0", "localhost", 0 },
		{ "[::1]:7", "::1", 7 },
		{ "[2001:db8::7]:65535", "2001:db8::7", 65535 },
		{ "*:80", "*", 80 },
		{ "a:1", "a", 1 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char host[ADDR_HOST_MAX];
		uint16_t port = UNTOUCHED;
		struct err err = { 0 };

		if (addr_split(table[i].text, 0, host, &port, &err) == -1)
			fail_msg("'%s': %s", table[i].text, err.text);
		assert_string_equal(host, table[i].host);
		assert_int_equal(port, table[i].port);
	}
}

static void what_is_no_host_and_port_is_refused(void **state)
{
	static const struct {
		const char *text, *why;
	} table[] = {
		{ "", "no port, expected HOST:PORT" },
		{ "localhost", "no port, expected HOST:PORT" },
		{ "7777", "no port, expected HOST:PORT" },
		{ ":7777", "no host, expected HOST:PORT" },
		{ ":", "no host, expected HOST:PORT" },
		{ "::1:7777", "an IPv6 address needs brackets" },
		{ "::", "an IPv6 address needs brackets" },
		{ "[::1]", "expected [IPv6 ADDRESS]:PORT" },
		{ "[::1:7777", "expected [IPv6 ADDRESS]:PORT" },
		{ "[::1]x:7777", "expected [IPv6 ADDRESS]:PORT" },
		{ "[]:7777", "expected [IPv6 ADDRESS]:PORT" },
		{ "[:7777", "expected [IPv6 ADDRESS]:PORT" },
		{ "host:", "port: '' is not a number from 0 to 65535" },
		{ "host:-1", "port: '-1' is not a number from 0 to 65535" },
		{ "host:65536", "port: '65536' is not a number from 0 to 65535" },
		{ "host:4294967297", "port: '4294967297' is not a number" },
		{ "host:80 ", "port: '80 ' is not a number" },
		{ "host:echo", "port: 'echo' is not a number" },
		{ "ho\nst", "'ho?st': no port" },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		char host[ADDR_HOST_MAX] = "untouched";
		uint16_t port = UNTOUCHED;
		struct err err = { 0 };

		assert_int_equal(addr_split(table[i].text, 0, host, &port, &err), -1);
		if (strstr(err.text, table[i].why) == NULL)
			fail_msg("'%s': %s", table[i].text, err.text);
		assert_int_equal(port, UNTOUCHED);
	}
}

static void the_least_port_is_the_callers(void **state)
{
	char host[ADDR_HOST_MAX];
	uint16_t port = UNTOUCHED;
	struct err err;

	(void)state;
	assert_int_equal(addr_split("host:0", 1, host, &port, &err), -1);
	assert_string_equal(err.text, "port: '0' is not a number from 1 to 65535");
	assert_int_equal(addr_split("host:1", 1, host, &port, &err), 0);
	assert_int_equal(port, 1);
}

static void the_longest_host_fits(void **state)
{
	struct {
		char host[ADDR_HOST_MAX];
		char guard;
	} result = { .guard = 'G' };
	char text[2 * ADDR_HOST_MAX];
	uint16_t port;
	struct err err;

	(void)state;
	memset(text, 'h', sizeof text);
	strcpy(text + ADDR_HOST_MAX - 1, ":1");
	assert_int_equal(addr_split(text, 0, result.host, &port, &err), 0);
	assert_int_equal(strlen(result.host), ADDR_HOST_MAX - 1);
	assert_int_equal(result.guard, 'G');
	memset(text, 'h', sizeof text);
	strcpy(text + ADDR_HOST_MAX, ":1");
	assert_int_equal(addr_split(text, 0, result.host, &port, &err), -1);
	assert_non_null(strstr(err.text, "the host is too long"));
	assert_null(strchr(err.text, '\n'));
}

static void numeric_hosts_become_addresses(void **state)
{
	struct addr addr = one_of("192.0.2.1", 7);
	struct sockaddr_in in;
	struct sockaddr_in6 in6;

	(void)state;
	memcpy(&in, &addr.storage, sizeof in);
	assert_int_equal(addr.length, sizeof in);
	assert_int_equal(in.sin_family, AF_INET);
	assert_int_equal(in.sin_port, htons(7));
	assert_int_equal(in.sin_addr.s_addr, htonl(0xc0000201));
	addr = one_of("2001:db8::1", 65535);
	memcpy(&in6, &addr.storage, sizeof in6);
	assert_int_equal(addr.length, sizeof in6);
	assert_int_equal(in6.sin6_family, AF_INET6);
	assert_int_equal(in6.sin6_port, htons(65535));
	assert_int_equal(in6.sin6_addr.s6_addr[15], 1);
}

static void addresses_are_shown(void **state)
{
	static const struct {
		const char *host, *text;
		uint16_t port;
	} table[] = {
		{ "192.0.2.1", "192.0.2.1:7", 7 },
		{ "0.0.0.0", "0.0.0.0:0", 0 },
		{ "::", "[::]:65535", 65535 },
		{ "2001:db8:0:0:0:0:0:1", "[2001:db8::1]:80", 80 },
		{ "::ffff:192.0.2.9", "192.0.2.9:80", 80 },
		{ "1111:2222:3333:4444:5555:6666:7777:8888",
		  "[1111:2222:3333:4444:5555:6666:7777:8888]:65535", 65535 },
	};
	char text[ADDR_TEXT_MAX];

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct addr addr = one_of(table[i].host, table[i].port);

		assert_ptr_equal(addr_format(&addr, text), text);
		assert_string_equal(text, table[i].text);
	}
}

static void what_is_no_address_is_shown_all_the_same(void **state)
{
	struct addr addr = { .length = sizeof(struct sockaddr_in) };
	char text[ADDR_TEXT_MAX];

	(void)state;
	addr.storage.ss_family = AF_UNSPEC;
	assert_int_equal(addr_format(&addr, text)[0], '?');
}

/* A worker may not look up the name of the interface: that takes a socket. */
static void a_scope_is_shown_by_its_number(void **state)
{
	struct addr addr = { .length = sizeof(struct sockaddr_in6) };
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)&addr.storage;
	char text[ADDR_TEXT_MAX];

	(void)state;
	in6->sin6_family = AF_INET6;
	in6->sin6_port = htons(7);
	in6->sin6_scope_id = 1; /* that of lo */
	assert_int_equal(inet_pton(AF_INET6, "fe80::1", &in6->sin6_addr), 1);
	assert_string_equal(addr_format(&addr, text), "[fe80::1%1]:7");
	in6->sin6_scope_id = UINT32_MAX;
	assert_string_equal(addr_format(&addr, text), "[fe80::1%4294967295]:7");
}

static void the_unspecified_address_of_each_family(void **state)
{
	struct addr any;
	char text[ADDR_TEXT_MAX];

	(void)state;
	memset(&any, 0xff, sizeof any);
	addr_any(&any, AF_INET6, 7777);
	assert_int_equal(any.length, sizeof(struct sockaddr_in6));
	assert_string_equal(addr_format(&any, text), "[::]:7777");
	memset(&any, 0xff, sizeof any);
	addr_any(&any, AF_INET, 7);
	assert_int_equal(any.length, sizeof(struct sockaddr_in));
	assert_string_equal(addr_format(&any, text), "0.0.0.0:7");
}

static void addresses_are_compared(void **state)
{
	struct addr one = one_of("192.0.2.1", 7), other = one_of("192.0.2.1", 7), any4, any6;

	(void)state;
	assert_true(addr_equal(&one, &other));
	addr_set_port(&other, 8);
	assert_int_equal(addr_port(&other), 8);
	assert_false(addr_equal(&one, &other));
	other = one_of("192.0.2.2", 7);
	assert_false(addr_equal(&one, &other));
	addr_any(&any4, AF_INET, 7);
	addr_any(&any6, AF_INET6, 7);
	assert_false(addr_equal(&any4, &any6));
	addr_set_port(&any6, 65535);
	assert_int_equal(addr_port(&any6), 65535);
}

static void overlaps_are_seen(void **state)
{
	struct addr one = one_of("192.0.2.1", 7), other = one_of("192.0.2.2", 7);
	struct addr six = one_of("2001:db8::1", 7), any4, any6;

	(void)state;
	addr_any(&any4, AF_INET, 7);
	addr_any(&any6, AF_INET6, 7);
	assert_true(addr_is_any(&any4) && addr_is_any(&any6));
	assert_false(addr_is_any(&one) || addr_is_any(&six));
	assert_true(addr_overlap(&one, false, &one, false));
	assert_false(addr_overlap(&one, false, &other, false));
	assert_true(addr_overlap(&one, false, &any4, false));
	assert_true(addr_overlap(&any4, false, &one, false));
	assert_false(addr_overlap(&one, false, &any6, false));
	assert_true(addr_overlap(&one, false, &any6, true));
	assert_true(addr_overlap(&any6, true, &one, false));
	assert_false(addr_overlap(&six, true, &one, false));
	addr_set_port(&any6, 8);
	assert_false(addr_overlap(&one, false, &any6, true));
}

static void groups_are_known(void **state)
{
	struct addr last = one_of("239.255.255.255", 7), behind = one_of("255.255.255.254", 7);
	struct addr group = one_of("224.0.0.1", 7), group6 = one_of("ff02::1", 7);
	struct addr all = one_of("255.255.255.255", 7), mapped = one_of("::ffff:224.0.0.1", 7);
	struct addr before = one_of("223.255.255.255", 7), six = one_of("fe80::1", 7), path;
	struct err err;

	(void)state;
	assert_true(addr_is_group(&group) && addr_is_group(&last));
	assert_true(addr_is_group(&group6) && addr_is_group(&mapped) && addr_is_group(&all));
	assert_false(addr_is_group(&before) || addr_is_group(&behind));
	assert_false(addr_is_group(&six));
	assert_int_equal(addr_unix(&path, "/ff", &err), 0);
	assert_false(addr_is_group(&path));
}

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(host_and_port_are_split),
		cmocka_unit_test(what_is_no_host_and_port_is_refused),
		cmocka_unit_test(the_least_port_is_the_callers),
		cmocka_unit_test(the_longest_host_fits),
		cmocka_unit_test(numeric_hosts_become_addresses),
		cmocka_unit_test(addresses_are_shown),
		cmocka_unit_test(a_scope_is_shown_by_its_number),
		cmocka_unit_test(what_is_no_address_is_shown_all_the_same),
		cmocka_unit_test(the_unspecified_address_of_each_family),
		cmocka_unit_test(addresses_are_compared),
		cmocka_unit_test(overlaps_are_seen),
		cmocka_unit_test(groups_are_known),
	};

	return cmocka_run_group_tests_name("addr", group, NULL, NULL) == 0 ? 0 : 1;
}
