/* SPDX-License-Identifier: BSD-2-Clause */
/* A pipe between supervisor and worker, anew for each test. Included once by a test program. */
#ifndef ECHOD_TEST_PAIR_H
#define ECHOD_TEST_PAIR_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

static int pair[2]; /* as pipe(2) gives them: to read from, to write to */

static inline int open_pair(void **state)
{
	(void)state;
	signal(SIGPIPE, SIG_IGN);
	return pipe2(pair, O_CLOEXEC | O_NONBLOCK);
}

static inline int close_pair(void **state)
{
	(void)state;
	close(pair[0]); /* one of the two may be closed already */
	close(pair[1]);
	return 0;
}

static inline void close_end(int *fd)
{
	assert_int_equal(close(*fd), 0);
	*fd = -1;
}

#define WITH_PAIR(test) cmocka_unit_test_setup_teardown(test, open_pair, close_pair)

#endif
