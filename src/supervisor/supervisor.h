/* SPDX-License-Identifier: BSD-2-Clause */
/* The supervisor: owns the listening sockets, keeps the workers alive, and carries out what the
 * fleet decides. */
#ifndef ECHOD_SUPERVISOR_H
#define ECHOD_SUPERVISOR_H

#include "common/title.h"
#include "conf/cmdline.h"
#include "conf/conf.h"
#include "link/setup.h"

struct inherit;

/* What main hands over; all of it stays main's, but conf, which the supervisor replaces at reloads.
 */
struct supervisor_plan {
	const struct cmdline *cmdline; /* applied again at every reload */
	struct conf *conf;             /* of the start; inherit_configure has seen it */
	const struct title *title;
	const char *pid_file; /* as an absolute path if echod detaches; NULL = none */
	int (*entry)(const struct worker_setup *setup); /* a worker's life */
	struct inherit *inherit; /* what a service manager has opened for us */
	int notify_fd;           /* of spawn_background; -1 = in the foreground */
};

/* Runs until it is told to leave. Returns the exit status; why it is not 0 has been logged. */
int supervisor_run(const struct supervisor_plan *plan);

#endif
