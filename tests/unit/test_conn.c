/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection: echo, both ends of it, and memory that is short. Over TCP, in one thread. */
#include "conn.h"

#include "caught.h"

static void whatever_comes_goes_back(void **state)
{
	int client = dial_and_open();

	(void)state;
	assert_int_equal(send_from(client, 0, 5), 5);
	UNTIL(counters.bytes_out == 5);
	assert_int_equal(receive_from(client, 0, 100), 5);
	assert_int_equal(counters.bytes_in, 5);
	assert_int_equal(counters.accepted, 1);
	assert_int_equal(counters.active, 1);
	assert_int_equal(counters.refused, 0);
	assert_int_equal(closed, 0);
	close(client);
	UNTIL(closed == 1);
	assert_int_equal(counters.active, 0);
}

static void a_long_stream_comes_back_whole_and_in_order(void **state)
{
	const uint64_t size = 3 * 1024 * 1024 + 7;
	uint64_t sent = 0, received = 0, deadline = clock_ms() + 60000;
	int client = dial_and_open();

	(void)state;
	while (received < size && clock_ms() < deadline) {
		ssize_t got;

		sent += send_from(client, sent, size - sent);
		turn();
		got = receive_from(client, received, 5000);
		assert_true(got > 0 || got == AGAIN);
		received += got == AGAIN ? 0 : (uint64_t)got;
	}
	assert_int_equal(received, size);
	assert_int_equal(counters.bytes_in, size);
	assert_int_equal(counters.bytes_out, size);
	close(client);
}

static void a_client_that_ends_gets_all_and_then_the_end(void **state)
{
	int client = dial_and_open();
	uint64_t sent = fill(client);

	(void)state;
	assert_true(pending() > 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	turn();
	assert_int_equal(closed, 0);
	receive_all(client, 0, sent, true);
	UNTIL(closed == 1);
	assert_int_equal(counters.bytes_in, sent);
	assert_int_equal(counters.bytes_out, sent);
	close(client);
}

static void a_client_that_ends_at_once_gets_the_end(void **state)
{
	int client = dial_and_open();

	(void)state;
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	UNTIL(closed == 1);
	receive_all(client, 0, 0, true);
	close(client);
}

/* The end of one comes while others go on. */
static void connections_do_not_mix(void **state)
{
	int clients[8];

	(void)state;
	for (uint64_t i = 0; i < 8; i++) {
		clients[i] = dial_and_open();
		assert_int_equal(send_from(clients[i], i * 1000, 100), 100);
	}
	assert_int_equal(counters.active, 8);
	UNTIL(counters.bytes_out == 800);
	for (uint64_t i = 0; i < 8; i += 2)
		close(clients[i]);
	UNTIL(closed == 4); /* with unread bytes, so that it is a reset */
	for (uint64_t i = 1; i < 8; i += 2) {
		receive_all(clients[i], i * 1000, i * 1000 + 100, false);
		assert_int_equal(send_from(clients[i], i * 1000 + 100, 100), 100);
		receive_all(clients[i], i * 1000 + 100, i * 1000 + 200, false);
		close(clients[i]);
	}
	UNTIL(closed == 8);
	assert_int_equal(counters.accepted, 8);
	assert_int_equal(counters.active, 0);
}

static void the_descriptor_is_free_at_once(void **state)
{
	int server, client = dial(&server);

	(void)state;
	conn_open(&set, server, &profile);
	assert_true(fcntl(server, F_GETFD) != -1);
	close(client);
	UNTIL(closed == 1);
	assert_int_equal(fcntl(server, F_GETFD), -1);
}

static void clearing_closes_everybody(void **state)
{
	int clients[5];

	(void)state;
	for (int i = 0; i < 5; i++)
		clients[i] = dial_and_open();
	fill(clients[0]);
	conn_set_clear(&set);
	assert_int_equal(closed, 5);
	assert_int_equal(counters.active, 0);
	assert_int_equal(counters.accepted, 5);
	assert_null(set.buffer);
	for (int i = 1; i < 5; i++) {
		receive_all(clients[i], 0, 0, true);
		close(clients[i]);
	}
	close(clients[0]);
}

/* Wherever memory is short: the connection is refused and counted, and nothing is lost. */
static void without_memory_a_connection_is_refused(void **state)
{
	uint64_t refused = 0;

	(void)state;
	for (long most = 1; counters.active == 0; most++) {
		int server, client = dial(&server);

		assert_true(most < 100);
		allowed = most;
		atomic_store(&set.cell->active, 1); /* the place that was taken for it */
		conn_open(&set, server, &profile);
		allowed = -1;
		assert_int_equal(atomic_load(&set.cell->active), counters.active);
		if (counters.active == 0) {
			assert_int_equal(counters.refused, ++refused);
			assert_int_equal(fcntl(server, F_GETFD), -1);
			receive_reset(client);
		}
		assert_int_equal(counters.accepted, most);
		close(client);
	}
	assert_true(refused > 0);
	assert_int_equal(closed, 0);
}

/* Short of memory in the midst of it: then it is closed, and that is all. */
static void without_memory_a_connection_is_closed(void **state)
{
	(void)state;
	for (long most = 1; most < 12; most++) {
		int client = dial_and_open();
		uint64_t sent = 0;

		memset(&counters, 0, sizeof counters);
		counters.active = 1;
		closed = 0;
		allowed = most;
		while (closed == 0 && sent < 1024 * 1024) {
			ssize_t got = send(client, "0123456789abcdef", 16, MSG_NOSIGNAL);

			if (got <= 0)
				break;
			sent += (uint64_t)got;
			turn();
		}
		allowed = -1;
		close(client);
		UNTIL(closed == 1);
		assert_int_equal(counters.active, 0);
	}
}

static void opening_and_closing_are_logged(void **state)
{
	const char *text, *second;

	(void)state;
	log_set_level(LOG_LEVEL_INFO);
	assert_int_equal(catch_stderr(), 0);
	close(dial_and_open());
	UNTIL(closed == 1);
	text = caught();
	release_stderr();
	log_set_level(LOG_LEVEL_ERROR);
	assert_memory_equal(text, "echod: connection 1: opened by 127.0.0.1:", 41);
	second = strchr(text, '\n');
	assert_non_null(second);
	assert_string_equal(second + 1, "echod: connection 1: closed by the client\n");
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(whatever_comes_goes_back),
		WITH_SET(a_long_stream_comes_back_whole_and_in_order),
		WITH_SET(a_client_that_ends_gets_all_and_then_the_end),
		WITH_SET(a_client_that_ends_at_once_gets_the_end),
		WITH_SET(connections_do_not_mix),
		WITH_SET(the_descriptor_is_free_at_once),
		WITH_SET(clearing_closes_everybody),
		WITH_SET(without_memory_a_connection_is_refused),
		WITH_SET(without_memory_a_connection_is_closed),
		WITH_SET(opening_and_closing_are_logged),
	};

	prepare();
	return cmocka_run_group_tests_name("conn", group, NULL, NULL) == 0 ? 0 : 1;
}
