/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of bulk share: clients that move it, and a splice that is counted. Included once
 * by a test program, before anything else; everything is static but splice.
 */
#ifndef ECHOD_TEST_BULK_H
#define ECHOD_TEST_BULK_H

#include "conn.h"

#include <sys/ioctl.h>
#include <sys/syscall.h>

static unsigned splices; /* calls of splice */
static uint64_t spliced; /* bytes that it took from clients */

/* In place of libc's, to see whether it is called at all. */
ssize_t splice(int in, off64_t *in_at, int out, off64_t *out_at, size_t most, unsigned flags)
{
	ssize_t moved = syscall(SYS_splice, in, in_at, out, out_at, most, flags);

	splices++;
	if (out == set.bulk.in && moved > 0)
		spliced += (uint64_t)moved;
	return moved;
}

/* Large buffers, for more than one of ours. */
static inline int set_up_bulk(void **state)
{
	socket_buffer = 1024 * 1024;
	chunk = CHUNK_MAX;
	splices = 0;
	spliced = 0;
	return set_up(state);
}

/* Nothing may be left in the pipe between two turns: it would be sent to somebody else. */
static inline void assert_pipe_is_empty(void)
{
	int bytes = -1;

	assert_int_equal(ioctl(set.bulk.out, FIONREAD, &bytes), 0);
	assert_int_equal(bytes, 0);
}

/* Moves bulk until it goes through the pipe; *sent and *received go on from what they are. */
static inline void move_bulk(int client, uint64_t *sent, uint64_t *received)
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
static inline void be_full(int client, uint64_t *sent, uint64_t *received)
{
	int idle = 0;

	move_bulk(client, sent, received);
	while (idle < 50) {
		uint64_t went = send_from(client, *sent, UINT64_MAX);

		*sent += went;
		turn();
		assert_pipe_is_empty();
		assert_true(pending() <= profile.pending_high);
		idle = went == 0 ? idle + 1 : 0;
	}
	assert_true(pending() > 0);
}

#define WITH_BULK(test) cmocka_unit_test_setup_teardown(test, set_up_bulk, tidy_up)

#endif
