/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection that moves bulk: it is echoed through the pipe, and all else is as it was. */
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
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
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
static unsigned closed;  /* calls of on_close */
static unsigned splices; /* calls of splice */
static bool no_memory;   /* for libevent */

/* In place of libc's, to see whether it is called at all. */
ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t most, unsigned flags)
{
	splices++;
	return syscall(SYS_splice, in, in_at, out, out_at, most, flags);
}

static void *scarce_malloc(size_t size)
{
	return no_memory ? NULL : malloc(size);
}

static void on_close(void *context)
{
	assert_ptr_equal(context, &set);
	closed++;
}

static int set_up(void **state)
{
	(void)state;
	closed = splices = 0;
	no_memory = false;
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
 * as large as they may be, for more than one buffer of ours.
 */
static int dial(int *server)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int size = 1024 * 1024, one = 1;
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
	unsigned char bytes[65536];
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
	unsigned char bytes[65536];
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
		ssize_t got = receive_from(client, at, sizeof(char[65536]));

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

/* What waits, of all connections together. */
static uint64_t pending(void)
{
	return counters.bytes_in - counters.bytes_out;
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
		assert_true(pending() <= CONN_PENDING_HIGH);
		idle = went == 0 ? idle + 1 : 0;
	}
	assert_int_equal(pending(), CONN_PENDING_HIGH);
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
		received = receive_all(client, received, sent, false);
	}
	assert_int_equal(splices, 0);
	move_bulk(client, &sent, &received);
	received = receive_all(client, received, sent, false);
	before = splices;
	for (int i = 0; i < 100; i++) {
		sent += send_from(client, sent, 1000);
		received = receive_all(client, received, sent, false);
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
		assert_int_equal(receive_all(client, received, sent, false), sent);
		assert_int_equal(pending(), 0);
		close(client);
	}
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
	no_memory = true;
	for (int i = 0; i < 10000 && closed == 0; i++) {
		while (send(client, "something", 9, MSG_NOSIGNAL) > 0)
			;
		turn();
	}
	no_memory = false;
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(bulk_comes_back_whole_and_in_order),
		WITH_SET(small_messages_take_the_short_way),
		WITH_SET(what_waits_is_bounded_as_ever),
		WITH_SET(a_client_that_ends_gets_all_and_then_the_end),
		WITH_SET(connections_do_not_mix_in_the_pipe),
		WITH_SET(a_reset_leaves_nothing_in_the_pipe),
		WITH_SET(short_memory_leaves_nothing_in_the_pipe),
		WITH_SET(the_server_ends_it_decently),
		WITH_SET(without_a_pipe_it_is_copied),
	};

	event_set_mem_functions(scarce_malloc, realloc, free);
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("conn_bulk", group, NULL, NULL) == 0 ? 0 : 1;
}
