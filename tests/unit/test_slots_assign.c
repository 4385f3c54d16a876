/* SPDX-License-Identifier: BSD-2-Clause */
/* Which worker serves which slot: every slot is served by exactly one, whatever the numbers are. */
#include "slots.h"

#include <stdlib.h>

/* The slot of a descriptor, as ADDRESS.SLOT. */
static const char *name_of(const struct setup_listener *listener)
{
	static char text[64];
	const struct slots_address *address = &slots.addresses[listener->address];

	for (unsigned slot = 0; slot < address->opened; slot++) {
		if (address->fds[slot] == listener->fd) {
			snprintf(text, sizeof text, "%u.%u ", listener->address, slot);
			return text;
		}
	}
	return "? ";
}

/* What a worker serves, in order. */
static void assert_serves(bool next, unsigned index, const char *expected)
{
	struct setup_listener *listeners;
	char text[512] = "";
	size_t count;

	assert_int_equal(slots_assign(&slots, &conf, next, index, &listeners, &count), 0);
	assert_true(count >= (next ? slots.next_workers : slots.workers)); /* it holds them all */
	for (size_t i = 0; i < count; i++) {
		if (listeners[i].worker == index)
			strcat(text, name_of(&listeners[i]));
	}
	free(listeners);
	assert_string_equal(text, expected);
}

static void each_worker_has_one_slot_of_each_address(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare(3);
	for (int committed = 0; committed < 2; committed++) {
		assert_serves(committed == 0, 0, "0.0 1.0 ");
		assert_serves(committed == 0, 1, "0.1 1.1 ");
		assert_serves(committed == 0, 2, "0.2 1.2 ");
		if (committed == 0)
			commit();
	}
}

static void fewer_workers_share_the_slots(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(5);
	commit();
	prepare(2);
	assert_int_equal(slots.addresses[0].opened, 5);
	assert_serves(true, 0, "0.0 0.2 0.4 ");
	assert_serves(true, 1, "0.1 0.3 ");
	assert_serves(false, 0, "0.0 "); /* the old ones serve on as they did */
	assert_serves(false, 4, "0.4 ");
	commit();
	assert_int_equal(slots.addresses[0].opened, 5);
	assert_serves(false, 0, "0.0 0.2 0.4 ");
	assert_serves(false, 1, "0.1 0.3 ");
	prepare(1);
	assert_serves(true, 0, "0.0 0.1 0.2 0.3 0.4 ");
}

static void more_workers_get_new_slots(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(3);
	commit();
	prepare(1);
	commit();
	prepare(4);
	assert_serves(false, 0, "0.0 0.1 0.2 "); /* slot 3 does not listen yet */
	assert_serves(true, 0, "0.0 ");
	assert_serves(true, 2, "0.2 ");
	assert_serves(true, 3, "0.3 ");
	slots_rollback(&slots);
	assert_serves(false, 0, "0.0 0.1 0.2 ");
	prepare(2);
	assert_serves(true, 0, "0.0 0.2 ");
	commit();
	assert_serves(false, 1, "0.1 ");
}

/* Workers look for what an address has in common at the socket before (link/setup.h). */
static void sockets_of_one_address_stand_side_by_side(void **state)
{
	struct setup_listener *listeners;
	bool seen[SLOTS_ADDRESSES_MAX] = { false };
	size_t count;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("udp:127.0.0.1", 0);
	prepare(3);
	commit();
	configure("tcp:127.0.0.2", 0);
	prepare(5); /* the first two get more sockets */
	assert_int_equal(slots_assign(&slots, &conf, true, 1, &listeners, &count), 0);
	assert_int_equal(count, 15);
	for (size_t i = 0; i < count; i++) {
		if (i > 0 && listeners[i].address == listeners[i - 1].address)
			continue;
		assert_false(seen[listeners[i].address]);
		seen[listeners[i].address] = true;
	}
	free(listeners);
}

static void only_what_is_configured_is_served(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	configure("tcp:127.0.0.2", 0);
	prepare(1);
	commit();
	conf_clear(&conf);
	configure("tcp:127.0.0.2", 0);
	configure("tcp:127.0.0.3", 0);
	prepare(2);
	assert_serves(false, 0, "0.0 1.0 ");
	assert_serves(true, 0, "1.0 2.0 ");
	assert_serves(true, 1, "1.1 2.1 ");
	commit();
	assert_serves(false, 0, "1.0 2.0 ");
	assert_serves(false, 1, "1.1 2.1 ");
}

/* An address that is added later has as many slots as there are workers, not as many as others
 * have. */
