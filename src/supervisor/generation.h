/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a generation of workers serves by: a configuration and its listening sockets. There is one
 * that serves, and while a reload is on its way a next one, which is prepared and then committed or
 * abandoned as a whole.
 */
#ifndef ECHOD_GENERATION_H
#define ECHOD_GENERATION_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"
#include "conf/cmdline.h"
#include "conf/conf.h"
#include "link/sandbox.h"
#include "supervisor/fleet.h"
#include "supervisor/slots.h"

struct generation {
	struct conf conf; /* serving; at first empty */
	struct conf next; /* on its way */
	unsigned workers; /* of conf */
	unsigned next_workers;
	struct slots slots;
	uint64_t orphans; /* listen addresses that the last commit took away, as in command.orphans
			   */
};

void generation_clear(struct generation *generation);

/* Takes over what is in conf as the next configuration and opens its sockets; conf is empty
 * afterwards, in any case. */
int generation_prepare(struct generation *generation, struct conf *conf, struct err *err);

/* Reads file and command line anew and prepares that. The reason names the first error and how many
 * more there are. */
int generation_reload(struct generation *generation, const struct cmdline *cmdline,
		      struct err *err);

/* Makes the next configuration the serving one. Returns 0, or -1: then generation_abandon is due.
 */
int generation_commit(struct generation *generation, struct err *err);
void generation_abandon(struct generation *generation);

/* What workers of a configuration enter. */
struct sandbox generation_sandbox(const struct conf *conf);

/* The timing of the next configuration, for fleet_start. */
struct fleet_timing generation_timing(const struct generation *generation);

#endif
