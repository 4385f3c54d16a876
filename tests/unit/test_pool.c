/* SPDX-License-Identifier: BSD-2-Clause */
/* Who may connect when. The server is a UNIX socket of the test, or none. */
#include "bench/pool.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/pace.h"
#include "common/clock.h"

#define MS      UINT64_C(1000000)
#define CLIENTS 200

static struct options options;
static struct stream stream;
static struct addr server;
static struct task task;
static struct pool pool;
static int fd;

/* type 0: there is no server. */
static void start(int type, uint64_t count)
{
	char name[64];
	struct err err;

	snprintf(name, sizeof name, "@echod-test-pool-%d", (int)getpid());
	options.target.transport = type == SOCK_DGRAM ? TRANSPORT_UNIXGRAM : TRANSPORT_UNIX;
	options.connections = count;
	assert_int_equal(addr_unix(&server, name, &err), 0);
	if (type != 0) {
		fd = socket(AF_UNIX, type | SOCK_NONBLOCK, 0);
		assert_int_equal(bind(fd, (struct sockaddr *)&server.storage, server.length), 0);
	}
	if (type == SOCK_STREAM)
		assert_int_equal(listen(fd, 4096), 0);
	task_init(&task, &options, 0);
	task.stream = &stream;
	task.server = &server;
	task.meter = calloc(1, sizeof *task.meter);
	task.buffer = malloc(TASK_BUFFER);
	task.epoll_fd = epoll_create1(0);
	assert_int_equal(pool_init(&pool, &task, count, &err), 0);
}

static int set_up(void **state)
{
	struct err err;

	(void)state;
	fd = -1;
	options = (struct options){ .processes = 1,
				    .duration_ms = OPTIONS_FOREVER,
				    .messages = OPTIONS_FOREVER,
				    .size = { 64, 64 },
				    .in_flight = 1,
				    .timeout_ms = 1000 };
	return stream_init(&stream, 1, &err);
}

static int tear_down(void **state)
{
	(void)state;
	pool_clear(&pool);
	free(task.meter);
	free(task.buffer);
	close(task.epoll_fd);
	if (fd != -1)
		close(fd);
	stream_clear(&stream);
	return 0;
}

static void sockets_for_datagrams_open_at_once(void **state)
{
	(void)state;
	start(SOCK_DGRAM, CLIENTS);
	assert_int_equal(pool.untried, CLIENTS);
	pool_dial(&pool, clock_ns());
	assert_int_equal(task.meter->opened, CLIENTS);
	assert_int_equal(pool.untried, 0);
	assert_int_equal(pool.live, CLIENTS);
}

/* What is connecting is so until epoll tells; nobody asks it here. */
static void only_so_many_connect_at_once(void **state)
{
	(void)state;
	start(SOCK_STREAM, CLIENTS);
	pool_dial(&pool, clock_ns());
	assert_int_equal(task.connecting, 128);
	assert_int_equal(pool.queued, CLIENTS - 128);
	pool_follow(&pool, &pool.clients[0], client_on_event(&pool.clients[0], EPOLLOUT));
	assert_int_equal(task.meter->opened, 1);
	assert_int_equal(pool.untried, CLIENTS - 1);
	pool_dial(&pool, clock_ns());
	assert_int_equal(pool.queued, CLIENTS - 129);
}

static void connects_keep_to_their_rate(void **state)
{
	uint64_t now_ns = clock_ns();

	(void)state;
	options.connect_rate = 10;
	start(SOCK_DGRAM, 5);
	task.dials.begin_ns = now_ns;
	pool_dial(&pool, now_ns);
	assert_int_equal(task.meter->opened, 1);
	assert_int_equal(pool_next_dial(&pool), now_ns + 100 * MS);
	pool_dial(&pool, now_ns + 100 * MS - 1);
	assert_int_equal(task.meter->opened, 1);
	pool_dial(&pool, now_ns + 250 * MS);
	assert_int_equal(task.meter->opened, 3);
}

static void after_a_failure_there_is_a_pause(void **state)
{
	uint64_t now_ns = clock_ns(), after_ns;

	(void)state;
	start(0, 3);
	pool_dial(&pool, now_ns);
	after_ns = clock_ns();
	assert_int_equal(task.meter->failures[FAILURE_REFUSED], 3);
	assert_int_equal(pool.untried, 0);
	assert_int_equal(pool.queued, 3);
	pool_dial(&pool, now_ns + 100 * MS - 1);
	assert_int_equal(task.meter->failures[FAILURE_REFUSED], 3);
	pool_dial(&pool, after_ns + 100 * MS);
	assert_int_equal(task.meter->failures[FAILURE_REFUSED], 6);
}

static void whoever_has_nothing_to_do_ends(void **state)
{
	(void)state;
	start(SOCK_DGRAM, 3);
	pool_dial(&pool, clock_ns());
	task_begin(&task, 0);
	task_stop(&task);
	pool_check(&pool, clock_ns());
	assert_int_equal(pool.live, 0);
	assert_int_equal(task.open, 0);
}

/* Messages of an open loop, each on the client whose turn it is. */
static void the_pace_goes_round(void **state)
{
	struct pace pace = { .pool = &pool };
	char bytes[64];
	uint64_t now_ns = clock_ns();

	(void)state;
	options.rate = 100;
	options.in_flight = 2;
	start(SOCK_DGRAM, 3);
	pool_dial(&pool, now_ns);
	assert_true(pace_next(&pace) == UINT64_MAX); /* not begun */
	task_begin(&task, now_ns);
	pace_kick(&pace, now_ns);
	assert_int_equal(pool.clients[0].taken, 1);
	assert_int_equal(pool.clients[1].taken, 0);
	assert_int_equal(pace_next(&pace), now_ns + 10 * MS);
	pace_kick(&pace, now_ns + 35 * MS);
	assert_int_equal(pool.clients[0].taken, 2);
	assert_int_equal(pool.clients[1].taken, 1);
	assert_int_equal(pool.clients[2].taken, 1);
	assert_int_equal(task.meter->late, 3); /* at 10, 20 and 30 ms nobody came */
	assert_int_equal(task.meter->late_ns, 25 * MS);
	for (int i = 0; i < 4; i++)
		assert_int_equal(recv(fd, bytes, sizeof bytes, 0), 64);
	/* Who has no place free is late by the server's fault, and what is left is unsent. */
	pace_kick(&pace, now_ns + 60 * MS);
	assert_int_equal(pool.clients[0].taken, 2);
	assert_int_equal(task.meter->late, 5);
	pace_count_unsent(&pace, now_ns + 60 * MS);
	assert_int_equal(task.meter->unsent, 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(sockets_for_datagrams_open_at_once), TEST(only_so_many_connect_at_once),
		TEST(connects_keep_to_their_rate),        TEST(after_a_failure_there_is_a_pause),
		TEST(whoever_has_nothing_to_do_ends),     TEST(the_pace_goes_round),
	};

	return cmocka_run_group_tests(tests, NULL, NULL) == 0 ? 0 : 1;
}
