/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets as they are opened: what they are set to, and for which families. */
#include "slots.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/syscall.h>

static int no_ipv6;   /* errno of every IPv6 socket; 0 = as the machine has it */
static int no_socket; /* errno of every socket */

/* In place of libc's: a machine without IPv6 is hard to come by. */
int socket(int domain, int type, int protocol)
{
	errno = domain == AF_INET6 && no_ipv6 != 0 ? no_ipv6 : no_socket;
	return errno != 0 ? -1 : (int)syscall(SYS_socket, domain, type, protocol);
}

static int set_up_sockets(void **state)
{
	no_ipv6 = no_socket = 0;
	return set_up(state);
}

static bool listens(int fd)
{
	return option(fd, SOL_SOCKET, SO_ACCEPTCONN) != 0;
}

static bool ipv6_works(void)
{
	struct addr addr;
	int fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	bool works;

	addr_any(&addr, AF_INET6, 0);
	works = fd != -1 && bind(fd, (struct sockaddr *)&addr.storage, addr.length) == 0;
	if (fd != -1)
		close(fd);
	return works;
}

static void every_slot_has_the_port_that_the_kernel_chose(void **state)
{
	const struct slots_address *address = &slots.addresses[0];

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(4);
	assert_int_equal(address->opened, 4);
	assert_int_not_equal(addr_port(&address->bound), 0);
	assert_int_equal(addr_port(&address->key), 0);
	for (unsigned i = 0; i < 4; i++) {
		assert_int_equal(port_of(address->fds[i]), addr_port(&address->bound));
		assert_int_equal(listens(address->fds[i]), i == 0);
	}
	commit();
	assert_changes("+127.0.0.1:1! ", port_at(0), 0);
	for (unsigned i = 0; i < 4; i++)
		assert_true(listens(address->fds[i]));
	assert_int_equal(count_descriptors(), descriptors + 4);
	assert_int_equal(slots_count(&slots), 4);
}

static void sockets_are_set_as_they_should(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(3);
	commit();
	for (unsigned i = 0; i < 3; i++) {
		int fd = slots.addresses[0].fds[i];

		assert_true((fcntl(fd, F_GETFL) & O_NONBLOCK) != 0);
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
		assert_true(option(fd, SOL_SOCKET, SO_REUSEPORT) != 0);
		assert_true(option(fd, SOL_SOCKET, SO_REUSEADDR) != 0);
		assert_true(option(fd, IPPROTO_TCP, TCP_NODELAY) != 0);
		assert_true(option(fd, SOL_SOCKET, SO_OOBINLINE) != 0);
	}
}

/* 0 if a client of this family is let in. */
static int reach(const char *host, unsigned port)
{
	int fd = dial(host, port);

	return fd == -1 ? errno : close(fd);
}

static void the_star_is_for_both_families_and_the_colons_for_one(void **state)
{
	static const char *const hosts[] = { "tcp:*", "tcp:[::]" };

	(void)state;
	if (!ipv6_works())
		return;
	for (int i = 0; i < 2; i++) {
		unsigned port;

		conf_clear(&conf);
		configure(hosts[i], 0);
		prepare(3);
		commit();
		port = port_of(slots.addresses[0].fds[0]);
		for (unsigned slot = 0; slot < 3; slot++)
			assert_int_equal(
				option(slots.addresses[0].fds[slot], IPPROTO_IPV6, IPV6_V6ONLY), i);
		assert_int_equal(reach("::1", port), 0);
		assert_int_equal(reach("127.0.0.1", port), i == 0 ? 0 : ECONNREFUSED);
		slots_close(&slots);
	}
}

static void without_ipv6_the_star_is_for_ipv4(void **state)
{
	static const int errors[] = { EAFNOSUPPORT, EADDRNOTAVAIL };

	(void)state;
	configure("tcp:*", 0);
	for (size_t i = 0; i < 2; i++) {
		const struct slots_address *address = &slots.addresses[0];
		int first;

		no_ipv6 = errors[i];
		prepare(2);
		commit();
		assert_changes("+0.0.0.0:1! ", port_at(0), 0);
		assert_int_equal(address->bound.storage.ss_family, AF_INET);
		assert_int_equal(port_of(address->fds[1]), addr_port(&address->bound));
		assert_int_equal(reach("127.0.0.1", addr_port(&address->bound)), 0);
		first = address->fds[0];
		prepare(3); /* the same configuration finds it again */
		commit();
		assert_string_equal(changes, "");
		assert_int_equal(address->fds[0], first);
		assert_int_equal(address->opened, 3);
		slots_close(&slots);
	}
}

static void other_errors_do_not_fall_back(void **state)
{
	(void)state;
	no_ipv6 = EMFILE;
	configure("tcp:*", 0);
	refuse(&slots, "cannot listen on tcp [::]:0: Too many open files");
	conf_clear(&conf);
	no_ipv6 = EAFNOSUPPORT;
	configure("tcp:[::]", 0);
	refuse(&slots, "cannot listen on tcp [::]:0: Address family not supported by protocol");
	no_socket = EACCES;
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 7);
	refuse(&slots,
	       "cannot listen on tcp 127.0.0.1:7: Permission denied (ports below 1024 need root");
}

#define WITH_SOCKETS(test) cmocka_unit_test_setup_teardown(test, set_up_sockets, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SOCKETS(every_slot_has_the_port_that_the_kernel_chose),
		WITH_SOCKETS(sockets_are_set_as_they_should),
		WITH_SOCKETS(the_star_is_for_both_families_and_the_colons_for_one),
		WITH_SOCKETS(without_ipv6_the_star_is_for_ipv4),
		WITH_SOCKETS(other_errors_do_not_fall_back),
	};

	return cmocka_run_group_tests_name("slots", group, NULL, NULL) == 0 ? 0 : 1;
}
