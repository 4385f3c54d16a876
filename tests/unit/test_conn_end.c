/* SPDX-License-Identifier: BSD-2-Clause */
/* How a connection ends: resets in every state, and the decent end that the server makes. */
#include "worker/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/log.h"

static struct event_base *base;
static struct conn_set set;
static struct share_cell cell;
static const struct profile profile; /* echo */
static struct counters counters;
static unsigned closed; /* calls of on_close */

static void on_close(void *context)
{
	assert_ptr_equal(context, &set);
	closed++;
}

static int set_up(void **state)
{
	(void)state;
	closed = 0;
	memset(&counters, 0, sizeof counters);
	base = event_base_new();
	set = (struct conn_set){ .base = base,
				 .cell = &cell,
				 .counters = &counters,
				 .on_close = on_close,
				 .context = &set };
	return base == NULL ? -1 : conn_set_init(&set);
}

static int tidy_up(void **state)
{
	(void)state;
	conn_set_clear(&set);
	event_base_loop(base, EVLOOP_NONBLOCK); /* bufferevent_free ends in a later turn */
	event_base_free(base);
	return 0;
}

/* One turn of the worker's loop; without EVLOOP_ONCE it would go on until nothing is left to do. */
static void turn(void)
{
	assert_true(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* Turns until something is so, which it will be at once or, on a busy machine, soon. */
#define UNTIL(condition)                                             \
	do {                                                         \
		uint64_t deadline = clock_ms() + 20000;              \
                                                                     \
		while (!(condition)) {                               \
			if (clock_ms() > deadline)                   \
				fail_msg("in vain: %s", #condition); \
			turn();                                      \
		}                                                    \
	} while (0)

/*
 * A client over TCP; the other end is given to conn_open and returned in *server. The buffers are
 * small, so that not much is needed to fill them.
 */
static int dial(int *server)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int size = 16 * 1024, one = 1;
	struct addr addr;

	addr_any(&addr, AF_INET, 0);
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(client, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(client, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(client, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	assert_int_equal(bind(listener, (struct sockaddr *)&addr.storage, addr.length), 0);
	assert_int_equal(listen(listener, 1), 0);
	getsockname(listener, (struct sockaddr *)&addr.storage, &addr.length);
	assert_int_equal(connect(client, (struct sockaddr *)&addr.storage, addr.length), 0);
	*server = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(*server != -1);
	close(listener);
	fcntl(client, F_SETFL, O_NONBLOCK);
	return client;
}

static int dial_and_open(void)
{
	int server, client = dial(&server);

	conn_open(&set, server, &profile);
	return client;
}

/* Byte number `at` of a stream that does not repeat itself within any buffer. */
static unsigned char byte_at(uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 13);
}

/* Sends from number `at` on, at most so much, as much as goes; returns how much went. */
static uint64_t send_from(int client, uint64_t at, uint64_t most)
{
	unsigned char bytes[8192];
	size_t size = most < sizeof bytes ? (size_t)most : sizeof bytes;
	ssize_t sent;

	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(at + i);
	sent = send(client, bytes, size, MSG_NOSIGNAL);
	if (sent == -1)
		assert_int_equal(errno, EAGAIN);
	return sent == -1 ? 0 : (uint64_t)sent;
}

#define AGAIN (-2)

/* Receives what is to be number `at` and following; returns recv's value, or AGAIN. */
static ssize_t receive_from(int client, uint64_t at, size_t most)
{
	unsigned char bytes[8192];
	ssize_t got = recv(client, bytes, most < sizeof bytes ? most : sizeof bytes, 0);

	if (got == -1 && errno == EAGAIN)
		return AGAIN;
	for (ssize_t i = 0; i < got; i++) {
		if (bytes[i] != byte_at(at + (uint64_t)i))
			fail_msg("byte %llu is wrong",
				 (unsigned long long)at + (unsigned long long)i);
	}
	return got;
}

/* Receives up to number `until` or a little more, and then, if wanted, the end; returns how far it
 * got. */
static uint64_t receive_all(int client, uint64_t at, uint64_t until, bool then_end)
{
	uint64_t deadline = clock_ms() + 20000;

	while (at < until || then_end) {
		ssize_t got = receive_from(client, at, sizeof(char[8192]));

		if (got == 0 && at == until)
			return at;
		if (got == 0 || got == -1 || clock_ms() > deadline)
			fail_msg("%llu of %llu: %zd, %s", (unsigned long long)at,
				 (unsigned long long)until, got, strerror(errno));
		at += got == AGAIN ? 0 : (uint64_t)got;
		turn();
	}
	return at;
}

/* What waits in the connection, when there is only one. */
static uint64_t pending(void)
{
	return counters.bytes_in - counters.bytes_out;
}

/* Sends until neither client nor server takes more; returns how much that was. */
static uint64_t fill(int client)
{
	uint64_t sent = 0, last = UINT64_MAX, idle = 0;

	/* A full window opens once more when the last segment has been acknowledged. */
	while (idle < 50) {
		sent += send_from(client, sent, UINT64_MAX);
		turn();
		idle = sent == last && send_from(client, sent, 0) == 0 ? idle + 1 : 0;
		last = sent;
	}
	return sent;
}

static void reset(int client)
{
	struct linger linger = { 1, 0 };

	assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	assert_int_equal(close(client), 0);
}

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
	assert_int_equal(pending(), CONN_PENDING_HIGH);
}

static void be_flushing(int client)
{
	while (pending() == 0) {
		send_from(client, 0, 1024);
		turn();
	}
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
	sent = receive_all(client, 0, sent - 1000, false);
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

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

	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("conn_end", group, NULL, NULL) == 0 ? 0 : 1;
}
