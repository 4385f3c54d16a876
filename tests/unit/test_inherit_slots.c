/* SPDX-License-Identifier: BSD-2-Clause */
/* Sockets from a service manager: for which listener they are, and what slots make of them. */
#include "inherit.h"

#include <sys/stat.h>

static void a_listener_gets_its_own(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false), udp = give_inet(SOCK_DGRAM, false);
	int local = give_unix(SOCK_STREAM);

	(void)state;
	take();
	listen_as("udp", udp, "");
	listen_as("tcp", tcp, "");
	listen_as("unix", local, "");
	prepare(3);
	assert_int_equal(slots.addresses[0].fds[0], udp);
	assert_int_equal(slots.addresses[1].fds[0], tcp);
	assert_int_equal(slots.addresses[2].fds[0], local);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(slots.addresses[i].opened, 1);
		assert_true(slots.addresses[i].shared);
		assert_true(fcntl(slots.addresses[i].fds[0], F_GETFL) & O_NONBLOCK);
		assert_int_equal(inherit.sockets[i].fd, -1);
	}
	commit();
}

/* Transport, address, port and family: all of them. */
/* Whether a datagram socket can have the address of this one, too. */
static bool is_free_for_udp(int tcp)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	bool is_free = bind(fd, (struct sockaddr *)&given[tcp].storage, given[tcp].length) == 0;

	close(fd);
	return is_free;
}

static void another_address_is_another_listener(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);
	char text[64];

	(void)state;
	while (!is_free_for_udp(tcp)) { /* the kernel has chosen the port for TCP alone */
		close(tcp);
		next_fd--;
		tcp = give_inet(SOCK_STREAM, false);
	}
	take();
	listen_as("udp", tcp, "");
	snprintf(text, sizeof text, "tcp:127.0.0.2:%u", addr_port(&given[tcp]));
	listen_at(text);
	listen_at("tcp:127.0.0.1:0");
	prepare(1);
	assert_int_equal(inherit.sockets[0].fd, tcp);
	assert_ptr_equal(inherit_find(&inherit, &conf.listens[0]), NULL);
	assert_ptr_equal(inherit_find(NULL, &conf.listens[0]), NULL);
}

static void the_star_takes_both_families(void **state)
{
	struct err err;
	struct addr any;
	char name[ADDR_TEXT_MAX], expected[32];

	(void)state;
	if (socket(AF_INET6, SOCK_STREAM, 0) == -1)
		return; /* there is no IPv6 here */
	close(FIRST);
	addr_any(&any, AF_INET6, 0);
	for (int only = 0; only < 2; only++) {
		int fd = give(AF_INET6, SOCK_STREAM);

		set(fd, IPPROTO_IPV6, IPV6_V6ONLY, only);
		bind_it(fd, &any);
		assert_int_equal(listen(fd, 5), 0);
	}
	take();
	snprintf(expected, sizeof expected, "*:%u", addr_port(&given[FIRST]));
	assert_string_equal(inherit_name(&inherit.sockets[0], name), expected);
	snprintf(expected, sizeof expected, "[::]:%u", addr_port(&given[FIRST + 1]));
	assert_string_equal(inherit_name(&inherit.sockets[1], name), expected);
	for (int i = 0; i < 2; i++) {
		struct conf_listen listen = { .transport = TRANSPORT_TCP,
					      .addr = given[FIRST + i],
					      .dual = i == 1 };

		assert_null(inherit_find(&inherit, &listen));
		listen.dual = i == 0;
		assert_ptr_equal(inherit_find(&inherit, &listen), &inherit.sockets[i]);
	}
	/* As the listeners themselves, they are what they are, whatever v6only says. */
	conf.profile.socket.v6only = false;
	assert_int_equal(inherit_configure(&inherit, &conf, &err), 0);
	assert_true(conf.listens[0].dual);
	assert_false(conf.listens[1].dual);
}

