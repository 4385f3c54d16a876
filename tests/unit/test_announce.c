/* SPDX-License-Identifier: BSD-2-Clause */
/* The server's own lines: they come whole, and do not pile up. */
#include "conn.h"

#include "worker/extra.h"
#include "worker/output.h"

static struct share *share;

static int set_up_share(void **state)
{
	int result = set_up(state);

	share = share_new();
	share_reset(share, 0);
	share_reset(share, 1);
	atomic_store(&share->cells[1].active, 7); /* another worker's */
	set.share = share;
	set.cell = &share->cells[0];
	set.worker = 3;
	return share == NULL ? -1 : result;
}

static int tidy_up_share(void **state)
{
	int result = tidy_up(state);

	share_free(share);
	return result;
}

#undef WITH_SET
#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up_share, tidy_up_share)

static void expect(int client, const char *text)
{
	char got[512];
	size_t size = strlen(text);
	uint64_t deadline = clock_ms() + 20000;

	for (size_t done = 0; done < size;) {
		ssize_t more = recv(client, got, size - done, 0);

		turn();
		assert_true(clock_ms() < deadline && (more > 0 || errno == EAGAIN));
		if (more > 0) {
			assert_memory_equal(text + done, got, (size_t)more);
			done += (size_t)more;
		}
	}
}

static void everything_in_a_greeting(void **state)
{
	int client;

	(void)state;
	strcpy(profile.greeting, "100%% of %w: %n\n");
	client = dial_and_open();
	expect(client, "100% of 3: 8\n");
	send_from(client, 0, 10);
	receive_all(client, 0, 10, false);
	close(client);
}

/* The longest text of the longest letters. */
static void a_greeting_of_addresses(void **state)
{
	char byte;
	size_t size = 0;
	int client;

	(void)state;
	for (size_t i = 0; i + 2 < sizeof profile.greeting; i += 2)
		memcpy(profile.greeting + i, "%a", 3);
	client = dial_and_open();
	shutdown(client, SHUT_WR);
	UNTIL(closed == 1);
	while (recv(client, &byte, 1, 0) == 1)
		size++;
	assert_true(size >= 127 * strlen("127.0.0.1:1"));
	close(client);
}

/* The client is gone before it is greeted: nothing is closed from inside conn_open. */
static void who_is_gone_is_not_greeted(void **state)
{
	int server, client = dial(&server);

	(void)state;
	strcpy(profile.greeting, "hello");
	reset(client);
	conn_open(&set, server, &profile);
	assert_int_equal(counters.accepted, 1);
	assert_int_equal(counters.active, 0);
	assert_int_equal(fcntl(server, F_GETFD), -1);
	assert_int_equal(closed, 0); /* nobody is told from inside of accepting */
}

static void without_memory_nothing_is_lost(void **state)
{
	(void)state;
	profile.status_interval_ms = 1000;
	for (long most = 1; most < 20; most++) {
		int server, client = dial(&server);

		closed = 0;
		allowed = most;
		conn_open(&set, server, &profile);
		allowed = -1;
		close(client);
		UNTIL(counters.active == 0);
	}
}

static void lines_come_again_and_again(void **state)
{
	int client;

	(void)state;
	profile.status_interval_ms = 20;
	client = dial_and_open();
	for (int i = 0; i < 5; i++)
		expect(client, "Server status: 8 active connections\n");
	close(client);
	UNTIL(closed == 1);
}

static void lines_do_not_pile_up(void **state)
{
	const struct conn *conn;
	size_t waiting;
	int client;

	(void)state;
	profile.status_interval_ms = 20;
	client = dial_and_open();
	fill(client);
	conn = LIST_FIRST(&set.list);
	waiting = output_pending(conn);
	assert_true(waiting > 0);
	for (uint64_t end = clock_ms() + 200; clock_ms() < end;)
		turn();
	assert_int_equal(output_pending(conn), waiting);
	close(client);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(everything_in_a_greeting),   WITH_SET(a_greeting_of_addresses),
		WITH_SET(who_is_gone_is_not_greeted), WITH_SET(without_memory_nothing_is_lost),
		WITH_SET(lines_come_again_and_again), WITH_SET(lines_do_not_pile_up),
	};

	prepare();
	return cmocka_run_group_tests_name("announce", group, NULL, NULL) == 0 ? 0 : 1;
}
