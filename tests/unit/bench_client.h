/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * A client of echobench whose server is the test: one end of a pair of sockets. Included once by a
 * test program, after the header under test; everything is static.
 */
#ifndef ECHOD_BENCH_CLIENT_H
#define ECHOD_BENCH_CLIENT_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "bench/client.h"
#include "bench/packet.h"

struct bench_client {
	struct options options; /* to be changed before bench_client_open */
	struct stream stream;
	struct meter *meter;
	struct task task;
	struct client client;
	struct window window;
	int fd; /* the server's end, blocking */
};

/* Defaults: streams, 64 bytes, 100 messages, one on its way. */
static inline void bench_client_init(struct bench_client *bench)
{
	struct err err;

	*bench = (struct bench_client){ .fd = -1 };
	bench->options = (struct options){ .connections = 1,
					   .processes = 1,
					   .duration_ms = OPTIONS_FOREVER,
					   .messages = 100,
					   .size = { 64, 64 },
					   .in_flight = 1,
					   .timeout_ms = 1000,
					   .seed = 1 };
	bench->meter = calloc(1, sizeof *bench->meter);
	if (bench->meter == NULL || stream_init(&bench->stream, 1, &err) == -1)
		abort();
}

/* Opens the connection, or, for SOCK_DGRAM, the socket; messages may be sent. */
static inline void bench_client_open(struct bench_client *bench, int type)
{
	struct client *client = &bench->client;
	uint64_t room = bench->options.in_flight;
	struct epoll_event event = { .data.ptr = client };
	int pair[2];

	bench->options.target.transport = type == SOCK_DGRAM ? TRANSPORT_UNIXGRAM : TRANSPORT_UNIX;
	task_init(&bench->task, &bench->options, 0);
	bench->task.stream = &bench->stream;
	bench->task.meter = bench->meter;
	bench->task.buffer = malloc(TASK_BUFFER);
	bench->task.epoll_fd = epoll_create1(0);
	task_begin(&bench->task, 0);
	client_init(client, &bench->task, 0);
	client->ring = calloc(room, sizeof *client->ring);
	if (type == SOCK_DGRAM) {
		client->window = &bench->window;
		window_init(client->window, calloc(room, sizeof(struct packet)), room,
			    calloc(window_memory(room) / 64, sizeof(uint64_t)));
	}
	if (socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, pair) == -1)
		abort();
	client->fd = pair[0];
	bench->fd = dup(pair[1]);
	close(pair[1]);
	epoll_ctl(bench->task.epoll_fd, EPOLL_CTL_ADD, client->fd, &event);
	client->state = CLIENT_OPEN;
	bench->task.open = 1;
	client->number = 5;
	client->offset = stream_offset(&bench->stream, client->number);
}

static inline void bench_client_clear(struct bench_client *bench)
{
	client_clear(&bench->client);
	free(bench->client.ring);
	free(bench->window.places);
	free(bench->window.seen);
	free(bench->task.buffer);
	close(bench->task.epoll_fd);
	if (bench->fd != -1)
		close(bench->fd);
	stream_clear(&bench->stream);
	free(bench->meter);
}

static struct bench_client bench;

static inline int set_up(void **state)
{
	(void)state;
	bench_client_init(&bench);
	return 0;
}

static inline int tidy_up(void **state)
{
	(void)state;
	bench_client_clear(&bench);
	return 0;
}

#define WITH_CLIENT(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

/* SOCK_STREAM or SOCK_DGRAM; the first messages are on their way. */
static inline void start(int type)
{
	bench_client_open(&bench, type);
	assert_int_equal(client_kick(&bench.client, 1), CLIENT_GOES_ON);
}

#endif
