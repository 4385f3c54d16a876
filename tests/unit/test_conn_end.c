/* SPDX-License-Identifier: BSD-2-Clause */
/* How a connection ends: resets in every state, and the decent end that the server makes. */
#include "conn.h"

/* The states that a connection can be in, and how it gets there. */
static void be_idle(int client)
{
	(void)client;
	turn();
}

static void be_echoing(int client)
{
	assert_int_equal(send_from(client, 0, 1000), 1000);
	UNTIL(counters.bytes_out == 1000);
}

static void be_full(int client)
{
	fill(client);
	assert_int_equal(pending(), profile.pending_high);
}

static void be_flushing(int client)
{
	send_until_pending(client);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	turn();
	assert_int_equal(closed, 0);
}

static void be_finishing(int client)
{
	be_full(client);
	conn_set_finish(&set);
	turn();
}

static void be_lingering(int client)
{
	be_idle(client);
	conn_set_finish(&set);
	turn();
}

static void (*const states[])(int client) = { be_idle,     be_echoing,   be_full,
					      be_flushing, be_finishing, be_lingering };

#define STATES (sizeof states / sizeof states[0])

static void a_reset_closes_in_every_state(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		int client = dial_and_open();

		memset(&counters, 0, sizeof counters);
		counters.active = 1;
		closed = 0;
		states[i](client);
		assert_int_equal(closed, 0);
		reset(client);
		UNTIL(closed == 1);
		assert_int_equal(counters.active, 0);
	}
}

static void clearing_closes_in_every_state(void **state)
{
	for (size_t i = 0; i < STATES; i++) {
		int client = dial_and_open();

		states[i](client);
		conn_set_clear(&set);
		assert_int_equal(closed, 1);
		close(client);
		assert_int_equal(tidy_up(state), 0);
		assert_int_equal(set_up(state), 0);
		memset(&counters, 0, sizeof counters);
	}
}

static void finishing_twice_is_no_harm(void **state)
{
	(void)state;
	for (size_t i = 0; i < STATES; i++) {
		int client = dial_and_open();

		memset(&counters, 0, sizeof counters);
		counters.active = 1;
		closed = 0;
		states[i](client);
		conn_set_finish(&set);
		turn();
		conn_set_finish(&set);
		turn();
		assert_int_equal(closed, 0); /* the client has not ended, or not got all */
		reset(client);
		UNTIL(closed == 1);
	}
}

/* Nobody is echoed any more, but whoever sends on gets no reset. */
static void an_idle_client_gets_the_end_and_may_send_on(void **state)
{
	int client = dial_and_open();
	uint64_t sent = 0;

	(void)state;
	be_echoing(client);
	conn_set_finish(&set);
	receive_all(client, 0, 1000, true);
	for (int i = 0; i < 100; i++) {
		sent += send_from(client, sent, UINT64_MAX);
		turn();
	}
	assert_true(sent > 100 * 1024); /* it is read, and dropped */
	assert_int_equal(counters.bytes_in, 1000);
	assert_int_equal(counters.bytes_out, 1000);
	assert_int_equal(closed, 0);
	assert_int_equal(recv(client, &sent, 1, 0), 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	UNTIL(closed == 1);
	close(client);
}

static void what_waits_is_sent_before_the_end(void **state)
{
	int client = dial_and_open();
	uint64_t in;

	(void)state;
	be_full(client);
	in = counters.bytes_in;
	conn_set_finish(&set);
	receive_all(client, 0, in, true);
	assert_int_equal(counters.bytes_in, in);
	assert_int_equal(counters.bytes_out, in);
	assert_int_equal(closed, 0);
	for (uint64_t sent = 0; sent < 4 * 1024 * 1024; turn())
		sent += send_from(client, 0, UINT64_MAX); /* it is taken, and dropped */
	assert_int_equal(recv(client, &in, 1, 0), 0);     /* no reset */
	close(client);
	UNTIL(closed == 1);
	assert_int_equal(counters.bytes_in, counters.bytes_out);
}

static void one_that_has_ended_already_gets_all(void **state)
{
	int client = dial_and_open();
	uint64_t sent = fill(client);

	(void)state;
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	/* All of it is read before the end is seen. */
	sent = receive_about(client, 0, sent - 1000, false);
	conn_set_finish(&set);
	receive_all(client, sent, counters.bytes_in, true);
	UNTIL(closed == 1);
	close(client);
}

static void a_client_that_ends_while_it_is_ended(void **state)
{
	int client = dial_and_open();

	(void)state;
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	conn_set_finish(&set); /* before the loop has seen it */
	assert_int_equal(closed, 0);
	UNTIL(closed == 1);
	receive_all(client, 0, 0, true);
	close(client);
}

static void everybody_is_ended(void **state)
{
	int clients[20];

	(void)state;
	for (int i = 0; i < 20; i++)
		clients[i] = dial_and_open();
	conn_set_finish(&set);
	for (int i = 0; i < 20; i++) {
		receive_all(clients[i], 0, 0, true);
		close(clients[i]);
	}
	UNTIL(closed == 20);
	assert_int_equal(counters.active, 0);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(a_reset_closes_in_every_state),
		WITH_SET(clearing_closes_in_every_state),
		WITH_SET(finishing_twice_is_no_harm),
		WITH_SET(an_idle_client_gets_the_end_and_may_send_on),
		WITH_SET(what_waits_is_sent_before_the_end),
		WITH_SET(one_that_has_ended_already_gets_all),
		WITH_SET(a_client_that_ends_while_it_is_ended),
		WITH_SET(everybody_is_ended),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_end", group, NULL, NULL) == 0 ? 0 : 1;
}
