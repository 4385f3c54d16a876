/* SPDX-License-Identifier: BSD-2-Clause */
/* Echoing through a pipe: what goes back, what stays in the pipe, and that it can be emptied. */
#include "worker/bulk.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#define SIZE (64 * 1024)

static struct bulk bulk;
static int client, server;
static unsigned char sent_bytes[4 * SIZE], buffer[4 * SIZE];

static int set_up(void **state)
{
	int pair[2];

	(void)state;
	signal(SIGPIPE, SIG_IGN); /* as in a worker */
	for (size_t i = 0; i < sizeof sent_bytes; i++)
		sent_bytes[i] = (unsigned char)(i * 2654435761u >> 13);
	bulk_open(&bulk);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair) == -1)
		return -1;
	client = pair[0];
	server = pair[1];
	return bulk.in == -1;
}

static int tidy_up(void **state)
{
	(void)state;
	bulk_close(&bulk);
	close(client);
	close(server);
	return 0;
}

static int in_pipe(void)
{
	int bytes = -1;

	assert_int_equal(ioctl(bulk.out, FIONREAD, &bytes), 0);
	return bytes;
}

/* Takes and gives back, as a turn of a connection does. */
static ssize_t echo(struct bulk *through, int fd, size_t most, size_t *sent)
{
	ssize_t got = bulk_take(through, fd, most);

	*sent = 0;
	if (got > 0 && bulk_give(through, fd, (size_t)got, sent) == -1)
		return -1;
	return got;
}

/* Fills the way back to the client until nothing more goes in. */
static size_t stuff(void)
{
	size_t size = 0;
	ssize_t went;

	while ((went = send(server, sent_bytes, 1024, 0)) > 0)
		size += (size_t)went;
	return size;
}

static void what_comes_goes_back(void **state)
{
	size_t back = 4711;

	(void)state;
	assert_int_equal(send(client, sent_bytes, 1000, 0), 1000);
	assert_int_equal(echo(&bulk, server, SIZE, &back), 1000);
	assert_int_equal(back, 1000);
	assert_int_equal(in_pipe(), 0);
	assert_int_equal(recv(client, buffer, sizeof buffer, 0), 1000);
	assert_memory_equal(buffer, sent_bytes, 1000);
}

static void no_more_than_wanted_is_taken(void **state)
{
	size_t back;

	(void)state;
	assert_int_equal(send(client, sent_bytes, 1000, 0), 1000);
	assert_int_equal(echo(&bulk, server, 300, &back), 300);
	assert_int_equal(back, 300);
	assert_int_equal(recv(server, buffer, sizeof buffer, 0), 700);
	assert_memory_equal(buffer, sent_bytes + 300, 700);
}

