/* SPDX-License-Identifier: BSD-2-Clause */
/* Urgent data, before which splice(2) stops: it is echoed like the rest, and nothing hangs on it.
 */
#include "conn.h"

#define SIZE (8 * 1024 * 1024) /* enough to become one that moves bulk */

/* Sends the next bytes, at most up to `until`; the one at `urgent` on its own. */
static size_t send_some(int client, size_t at, size_t until, size_t urgent)
{
	unsigned char bytes[65536];
	size_t size = until - at < sizeof bytes ? until - at : sizeof bytes;
	ssize_t sent;

	if (at < urgent && at + size > urgent)
		size = urgent - at;
	if (at == urgent)
		size = 1;
	for (size_t i = 0; i < size; i++)
		bytes[i] = byte_at(at + i);
	sent = send(client, bytes, size, MSG_NOSIGNAL | (at == urgent ? MSG_OOB : 0));
	return sent > 0 ? (size_t)sent : 0;
}

static size_t receive_some(int client, size_t at)
{
	unsigned char bytes[65536];
	ssize_t got = recv(client, bytes, sizeof bytes, 0);

	if (got == -1)
		assert_int_equal(errno, EAGAIN);
	for (ssize_t i = 0; i < got; i++)
		assert_int_equal(bytes[i], byte_at(at + (size_t)i));
	return got > 0 ? (size_t)got : 0;
}

/* Echoes SIZE bytes with one urgent one among them, and then the end. */
static void exchange(size_t urgent)
{
	uint64_t deadline = clock_ms() + 30000;
	size_t sent = 0, received = 0, until = urgent, more;
	int client = dial_and_open();
	char byte;

	closed = 0;
	while (received < SIZE) {
		assert_true(clock_ms() < deadline);
		/* All that goes at once: full buffers are what makes it bulk. */
		for (more = 1; sent < until && more > 0; sent += more)
			more = send_some(client, sent, until, urgent);
		/* The urgent byte is the first that waits, and the last before a pause. */
		if (received == until)
			until = until == urgent ? urgent + 1 : SIZE;
		if (sent == SIZE)
			shutdown(client, SHUT_WR);
		event_base_loop(base, EVLOOP_NONBLOCK);
		received += receive_some(client, received);
	}
	while (closed == 0 && clock_ms() < deadline)
		event_base_loop(base, EVLOOP_NONBLOCK);
	assert_int_equal(recv(client, &byte, 1, 0), 0);
	close(client);
	assert_int_equal(counters.bytes_in, SIZE);
	assert_int_equal(counters.bytes_out, SIZE);
}

static void an_urgent_byte_early(void **state)
{
	(void)state;
	exchange(1000);
}

static void an_urgent_byte_in_the_middle_of_bulk(void **state)
{
	(void)state;
	exchange(SIZE / 2 + 1);
}

static void an_urgent_byte_at_the_end(void **state)
{
	(void)state;
	exchange(SIZE - 1);
}

int main(void)
{
	const struct CMUnitTest group[] = {
		WITH_SET(an_urgent_byte_early),
		WITH_SET(an_urgent_byte_in_the_middle_of_bulk),
		WITH_SET(an_urgent_byte_at_the_end),
	};

	socket_buffer = 1024 * 1024;
	prepare();
	return cmocka_run_group_tests_name("conn_urgent", group, NULL, NULL) == 0 ? 0 : 1;
}
