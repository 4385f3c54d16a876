/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets from a service manager: which are taken, and when they are the listeners. */
#include "inherit.h"

static void refused(const char *why)
{
	struct err err = { 0 };

	assert_int_equal(inherit_open(&inherit, &err), -1);
	if (strstr(err.text, why) == NULL)
		fail_msg("%s", err.text);
	close_all();
	inherit.count = 0;
	next_fd = FIRST;
}

/* ---------------------------------------------------------------- what is taken */

static void what_is_for_another_process_is_left_alone(void **state)
{
	static const struct {
		const char *pid, *fds;
	} others[] = { { "1", NULL }, { "", NULL }, { "me", NULL }, { NULL, "0" } };
	struct err err;
	int fd = give_inet(SOCK_STREAM, false);

	(void)state;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
		announce(others[i].pid, others[i].fds);
		assert_int_equal(inherit_open(&inherit, &err), 0);
		assert_int_equal(inherit.count, 0);
		assert_int_equal(fcntl(fd, F_GETFD), 0);
	}
	close(fd);
	unsetenv("LISTEN_PID");
	unsetenv("LISTEN_FDS");
	assert_int_equal(inherit_open(&inherit, &err), 0); /* and without any variable */
	assert_int_equal(inherit.count, 0);
}

static void the_kernel_says_what_they_are(void **state)
{
	static const enum transport transports[] = { TRANSPORT_TCP, TRANSPORT_UDP,
						     TRANSPORT_UNIXGRAM };

	(void)state;
	give_inet(SOCK_STREAM, false);
	give_inet(SOCK_DGRAM, false);
	give_unix(SOCK_DGRAM);
	setenv("LISTEN_FDNAMES", "echo.socket::x\ny", 1);
	take();
	for (size_t i = 0; i < 3; i++) {
		const struct inherit_socket *one = &inherit.sockets[i];

		assert_int_equal(one->transport, transports[i]);
		assert_int_equal(one->fd, FIRST + i);
		assert_true(addr_equal(&one->addr, &given[one->fd]));
		assert_int_equal(fcntl(one->fd, F_GETFD), FD_CLOEXEC);
	}
	assert_string_equal(inherit.sockets[0].label, "3 (echo.socket)");
	assert_string_equal(inherit.sockets[1].label, "4");
	assert_string_equal(inherit.sockets[2].label, "5 (x?y)");
}

static void what_does_not_listen_is_refused(void **state)
{
	int fd, pair[2];

	(void)state;
	fd = give(AF_INET, SOCK_STREAM); /* with an address, but nobody may connect */
	announce(NULL, NULL);
	refused("inherited socket 3: does not listen");

	fd = give(AF_UNIX, SOCK_DGRAM);
	announce(NULL, NULL);
	refused("inherited socket 3: has no address");

	fd = give(AF_INET, SOCK_DGRAM);
	announce(NULL, NULL);
	refused("inherited socket 3: has no address");

	fd = give_unix(SOCK_SEQPACKET);
	setenv("LISTEN_FDNAMES", "seq", 1);
	announce(NULL, NULL);
	refused("inherited socket 3 (seq): neither TCP nor UDP nor a UNIX");
	unsetenv("LISTEN_FDNAMES");

	assert_int_equal(pipe(pair), 0);
	next_fd += 2;
	announce(NULL, NULL);
	refused("inherited socket 3: no socket: ");

	announce(NULL, "1");
	refused("inherited socket 3: fcntl: Bad file descriptor");

	/* Accept=yes. */
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	next_fd += 2;
	announce(NULL, NULL);
	refused("inherited socket 3: is a connection, and not a listening socket: "
		"a socket unit for echod has Accept=no");
	fd = give_inet(SOCK_DGRAM, false);
	assert_int_equal(connect(fd, (struct sockaddr *)&given[fd].storage, given[fd].length), 0);
	announce(NULL, NULL);
	refused("is a connection");
}

static void numbers_are_checked(void **state)
{
	(void)state;
	announce(NULL, "three");
	refused("LISTEN_FDS: ");
	announce(NULL, "33");
	refused("LISTEN_FDS: ");
}

/* ---------------------------------------------------------------- as the listeners */

static void without_a_listener_they_are_the_listeners(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false), udp = give_inet(SOCK_DGRAM, false);
	struct err err;

	(void)state;
	take();
	assert_int_equal(listen_add(&conf, CONF_BUILT_IN, "tcp:*:7777", &err), 0);
	conf.profile.socket.ttl = 44;
	for (int round = 0; round < 2; round++) { /* the second is a reload */
		assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
		assert_int_equal(conf.listen_count, 2);
		prepare(2);
		commit();
		assert_int_equal(slots.addresses[0].fds[0], tcp);
		assert_int_equal(slots.addresses[1].fds[0], udp);
		assert_int_equal(slots.addresses[0].opened, 1);
		assert_int_equal(slots.addresses[2].opened, 0);
		assert_int_equal(option(tcp, IPPROTO_IP, IP_TTL), 44);
		listen_drop(&conf, 0);
	}
}

static void with_a_listener_they_are_not(void **state)
{
	struct err err;

	(void)state;
	give_inet(SOCK_STREAM, false);
	take();
	listen_at("tcp:127.0.0.1:0");
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_int_equal(conf.listen_count, 1);
	assert_int_equal(inherit_configure(NULL, &conf, &err), 0);
}

static void a_setting_that_does_not_fit_is_told(void **state)
{
	struct err err = { 0 };

	(void)state;
	give_inet(SOCK_DGRAM, false);
	take();
	conf.profile.service = PROFILE_FRAME;
	assert_int_equal(inherit_configure(&inherit, &conf, &err), -1);
	assert_non_null(strstr(err.text, "inherited socket 3: frame is a service for streams"));
}

/* Two sockets of one port: the second cannot be served as another address. */
static void of_two_at_one_address_one_is_taken(void **state)
{
	int fd = give_inet(SOCK_STREAM, true), other = give(AF_INET, SOCK_STREAM);
	struct err err;

	(void)state;
	set(other, SOL_SOCKET, SO_REUSEPORT, 1);
	bind_it(other, &given[fd]);
	assert_int_equal(listen(other, 5), 0);
	take();
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_int_equal(conf.listen_count, 1);
	prepare(1);
	assert_int_equal(inherit.sockets[0].fd, -1);
	assert_int_equal(inherit.sockets[1].fd, other);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_MANAGER(what_is_for_another_process_is_left_alone),
		WITH_MANAGER(the_kernel_says_what_they_are),
		WITH_MANAGER(what_does_not_listen_is_refused),
		WITH_MANAGER(numbers_are_checked),
		WITH_MANAGER(without_a_listener_they_are_the_listeners),
		WITH_MANAGER(with_a_listener_they_are_not),
		WITH_MANAGER(a_setting_that_does_not_fit_is_told),
		WITH_MANAGER(of_two_at_one_address_one_is_taken),
	};

	close_all(); /* of whoever runs the tests */
	return cmocka_run_group_tests_name("inherit", group, NULL, NULL) == 0 ? 0 : 1;
}
