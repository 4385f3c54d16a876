/* SPDX-License-Identifier: BSD-2-Clause */
/* A call that fails costs one connection, and its client can tell that it did not get all. */
#include "conn.h"

#include <sys/epoll.h>
#include <sys/syscall.h>

static bool epoll_is_full; /* no event can be added or changed */

/* In the place of epoll_ctl(2), for libevent. */
int epoll_ctl(int fd, int what, int whose, struct epoll_event *event)
{
	if (epoll_is_full && what != EPOLL_CTL_DEL) {
		errno = ENOMEM;
		return -1;
	}
	return (int)syscall(SYS_epoll_ctl, fd, what, whose, event);
}

/* Sends and reads nothing, until the server has had enough. */
static void send_until_closed(int client)
{
	unsigned char bytes[8192];
	uint64_t deadline = clock_ms() + 20000;

	for (uint64_t at = 0; closed == 0;) {
		ssize_t sent;

		assert_true(clock_ms() < deadline);
		for (size_t i = 0; i < sizeof bytes; i++)
			bytes[i] = byte_at(at + i);
		sent = send(client, bytes, sizeof bytes, MSG_NOSIGNAL);
		at += sent > 0 ? (uint64_t)sent : 0;
		turn();
	}
	assert_int_equal(closed, 1);
}

static void one_that_cannot_be_opened_is_reset(void **state)
{
	int client;

	(void)state;
	allowed = 1;
	client = dial_and_open();
	allowed = -1;
	assert_int_equal(counters.refused, 1);
	assert_int_equal(counters.reasons[REASON_NO_MEMORY], 1);
	receive_reset(client);
	close(client);
}

static void one_that_cannot_be_greeted_is_reset(void **state)
{
	int client;

	(void)state;
	profile.status_interval_ms = 1000;
	/* Where it is short, one allocation later each time: opened, but not to be told the state.
	 */
	for (long most = 1;; most++) {
		counters = (struct counters){ 0 };
		allowed = most;
		client = dial_and_open();
		allowed = -1;
		if (counters.reasons[REASON_NO_MEMORY] == 1 && counters.refused == 0)
			break;
		assert_int_equal(counters.refused, 1);
		receive_reset(client);
		close(client);
	}
	assert_int_equal(counters.active, 0);
	receive_reset(client);
	close(client);
}

/* What was read and could not be kept is lost: a decent end would deny it. */
static void one_that_cannot_be_answered_is_reset(void **state)
{
	int client = dial_and_open();

	(void)state;
	allowed = 1;
	send_until_closed(client);
	allowed = -1;
	assert_int_equal(counters.reasons[REASON_NO_MEMORY], 1);
	receive_reset(client);
	close(client);
}

static void one_whose_output_cannot_be_watched_is_reset(void **state)
{
	int client = dial_and_open();

	(void)state;
	epoll_is_full = true;
	send_until_closed(client);
	epoll_is_full = false;
	assert_int_equal(counters.reasons[REASON_NO_MEMORY], 1);
	receive_reset(client);
	close(client);
}

static void one_that_is_cut_with_output_is_reset(void **state)
{
	int client = dial_and_open();
	uint64_t sent;

	(void)state;
	sent = send_until_pending(client);
	UNTIL(counters.bytes_in == sent); /* with input unread, close would reset it anyway */
	while (!LIST_EMPTY(&set.list))
		conn_close(LIST_FIRST(&set.list), "a test");
	receive_reset(client);
	close(client);
}

/* What TCP says when it gives up, and what it says of other ends. */
static void a_client_that_vanished_is_told_from_others(void **state)
{
	static const int vanished[] = { ETIMEDOUT, EHOSTUNREACH, ENETUNREACH, ECONNREFUSED,
					EACCES };
	static const int others[] = { 0, ECONNRESET, EPIPE, ENOMEM, EAGAIN };

	(void)state;
	for (size_t i = 0; i < 5; i++) {
		assert_true(conn_is_vanished(vanished[i]));
		assert_false(conn_is_vanished(others[i]));
	}
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(one_that_cannot_be_opened_is_reset),
		WITH_SET(one_that_cannot_be_greeted_is_reset),
		WITH_SET(one_that_cannot_be_answered_is_reset),
		WITH_SET(one_whose_output_cannot_be_watched_is_reset),
		WITH_SET(one_that_is_cut_with_output_is_reset),
		cmocka_unit_test(a_client_that_vanished_is_told_from_others),
	};

	prepare();
	return cmocka_run_group_tests_name("conn_failure", group, NULL, NULL) == 0 ? 0 : 1;
}
