/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The worker's loop, turned by hand. Included once by a test program, after the header under test;
 * everything is static.
 */
#ifndef ECHOD_TEST_LOOP_H
#define ECHOD_TEST_LOOP_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/time.h>

#include <event2/event.h>

#include <cmocka.h>

#include "common/clock.h"

static struct event_base *base; /* made and freed by the program, anew for each test */

/* One turn; without EVLOOP_ONCE it would go on until nothing is left to do. */
static inline void turn(void)
{
	assert_true(event_base_loop(base, EVLOOP_ONCE | EVLOOP_NONBLOCK) != -1);
}

/* Turns for that long, and sleeps in the loop itself when there is nothing to do. */
static inline void pass(uint64_t ms)
{
	const struct timeval time = { .tv_sec = (time_t)(ms / 1000),
				      .tv_usec = (suseconds_t)(ms % 1000 * 1000) };

	assert_int_equal(event_base_loopexit(base, &time), 0);
	assert_true(event_base_loop(base, 0) != -1);
}

/* Turns until something is so, which it will be at once or, with a timer or on a busy machine,
 * soon. */
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

#endif
