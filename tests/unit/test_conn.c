/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection: echo, both ends of it, and memory that is short. Over TCP, in one thread. */
#include "worker/conn.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
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
static size_t allocated, peak;
static long allowed; /* allocations until memory is short; -1 = it never is */

/* libevent's memory, counted. */
static bool may_allocate(void)
{
	allowed -= allowed > 0;
	return allowed != 0;
}

static void count(size_t more, size_t less)
{
	allocated += more - less;
	peak = allocated > peak ? allocated : peak;
}

static void *counting_malloc(size_t size)
{
	void *memory = may_allocate() ? malloc(size) : NULL;

	count(memory == NULL ? 0 : malloc_usable_size(memory), 0);
	return memory;
}

static void *counting_realloc(void *memory, size_t size)
{
	size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
	void *grown = may_allocate() ? realloc(memory, size) : NULL;

	if (grown != NULL)
		count(malloc_usable_size(grown), before);
	return grown;
}

static void counting_free(void *memory)
{
	count(0, memory == NULL ? 0 : malloc_usable_size(memory));
	free(memory);
}

static void on_close(void *context)
{
	assert_ptr_equal(context, &set);
	closed++;
}

static int set_up(void **state)
{
	(void)state;
	allowed = -1;
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

/* Whatever was done: no memory of libevent's is left. */
static int tidy_up(void **state)
{
	(void)state;
	conn_set_clear(&set);
	event_base_loop(base, EVLOOP_NONBLOCK); /* bufferevent_free ends in a later turn */
	event_base_free(base);
	return allocated != 0;
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

/* Receives up to number `until`, and then, if wanted, the end. */
static void receive_all(int client, uint64_t at, uint64_t until, bool then_end)
{
	uint64_t deadline = clock_ms() + 20000;

	while (at < until || then_end) {
		ssize_t got = receive_from(client, at, sizeof(char[8192]));

		if (got == 0 && at == until)
			return;
		if (got == 0 || got == -1 || at > until || clock_ms() > deadline)
			fail_msg("%llu of %llu: %zd, %s", (unsigned long long)at,
				 (unsigned long long)until, got, strerror(errno));
		at += got == AGAIN ? 0 : (uint64_t)got;
		turn();
	}
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
	while (closed == 0)
		event_base_loop(base, EVLOOP_ONCE);
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
			receive_all(client, 0, 0, true);
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
	int saved = dup(STDERR_FILENO), caught = memfd_create("stderr", MFD_CLOEXEC);
	char text[512], *second;
	ssize_t length;

	(void)state;
	log_set_level(LOG_LEVEL_INFO);
	dup2(caught, STDERR_FILENO);
	close(dial_and_open());
	while (closed == 0)
		event_base_loop(base, EVLOOP_ONCE);
	dup2(saved, STDERR_FILENO);
	close(saved);
	log_set_level(LOG_LEVEL_ERROR);
	length = pread(caught, text, sizeof text - 1, 0);
	text[length < 0 ? 0 : length] = '\0';
	close(caught);
	assert_memory_equal(text, "echod: connection 1: opened by 127.0.0.1:", 41);
	second = strchr(text, '\n');
	assert_non_null(second);
	assert_string_equal(second + 1, "echod: connection 1: closed by the client\n");
}

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

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

	event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("conn", group, NULL, NULL) == 0 ? 0 : 1;
}
