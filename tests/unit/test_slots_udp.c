/* SPDX-License-Identifier: BSD-2-Clause */
/* UDP sockets: who is bound when, who gets in, and that no datagram is given to a socket that
 * nobody reads. */
#include "slots.h"

#include <netinet/in.h>
#include <unistd.h>

/* One address, and nothing else. */
static void prepare_one(const char *text, unsigned port, unsigned workers)
{
	configure(text, port);
	prepare_and_clear(workers);
}

static int try_prepare(struct slots *who, const char *text, unsigned port, struct err *err)
{
	int result;

	configure(text, port);
	result = slots_prepare(who, &conf, 2, err);
	conf_clear(&conf);
	return result;
}

static unsigned bound_port(unsigned slot)
{
	return port_of(slots.addresses[0].fds[slot]);
}

static int option_of(unsigned slot, int level, int name)
{
	return option(slots.addresses[0].fds[slot], level, name);
}

/* Sends from so many ports; all of it has to be in the queues of the first slots. */
static void assert_all_arrive(unsigned count, unsigned slot_count)
{
	struct addr to = slots.addresses[0].bound;
	unsigned seen = 0;
	char byte;

	for (unsigned i = 0; i < count; i++) {
		int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

		assert_int_equal(sendto(fd, "x", 1, 0, (struct sockaddr *)&to.storage, to.length),
				 1);
		close(fd);
	}
	for (unsigned slot = 0; slot < slot_count; slot++) {
		unsigned before = seen;

		while (recv(slots.addresses[0].fds[slot], &byte, 1, 0) == 1)
			seen++;
		assert_true(seen > before);
	}
	assert_int_equal(seen, count);
}

static void those_that_join_are_bound_at_the_commit(void **state)
{
	unsigned port;

	(void)state;
	prepare_one("udp:127.0.0.1", 0, 3);
	port = bound_port(0);
	assert_true(port != 0);
	assert_int_equal(bound_port(1), 0);
	assert_int_equal(bound_port(2), 0);
	assert_all_arrive(40, 1);
	commit();
	for (unsigned slot = 0; slot < 3; slot++) {
		assert_int_equal(bound_port(slot), port);
		assert_int_equal(option_of(slot, SOL_SOCKET, SO_REUSEPORT), 1);
		assert_int_equal(option_of(slot, SOL_SOCKET, SO_REUSEADDR), 0);
		assert_int_equal(option_of(slot, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	}
	assert_all_arrive(100, 3);
	/* More workers, and then fewer: surplus slots stay. */
	prepare_one("udp:127.0.0.1", 0, 5);
	assert_int_equal(bound_port(4), 0);
	assert_all_arrive(100, 3);
	commit();
	assert_int_equal(bound_port(4), port);
	assert_all_arrive(200, 5);
	prepare_one("udp:127.0.0.1", 0, 2);
	commit();
	assert_int_equal(orphans, 0);
	assert_all_arrive(200, 5);
}

static void a_rollback_leaves_what_was_there(void **state)
{
	(void)state;
	prepare_one("udp:127.0.0.1", 0, 2);
	commit();
	prepare_one("udp:127.0.0.1", 0, 6);
	slots_rollback(&slots);
	assert_int_equal(slots.addresses[0].opened, 2);
	assert_all_arrive(100, 2);
}

static void an_address_that_is_gone_is_an_orphan(void **state)
{
	(void)state;
	prepare_one("udp:127.0.0.1", 0, 2);
	commit();
	prepare_one("udp:127.0.0.2", 0, 2);
	commit();
	assert_int_equal(orphans, 1);
}

static void nobody_else_gets_in(void **state)
{
	struct err err = { 0 };
	char expected[128];

	(void)state;
	prepare_one("udp:127.0.0.1", 0, 2);
	assert_int_equal(try_prepare(&rival, "udp:127.0.0.1", bound_port(0), &err), -1);
	commit();
	assert_int_equal(try_prepare(&rival, "udp:127.0.0.1", bound_port(0), &err), -1);
	snprintf(expected, sizeof expected,
		 "cannot listen on udp 127.0.0.1:%u: Address already in use (does another echod "
		 "run?)",
		 bound_port(0));
	assert_string_equal(err.text, expected);
}

static void addresses_that_overlap_share_a_port(void **state)
{
	unsigned port;
	struct err err;

	(void)state;
	prepare_one("udp:0.0.0.0", 0, 2);
	commit();
	port = bound_port(0);
	assert_int_equal(listen_add(&conf, CONF_FILE, "udp:0.0.0.0:0", &err), 0);
	prepare_one("udp:127.0.0.1", port, 2);
	assert_int_equal(addr_port(&slots.addresses[1].bound), port);
	commit();
	assert_int_equal(orphans, 0);
	for (unsigned slot = 0; slot < 2; slot++) {
		struct addr addr = { .length = sizeof addr.storage };

		getsockname(slots.addresses[1].fds[slot], (struct sockaddr *)&addr.storage,
			    &addr.length);
		assert_true(addr_equal(&addr, &slots.addresses[1].bound));
	}
}

static void only_wildcards_ask_for_the_destination(void **state)
{
	(void)state;
	prepare_one("udp:0.0.0.0", 0, 2);
	assert_int_equal(option_of(0, IPPROTO_IP, IP_PKTINFO), 1);
	assert_int_equal(option_of(1, IPPROTO_IP, IP_PKTINFO), 1);
	slots_close(&slots);
	prepare_one("udp:127.0.0.1", 0, 1);
	assert_int_equal(option_of(0, IPPROTO_IP, IP_PKTINFO), 0);
	slots_close(&slots);
	prepare_one("udp:*", 0, 1);
	assert_int_equal(option_of(0, IPPROTO_IP, IP_PKTINFO), 1);
	if (slots.addresses[0].bound.storage.ss_family == AF_INET6) {
		assert_int_equal(option_of(0, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
		slots_close(&slots);
		prepare_one("udp:[::]", 0, 1);
		assert_int_equal(option_of(0, IPPROTO_IPV6, IPV6_RECVPKTINFO), 1);
		assert_int_equal(option_of(0, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	}
}

/* 127.255.255.255 is the broadcast address of the loopback network. */
static void groups_are_refused(void **state)
{
	static const char *const texts[] = { "udp:127.255.255.255", "udp:224.0.0.1",
					     "udp:255.255.255.255", "udp:[ff02::1]" };
	struct err err;

	(void)state;
	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		assert_int_equal(try_prepare(&slots, texts[i], 7777, &err), -1);
		if (strstr(err.text, "not the address of one host") == NULL)
			fail_msg("%s", err.text);
	}
	assert_int_equal(slots.addresses[0].opened, 0);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(those_that_join_are_bound_at_the_commit),
		WITH_SLOTS(a_rollback_leaves_what_was_there),
		WITH_SLOTS(an_address_that_is_gone_is_an_orphan),
		WITH_SLOTS(nobody_else_gets_in),
		WITH_SLOTS(addresses_that_overlap_share_a_port),
		WITH_SLOTS(only_wildcards_ask_for_the_destination),
		WITH_SLOTS(groups_are_refused),
	};

	return cmocka_run_group_tests_name("slots of UDP", group, NULL, NULL) == 0 ? 0 : 1;
}
