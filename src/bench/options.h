/* SPDX-License-Identifier: BSD-2-Clause */
/* What echobench is to do: its command line. */
#ifndef ECHOD_OPTIONS_H
#define ECHOD_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "bench/target.h"
#include "common/err.h"

#define OPTIONS_FOREVER     UINT64_MAX
#define OPTIONS_SIZE_MAX    (1024 * 1024 * 1024)
#define OPTIONS_ON_WAY_MAX  (1u << 24) /* messages in flight, over all connections */
#define OPTIONS_SOURCES_MAX 65000

enum options_action { OPTIONS_RUN, OPTIONS_PING, OPTIONS_HELP, OPTIONS_VERSION };

struct options_size {
	uint64_t low, high;
};

struct options {
	enum options_action action;
	struct target target;
	int family; /* AF_UNSPEC, AF_INET, AF_INET6 */

	uint64_t connections, processes;
	uint64_t duration_ms; /* without the warm-up; or OPTIONS_FOREVER */
	uint64_t messages;    /* over all connections, without the warm-up; or OPTIONS_FOREVER */
	struct options_size size;
	uint64_t in_flight;    /* for each connection */
	uint64_t rate;         /* messages a second over all connections; 0: closed loop */
	uint64_t connect_rate; /* connections a second; 0: no limit */
	uint64_t warm_up_ms, interval_ms, timeout_ms;
	uint64_t seed;
	uint64_t sources; /* own addresses to connect from, 127.0.1.1 and up; 0: any */
	bool frame;       /* each message goes with its length in front */
	bool churn, half_close, ping, json, csv, quiet, no_verify;
	const char *hgrm; /* file name or NULL; points into argv */
};

/*
 * Reads the command line with getopt_long(3), which reorders argv. -1 with a reason if it makes no
 * sense. With OPTIONS_HELP and OPTIONS_VERSION the rest was not checked.
 */
int options_read(struct options *options, int argc, char **argv, struct err *err);

void options_print_help(FILE *file);

#endif
