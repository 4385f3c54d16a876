/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Replies in one go that the kernel refuses, has no room for, or never gets: none is lost for it,
 * none is sent twice, and what is lost is counted by datagrams.
 */
#include "datagram.h"

/* Such replies are sent again, each by itself, and none twice. */
static void a_run_that_is_refused_is_sent_singly(void **state)
{
	static const size_t sizes[] = { 10, 20, 20, 20, 10, 10, 0, 30, 30 };
	const unsigned count = sizeof sizes / sizeof sizes[0];
	int client;

	(void)state;
	no_runs = EMSGSIZE;
	start_udp();
	client = dial(&addresses[0]);
	for (unsigned round = 1; round <= 2; round++) {
		say_all(client, sizes, count, 'a');
		turn();
		assert_heard_all(client, sizes, count, 'a');
		assert_int_equal(refused_runs, round);
	}
	assert_int_equal(replies, 2 * count);
	no_runs = 0; /* it was that way, or that size */
	say_all(client, tens, 5, 'a');
	turn();
	assert_heard_all(client, tens, 5, 'a');
	assert_int_equal(replies, 2 * count + 1);
	assert_counted(2 * count + 5, 2 * 150 + 50);
	close(client);
}

/* No offload, or IPsec: it would be refused for ever (EIO, udp(7)). */
static void a_socket_that_knows_no_runs_is_asked_once(void **state)
{
	int client;

	(void)state;
	no_runs = EIO;
	start_udp();
	client = dial(&addresses[0]);
	for (unsigned round = 1; round <= 3; round++) {
		say_all(client, tens, 5, 'a');
		turn();
		assert_heard_all(client, tens, 5, 'a');
		assert_int_equal(replies, 5 * round);
	}
	assert_int_equal(refused_runs, 1);
	assert_counted(15, 150);
	close(client);
}

static void a_full_socket_keeps_runs_as_they_are(void **state)
{
	int clients[3];

	(void)state;
	start_udp();
	for (unsigned c = 0; c < 3; c++) {
		clients[c] = dial(&addresses[0]);
		say_all(clients[c], tens, c + 2, 'a');
	}
	may_send = 1;
	turn();
	assert_int_equal(counters.datagrams_in, 9);
	assert_int_equal(counters.datagrams_out, 2);
	assert_int_equal(counters.bytes_out, 20);
	no_runs = EMSGSIZE;
	may_send = 4; /* and full again in the middle of the last one, of which only the rest is
			 left */
	turn();
	assert_int_equal(counters.datagrams_out, 6);
	may_send = -1;
	turn();
	for (unsigned c = 0; c < 3; c++) {
		assert_heard_all(clients[c], tens, c + 2, 'a');
		close(clients[c]);
	}
	assert_counted(9, 90);
}

static void what_is_lost_is_counted_by_datagrams(void **state)
{
	int clients[2] = { -1, -1 };

	(void)state;
	start_udp();
	for (unsigned c = 0; c < 2; c++) {
		clients[c] = dial(&addresses[0]);
		say_all(clients[c], tens, 7, 'a');
	}
	may_send = 1;
	turn();
	datagram_set_clear(&set);
	assert_int_equal(counters.datagrams_out, 7);
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 7);
	assert_heard_all(clients[0], tens, 7, 'a');
	assert_heard_all(clients[1], tens, 0, 'a');
	close(clients[0]);
	close(clients[1]);
}

static void what_nobody_takes_is_lost_one_by_one(void **state)
{
	int client;

	(void)state;
	start_udp();
	client = dial(&addresses[0]);
	say_all(client, tens, 7, 'a');
	may_send = 0;
	error = EPERM;
	turn();
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 7);
	may_send = -1;
	say_all(client, tens, 7, 'a');
	turn();
	assert_heard_all(client, tens, 7, 'a');
	assert_int_equal(replies, 1);
	close(client);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_run_that_is_refused_is_sent_singly),
		FRESH(a_socket_that_knows_no_runs_is_asked_once),
		FRESH(a_full_socket_keeps_runs_as_they_are),
		FRESH(what_is_lost_is_counted_by_datagrams),
		FRESH(what_nobody_takes_is_lost_one_by_one),
	};

	return cmocka_run_group_tests_name("replies in one go that do not get through", group, NULL,
					   NULL) == 0
		       ? 0
		       : 1;
}
