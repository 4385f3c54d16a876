/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Options of sockets, as the kernel has them: in the one that listens, in those that it accepts,
 * and after a change.
 */
#include "supervisor/sockopt.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct profile_socket built_in = PROFILE_SOCKET;

static const struct profile_socket all = {
	.keepalive = { .on = true, .idle = 31, .interval = 7, .count = 3 },
	.linger_s = 9,
	.rcvbuf = 32768,
	.sndbuf = 49152,
	.ttl = 17,
	.tos = 16,
	.user_timeout_ms = 12345,
	.fastopen = 33,
	.broadcast = true,
};

/* What getsockopt says of `all`; the kernel doubles buffers. */
static const struct {
	int level, option, value;
	bool inherited, six, datagram;
} expected[] = {
	{ SOL_SOCKET, SO_KEEPALIVE, 1, true, false, false },
	{ IPPROTO_TCP, TCP_KEEPIDLE, 31, true, false, false },
	{ IPPROTO_TCP, TCP_KEEPINTVL, 7, true, false, false },
	{ IPPROTO_TCP, TCP_KEEPCNT, 3, true, false, false },
	{ IPPROTO_TCP, TCP_NODELAY, 0, true, false, false },
	{ IPPROTO_TCP, TCP_LINGER2, 9, true, false, false },
	{ SOL_SOCKET, SO_RCVBUF, 65536, true, false, true },
	{ SOL_SOCKET, SO_SNDBUF, 98304, true, false, true },
	{ IPPROTO_IP, IP_TTL, 17, true, false, true },
	{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 17, true, true, true },
	{ IPPROTO_IP, IP_TOS, 16, true, false, true },
	{ IPPROTO_IPV6, IPV6_TCLASS, 16, true, true, true },
	{ IPPROTO_TCP, TCP_USER_TIMEOUT, 12345, true, false, false },
	{ IPPROTO_TCP, TCP_FASTOPEN, 33, false, false, false },
};

static int option(int fd, int level, int name)
{
	int value = -1;
	socklen_t length = sizeof value;

	assert_int_equal(getsockopt(fd, level, name, &value, &length), 0);
	return value;
}

static int open_with(enum transport transport, int family, const struct profile_socket *settings)
{
	int type = transport == TRANSPORT_TCP || transport == TRANSPORT_UNIX ? SOCK_STREAM
									     : SOCK_DGRAM;
	int fd = socket(family, type | SOCK_CLOEXEC, 0);
	struct err err = { 0 };

	assert_true(fd != -1);
	if (sockopt_open(fd, transport, family, settings, &err) == -1)
		fail_msg("%s", err.text);
	return fd;
}

/* Binds to the loopback address and listens; a client's end and the one accepted. */
static void connect_to(int fd, int family, int *client, int *accepted)
{
	struct addr addr;
	struct err err;

	assert_int_equal(addr_resolve(family == AF_INET ? "127.0.0.1" : "::1", 0, &addr, 1, &err),
			 1);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.length), 0);
	assert_int_equal(listen(fd, 5), 0);
	getsockname(fd, (struct sockaddr *)&addr.storage, &addr.length);
	*client = socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(connect(*client, (struct sockaddr *)&addr.storage, addr.length), 0);
	*accepted = accept(fd, NULL, NULL);
	assert_true(*accepted != -1);
}

static bool has_ipv6(void)
{
	struct addr addr;
	struct err err;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool works = fd != -1 && addr_resolve("::1", 0, &addr, 1, &err) == 1 &&
		     bind(fd, (struct sockaddr *)&addr.storage, addr.length) == 0;

	if (fd != -1)
		close(fd);
	return works;
}

static void connections_inherit_every_option(void **state)
{
	static const int families[] = { AF_INET, AF_INET6 };

	(void)state;
	for (size_t i = 0; i < (has_ipv6() ? 2 : 1); i++) {
		int fd = open_with(TRANSPORT_TCP, families[i], &all), client, accepted;

		connect_to(fd, families[i], &client, &accepted);
		for (size_t j = 0; j < COUNT(expected); j++) {
			if (expected[j].six && families[i] != AF_INET6)
				continue;
			assert_int_equal(option(fd, expected[j].level, expected[j].option),
					 expected[j].value);
			if (expected[j].inherited)
				assert_int_equal(
					option(accepted, expected[j].level, expected[j].option),
					expected[j].value);
		}
		close(client);
		close(accepted);
		close(fd);
	}
}

static void datagram_sockets_get_theirs(void **state)
{
	int fd = open_with(TRANSPORT_UDP, AF_INET, &all);

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		if (expected[i].datagram && !expected[i].six)
			assert_int_equal(option(fd, expected[i].level, expected[i].option),
					 expected[i].value);
	}
	assert_int_equal(option(fd, SOL_SOCKET, SO_BROADCAST), 1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_KEEPALIVE), 0);
	close(fd);
}

static void unix_sockets_get_the_send_buffer(void **state)
{
	static const enum transport both[] = { TRANSPORT_UNIX, TRANSPORT_UNIXGRAM };

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		int fd = open_with(both[i], AF_UNIX, &all);

		assert_int_equal(option(fd, SOL_SOCKET, SO_SNDBUF), 98304);
		close(fd);
	}
}

