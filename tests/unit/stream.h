/* SPDX-License-Identifier: BSD-2-Clause */
/* A group of tests that share the streams of seed 1: *state. Included once by a test program. */
#ifndef ECHOD_TEST_STREAM_H
#define ECHOD_TEST_STREAM_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "bench/stream.h"

static inline int set_up(void **state)
{
	static struct stream stream;
	struct err err;

	*state = &stream;
	return stream_init(&stream, 1, &err);
}

static inline int tidy_up(void **state)
{
	stream_clear(*state);
	return 0;
}

#endif
