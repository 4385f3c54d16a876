/* SPDX-License-Identifier: BSD-2-Clause */
/* The only place that forks: workers, and the daemon. */
#ifndef ECHOD_SPAWN_H
#define ECHOD_SPAWN_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/log.h"
#include "common/title.h"
#include "link/setup.h"
#include "supervisor/privilege.h"

/* What a worker is made of. setup's two pipe ends are filled in here. */
struct spawn_plan {
	struct worker_setup setup;
	int (*entry)(const struct worker_setup *setup); /* returns the exit status */
	const struct title *title;
	enum log_level log_level;
	struct identity identity;
	bool detaches; /* the supervisor is to leave the terminal, or has done so */
	bool pins;     /* it stays on its processors (steering.h) */
};

/* The supervisor's side of a worker: non-blocking, close-on-exec, to be closed by the caller. */
struct spawn_child {
	pid_t pid;
	int report_fd;  /* read end */
	int command_fd; /* write end */
};

/*
 * Forks a worker. It keeps standard input, output and error, its two pipe ends and its listeners,
 * and nothing else; the signals that are meant for the supervisor do not reach it; when the
 * supervisor dies, it dies. Before it does anything it gives up what privilege.h says. Returns 0,
 * or -1 (pipe2 or fork failed).
 */
int spawn_worker(struct spawn_plan *plan, struct spawn_child *child, struct err *err);

/*
 * Goes to the background: the caller goes on in a new session, in a child process. In the child,
 * returns 0 and sets *notify_fd. The parent stays until it hears spawn_notify (*status is then 0)
 * or the child has ended (*status is what it ended with), and gets 1: it should exit with *status.
 * -1: nothing has happened.
 */
int spawn_background(int *notify_fd, int *status, struct err *err);

/* Tells the parent that all is well, and closes notify_fd. */
void spawn_notify(int notify_fd);

#endif
