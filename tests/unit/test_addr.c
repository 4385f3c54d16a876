/* SPDX-License-Identifier: BSD-2-Clause */
/* HOST:PORT taken apart, looked up and shown. Only numeric hosts, and names that no name server is
 * asked for. */
#include "common/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <arpa/inet.h>
#include <dlfcn.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])
#define UNTOUCHED    4711

static struct addrinfo *made_up; /* what a look-up gives; NULL = what is true */

/* In place of libc's: what a name has is the machine's business. */
int getaddrinfo(const char *restrict host, const char *restrict service,
		const struct addrinfo *restrict hints, struct addrinfo **restrict found)
{
	int (*next)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	*(void **)&next = dlsym(RTLD_NEXT, "getaddrinfo");
	if (made_up == NULL)
		return next(host, service, hints, found);
	*found = made_up;
	return 0;
}

void freeaddrinfo(struct addrinfo *found)
{
	void (*next)(struct addrinfo *);

	*(void **)&next = dlsym(RTLD_NEXT, "freeaddrinfo");
	if (found != made_up)
		next(found);
}

static struct addr one_of(const char *host, uint16_t port)
{
	struct addr addr;
	struct err err = { "" };

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
		struct err err = { "" };

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
		struct err err = { "" };

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

/* A name with the addresses 127.0.0.1, 127.0.0.1, one that is not of the internet, ::1, 127.0.0.1.
 */
static int look_up_many(struct addr *list, size_t max, struct err *err)
{
	static struct sockaddr_in in4 = { .sin_family = AF_INET };
	static struct sockaddr_in6 in6 = { .sin6_family = AF_INET6 };
	static struct sockaddr other = { .sa_family = AF_UNIX };
	struct addrinfo all[5] = { 0 };
	int count;

	in4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	in6.sin6_addr = in6addr_loopback;
	for (int i = 0; i < 5; i++)
		all[i] = (struct addrinfo){ .ai_family = AF_INET,
					    .ai_addr = (struct sockaddr *)&in4,
					    .ai_addrlen = sizeof in4,
					    .ai_next = i < 4 ? &all[i + 1] : NULL };
	all[2].ai_family = AF_UNIX;
	all[2].ai_addr = &other;
	all[2].ai_addrlen = sizeof other;
	all[3].ai_family = AF_INET6;
	all[3].ai_addr = (struct sockaddr *)&in6;
	all[3].ai_addrlen = sizeof in6;
	made_up = all;
	count = addr_resolve("many", 7, list, max, err);
	made_up = NULL;
	return count;
}

static void the_same_address_is_listed_once(void **state)
{
	struct addr list[8];
	char text[ADDR_TEXT_MAX];
	struct err err;

	(void)state;
	assert_int_equal(look_up_many(list, 8, &err), 2);
	assert_string_equal(addr_format(&list[0], text), "127.0.0.1:7");
	assert_string_equal(addr_format(&list[1], text), "[::1]:7");
}

static void no_more_than_wanted_are_written(void **state)
{
	struct addr list[2] = { { .length = 0 }, { .length = UNTOUCHED } };
	struct err err;

	(void)state;
	assert_int_equal(look_up_many(list, 1, &err), 1);
	assert_true(list[0].length != 0);
	assert_int_equal(list[1].length, UNTOUCHED);
}

static void a_name_without_an_internet_address_is_told(void **state)
{
	struct sockaddr other = { .sa_family = AF_UNIX };
	struct addrinfo one = { .ai_family = AF_UNIX,
				.ai_addr = &other,
				.ai_addrlen = sizeof other };
	struct addr addr;
	struct err err = { "" };

	(void)state;
	made_up = &one;
	assert_int_equal(addr_resolve("strange", 7, &addr, 1, &err), -1);
	made_up = NULL;
	assert_string_equal(err.text, "'strange' has no internet address");
}

/* No name server is asked for these: an empty label, and one of 64 bytes (RFC 1035: 63). */
static void what_cannot_be_looked_up_is_named(void **state)
{
	static const char *const names[] = {
		"no..name", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa.b"
	};
	struct addr addr;
	struct err err;

	(void)state;
	for (size_t i = 0; i < COUNT(names); i++) {
		char begin[40];

		snprintf(begin, sizeof begin, "cannot resolve '%.10s", names[i]);
		assert_int_equal(addr_resolve(names[i], 7, &addr, 1, &err), -1);
		assert_memory_equal(err.text, begin, strlen(begin));
	}
	assert_int_equal(addr_resolve("no..\x1b[1mname", 7, &addr, 1, &err), -1);
	assert_non_null(strstr(err.text, "'no..?[1mname'"));
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

/* A path ends in a NUL, an abstract name does not (unix(7)). */
static void paths_become_addresses(void **state)
{
	static const struct {
		const char *text, *path;
		socklen_t length;
	} table[] = {
		{ "/run/s", "/run/s", offsetof(struct sockaddr_un, sun_path) + 7 },
		{ "s", "s", offsetof(struct sockaddr_un, sun_path) + 2 },
		{ "a@b", "a@b", offsetof(struct sockaddr_un, sun_path) + 4 },
		{ "@name", NULL, offsetof(struct sockaddr_un, sun_path) + 5 },
	};

	(void)state;
	for (size_t i = 0; i < COUNT(table); i++) {
		struct addr addr;
		struct err err = { "" };
		char text[ADDR_TEXT_MAX];

		memset(&addr, 0xff, sizeof addr);
		assert_int_equal(addr_unix(&addr, table[i].text, &err), 0);
		assert_int_equal(addr.storage.ss_family, AF_UNIX);
		assert_int_equal(addr.length, table[i].length);
		assert_string_equal(addr_format(&addr, text), table[i].text);
		assert_int_equal(addr_port(&addr), 0);
		assert_false(addr_is_any(&addr));
		if (table[i].path == NULL)
			assert_null(addr_path(&addr));
		else
			assert_string_equal(addr_path(&addr), table[i].path);
	}
}

static void paths_have_bounds(void **state)
{
	char path[200], text[ADDR_TEXT_MAX];
	struct addr addr, other;
	struct err err = { "" };

	(void)state;
	assert_int_equal(addr_unix(&addr, "", &err), -1);
	assert_string_equal(err.text, "'': no path");
	assert_int_equal(addr_unix(&addr, "@", &err), -1);
	assert_string_equal(err.text, "'@': no path");
	memset(path, 'p', sizeof path);
	path[107] = '\0';
	assert_int_equal(addr_unix(&addr, path, &err), 0);
	assert_string_equal(addr_path(&addr), path);
	assert_string_equal(addr_format(&addr, text), path);
	path[0] = '@';
	assert_int_equal(addr_unix(&other, path, &err), 0);
	assert_string_equal(addr_format(&other, text), path);
	assert_false(addr_equal(&addr, &other));
	path[107] = 'p';
	path[108] = '\0';
	assert_int_equal(addr_unix(&addr, path, &err), -1);
	assert_non_null(strstr(err.text, "the path is longer than 107 bytes"));
}

/* Of an address that the kernel has given: unnamed, and of a name with a NUL in it. */
static void strange_names_are_shown(void **state)
{
	struct addr addr = { .storage.ss_family = AF_UNIX, .length = sizeof(sa_family_t) };
	struct err err;
	char text[ADDR_TEXT_MAX];

	(void)state;
	assert_string_equal(addr_format(&addr, text), "unnamed");
	assert_null(addr_path(&addr));
	assert_int_equal(addr_unix(&addr, "@a\nb", &err), 0);
	assert_string_equal(addr_format(&addr, text), "@a?b");
}

static void clients_of_a_unix_socket_have_the_servers_name(void **state)
{
	char name[64], expected[ADDR_TEXT_MAX], text[ADDR_TEXT_MAX];
	int server = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), accepted;
	struct addr addr, own = { .storage.ss_family = AF_UNIX, .length = sizeof(sa_family_t) };
	struct err err;

	(void)state;
	snprintf(name, sizeof name, "@test_addr.%ld", (long)getpid());
	assert_int_equal(addr_unix(&addr, name, &err), 0);
	assert_int_equal(bind(server, (struct sockaddr *)&addr.storage, addr.length), 0);
	assert_int_equal(listen(server, 2), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&addr.storage, addr.length), 0);
	accepted = accept(server, NULL, NULL);
	snprintf(expected, sizeof expected, "a client of %s", name);
	assert_string_equal(addr_of_client(accepted, text), expected);
	close(accepted);
	close(client);
	client = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(bind(client, (struct sockaddr *)&own.storage, own.length), 0);
	assert_int_equal(connect(client, (struct sockaddr *)&addr.storage, addr.length), 0);
	accepted = accept(server, NULL, NULL);
	assert_int_equal(addr_of_client(accepted, text)[0], '@');
	assert_string_equal(addr_of_client(server, text), "a client that has gone");
	close(accepted);
	close(client);
	close(server);
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

int main(void)
{
	const struct CMUnitTest addr[] = {
		cmocka_unit_test(a_scope_is_shown_by_its_number),
		cmocka_unit_test(host_and_port_are_split),
		cmocka_unit_test(what_is_no_host_and_port_is_refused),
		cmocka_unit_test(the_least_port_is_the_callers),
		cmocka_unit_test(the_longest_host_fits),
		cmocka_unit_test(numeric_hosts_become_addresses),
		cmocka_unit_test(the_same_address_is_listed_once),
		cmocka_unit_test(no_more_than_wanted_are_written),
		cmocka_unit_test(a_name_without_an_internet_address_is_told),
		cmocka_unit_test(what_cannot_be_looked_up_is_named),
		cmocka_unit_test(addresses_are_shown),
		cmocka_unit_test(what_is_no_address_is_shown_all_the_same),
		cmocka_unit_test(the_unspecified_address_of_each_family),
		cmocka_unit_test(addresses_are_compared),
		cmocka_unit_test(paths_become_addresses),
		cmocka_unit_test(paths_have_bounds),
		cmocka_unit_test(strange_names_are_shown),
		cmocka_unit_test(clients_of_a_unix_socket_have_the_servers_name),
		cmocka_unit_test(overlaps_are_seen),
	};

	return cmocka_run_group_tests(addr, NULL, NULL) == 0 ? 0 : 1;
}
