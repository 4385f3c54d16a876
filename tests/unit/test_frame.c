/* SPDX-License-Identifier: BSD-2-Clause */
/* Frames over pipes: whole or not at all, and each end of the pipe told apart. */
#include "link/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <cmocka.h>

#include "pair.h"

#define SIZE 64

static int short_writes; /* so many fail */

/* In place of libc's. */
ssize_t write(int fd, const void *bytes, size_t size)
{
	if (short_writes > 0) {
		short_writes--;
		errno = ENOMEM;
		return -1;
	}
	return syscall(SYS_write, fd, bytes, size);
}

static int waiting(void)
{
	int bytes = -1;

	assert_int_equal(ioctl(pair[0], FIONREAD, &bytes), 0);
	return bytes;
}

static void frames_keep_their_order(void **state)
{
	char frame[SIZE];

	(void)state;
	for (char i = 'a'; i <= 'z'; i++) {
		memset(frame, i, SIZE);
		assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_DONE);
	}
	for (char i = 'a'; i <= 'z'; i++) {
		assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_DONE);
		assert_int_equal(frame[0], i);
		assert_int_equal(frame[SIZE - 1], i);
	}
	assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_WAIT);
}

static void an_empty_pipe_says_wait(void **state)
{
	char frame[SIZE];

	(void)state;
	assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_WAIT);
}

static void the_end_comes_after_what_was_written(void **state)
{
	char frame[SIZE] = "last";

	(void)state;
	assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_DONE);
	close_end(&pair[1]);
	assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_DONE);
	assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_END);
	assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_END);
}

static void half_a_frame_is_bad(void **state)
{
	char frame[SIZE] = "";

	(void)state;
	for (size_t size = 1; size < SIZE; size++) {
		assert_int_equal(write(pair[1], frame, size), size);
		assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_BAD);
	}
}

static void a_full_pipe_takes_nothing(void **state)
{
	char frame[SIZE] = "", large[PIPE_BUF] = "";
	int before;

	(void)state;
	while (frame_write(pair[1], frame, SIZE) == FRAME_DONE)
		;
	before = waiting();
	assert_int_equal(before % SIZE, 0);
	assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_WAIT);
	assert_int_equal(waiting(), before);
	for (int i = 0; i < before; i += SIZE)
		assert_int_equal(frame_read(pair[0], frame, SIZE), FRAME_DONE);
	assert_int_equal(frame_write(pair[1], large, sizeof large), FRAME_DONE);
	assert_int_equal(frame_read(pair[0], large, sizeof large), FRAME_DONE);
}

static void a_pipe_that_nobody_reads_has_ended(void **state)
{
	char frame[SIZE] = "";

	(void)state;
	close_end(&pair[0]);
	assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_END);
}

static void what_is_no_pipe_is_bad(void **state)
{
	char frame[SIZE] = "";

	(void)state;
	assert_int_equal(frame_read(-1, frame, SIZE), FRAME_BAD);
	assert_int_equal(frame_write(-1, frame, SIZE), FRAME_BAD);
	assert_int_equal(frame_write(pair[0], frame, SIZE), FRAME_BAD);
	assert_int_equal(frame_read(pair[1], frame, SIZE), FRAME_BAD);
}

/* An order that is lost costs a worker, so it is not lost because of a moment. */
static void memory_that_is_short_for_a_moment_costs_nothing(void **state)
{
	char frame[SIZE] = "x", got[SIZE];

	(void)state;
	short_writes = 3;
	assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_DONE);
	assert_int_equal(frame_read(pair[0], got, SIZE), FRAME_DONE);
	assert_int_equal(frame_read(pair[0], got, SIZE), FRAME_WAIT);
	short_writes = 1000;
	assert_int_equal(frame_write(pair[1], frame, SIZE), FRAME_BAD);
	short_writes = 0;
}

int main(void)
{
	const struct CMUnitTest frame[] = {
		WITH_PAIR(frames_keep_their_order),
		WITH_PAIR(an_empty_pipe_says_wait),
		WITH_PAIR(the_end_comes_after_what_was_written),
		WITH_PAIR(half_a_frame_is_bad),
		WITH_PAIR(a_full_pipe_takes_nothing),
		WITH_PAIR(a_pipe_that_nobody_reads_has_ended),
		WITH_PAIR(memory_that_is_short_for_a_moment_costs_nothing),
		WITH_PAIR(what_is_no_pipe_is_bad),
	};

	return cmocka_run_group_tests(frame, NULL, NULL) == 0 ? 0 : 1;
}
