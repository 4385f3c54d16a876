/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of connections share: a set of connections, clients over TCP, and the loop turned
 * by hand, all in one thread. Included once by a test program, before anything else but the header
 * under test; everything is static.
 */
#ifndef ECHOD_TEST_CONN_H
#define ECHOD_TEST_CONN_H

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
#include "loop.h"

#define CHUNK_MAX 65536
#define AGAIN     (-2)

static struct conn_set set;
static struct share_cell cell;
static struct profile profile; /* echo; the defaults, again in each test */
static struct counters counters;
static unsigned closed;               /* calls of on_close */
static int socket_buffer = 16 * 1024; /* bytes; small, so that not much is needed to fill it */
static size_t chunk = 8192;           /* bytes at once, CHUNK_MAX at most */
static size_t allocated, peak;        /* bytes of libevent's */
static long allowed = -1; /* libevent's allocations until memory is short; -1 = it never is */

static inline bool may_allocate(void)
{
	allowed -= allowed > 0;
	if (allowed == 0)
		errno = ENOMEM;
	return allowed != 0;
}

static inline void count_memory(size_t more, size_t less)
{
	allocated += more - less;
	peak = allocated > peak ? allocated : peak;
}

static inline void *counting_malloc(size_t size)
{
	void *memory = may_allocate() ? malloc(size) : NULL;

	count_memory(memory == NULL ? 0 : malloc_usable_size(memory), 0);
	return memory;
}

static inline void *counting_realloc(void *memory, size_t size)
{
	size_t before = memory == NULL ? 0 : malloc_usable_size(memory);
	void *grown = may_allocate() ? realloc(memory, size) : NULL;

	if (grown != NULL)
		count_memory(malloc_usable_size(grown), before);
	return grown;
}

static inline void counting_free(void *memory)
{
	count_memory(0, memory == NULL ? 0 : malloc_usable_size(memory));
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
	profile = (struct profile)PROFILE_DEFAULTS;
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

#define WITH_SET(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

/* Of a main. */
static inline void prepare(void)
{
	event_set_mem_functions(counting_malloc, counting_realloc, counting_free);
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	log_set_level(LOG_LEVEL_ERROR);
}

/* A client over TCP; the other end, for conn_open, is *server. */
static inline int dial(int *server)
{
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int client = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	int size = socket_buffer, one = 1;
	struct addr addr;

	addr_any(&addr, AF_INET, 0);
	setsockopt(listener, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
	setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	setsockopt(listener, SOL_SOCKET, SO_OOBINLINE, &one, sizeof one);
	setsockopt(listener, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
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

static inline int dial_and_open(void)
{
	int server, client = dial(&server);

	conn_open(&set, server, &profile);
	return client;
}

/* Byte number `at` of a stream that does not repeat itself within any buffer. */
static inline unsigned char byte_at(uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 13);
}

/* Sends from number `at` on, at most so much, as much as goes; returns how much went. */
static inline uint64_t send_from(int client, uint64_t at, uint64_t most)
{
	unsigned char bytes[CHUNK_MAX];
	size_t size = most < chunk ? (size_t)most : chunk;
	ssize_t sent;

	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(at + i);
	sent = send(client, bytes, size, MSG_NOSIGNAL);
	if (sent == -1)
		assert_int_equal(errno, EAGAIN);
	return sent == -1 ? 0 : (uint64_t)sent;
}

/* Receives what is to be number `at` and following; returns recv's value, or AGAIN. */
static inline ssize_t receive_from(int client, uint64_t at, size_t most)
{
	unsigned char bytes[CHUNK_MAX];
	ssize_t got = recv(client, bytes, most < chunk ? most : chunk, 0);

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
static inline uint64_t receive_about(int client, uint64_t at, uint64_t until, bool then_end)
{
	uint64_t deadline = clock_ms() + 20000;

	while (at < until || then_end) {
		ssize_t got = receive_from(client, at, SIZE_MAX);

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

/* The same, and no byte more. */
static inline void receive_all(int client, uint64_t at, uint64_t until, bool then_end)
{
	assert_int_equal(receive_about(client, at, until, then_end), until);
}

/* What waits, of all connections together, if they only echo. */
static inline uint64_t pending(void)
{
	return counters.bytes_in - counters.bytes_out;
}

/* Sends until something waits; returns how much that was. */
static inline uint64_t send_until_pending(int client)
{
	uint64_t sent = 0;

	while (pending() == 0) {
		sent += send_from(client, sent, 1024);
		turn();
	}
	return sent;
}

/* Sends until neither client nor server takes more; returns how much that was. */
static inline uint64_t fill(int client)
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

/* What comes is right, and then it is a reset. */
static inline void receive_reset(int client)
{
	uint64_t at = 0, deadline = clock_ms() + 20000;
	ssize_t got;

	while ((got = receive_from(client, at, SIZE_MAX)) != -1) {
		assert_true(got != 0 && clock_ms() < deadline);
		at += got == AGAIN ? 0 : (uint64_t)got;
		turn();
	}
	assert_int_equal(errno, ECONNRESET);
}

/* Closes with a reset. */
static inline void reset(int client)
{
	struct linger linger = { 1, 0 };

	assert_int_equal(setsockopt(client, SOL_SOCKET, SO_LINGER, &linger, sizeof linger), 0);
	assert_int_equal(close(client), 0);
}

#endif