static void what_is_not_asked_for_is_the_kernels(void **state)
{
	int fd = open_with(TRANSPORT_TCP, AF_INET, &built_in);
	int plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	(void)state;
	for (size_t i = 0; i < COUNT(expected); i++) {
		int kernels;

		if (expected[i].six)
			continue;
		kernels = option(plain, expected[i].level, expected[i].option);
		if (expected[i].option == SO_KEEPALIVE && expected[i].level == SOL_SOCKET)
			kernels = 1;
		if (expected[i].option == TCP_NODELAY && expected[i].level == IPPROTO_TCP)
			kernels = 1;
		assert_int_equal(option(fd, expected[i].level, expected[i].option), kernels);
	}
	close(plain);
	close(fd);
}

static void a_change_reaches_new_connections(void **state)
{
	struct profile_socket now = built_in;
	int fd = open_with(TRANSPORT_TCP, AF_INET, &built_in), client, accepted;
	struct err err = { 0 };

	(void)state;
	now.ttl = 44;
	now.nodelay = false;
	now.keepalive.on = false;
	now.user_timeout_ms = 777;
	now.sndbuf = 30000;
	if (sockopt_change(fd, TRANSPORT_TCP, AF_INET, &built_in, &now, &err) == -1)
		fail_msg("%s", err.text);
	connect_to(fd, AF_INET, &client, &accepted);
	assert_int_equal(option(accepted, IPPROTO_IP, IP_TTL), 44);
	assert_int_equal(option(accepted, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_int_equal(option(accepted, SOL_SOCKET, SO_KEEPALIVE), 0);
	assert_int_equal(option(accepted, IPPROTO_TCP, TCP_USER_TIMEOUT), 777);
	assert_int_equal(option(accepted, SOL_SOCKET, SO_SNDBUF), 60000);
	close(client);
	close(accepted);
	close(fd);
}

/* What can go back goes back, although something else cannot. */
static void a_change_back_says_what_stays(void **state)
{
	struct profile_socket now = built_in;
	int fd = open_with(TRANSPORT_TCP, AF_INET, &all);
	int plain = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(sockopt_change(fd, TRANSPORT_TCP, AF_INET, &all, &now, &err), -1);
	assert_string_equal(err.text,
			    "keepalive goes back to the kernel's own value only at a restart; "
			    "rcvbuf goes back to the kernel's own value only at a restart; "
			    "sndbuf goes back to the kernel's own value only at a restart");
	assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), option(plain, IPPROTO_IP, IP_TTL));
	assert_int_equal(option(fd, IPPROTO_IP, IP_TOS), 0);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_LINGER2),
			 option(plain, IPPROTO_TCP, TCP_LINGER2));
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_FASTOPEN), 0);
	assert_int_equal(option(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(option(fd, SOL_SOCKET, SO_SNDBUF), 98304);
	/* Of what is the same nothing is touched. */
	assert_int_equal(setsockopt(fd, IPPROTO_IP, IP_TTL, &(int){ 3 }, sizeof(int)), 0);
	assert_int_equal(sockopt_change(fd, TRANSPORT_TCP, AF_INET, &now, &now, &err), 0);
	assert_int_equal(option(fd, IPPROTO_IP, IP_TTL), 3);
	close(plain);
	close(fd);
}

static void on_other(const void *context, const char *setting, uint64_t asked, uint64_t is)
{
	char *text = *(char *const *)context;

	sprintf(text + strlen(text), "%s %u %u;", setting, (unsigned)asked, (unsigned)is);
}

static void what_the_kernel_changed_is_told(void **state)
{
	struct profile_socket settings = { .rcvbuf = 32768, .ttl = 9, .backlog = 5 };
	int fd = open_with(TRANSPORT_TCP, AF_INET, &settings), client, accepted;
	char buffer[256] = "", *text = buffer;

	(void)state;
	connect_to(fd, AF_INET, &client, &accepted); /* listens with a backlog of 5 */
	sockopt_compare(fd, TRANSPORT_TCP, AF_INET, &settings, on_other, &text);
	assert_string_equal(text, "rcvbuf 32768 65536;");
	settings.backlog = 6;
	buffer[0] = '\0';
	sockopt_compare(fd, TRANSPORT_TCP, AF_INET, &settings, on_other, &text);
	assert_string_equal(text, "rcvbuf 32768 65536;backlog 6 5;");
	close(client);
	close(accepted);
	close(fd);
}

static void failures_name_the_setting(void **state)
{
	struct profile_socket settings = { .device = "no-such-device" };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	struct err err = { 0 };

	(void)state;
	assert_int_equal(sockopt_open(fd, TRANSPORT_TCP, AF_INET, &settings, &err), -1);
	assert_string_equal(err.text, "bind-to-device no-such-device: No such device");
	settings = (struct profile_socket){ .ttl = 1000 };
	assert_int_equal(sockopt_open(fd, TRANSPORT_TCP, AF_INET, &settings, &err), -1);
	assert_string_equal(err.text, "ttl: setsockopt IP_TTL: Invalid argument");
	close(fd);
}

int main(void)
{
	const struct CMUnitTest sockopt[] = {
		cmocka_unit_test(connections_inherit_every_option),
		cmocka_unit_test(datagram_sockets_get_theirs),
		cmocka_unit_test(unix_sockets_get_the_send_buffer),
		cmocka_unit_test(what_is_not_asked_for_is_the_kernels),
		cmocka_unit_test(a_change_reaches_new_connections),
		cmocka_unit_test(a_change_back_says_what_stays),
		cmocka_unit_test(what_the_kernel_changed_is_told),
		cmocka_unit_test(failures_name_the_setting),
	};

	return cmocka_run_group_tests(sockopt, NULL, NULL) == 0 ? 0 : 1;
}