static void addresses_can_have_different_numbers_of_slots(void **state)
{
	(void)state;
	configure("tcp:127.0.0.1", 0);
	prepare(4);
	commit();
	configure("tcp:127.0.0.2", 0);
	prepare(2);
	assert_serves(true, 0, "0.0 0.2 1.0 ");
	assert_serves(true, 1, "0.1 0.3 1.1 ");
	commit();
	prepare(3);
	assert_serves(true, 0, "0.0 0.3 1.0 ");
	assert_serves(true, 1, "0.1 1.1 ");
	assert_serves(true, 2, "0.2 1.2 ");
}

static void assert_sharers(unsigned first, unsigned second)
{
	struct setup_listener *listeners;
	size_t count;

	assert_int_equal(slots_assign(&slots, &conf, true, 0, &listeners, &count), 0);
	for (size_t i = 0; i < count; i++)
		assert_int_equal(listeners[i].sharers, listeners[i].address == 0 ? first : second);
	free(listeners);
}

/* Who may meet one source: its socket's worker, or all. */
static void a_source_comes_to_one_worker_or_to_all(void **state)
{
	(void)state;
	configure("udp:127.0.0.1", 0);
	configure("udp:127.0.0.2", 0);
	conf.listens[1].profile.socket.reuseport = false;
	prepare(4);
	assert_sharers(1, 4);
	conf.cpu_steering = true;
	assert_sharers(4, 4);
	conf.cpu_steering = false;
}

/* Over any history of worker counts: every slot that listens is served, and by one worker. */
static void every_slot_is_served_by_one_worker(void **state)
{
	unsigned random = 4711;

	(void)state;
	configure("tcp:127.0.0.1", 0);
	for (int i = 0; i < 40; i++) {
		unsigned workers, served = 0;
		bool seen[20] = { false };

		random = random * 1103515245 + 12345;
		workers = 1 + random / 65536 % 12;
		prepare(workers);
		for (unsigned index = 0; index < workers; index++) {
			struct setup_listener *listeners;
			size_t count;

			assert_int_equal(
				slots_assign(&slots, &conf, true, index, &listeners, &count), 0);
			assert_true(count >= 1);
			for (size_t j = 0; j < count; j++) {
				unsigned slot =
					(unsigned)strtoul(name_of(&listeners[j]) + 2, NULL, 10);

				if (listeners[j].worker != index)
					continue;
				assert_false(seen[slot]);
				seen[slot] = true;
				served++;
			}
			free(listeners);
		}
		assert_int_equal(served, slots.addresses[0].opened);
		if (i % 3 == 2)
			slots_rollback(&slots);
		else
			commit();
	}
}

/* Configurations of the largest size, with nothing in common: each address has its bit. */
static void the_most_addresses_fit(void **state)
{
	static const uint64_t expected[] = { 0, UINT64_C(0xffffffff),
					     UINT64_C(0xffffffff00000000) };
	struct setup_listener *listeners;
	size_t count;

	(void)state;
	for (int generation = 0; generation < 3; generation++) {
		conf_clear(&conf);
		for (int i = 0; i < CONF_LISTEN_MAX; i++) {
			char text[64];

			snprintf(text, sizeof text, "tcp:127.0.%d.%d", generation + 1, i + 1);
			configure(text, 0);
		}
		prepare(1);
		assert_int_equal(slots_assign(&slots, &conf, true, 0, &listeners, &count), 0);
		assert_int_equal(count, CONF_LISTEN_MAX);
		assert_int_equal(listeners[0].address, generation == 1 ? CONF_LISTEN_MAX : 0);
		assert_int_equal(listeners[count - 1].address - listeners[0].address,
				 CONF_LISTEN_MAX - 1);
		free(listeners);
		commit();
		assert_true(orphans == expected[generation]);
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SLOTS(each_worker_has_one_slot_of_each_address),
		WITH_SLOTS(fewer_workers_share_the_slots),
		WITH_SLOTS(more_workers_get_new_slots),
		WITH_SLOTS(sockets_of_one_address_stand_side_by_side),
		WITH_SLOTS(only_what_is_configured_is_served),
		WITH_SLOTS(addresses_can_have_different_numbers_of_slots),
		WITH_SLOTS(a_source_comes_to_one_worker_or_to_all),
		WITH_SLOTS(every_slot_is_served_by_one_worker),
		WITH_SLOTS(the_most_addresses_fit),
	};

	return cmocka_run_group_tests_name("slots_assign", group, NULL, NULL) == 0 ? 0 : 1;
}
