/* SPDX-License-Identifier: BSD-2-Clause */
/* An address is one server's: neither before it nor after it does anybody else get in. */
#include "slots.h"

#include <errno.h>
#include <sys/resource.h>

/* A second echod: neither before nor after the first has committed, and not at one address of two.
 */
static void an_address_is_claimed_alone(void **state)
{
	unsigned port;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(4);
	port = addr_port(&slots.addresses[0].bound);
	conf_clear(&conf);
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.1", port);
	refuse(&rival, "Address already in use (does another echod run?)");
	commit();
	refuse(&rival, "Address already in use (does another echod run?)");
	conf_clear(&conf);
	configure("tcp:*", port);
	refuse(&rival, "Address already in use (does another echod run?)");
	conf_clear(&conf);
	configure("tcp:0.0.0.0", port);
	refuse(&rival, "Address already in use (does another echod run?)");
}

/* A socket of somebody else's at a port of the kernel's choice. */
static int foreign_socket(bool reuseaddr, bool reuseport, bool listening)
{
	struct addr addr;
	int one = 1, fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	addr_any(&addr, AF_INET, 0);
	if (reuseaddr)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
	if (reuseport)
		setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &one, sizeof one);
	assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.length), 0);
	if (listening)
		assert_int_equal(listen(fd, 1), 0);
	return fd;
}

static void whoever_was_there_first_stays_alone(void **state)
{
	static const struct {
		bool reuseaddr, reuseport, listening;
	} table[] = {
		{ false, false, false }, { false, false, true }, { true, false, true },
		{ false, true, true },   { true, true, true },   { false, true, false },
	};

	(void)state;
	for (size_t i = 0; i < sizeof table / sizeof table[0]; i++) {
		int fd = foreign_socket(table[i].reuseaddr, table[i].reuseport, table[i].listening);

		conf_clear(&conf);
		configure("tcp:127.0.0.1", port_of(fd));
		refuse(&slots, "Address already in use");
		close(fd);
	}
}

static void whoever_comes_later_does_not_get_in(void **state)
{
	struct addr addr;
	int one = 1;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(2);
	commit();
	addr = slots.addresses[0].bound;
	for (int reuseaddr = 0; reuseaddr < 2; reuseaddr++) {
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (reuseaddr)
			setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof one);
		assert_int_equal(bind(fd, (struct sockaddr *)&addr.storage, addr.length), -1);
		assert_int_equal(errno, EADDRINUSE);
		close(fd);
	}
}

/* Wherever in the middle it is that no descriptor is left. */
static void when_descriptors_run_out_nothing_stays_open(void **state)
{
	struct rlimit before, low;
	rlim_t lowest;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	lowest = (rlim_t)dup(STDERR_FILENO); /* the first that is free */
	close((int)lowest);
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	for (rlim_t most = 0; most <= 6; most++) {
		struct err err = { 0 };
		int result;

		low.rlim_cur = lowest + most;
		assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
		result = slots_prepare(&slots, &conf, 3, &err);
		setrlimit(RLIMIT_NOFILE, &before);
		assert_int_equal(result, most < 6 ? -1 : 0);
		assert_true(most == 6 || strstr(err.text, "Too many open files") != NULL);
		assert_int_equal(count_descriptors(), descriptors + (most < 6 ? 0 : 6));
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(an_address_is_claimed_alone),
		WITH_SLOTS(whoever_was_there_first_stays_alone),
		WITH_SLOTS(whoever_comes_later_does_not_get_in),
		WITH_SLOTS(when_descriptors_run_out_nothing_stays_open),
	};

	return cmocka_run_group_tests_name("slots_alone", group, NULL, NULL) == 0 ? 0 : 1;
}
