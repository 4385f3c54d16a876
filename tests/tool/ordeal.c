/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * ordeal ECHOD FOLDER LAST FACTOR TIMES CALL:ERROR:PROCESSES...: starts echod-failing again and
 * again, each time with the n-th CALL failing (failing.c says with what words), n from 1 to LAST,
 * each of them or, with a FACTOR of more than 1, so many times the one before, and looks whether it
 * keeps its word:
 *   - either it does not start: exit status 1 or 78, and a line that says why;
 *   - or it serves every transport, byte for byte, reloads, though perhaps not at the first HUP,
 *     and ends with status 0;
 *   - clients are reset at most once for each call that failed, and never told a wrong byte or, by
 *     a decent end, that they had everything if they had not;
 *   - no descriptor, process or file is left, and nobody dies of a signal that means a crash.
 * The first run is one without a fault: what it holds is the measure. A series ends when MISSES
 * runs in a row were over before there was an n-th call; chance has a part in how many there are.
 *
 * Standard output has a line for each series. Exit status 0: all was well; 1: it was not, and lines
 * on standard error say what; FOLDER/CALL.PROCESSES.N is the log of such a run; with ORDEAL_TRACE
 * in the environment, logs tell where from a call was made.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>

#include "trial.h"

#define MISSES 4

/* Splits CALL:ERROR:PROCESSES where it lies. */
static void read_series(struct trial *trial, char *series)
{
	trial->call = strsep(&series, ":");
	trial->error = series == NULL ? NULL : strsep(&series, ":");
	trial->processes = series;
	if (series == NULL) {
		fputs("ordeal: expected CALL:ERROR:PROCESSES\n", stderr);
		exit(2);
	}
}

/* Returns how many runs were not well. */
static unsigned run_series(struct trial *trial, unsigned last, unsigned factor)
{
	const struct trial_sum *sum = &trial->sum;
	unsigned misses = 0, n = 1;

	trial->sum = (struct trial_sum){ 0 };
	while (n <= last && misses < (factor > 1 ? 1 : MISSES)) {
		trial->nth = n;
		misses = trial_run(trial) ? 0 : misses + 1;
		n = factor > 1 ? n * factor : n + 1;
	}
	printf("%s in=%s times=%u: runs=%u struck=%u not_started=%u reloads_refused=%u restarts=%u "
	       "resets=%u lost=%u failures=%u\n",
	       trial->call, trial->processes, trial->times, sum->runs, sum->struck,
	       sum->not_started, sum->reloads_refused, sum->restarts, sum->resets, sum->lost,
	       sum->failures);
	return sum->failures;
}

int main(int argc, char **argv)
{
	struct trial trial = { .spared = true, .call = "", .error = "", .processes = "" };
	unsigned failures;

	if (argc < 7) {
		fputs("usage: ordeal ECHOD FOLDER LAST FACTOR TIMES CALL:ERROR:PROCESSES...\n",
		      stderr);
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	trial.times = (unsigned)strtoul(argv[5], NULL, 10);
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	subject_init(&trial.subject, argv[1], argv[2]);
	trial_run(&trial);
	failures = trial.sum.failures + trial.sum.resets + trial.sum.lost + trial.sum.not_started;
	trial.spared = false;
	for (int i = 6; i < argc && failures == 0; i++) {
		read_series(&trial, argv[i]);
		failures = run_series(&trial, (unsigned)strtoul(argv[3], NULL, 10),
				      (unsigned)strtoul(argv[4], NULL, 10));
	}
	subject_clear(&trial.subject);
	return failures == 0 ? 0 : 1;
}
