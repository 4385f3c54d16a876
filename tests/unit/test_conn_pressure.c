/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection whose client does not read: what waits for it is bounded, and nothing is lost. */
#include "conn.h"

/* A client that sends and does not read: TCP stops it, and we hold no more than the mark. */
static void what_waits_is_bounded(void **state)
{
	int client = dial_and_open();
	uint64_t sent = fill(client);

	(void)state;
	assert_int_equal(pending(), profile.pending_high);
	assert_true(sent > counters.bytes_in); /* the rest is the kernel's */
	turn();
	assert_int_equal(pending(), profile.pending_high);
	close(client);
	UNTIL(closed == 1);
}

/* Reading begins again when no more than the low mark waits, and not before. */
static void reading_resumes_at_the_low_mark(void **state)
{
	int client = dial_and_open();
	uint64_t sent = fill(client), received = 0, in = counters.bytes_in;

	(void)state;
	while (counters.bytes_in == in) {
		ssize_t got = receive_from(client, received, 4096);

		assert_true(got > 0 || got == AGAIN);
		received += got == AGAIN ? 0 : (uint64_t)got;
		assert_true(received < sent);
		turn();
		assert_true(counters.bytes_in == in ||
			    in - counters.bytes_out <= profile.pending_low);
	}
	receive_all(client, received, sent, false);
	assert_int_equal(counters.bytes_in, sent);
	close(client);
}

/* Sends until the only connection is not read any more and the kernel takes no more either, from
 * number `sent` on; returns how far it got. The kernel may rest for a while before. */
static uint64_t fill_up(int client, uint64_t sent)
{
	uint64_t deadline = clock_ms() + 20000;

	for (int idle = 0; idle < 50 || LIST_FIRST(&set.list)->held == 0;) {
		uint64_t went = send_from(client, sent, UINT64_MAX);

		sent += went;
		turn();
		idle = went == 0 ? idle + 1 : 0;
		assert_true(clock_ms() < deadline);
	}
	return sent;
}

static void a_client_that_reads_again_gets_everything(void **state)
{
	int client = dial_and_open();
	uint64_t sent = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t begin = sent;

		sent = fill_up(client, sent);
		assert_true(sent - begin > profile.pending_high);
		receive_all(client, begin, sent, false);
		assert_int_equal(pending(), 0);
	}
	assert_int_equal(counters.bytes_out, sent);
	close(client);
}

/* Each byte for itself: what they take in memory is bounded, too. */
static void single_bytes_do_not_pile_up(void **state)
{
	int client = dial_and_open();
	uint64_t sent;

	(void)state;
	sent = send_until_pending(client);
	peak = allocated;
	for (int i = 0; i < 6000; i++) {
		sent += send_from(client, sent, 1);
		turn();
	}
	assert_true(pending() >= 6000 && pending() < profile.pending_high);
	assert_true(peak < 2 * pending() + 32 * 1024);
	receive_all(client, 0, sent, false);
	close(client);
}

/* However it comes, and after any number of times that some of it was taken. */
static void a_full_connection_takes_not_much_more_than_the_mark(void **state)
{
	static const size_t chunks[] = { 1000, 8192, 9000, 17000, 40000, 65536 };
	size_t usual = chunk;

	(void)state;
	for (unsigned i = 0; i < sizeof chunks / sizeof chunks[0]; i++) {
		int client = dial_and_open();
		size_t before = allocated;

		uint64_t sent = 0, received = 0;

		chunk = chunks[i];
		peak = allocated;
		for (int wave = 0; wave < 10; wave++) {
			sent = fill_up(client, sent);
			received = receive_about(client, received, received + 100000, false);
		}
		assert_true(peak - before < profile.pending_high + CONN_BUFFER_SIZE);
		close(client);
		UNTIL(closed == i + 1);
	}
	chunk = usual;
}

/* One that does not read does not hold up the others. */
static void others_are_served_meanwhile(void **state)
{
	int stuck = dial_and_open(), client;
	uint64_t out;

	(void)state;
	fill(stuck);
	client = dial_and_open();
	out = counters.bytes_out;
	assert_int_equal(send_from(client, 0, 1000), 1000);
	UNTIL(counters.bytes_out == out + 1000);
	receive_all(client, 0, 1000, false);
	close(client);
	close(stuck);
	UNTIL(closed == 2);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(what_waits_is_bounded),
		WITH_SET(reading_resumes_at_the_low_mark),
		WITH_SET(a_client_that_reads_again_gets_everything),
		WITH_SET(single_bytes_do_not_pile_up),
		WITH_SET(a_full_connection_takes_not_much_more_than_the_mark),
		WITH_SET(others_are_served_meanwhile),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_pressure", group, NULL, NULL) == 0 ? 0 : 1;
}
