/* SPDX-License-Identifier: BSD-2-Clause */
/* Answers that come later, and reading at a rate: all comes, in order, and what waits is bounded.
 */
#include "conn.h"

#include "worker/extra.h"
#include "worker/flow.h"

static void an_answer_comes_after_the_delay(void **state)
{
	uint64_t since = clock_ms();
	int client;

	(void)state;
	profile.delay_ms = 100;
	client = dial_and_open();
	send_from(client, 0, 100);
	receive_all(client, 0, 100, false);
	assert_true(clock_ms() - since >= 100);
	close(client);
}

/* Small pieces all the time, with a jitter that would let each overtake the one before. */
static void none_overtakes_another(void **state)
{
	uint64_t sent = 0, received = 0, end = clock_ms() + 300;
	int client;

	(void)state;
	profile.delay_jitter_ms = 50;
	client = dial_and_open();
	while (clock_ms() < end) {
		ssize_t got;

		if (sent - received < 10000)
			sent += send_from(client, sent, 7);
		turn();
		got = receive_from(client, received, SIZE_MAX);
		received += got > 0 ? (uint64_t)got : 0;
	}
	assert_true(received > 0);
	receive_all(client, received, sent, false);
	close(client);
}

static void what_waits_is_bounded(void **state)
{
	const struct conn *conn;
	uint64_t sent = 0;
	int client;

	(void)state;
	profile.delay_ms = 60000;
	client = dial_and_open();
	conn = LIST_FIRST(&set.list);
	sent = fill(client);
	assert_true(sent > counters.bytes_in);
	assert_true(counters.bytes_in <= profile.pending_high);
	assert_int_equal(counters.bytes_out, 0);
	assert_true(flow_waiting(conn) >= profile.pending_high);
	assert_int_equal(conn->held, FLOW_FULL); /* and nobody looks again and again */
	assert_true(allocated < 2 * profile.pending_high + 64 * 1024);
	/* The server ends it: now is better than never. */
	conn_set_finish(&set);
	receive_all(client, 0, counters.bytes_in, true);
	close(client);
}

static void single_bytes_are_bounded_with_what_they_need(void **state)
{
	uint64_t sent = 0, in;
	int client;

	(void)state;
	profile.delay_ms = 60000;
	profile.pending_high = 4096;
	profile.pending_low = 1024;
	client = dial_and_open();
	while (LIST_FIRST(&set.list)->held != FLOW_FULL) {
		assert_true(sent < 10000);
		sent += send_from(client, sent, 1);
		turn();
	}
	in = counters.bytes_in;
	assert_true(in > 0 && in < 4096);
	sent += send_from(client, sent, 100);
	pass(20);
	assert_int_equal(counters.bytes_in, in);
	conn_set_finish(&set);
	receive_all(client, 0, counters.bytes_in, true);
	close(client);
}

static void who_has_ended_gets_all_in_time(void **state)
{
	uint64_t since = clock_ms();
	int client;

	(void)state;
	profile.delay_ms = 100;
	client = dial_and_open();
	send_from(client, 0, 5000);
	shutdown(client, SHUT_WR);
	receive_all(client, 0, 5000, true);
	assert_true(clock_ms() - since >= 100);
	UNTIL(closed == 1);
	close(client);
}

/* After a stop at the mark it goes on. */
static void a_long_stream_comes_back(void **state)
{
	uint64_t sent = 0, received = 0, deadline = clock_ms() + 60000;
	int client;

	(void)state;
	profile.delay_ms = 2;
	profile.delay_jitter_ms = 3;
	profile.pending_high = 8192;
	profile.pending_low = 0;
	client = dial_and_open();
	while (received < 200000) {
		ssize_t got;

		sent += send_from(client, sent, 200000 - sent);
		turn();
		got = receive_from(client, received, SIZE_MAX);
		received += got > 0 ? (uint64_t)got : 0;
		assert_true(clock_ms() < deadline);
	}
	close(client);
}

static void without_memory_it_is_closed(void **state)
{
	(void)state;
	profile.delay_ms = 10;
	profile.rate = 100000;
	for (long most = 1; most < 25; most++) {
		int server, client = dial(&server);

		allowed = most;
		conn_open(&set, server, &profile);
		for (uint64_t end = clock_ms() + 5; clock_ms() < end; turn())
			send(client, "a", 1, MSG_NOSIGNAL);
		allowed = -1;
		close(client);
		UNTIL(counters.active == 0);
	}
	assert_true(counters.refused > 0 && counters.refused < 24);
}

static void a_rate_is_kept(void **state)
{
	uint64_t since, received = 0, sent = 0;
	int client;

	(void)state;
	profile.rate = 20000;
	since = clock_ms();
	client = dial_and_open();
	while (received < 10000) {
		ssize_t got;

		sent += send_from(client, sent, 10000 - sent);
		turn();
		/* A tenth of a second's worth at the start, then what time brings. */
		assert_true(counters.bytes_in <= 2000 + 20 * (clock_ms() - since + 1));
		got = receive_from(client, received, SIZE_MAX);
		received += got > 0 ? (uint64_t)got : 0;
	}
	assert_true(clock_ms() - since >= 399);
	close(client);
}

/* One byte a second is slow, but not never. */
static void the_lowest_rate(void **state)
{
	uint64_t since = clock_ms();
	int client;

	(void)state;
	profile.rate = 1;
	client = dial_and_open();
	send_from(client, 0, 2);
	receive_all(client, 0, 2, false);
	assert_true(clock_ms() - since >= 1000);
	close(client);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(an_answer_comes_after_the_delay),
		WITH_SET(none_overtakes_another),
		WITH_SET(what_waits_is_bounded),
		WITH_SET(single_bytes_are_bounded_with_what_they_need),
		WITH_SET(who_has_ended_gets_all_in_time),
		WITH_SET(a_long_stream_comes_back),
		WITH_SET(without_memory_it_is_closed),
		WITH_SET(a_rate_is_kept),
		WITH_SET(the_lowest_rate),
	};

	prepare();
	return cmocka_run_group_tests_name("delay", group, NULL, NULL) == 0 ? 0 : 1;
}
