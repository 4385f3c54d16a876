/* SPDX-License-Identifier: BSD-2-Clause */
/* Listening sockets over reloads: who waits where, what is kept, what goes, and who serves it. */
#include "slots.h"

static void new_slots_get_no_connection_before_the_commit(void **state)
{
	const struct slots_address *address = &slots.addresses[0];
	int clients[200];
	unsigned seen = 0;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(1);
	commit();
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(8);
	for (int i = 0; i < 40; i++)
		assert_true((clients[i] = dial("127.0.0.1", port_at(0))) != -1);
	assert_int_equal(count_waiting(address->fds[0]), 40);
	for (int i = 0; i < 40; i++)
		close(clients[i]);
	commit();
	assert_string_equal(changes, "");
	for (int i = 0; i < 200; i++)
		assert_true((clients[i] = dial("127.0.0.1", port_at(0))) != -1);
	for (unsigned slot = 0; slot < 8; slot++) {
		unsigned count = count_waiting(address->fds[slot]);

		assert_true(count > 0);
		seen += count;
	}
	assert_int_equal(seen, 200);
	for (int i = 0; i < 200; i++)
		close(clients[i]);
}

static void a_reload_of_the_same_touches_no_socket(void **state)
{
	int fds[3], client;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(3);
	commit();
	memcpy(fds, slots.addresses[0].fds, sizeof fds);
	client = dial("127.0.0.1", port_at(0));
	for (int i = 0; i < 3; i++) {
		configure("tcp:127.0.0.1", 0);
		prepare_and_clear(3);
		assert_memory_equal(slots.addresses[0].fds, fds, sizeof fds);
		commit();
		assert_string_equal(changes, "");
		assert_int_equal(orphans, 0);
		assert_memory_equal(slots.addresses[0].fds, fds, sizeof fds);
	}
	assert_int_equal(count_waiting(fds[0]) + count_waiting(fds[1]) + count_waiting(fds[2]), 1);
	close(client);
}

static void addresses_come_and_go(void **state)
{
	unsigned one, other;
	int kept;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare_and_clear(2);
	commit();
	one = port_at(0);
	other = port_at(1);
	assert_changes("+127.0.0.1:1! +127.0.0.2:2! ", one, other);
	kept = slots.addresses[1].fds[1];
	configure("tcp:127.0.0.2", 0);
	prepare_and_clear(2);
	commit();
	assert_changes("-127.0.0.1:1! ", one, other);
	assert_int_equal(orphans, 1);
	assert_int_equal(slots.addresses[1].fds[1], kept);
	assert_int_equal(dial("127.0.0.1", one), -1);
	configure("tcp:127.0.0.3", 0); /* takes the place that is free */
	prepare_and_clear(1);
	commit();
	assert_changes("+127.0.0.3:1! -127.0.0.2:2! ", port_at(0), other);
	assert_int_equal(orphans, 2);
	assert_int_equal(count_descriptors(), descriptors + 1);
}

/* The old workers hold what the supervisor has closed: nothing that waits there is lost. */
static void what_waits_at_a_removed_address_waits_on(void **state)
{
	int held, client;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare_and_clear(1);
	commit();
	held = dup(slots.addresses[0].fds[0]);
	client = dial("127.0.0.1", port_at(0));
	configure("tcp:127.0.0.2", 0);
	prepare_and_clear(1);
	commit();
	assert_int_equal(count_waiting(held), 1);
	close(client);
	close(held);
}

/* From *:P to 127.0.0.1:P and back, where neither can be had while the other is. */
static void an_address_within_another_takes_its_place(void **state)
{
	unsigned port;
	int client;

	(void)state;
	configure("tcp:*", 0);
	prepare_and_clear(3);
	commit();
	port = port_at(0);
	for (int i = 0; i < 2; i++) {
		configure("tcp:127.0.0.1", port);
		prepare_and_clear(2);
		for (unsigned slot = 0; slot < 2; slot++)
			assert_int_equal(count_waiting(slots.addresses[1].fds[slot]), 0);
		commit();
		assert_int_equal(orphans, 1);
		assert_int_equal(dial("127.0.0.2", port), -1);
		client = dial("127.0.0.1", port);
		assert_int_equal(count_waiting(slots.addresses[1].fds[0]) +
					 count_waiting(slots.addresses[1].fds[1]),
				 1);
		close(client);
		configure("tcp:*", port);
		prepare_and_clear(2);
		commit();
		assert_int_equal(orphans, 2);
		client = dial("127.0.0.2", port);
		assert_true(client != -1);
		close(client);
	}
	configure("tcp:*", port);
	configure("tcp:127.0.0.1", port);
	prepare_and_clear(2);
	commit();
	assert_int_equal(orphans, 0);
}

/* With one family only it is another address, although its bytes are the same. */
static void the_star_and_the_colons_are_told_apart(void **state)
{
	unsigned port;
	int client;

	(void)state;
	configure("tcp:*", 0);
	prepare_and_clear(1);
	commit();
	if (slots.addresses[0].bound.storage.ss_family != AF_INET6)
		return; /* there is no IPv6 here */
	port = port_at(0);
	configure("tcp:*",
		  port); /* no longer any port: another socket, in the place of the first */
	prepare_and_clear(1);
	commit();
	configure("tcp:[::]", port);
	prepare_and_clear(1);
	commit();
	assert_int_equal(dial("127.0.0.1", port), -1);
	client = dial("::1", port);
	assert_true(client != -1);
	close(client);
	configure("tcp:*", port);
	prepare_and_clear(1);
	commit();
	client = dial("127.0.0.1", port);
	assert_true(client != -1);
	close(client);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(new_slots_get_no_connection_before_the_commit),
		WITH_SLOTS(a_reload_of_the_same_touches_no_socket),
		WITH_SLOTS(addresses_come_and_go),
		WITH_SLOTS(what_waits_at_a_removed_address_waits_on),
		WITH_SLOTS(an_address_within_another_takes_its_place),
		WITH_SLOTS(the_star_and_the_colons_are_told_apart),
	};

	return cmocka_run_group_tests_name("slots_change", group, NULL, NULL) == 0 ? 0 : 1;
}
