/* SPDX-License-Identifier: BSD-2-Clause */
/* What time does to a connection: never early, and to nobody else. */
#include "conn.h"

#include "worker/extra.h"

#define TIMEOUT_MS 200
#define STALL_MS   1000 /* longer than it takes to fill a connection, or than a test is held up */

/* The end, which does not come before so many ms after `since`, with this reason. */
static void expect_end(int client, uint64_t since, uint64_t ms, enum reason reason)
{
	uint64_t before = counters.reasons[reason];

	receive_all(client, 0, 0, true);
	assert_true(clock_ms() - since >= ms);
	assert_int_equal(counters.reasons[reason], before + 1);
}

static bool is_watched(void)
{
	const struct conn *conn = LIST_FIRST(&set.list);

	return conn->extra != NULL && conn->extra->watch.entry.sweep != NULL;
}

static void silence_ends_it(void **state)
{
	uint64_t since = clock_ms();
	int client;

	(void)state;
	profile.idle_timeout_ms = TIMEOUT_MS;
	client = dial_and_open();
	expect_end(client, since, TIMEOUT_MS, REASON_IDLE_TIMEOUT);
	close(client);
	UNTIL(closed == 1);
}

static void who_speaks_is_not_idle(void **state)
{
	uint64_t sent = 0, since = 0;
	int client;

	(void)state;
	profile.idle_timeout_ms = STALL_MS;
	client = dial_and_open();
	for (int i = 0; i < 15; i++) {
		since = clock_ms();
		sent += send_from(client, sent, 10);
		receive_all(client, sent - 10, sent, false);
		pass(STALL_MS / 10);
	}
	assert_int_equal(counters.reasons[REASON_IDLE_TIMEOUT], 0);
	expect_end(client, since, STALL_MS, REASON_IDLE_TIMEOUT);
	close(client);
}

/* Nothing goes back to it, so it takes nothing either. */
static void who_speaks_to_discard_is_not_idle(void **state)
{
	uint64_t sent = 0, since = 0;
	int client;

	(void)state;
	profile.idle_timeout_ms = STALL_MS;
	profile.service = PROFILE_DISCARD;
	client = dial_and_open();
	for (int i = 0; i < 25; i++) {
		since = clock_ms();
		sent += send_from(client, sent, 10);
		UNTIL(counters.bytes_in == sent);
		pass(STALL_MS / 10);
	}
	assert_int_equal(counters.reasons[REASON_IDLE_TIMEOUT], 0);
	expect_end(client, since, STALL_MS, REASON_IDLE_TIMEOUT);
	close(client);
}

/* What came just before the time was looked at counts. */
static void it_looks_once_more(void **state)
{
	int client;

	(void)state;
	profile.idle_timeout_ms = TIMEOUT_MS;
	client = dial_and_open();
	pass(20);
	/* No state to wait for: the loop must not turn while the worker is held up. */
	usleep(2 * TIMEOUT_MS * 1000);
	assert_int_equal(send_from(client, 0, 10), 10);
	receive_all(client, 0, 10, false);
	assert_int_equal(counters.reasons[REASON_IDLE_TIMEOUT], 0);
	close(client);
}

static void who_does_not_end_is_closed_in_the_end(void **state)
{
	int client;

	(void)state;
	profile.idle_timeout_ms = TIMEOUT_MS;
	client = dial_and_open();
	UNTIL(counters.reasons[REASON_IDLE_TIMEOUT] == 1);
	assert_int_equal(closed, 0);
	send_from(client, 0, 1000); /* is read, and dropped */
	UNTIL(closed == 1);
	assert_int_equal(counters.bytes_in, 0);
	close(client);
}

static void a_session_ends_whatever_it_does(void **state)
{
	uint64_t since = clock_ms(), sent = 0;
	int client;

	(void)state;
	profile.session_timeout_ms = TIMEOUT_MS;
	client = dial_and_open();
	while (counters.reasons[REASON_SESSION_TIMEOUT] == 0) {
		sent += send_from(client, sent, 100);
		receive_about(client, sent, sent, false);
		turn();
		assert_true(clock_ms() - since < 20000);
	}
	assert_true(clock_ms() - since >= TIMEOUT_MS);
	receive_all(client, 0, counters.bytes_in, true);
	close(client);
}

static void who_takes_nothing_is_reset(void **state)
{
	int client = dial_and_open();
	uint64_t since = clock_ms();
	char byte;

	(void)state;
	profile.write_timeout_ms = STALL_MS;
	assert_false(is_watched());
	fill(client);
	assert_true(is_watched());
	UNTIL(closed == 1);
	assert_true(clock_ms() - since >= STALL_MS);
	assert_int_equal(counters.reasons[REASON_WRITE_TIMEOUT], 1);
	while (recv(client, &byte, 1, 0) > 0)
		;
	assert_int_equal(errno, ECONNRESET);
	close(client);
}

/* Reads about so many bytes each 10 ms until it is reset or ms have passed; returns whether it was
 * reset. */