static void who_may_join_joins(void **state)
{
	int tcp = give_inet(SOCK_STREAM, true), udp = give_inet(SOCK_DGRAM, true);

	(void)state;
	take();
	assert_true(inherit.sockets[0].joins);
	listen_as("tcp", tcp, "");
	listen_as("udp", udp, "");
	prepare(4);
	commit();
	for (size_t i = 0; i < 2; i++) {
		assert_false(slots.addresses[i].shared);
		assert_int_equal(slots.addresses[i].opened, 4);
	}
	assert_int_equal(option(slots.addresses[0].fds[3], SOL_SOCKET, SO_ACCEPTCONN), 1);
}

static void reuseport_off_keeps_others_out(void **state)
{
	int tcp = give_inet(SOCK_STREAM, true);

	(void)state;
	take();
	listen_as("tcp", tcp, " reuseport=off");
	prepare(4);
	assert_true(slots.addresses[0].shared);
	assert_int_equal(slots.addresses[0].opened, 1);
}

/* The kernel lets only sockets of one user share a port. */
static void nobody_joins_a_socket_of_another_user(void **state)
{
	int fd;

	(void)state;
	if (geteuid() != 0)
		return;
	fd = give_inet(SOCK_STREAM, true);
	assert_int_equal(fchown(fd, 4711, 4712), 0);
	take();
	assert_false(inherit.sockets[0].joins);
	listen_as("tcp", fd, "");
	prepare(3);
	commit();
	assert_true(slots.addresses[0].shared);
}

static void settings_are_in_force(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);

	(void)state;
	take();
	listen_as("tcp", tcp, " ttl=33 keepalive=on");
	prepare(1);
	commit();
	assert_int_equal(option(tcp, IPPROTO_IP, IP_TTL), 33);
	assert_int_equal(option(tcp, SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(option(tcp, SOL_SOCKET, SO_OOBINLINE), 1);
}

/* What the manager has made, it removes. */
static void a_file_is_left_to_who_made_it(void **state)
{
	int fd = give_unix(SOCK_STREAM);
	char lock[PATH_MAX + 8];
	struct stat st;

	(void)state;
	chmod(path, 0600);
	take();
	listen_as("unix", fd, " mode=0666");
	prepare(1);
	commit();
	snprintf(lock, sizeof lock, "%s.lock", path);
	assert_int_equal(lstat(lock, &st), -1);
	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
	slots_close(&slots);
	assert_int_equal(lstat(path, &st), 0);
}

static void what_a_reload_takes_away_is_closed(void **state)
{
	int tcp = give_inet(SOCK_STREAM, false);

	(void)state;
	take();
	listen_as("tcp", tcp, "");
	listen_at("tcp:127.0.0.1:0");
	prepare(1);
	commit();
	prepare(1); /* a reload of the same touches nothing */
	commit();
	assert_int_equal(slots.addresses[0].fds[0], tcp);
	listen_drop(&conf, 0);
	listen_at("tcp:127.0.0.1:0");
	prepare(1);
	slots_rollback(&slots); /* a reload that is refused, neither */
	assert_int_equal(option(tcp, SOL_SOCKET, SO_ACCEPTCONN), 1);
	prepare(1);
	commit();
	assert_int_equal(fcntl(tcp, F_GETFD), -1);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_MANAGER(a_listener_gets_its_own),
		WITH_MANAGER(another_address_is_another_listener),
		WITH_MANAGER(the_star_takes_both_families),
		WITH_MANAGER(who_may_join_joins),
		WITH_MANAGER(reuseport_off_keeps_others_out),
		WITH_MANAGER(nobody_joins_a_socket_of_another_user),
		WITH_MANAGER(settings_are_in_force),
		WITH_MANAGER(a_file_is_left_to_who_made_it),
		WITH_MANAGER(what_a_reload_takes_away_is_closed),
	};

	close_all(); /* of whoever runs the tests */
	return cmocka_run_group_tests_name("for whom inherited sockets are", group, NULL, NULL) == 0
		       ? 0
		       : 1;
}
