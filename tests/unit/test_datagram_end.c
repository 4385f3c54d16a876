/* SPDX-License-Identifier: BSD-2-Clause */
/* Datagram sockets that are full, and sockets at their end: what waits, and who answers it. */
#include "datagram.h"

static int clients[100];

/* So many datagrams wait, each of another client. */
static void let_wait(unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		clients[i] = dial(&addresses[0]);
		say(clients[i], 10, (unsigned char)i);
	}
}

/* How many of them have been answered, once; hangs up. */
static unsigned answered(unsigned count)
{
	unsigned sum = 0;

	for (unsigned i = 0; i < count; i++) {
		if (heard(clients[i], (unsigned char)i) == 10)
			sum++;
		assert_int_equal(heard(clients[i], 0), -1);
		close(clients[i]);
	}
	return sum;
}

static void a_full_socket_keeps_the_rest_and_reads_nothing(void **state)
{
	(void)state;
	start_udp();
	let_wait(90);
	may_send = 5;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	assert_int_equal(counters.datagrams_out, 5);
	may_send = 10; /* and full again */
	turn();
	turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	assert_int_equal(counters.datagrams_out, 15);
	may_send = -1;
	for (int i = 0; i < 5; i++)
		turn();
	assert_int_equal(counters.datagrams_out, 90);
	assert_int_equal(counters.bytes_out, 900);
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 0);
	assert_int_equal(answered(90), 90);
}

static void the_other_sockets_are_served_meanwhile(void **state)
{
	struct addr here = address("127.0.0.1", 0);
	int other;

	(void)state;
	open_server(TRANSPORT_UDP, &here);
	open_server(TRANSPORT_UDP, &here);
	start();
	let_wait(1);
	may_send = 0;
	turn();
	assert_int_equal(counters.datagrams_in, 1);
	other = dial(&addresses[1]);
	say(other, 3, 'o');
	/* The first socket has its turn, too, and is full again. */
	may_send = 0;
	turn();
	assert_int_equal(counters.datagrams_in, 2);
	may_send = -1;
	turn();
	assert_int_equal(heard(other, 'o'), 3);
	assert_int_equal(answered(1), 1);
	close(other);
}

static void a_reply_that_cannot_be_sent_costs_only_itself(void **state)
{
	(void)state;
	start_udp();
	let_wait(10);
	may_send = 4;
	error = EPERM;
	turn();
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 6);
	assert_int_equal(counters.datagrams_out, 4);
	assert_int_equal(answered(10), 4);
	may_send = -1;
	let_wait(10);
	turn();
	assert_int_equal(answered(10), 10);
}

static void what_waits_is_left_to_the_successor(void **state)
{
	(void)state;
	start_udp();
	list[0].fd = dup(list[0].fd);
	let_wait(90);
	datagram_set_stop(&set, 0);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(left, 0);
	assert_int_equal(counters.datagrams_in, 0);
	datagram_set_clear(&set);
	set_afresh();
	start();
	turn();
	turn();
	assert_int_equal(answered(90), 90);
}

static void what_waits_at_an_orphan_is_answered(void **state)
{
	(void)state;
	start_udp();
	let_wait(90);
	datagram_set_stop(&set, UINT64_C(1) << 3);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(answered(90), 90);
	assert_int_equal(left, 0); /* who has called knows */
}

static void another_ones_orphan_is_none(void **state)
{
	(void)state;
	start_udp();
	let_wait(3);
	datagram_set_stop(&set, ~(UINT64_C(1) << 3));
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(answered(3), 0);
}

static void a_full_socket_stays_until_it_has_sent(void **state)
{
	(void)state;
	start_udp();
	let_wait(90);
	may_send = 7;
	turn();
	assert_int_equal(counters.datagrams_in, BATCH_MAX);
	datagram_set_stop(&set, UINT64_C(1) << 3);
	datagram_set_stop(&set, UINT64_C(1) << 3); /* told twice */
	assert_false(datagram_set_has_left(&set));
	turn();
	assert_int_equal(left, 0);
	may_send = 40; /* full in the middle of the rest */
	turn();
	assert_int_equal(left, 0);
	may_send = -1;
	turn();
	assert_int_equal(left, 1);
	assert_true(datagram_set_has_left(&set));
	assert_int_equal(counters.datagrams_out, 90);
	assert_int_equal(answered(90), 90);
}

static void what_is_lost_at_the_end_is_counted(void **state)
{
	(void)state;
	start_udp();
	let_wait(20);
	may_send = 5;
	turn();
	datagram_set_stop(&set, 0);
	assert_false(datagram_set_has_left(&set));
	datagram_set_clear(&set);
	assert_int_equal(counters.reasons[REASON_UNDELIVERED], 15);
	assert_int_equal(answered(20), 5);
	assert_int_equal(left, 0);
}

#define FRESH(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		FRESH(a_full_socket_keeps_the_rest_and_reads_nothing),
		FRESH(the_other_sockets_are_served_meanwhile),
		FRESH(a_reply_that_cannot_be_sent_costs_only_itself),
		FRESH(what_waits_is_left_to_the_successor),
		FRESH(what_waits_at_an_orphan_is_answered),
		FRESH(another_ones_orphan_is_none),
		FRESH(a_full_socket_stays_until_it_has_sent),
		FRESH(what_is_lost_at_the_end_is_counted),
	};

	return cmocka_run_group_tests_name("datagram sockets, full and at the end", group, NULL,
					   NULL) == 0
		       ? 0
		       : 1;
}
