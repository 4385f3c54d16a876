/* SPDX-License-Identifier: BSD-2-Clause */
/* Addresses of UNIX sockets: paths and abstract names, and how they and their clients are shown. */
#include "common/addr.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

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
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		struct addr addr;
		struct err err = { 0 };
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
	struct err err = { 0 };

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

int main(void)
{
	const struct CMUnitTest group[] = {
		cmocka_unit_test(paths_become_addresses),
		cmocka_unit_test(paths_have_bounds),
		cmocka_unit_test(strange_names_are_shown),
		cmocka_unit_test(clients_of_a_unix_socket_have_the_servers_name),
	};

	return cmocka_run_group_tests_name("addr_unix", group, NULL, NULL) == 0 ? 0 : 1;
}
