/* SPDX-License-Identifier: BSD-2-Clause */
/* A worker: one process, one libevent loop, and in it the listeners, the connections and the link
 * to the supervisor. */
#ifndef ECHOD_WORKER_H
#define ECHOD_WORKER_H

#include "link/setup.h"

/* A worker that has come to its drain deadline gives its clients so long to take what is still
 * theirs. */
#define WORKER_FINISH_MS 1000

/*
 * The whole life of a worker. It reports that it is ready, serves when told to, drains when told
 * to, and returns its exit status: 0 told to leave, 1 failed.
 */
int worker_run(const struct worker_setup *setup);

#endif