static void nothing_and_the_end_are_told_apart(void **state)
{
	size_t back = 4711;

	(void)state;
	assert_int_equal(echo(&bulk, server, SIZE, &back), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(back, 0);
	assert_int_equal(shutdown(client, SHUT_WR), 0);
	assert_int_equal(echo(&bulk, server, SIZE, &back), 0);
	assert_int_equal(back, 0);
}

/* What the socket does not take waits in the pipe, in order, until it is fetched. */
static void what_does_not_go_back_is_fetched(void **state)
{
	size_t back = 4711, fetched = 0, got;

	(void)state;
	assert_int_equal(send(client, sent_bytes, 5000, 0), 5000);
	stuff();
	assert_int_equal(echo(&bulk, server, SIZE, &back), 5000);
	assert_int_equal(back, 0);
	assert_int_equal(in_pipe(), 5000);
	while ((got = bulk_fetch(&bulk, buffer + fetched, 999)) > 0)
		fetched += got;
	assert_int_equal(fetched, 5000);
	assert_memory_equal(buffer, sent_bytes, 5000);
	assert_int_equal(bulk_fetch(&bulk, buffer, SIZE), 0);
}

static void what_nobody_wants_is_dropped(void **state)
{
	size_t back;

	(void)state;
	assert_int_equal(send(client, sent_bytes, 5000, 0), 5000);
	stuff();
	assert_int_equal(echo(&bulk, server, SIZE, &back), 5000);
	bulk_drop(&bulk, buffer, 100);
	assert_int_equal(in_pipe(), 0);
	bulk_drop(&bulk, buffer, 100);
}

/* The client has gone, but what it had sent is still there. */
static void a_client_that_is_gone_is_an_error(void **state)
{
	size_t back;

	(void)state;
	assert_int_equal(send(client, sent_bytes, 1000, 0), 1000);
	close(client);
	client = -1;
	assert_int_equal(echo(&bulk, server, SIZE, &back), -1);
	assert_int_equal(errno, EPIPE);
	bulk_drop(&bulk, buffer, sizeof buffer);
	assert_int_equal(in_pipe(), 0);
}

/* As a connection does it: what does not go back is sent first in the next turns. */
static void a_long_stream_keeps_its_order(void **state)
{
	static unsigned char rest[sizeof sent_bytes];
	size_t waiting = 0, gone = 0, turns_with_rest = 0;
	uint64_t sent = 0, seen = 0;

	(void)state;
	while (seen < 64 * sizeof sent_bytes) {
		size_t at = (size_t)(sent % sizeof sent_bytes), back, got;
		ssize_t went = send(client, sent_bytes + at, sizeof sent_bytes - at, 0);

		sent += went > 0 ? (uint64_t)went : 0;
		if (gone == waiting) {
			gone = waiting = 0;
			echo(&bulk, server, sizeof rest, &back);
			while ((got = bulk_fetch(&bulk, rest + waiting, 1000)) > 0)
				waiting += got;
			turns_with_rest += waiting > 0;
		}
		went = gone < waiting ? send(server, rest + gone, waiting - gone, 0) : 0;
		gone += went > 0 ? (size_t)went : 0;
		went = recv(client, buffer, 10000, 0);
		for (ssize_t i = 0; i < went; i++, seen++) {
			if (buffer[i] != sent_bytes[seen % sizeof sent_bytes])
				fail_msg("byte %llu is wrong", (unsigned long long)seen);
		}
	}
	assert_true(turns_with_rest > 0);
}

static void without_a_pipe_nothing_breaks(void **state)
{
	struct rlimit before, low;
	struct bulk none;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &before), 0);
	low = before;
	low.rlim_cur = 0;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	bulk_open(&none);
	setrlimit(RLIMIT_NOFILE, &before);
	assert_int_equal(none.in, -1);
	bulk_close(&none);
	bulk_close(&none);
}

static void closing_closes_both_ends(void **state)
{
	struct bulk other;
	int in, out;

	(void)state;
	bulk_open(&other);
	in = other.in;
	out = other.out;
	assert_int_equal(fcntl(in, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(out, F_GETFD), FD_CLOEXEC);
	assert_true((fcntl(in, F_GETFL) & fcntl(out, F_GETFL) & O_NONBLOCK) != 0);
	bulk_close(&other);
	assert_int_equal(fcntl(in, F_GETFD), -1);
	assert_int_equal(fcntl(out, F_GETFD), -1);
	assert_false(other.in != -1);
}

#define WITH_BULK(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_BULK(what_comes_goes_back),
		WITH_BULK(no_more_than_wanted_is_taken),
		WITH_BULK(nothing_and_the_end_are_told_apart),
		WITH_BULK(what_does_not_go_back_is_fetched),
		WITH_BULK(what_nobody_wants_is_dropped),
		WITH_BULK(a_client_that_is_gone_is_an_error),
		WITH_BULK(a_long_stream_keeps_its_order),
		WITH_BULK(without_a_pipe_nothing_breaks),
		WITH_BULK(closing_closes_both_ends),
	};

	return cmocka_run_group_tests_name("bulk", group, NULL, NULL) == 0 ? 0 : 1;
}
