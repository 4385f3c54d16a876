/* SPDX-License-Identifier: BSD-2-Clause */
/* The end of a connection that moves bulk: nothing is lost, and nothing stays in the pipe. */
#include "bulk.h"

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

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_BULK(a_client_that_ends_gets_all_and_then_the_end),
		WITH_BULK(a_reset_leaves_nothing_in_the_pipe),
		WITH_BULK(short_memory_leaves_nothing_in_the_pipe),
		WITH_BULK(the_server_ends_it_decently),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_bulk_end", group, NULL, NULL) == 0 ? 0 : 1;
}
