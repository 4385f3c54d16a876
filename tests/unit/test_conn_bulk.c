/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that moves bulk: it is echoed through the pipe, and all else is as it was. */
#include "bulk.h"

#include "worker/flow.h"

static void bulk_comes_back_whole_and_in_order(void **state)
{
	uint64_t sent = 0, received = 0;
	int client = dial_and_open();

	(void)state;
	for (int i = 0; i < 5; i++)
		move_bulk(client, &sent, &received);
	assert_true(sent > 1024 * 1024);
	receive_all(client, received, sent, false);
	assert_int_equal(counters.bytes_in, sent);
	assert_int_equal(counters.bytes_out, sent);
	close(client);
}

/* For small messages two calls would be more than one. */
static void small_messages_take_the_short_way(void **state)
{
	uint64_t sent = 0, received = 0;
	int client = dial_and_open();
	unsigned before;

	(void)state;
	for (int i = 0; i < 100; i++) {
		sent += send_from(client, sent, 1000);
		received = receive_about(client, received, sent, false);
	}
	assert_int_equal(splices, 0);
	move_bulk(client, &sent, &received);
	received = receive_about(client, received, sent, false);
	before = splices;
	for (int i = 0; i < 100; i++) {
		sent += send_from(client, sent, 1000);
		received = receive_about(client, received, sent, false);
	}
	assert_true(splices <= before + 3); /* once, to see that it is over */
	close(client);
}

static void what_waits_is_bounded_as_ever(void **state)
{
	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t sent = 0, received = 0;
		int client = dial_and_open();

		be_full(client, &sent, &received);
		receive_all(client, received, sent, false);
		assert_int_equal(pending(), 0);
		close(client);
	}
}

/* The client is the slow side for long: what goes through the pipe is to be more than what is
 * copied. */
static void after_a_stall_it_goes_through_the_pipe_again(void **state)
{
	uint64_t sent = 0, received = 0, until, in;
	int client = dial_and_open();

	(void)state;
	be_full(client, &sent, &received);
	in = counters.bytes_in;
	spliced = 0;
	until = received + 64 * 1024 * 1024;
	for (uint64_t deadline = clock_ms() + 60000; received < until;) {
		ssize_t got = receive_from(client, received, 16 * 1024);

		received += got > 0 ? (uint64_t)got : 0;
		sent += send_from(client, sent, UINT64_MAX);
		turn();
		assert_pipe_is_empty();
		assert_true(clock_ms() < deadline);
	}
	assert_true(spliced > (counters.bytes_in - in) / 10 * 9);
	receive_all(client, received, sent, false);
	close(client);
}

static void connections_do_not_mix_in_the_pipe(void **state)
{
	int stuck = dial_and_open(), clients[3];
	uint64_t sent[3] = { 0 }, received[3] = { 0 };

	(void)state;
	be_full(stuck, &sent[0], &received[0]);
	for (int i = 0; i < 3; i++) {
		clients[i] = dial_and_open();
		sent[i] = received[i] = (uint64_t)i * 12345;
	}
	for (int round = 0; round < 3; round++) {
		for (int i = 0; i < 3; i++)
			move_bulk(clients[i], &sent[i], &received[i]);
	}
	for (int i = 0; i < 3; i++) {
		receive_all(clients[i], received[i], sent[i], false);
		close(clients[i]);
	}
	close(stuck);
	UNTIL(closed == 4);
}

/* Where there is no pipe, everything is copied. */
static void without_a_pipe_it_is_copied(void **state)
{
	uint64_t sent = 0, received = 0;
	int client = dial_and_open();

	(void)state;
	bulk_close(&set.bulk);
	for (int i = 0; i < 200; i++) {
		uint64_t went;
		ssize_t got;

		while ((went = send_from(client, sent, UINT64_MAX)) > 0)
			sent += went;
		turn();
		while ((got = receive_from(client, received, SIZE_MAX)) > 0)
			received += (uint64_t)got;
	}
	receive_all(client, received, sent, false);
	assert_int_equal(splices, 0);
	assert_true(sent > 1024 * 1024);
	close(client);
}

/* What goes through the pipe is seen by idle-timeout, too. */
static void who_moves_bulk_is_not_idle(void **state)
{
	uint64_t sent = 0, received = 0, before;
	int client = dial_and_open();
	struct conn *conn;

	(void)state;
	move_bulk(client, &sent, &received);
	receive_all(client, received, sent, false);
	conn = LIST_FIRST(&set.list);
	conn->streak = FLOW_BULK;
	before = spliced;
	send_from(client, sent, CONN_BUFFER_SIZE);
	while (spliced == before) {
		conn->active = false;
		turn();
	}
	assert_true(conn->active);
	close(client);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_BULK(bulk_comes_back_whole_and_in_order),
		WITH_BULK(who_moves_bulk_is_not_idle),
		WITH_BULK(small_messages_take_the_short_way),
		WITH_BULK(what_waits_is_bounded_as_ever),
		WITH_BULK(after_a_stall_it_goes_through_the_pipe_again),
		WITH_BULK(connections_do_not_mix_in_the_pipe),
		WITH_BULK(without_a_pipe_it_is_copied),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_bulk", group, NULL, NULL) == 0 ? 0 : 1;
}
