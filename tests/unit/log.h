/* SPDX-License-Identifier: BSD-2-Clause */
/* Tests of the log, each with standard error caught and the log as it is at first. Included once by
 * a test program, before anything else; everything is static. */
#ifndef ECHOD_TEST_LOG_H
#define ECHOD_TEST_LOG_H

#include "common/log.h"

#include <stdlib.h>

#include "caught.h"

static inline int set_up(void **state)
{
	(void)state;
	unsetenv("JOURNAL_STREAM");
	if (catch_stderr() == -1)
		return -1;
	log_open(false);
	log_error("%s", ""); /* tells of what earlier tests have lost */
	caught();
	return 0;
}

static inline int tidy_up(void **state)
{
	(void)state;
	log_set_level(LOG_LEVEL_NOTICE);
	return release_stderr();
}

#define CAUGHT(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

#endif
