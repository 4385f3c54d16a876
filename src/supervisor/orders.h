/* SPDX-License-Identifier: BSD-2-Clause */
/* What the fleet decides, done: the supervisor's state and the calls behind each action. */
#ifndef ECHOD_ORDERS_H
#define ECHOD_ORDERS_H

#include <stdbool.h>

#include "common/err.h"
#include "link/share.h"
#include "link/sources.h"
#include "supervisor/crew.h"
#include "supervisor/fleet.h"
#include "supervisor/generation.h"
#include "supervisor/notify.h"
#include "supervisor/supervisor.h"

struct pollfd;

struct supervisor {
	const struct supervisor_plan *plan;
	struct fleet fleet;           /* who is to run */
	struct crew crew;             /* who does */
	struct generation generation; /* by what they serve */
	struct share *share;          /* what workers see of each other */
	struct notify notify;         /* the service manager, and what it was told last: */
	uint64_t told_ms, told_active;
	unsigned told_live;
	struct sources *sources; /* the same; NULL until a listener counts them */
	struct err why;          /* why a generation on its way is given up; empty = it was late */
	uint64_t turned_ms;      /* when the last wait of the loop ended */
	uint64_t terminate_ms;   /* when the last TERM or INT came; 0 = none has */
	int signal_fd;
	int notify_fd; /* -1 = nobody waits, or has heard */
	bool detached;
	struct pollfd *fds; /* the signals', then one for each child */
};

/* Starts the first workers, from generation.next. */
int orders_start(struct supervisor *supervisor, struct err *err);

/* Does all that is to be done. Returns false when echod is to end. */
bool orders_carry_out(struct supervisor *supervisor);

#endif
