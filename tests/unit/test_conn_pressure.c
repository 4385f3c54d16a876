/* SPDX-License-Identifier: BSD-2-Clause */
/* A connection whose client does not read: what waits for it is bounded, and nothing is lost. */
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

/* A client that sends and does not read: TCP stops it, and we hold no more than the mark. */
static void what_waits_is_bounded(void **state)
{
	int client = dial_and_open();
	uint64_t sent = fill(client);

	(void)state;
	assert_int_equal(pending(), CONN_PENDING_HIGH);
	assert_true(sent > counters.bytes_in); /* the rest is the kernel's */
	turn();
	assert_int_equal(pending(), CONN_PENDING_HIGH);
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
		assert_true(counters.bytes_in == in || in - counters.bytes_out <= CONN_PENDING_LOW);
	}
	receive_all(client, received, sent, false);
	assert_int_equal(counters.bytes_in, sent);
	close(client);
}

static void a_client_that_reads_again_gets_everything(void **state)
{
	int client = dial_and_open();
	uint64_t sent = 0;

	(void)state;
	for (int i = 0; i < 3; i++) {
		uint64_t begin = sent;
		int idle = 0;

		while (idle < 50) {
			uint64_t went = send_from(client, sent, UINT64_MAX);

			sent += went;
			turn();
			idle = went == 0 ? idle + 1 : 0;
		}
		assert_true(sent - begin > CONN_PENDING_HIGH);
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
	uint64_t sent = 0;

	(void)state;
	while (pending() == 0) {
		sent += send_from(client, sent, 1024);
		turn();
	}
	peak = allocated;
	for (int i = 0; i < 6000; i++) {
		sent += send_from(client, sent, 1);
		turn();
	}
	assert_true(pending() >= 6000 && pending() < CONN_PENDING_HIGH);
	assert_true(peak < 2 * pending() + 32 * 1024);
	receive_all(client, 0, sent, false);
	close(client);
}

static void a_full_connection_takes_not_much_more_than_the_mark(void **state)
{
	int client = dial_and_open();
	size_t before = allocated;

	(void)state;
	peak = allocated;
	fill(client);
	assert_int_equal(pending(), CONN_PENDING_HIGH);
	assert_true(peak - before < 2 * CONN_PENDING_HIGH);
	close(client);
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

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

	event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	log_set_level(LOG_LEVEL_ERROR);
	return cmocka_run_group_tests_name("conn_pressure", group, NULL, NULL) == 0 ? 0 : 1;
}
