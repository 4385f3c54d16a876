/* SPDX-License-Identifier: BSD-2-Clause */
/* The datagram sockets of a sibling: not read, until we are told to stand in for it. */
#include "datagram.h"

#define SIBLING 7

/* A server on 127.0.0.1 that is the sibling's, and a client of it. */
static int start_sibling(void)
{
	struct addr here = address("127.0.0.1", 0);

	open_server(TRANSPORT_UDP, &here);
	list[0].worker = SIBLING;
	start();
	return dial(&addresses[0]);
}

static void a_siblings_socket_is_read_while_it_is_adopted(void **state)
{
	int client = start_sibling();

	(void)state;
	say(client, 10, 1);
	turn();
	turn();
	assert_int_equal(counters.datagrams_in, 0);
	datagram_set_adopt(&set, SIBLING + 1, true);
	turn();
	assert_int_equal(counters.datagrams_in, 0);
	datagram_set_adopt(&set, SIBLING, true);
	turn();
	assert_int_equal(heard(client, 1), 10);
	datagram_set_adopt(&set, SIBLING, false);
	say(client, 10, 2);
	turn();
	turn();
	assert_int_equal(counters.datagrams_in, 1);
	close(client);
}

/* Who wrote is not served by whoever comes, if nobody comes. */
static void its_orphans_are_answered_at_the_end(void **state)
{
	int client = start_sibling();

	(void)state;
	say(client, 10, 1);
	datagram_set_stop(&set, UINT64_C(1) << 3);
	assert_int_equal(heard(client, 1), 10);
	assert_true(datagram_set_has_left(&set));
	close(client);
}

/* Replies that wait for room are sent, and it is not read afterwards. */
static void what_was_read_before_the_release_is_answered(void **state)
{
	int client = start_sibling();

	(void)state;
	datagram_set_adopt(&set, SIBLING, true);
	may_send = 0;
	say(client, 10, 1);
	turn();
	assert_int_equal(counters.datagrams_in, 1);
	datagram_set_adopt(&set, SIBLING, false);
	say(client, 10, 2);
	may_send = -1;
	turn();
	assert_int_equal(heard(client, 1), 10);
	turn();
	turn();
	assert_int_equal(counters.datagrams_in, 1);
	close(client);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_siblings_socket_is_read_while_it_is_adopted),
		FRESH(its_orphans_are_answered_at_the_end),
		FRESH(what_was_read_before_the_release_is_answered),
	};

	return cmocka_run_group_tests_name("datagram sockets of a sibling", group, NULL, NULL) == 0
		       ? 0
		       : 1;
}
