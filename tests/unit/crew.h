/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the tests of the crew share: three pairs of pipes that stand for workers. Included once by a
 * test program, before anything else; everything is static.
 */
#ifndef ECHOD_TEST_CREW_H
#define ECHOD_TEST_CREW_H

#include "supervisor/crew.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <fcntl.h>
#include <signal.h>
#include <unistd.h>

#include <cmocka.h>

#define WORKERS 3

static struct crew crew;
static int report_fds[WORKERS], command_fds[WORKERS]; /* the workers' ends */

/* Workers 0 to 2 of generation 2 with the pids 100 to 102, at the ids 1 to 3. */
static inline int set_up(void **state)
{
	struct err err;

	(void)state;
	signal(SIGPIPE, SIG_IGN);
	crew_init(&crew);
	if (crew_fit(&crew, WORKERS + 1, &err) == -1)
		return -1;
	for (unsigned i = 0; i < WORKERS; i++) {
		int report[2], command[2];

		if (pipe2(report, O_CLOEXEC | O_NONBLOCK) == -1 ||
		    pipe2(command, O_CLOEXEC | O_NONBLOCK) == -1)
			return -1;
		child_open(&crew.children[i + 1],
			   &(struct spawn_child){ (pid_t)(100 + i), report[0], command[1] }, i, 2);
		report_fds[i] = report[1];
		command_fds[i] = command[0];
	}
	return 0;
}

static inline int tidy_up(void **state)
{
	(void)state;
	crew_clear(&crew);
	for (int i = 0; i < WORKERS; i++) {
		close(report_fds[i]);
		close(command_fds[i]);
	}
	return 0;
}

static inline void say(unsigned i, enum report_kind kind, uint32_t answer, struct counters counters)
{
	struct report report = {
		.kind = kind, .worker = i, .generation = 2, .answer = answer, .counters = counters
	};

	assert_int_equal(report_write(report_fds[i], &report), FRAME_DONE);
}

static inline void hear(unsigned i)
{
	struct child_news news;
	struct err err = { 0 };

	if (child_read(&crew.children[i + 1], &news, &err) == -1)
		fail_msg("%s", err.text);
}

static inline void be_ready(unsigned i)
{
	say(i, REPORT_READY, 0, (struct counters){ 0 });
	hear(i);
}

#define WITH_CREW(test) cmocka_unit_test_setup_teardown(test, set_up, tidy_up)

#endif
