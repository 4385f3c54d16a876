/* SPDX-License-Identifier: BSD-2-Clause */
/* What a person reads: the table of results, the progress line and the error lines. */
#ifndef ECHOD_REPORT_H
#define ECHOD_REPORT_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/meter.h"
#include "bench/options.h"
#include "common/addr.h"

#define REPORT_TIME_MAX 16 /* bytes of a time as text, with the NUL */

struct report_machine {
	char kernel[80], architecture[40];
	unsigned cpus; /* that we may use */
};

struct report {
	const struct options *options;
	const struct addr *server;
	const struct meter *meter; /* of all processes */
	uint64_t elapsed_ns;       /* that the measured messages took */
	bool interrupted;          /* by a signal */
	struct report_machine machine;
};

/* What the last progress line told. */
struct report_progress {
	FILE *file;
	bool rewrite; /* each line takes the place of the one before: a terminal */
	bool shown;
	uint64_t begin_ns, last_ns;
	struct meter last;
};

void report_look_at_machine(struct report_machine *machine);

/* 830ns, 12.3us, 4.56ms, 7.89s: three digits. */
const char *report_time(double ns, char text[REPORT_TIME_MAX]);

/* Begins (and the first line tells what happened since), tells, and ends with a newline where one
 * is missing. warm_up: nothing is measured yet. */
void report_progress_begin(struct report_progress *progress, FILE *file, uint64_t now_ns);
void report_progress(struct report_progress *progress, const struct meter *meter, uint64_t now_ns,
		     bool warm_up);
void report_progress_end(struct report_progress *progress);

void report_table(FILE *file, const struct report *report);

/* A line to standard error: echobench: TEXT */
void report_error(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Parts of a second as a rate: count / ns, in 1/s; 0 for no time. */
double report_rate(uint64_t count, uint64_t ns);

#endif
