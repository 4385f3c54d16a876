/* SPDX-License-Identifier: BSD-2-Clause */
/* One life of echod-failing with one fault in it: start, clients of every transport, a reload, more
 * clients, stop. */
#ifndef ECHOD_TEST_TRIAL_H
#define ECHOD_TEST_TRIAL_H

#include <stdbool.h>
#include <stddef.h>

#include "subject.h"
#include "tour.h"

struct trial_sum {
	unsigned runs, struck, not_started, resets, lost, reloads_refused, restarts, failures;
};

struct trial {
	/* What is to fail; failing.c has these words. */
	const char *call, *error, *processes;
	unsigned nth, times;
	bool spared; /* nothing is, and what echod holds is the measure for those that follow */
	struct subject subject;
	struct tour tour;
	unsigned refused;                  /* reloads */
	bool failed;                       /* it has not kept its word */
	size_t supervisor_fds, worker_fds; /* the measure */
	struct trial_sum sum;              /* over all calls of trial_run */
};

/*
 * call to spared, the initialized subject and the sum are the caller's. Returns whether a call
 * failed, and adds to the sum. If echod has not kept its word, lines on standard error say how, and
 * FOLDER/CALL.PROCESSES.N is its log.
 */
bool trial_run(struct trial *trial);

#endif
