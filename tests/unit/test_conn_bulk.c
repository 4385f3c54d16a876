/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that moves bulk: it is echoed through the pipe, and all else is as it was. */
#include "conn.h"

#include "worker/flow.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

static unsigned splices; /* calls of splice */
static uint64_t spliced; /* bytes that it took from clients */

/* In place of libc's, to see whether it is called at all. */
ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t most, unsigned flags)
{
	ssize_t moved = syscall(SYS_splice, in, in_at, out, out_at, most, flags);

	splices++;
	if (out == set.bulk.in && moved > 0)
		spliced += (uint64_t)moved;
	return moved;
}

/* Large buffers, for more than one of ours. */
static int set_up_bulk(void **state)
{
	socket_buffer = 1024 * 1024;
	chunk = CHUNK_MAX;
	splices = 0;
	spliced = 0;
	return set_up(state);
}

/* Nothing may be left in the pipe between two turns: it would be sent to somebody else. */
static void assert_pipe_is_empty(void)
{
	int bytes = -1;

	assert_int_equal(ioctl(set.bulk.out, FIONREAD, &bytes), 0);
	assert_int_equal(bytes, 0);
}

/* Moves bulk until it goes through the pipe; *sent and *received go on from what they are. */
static void move_bulk(int client, uint64_t *sent, uint64_t *received)
{
	uint64_t deadline = clock_ms() + 20000;
	unsigned before = splices;

	while (splices < before + 20) {
		uint64_t went;
		ssize_t got;

		while ((went = send_from(client, *sent, UINT64_MAX)) > 0)
			*sent += went;
		turn();
		assert_pipe_is_empty();
		while ((got = receive_from(client, *received, SIZE_MAX)) > 0)
			*received += (uint64_t)got;
		assert_int_equal(got, AGAIN);
		if (clock_ms() > deadline)
			fail_msg("%llu bytes, and none of them through the pipe",
				 (unsigned long long)*sent);
	}
}

/* A client that moves bulk and does not read, up to the mark. */
static void be_full(int client, uint64_t *sent, uint64_t *received)
{
	int idle = 0;

	move_bulk(client, sent, received);
	while (idle < 50) {
		uint64_t went = send_from(client, *sent, UINT64_MAX);

		*sent += went;
		turn();
		assert_pipe_is_empty();
		assert_true(pending() <= profile.pending_high);
		idle = went == 0 ? idle + 1 : 0;
	}
	assert_true(pending() > 0);
}

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

static void a_client_that_ends_gets_all_and_then_the_end(void **state)
{
	uint64_t sent = 0, received = 0;
	int client = dial_and_open();

	(void)state;
	be_full(client, &sent, &received);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	receive_all(client, received, sent, true);
	UNTIL(closed == 1);
	close(client);
	client = dial_and_open();
	sent = received = 0;
	move_bulk(client, &sent, &received);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	receive_all(client, received, sent, true);
	UNTIL(closed == 2);
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

/* What a client leaves in the pipe is not sent to the next one. */
static void a_reset_leaves_nothing_in_the_pipe(void **state)
{
	struct linger linger = { 1, 0 };

	(void)state;
	for (unsigned i = 1; i <= 10; i++) {
		uint64_t sent = 0, received = 0;
		int client = dial_and_open();

		move_bulk(client, &sent, &received);
		sent += send_from(client, sent, UINT64_MAX);
		setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger);
		close(client);
		UNTIL(closed == i);
		assert_pipe_is_empty();
	}
}

static void short_memory_leaves_nothing_in_the_pipe(void **state)
{
	uint64_t sent = 0, received = 0;
	int client = dial_and_open();

	(void)state;
	move_bulk(client, &sent, &received);
	allowed = 0;
	for (int i = 0; i < 10000 && closed == 0; i++) {
		while (send(client, "something", 9, MSG_NOSIGNAL) > 0)
			;
		turn();
	}
	allowed = -1;
	assert_int_equal(closed, 1);
	close(client);
	assert_pipe_is_empty();
	client = dial_and_open();
	sent = received = 0;
	move_bulk(client, &sent, &received);
	receive_all(client, received, sent, false);
	close(client);
}

static void the_server_ends_it_decently(void **state)
{
	uint64_t sent = 0, received = 0, in;
	int client = dial_and_open();

	(void)state;
	be_full(client, &sent, &received);
	in = counters.bytes_in;
	conn_set_finish(&set);
	receive_all(client, received, in, true);
	assert_int_equal(counters.bytes_in, in);
	assert_int_equal(closed, 0);
	close(client);
	UNTIL(closed == 1);
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

#undef WITH_SET
#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up_bulk, tidy_up)

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
		WITH_SET(bulk_comes_back_whole_and_in_order),
		WITH_SET(who_moves_bulk_is_not_idle),
		WITH_SET(small_messages_take_the_short_way),
		WITH_SET(what_waits_is_bounded_as_ever),
		WITH_SET(after_a_stall_it_goes_through_the_pipe_again),
		WITH_SET(a_client_that_ends_gets_all_and_then_the_end),
		WITH_SET(connections_do_not_mix_in_the_pipe),
		WITH_SET(a_reset_leaves_nothing_in_the_pipe),
		WITH_SET(short_memory_leaves_nothing_in_the_pipe),
		WITH_SET(the_server_ends_it_decently),
		WITH_SET(without_a_pipe_it_is_copied),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_bulk", group, NULL, NULL) == 0 ? 0 : 1;
}