static bool read_slowly(int client, size_t each, uint64_t ms)
{
	char bytes[65536];

	for (uint64_t end = clock_ms() + ms; closed == 0 && clock_ms() < end; pass(10)) {
		if (recv(client, bytes, each, 0) == 0)
			break;
	}
	return closed == 1;
}

static void too_little_is_no_progress(void **state)
{
	int client = dial_and_open();

	(void)state;
	profile.write_timeout_ms = STALL_MS;
	profile.min_drain_rate = 10 * 1024 * 1024;
	fill(client);
	assert_true(read_slowly(client, 1000, 20000));
	assert_int_equal(counters.reasons[REASON_WRITE_TIMEOUT], 1);
	close(client);
}

/* What is taken is acknowledged in pieces, here of some 16 KiB: one of them must fall into the
 * time. */
static void who_takes_enough_stays(void **state)
{
	int client = dial_and_open();
	uint64_t sent;

	(void)state;
	profile.write_timeout_ms = 3 * STALL_MS / 2;
	profile.min_drain_rate = 1024;
	sent = fill(client);
	assert_false(read_slowly(client, 1000, 9 * STALL_MS / 4)); /* up to 100 KiB/s */
	assert_true(sent > 0 && counters.bytes_out < counters.bytes_in);
	close(client);
}

/* When all is sent, nobody looks any more. */
static void after_a_stall_the_watch_ends(void **state)
{
	int client = dial_and_open();
	uint64_t sent;

	(void)state;
	profile.write_timeout_ms = STALL_MS;
	sent = fill(client);
	receive_all(client, 0, sent, false);
	UNTIL(!is_watched());
	assert_int_equal(event_base_get_num_events(base, EVENT_BASE_COUNT_ADDED), 1); /* readable */
	close(client);
}

static void one_that_has_ended_may_not_stay_for_ever(void **state)
{
	int client = dial_and_open();

	(void)state;
	profile.write_timeout_ms = STALL_MS;
	fill(client);
	shutdown(client, SHUT_WR);
	UNTIL(closed == 1);
	assert_int_equal(counters.reasons[REASON_WRITE_TIMEOUT], 1);
	close(client);
}

static void a_part_of_a_frame_must_become_whole(void **state)
{
	uint64_t since = clock_ms();
	int client;

	(void)state;
	profile.service = PROFILE_FRAME;
	profile.frame_timeout_ms = TIMEOUT_MS;
	client = dial_and_open();
	assert_false(is_watched());
	assert_int_equal(send(client, "\3\0\0\0a", 5, 0), 5);
	UNTIL(is_watched());
	expect_end(client, since, TIMEOUT_MS, REASON_FRAME_TIMEOUT);
	close(client);
}

/* Parts all the time, each soon whole: that is no part that is late. */
static void many_parts_are_no_late_one(void **state)
{
	uint64_t received = 0;
	char bytes[4096];
	int client;

	(void)state;
	profile.service = PROFILE_FRAME;
	profile.frame_timeout_ms = STALL_MS;
	client = dial_and_open();
	assert_int_equal(send(client, "\1\0\0\0", 4, 0), 4);
	for (uint64_t end = clock_ms() + 3 * (uint64_t)STALL_MS / 2; clock_ms() < end; pass(5)) {
		ssize_t got = recv(client, bytes, sizeof bytes, 0);

		received += got > 0 ? (uint64_t)got : 0;
		assert_int_equal(send(client, "a\1\0\0\0", 5, 0), 5);
	}
	assert_true(received > 0);
	assert_int_equal(counters.reasons[REASON_FRAME_TIMEOUT], 0);
	close(client);
}

static void nobody_is_watched_for_nothing(void **state)
{
	int clients[3];

	(void)state;
	profile.service = PROFILE_ECHO;
	for (int i = 0; i < 3; i++)
		clients[i] = dial_and_open();
	send_from(clients[0], 0, 100);
	receive_all(clients[0], 0, 100, false);
	assert_true(LIST_EMPTY(&set.sweeps));
	for (int i = 0; i < 3; i++)
		close(clients[i]);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(silence_ends_it),
		WITH_SET(who_speaks_is_not_idle),
		WITH_SET(who_speaks_to_discard_is_not_idle),
		WITH_SET(it_looks_once_more),
		WITH_SET(who_does_not_end_is_closed_in_the_end),
		WITH_SET(a_session_ends_whatever_it_does),
		WITH_SET(who_takes_nothing_is_reset),
		WITH_SET(too_little_is_no_progress),
		WITH_SET(who_takes_enough_stays),
		WITH_SET(after_a_stall_the_watch_ends),
		WITH_SET(one_that_has_ended_may_not_stay_for_ever),
		WITH_SET(a_part_of_a_frame_must_become_whole),
		WITH_SET(many_parts_are_no_late_one),
		WITH_SET(nobody_is_watched_for_nothing),
	};

	prepare();
	return cmocka_run_group_tests_name("watch", group, NULL, NULL) == 0 ? 0 : 1;
}
