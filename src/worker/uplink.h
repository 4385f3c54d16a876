/* SPDX-License-Identifier: BSD-2-Clause */
/* The worker's end of the two pipes to the supervisor: reports go up, at an interval and when
 * asked, commands come down. */
#ifndef ECHOD_UPLINK_H
#define ECHOD_UPLINK_H

#include <event2/event.h>

#include "link/command.h"
#include "link/report.h"
#include "link/setup.h"

struct uplink {
	struct event_base *base;                                          /* the worker's */
	const struct counters *counters;                                  /* what is reported */
	void (*on_command)(void *context, const struct command *command); /* all but TOTALS */
	void (*on_beat)(void *context);                                   /* with each report */
	void (*on_gone)(void *context); /* the supervisor is gone, or makes no sense */
	void *context;
	int report_fd, command_fd;
	uint32_t worker, generation, answer;
	struct event *command, *beat;
};

/* Takes over the descriptors of setup. base, counters and the callbacks are set by the caller. -1:
 * memory is short. */
int uplink_open(struct uplink *uplink, const struct worker_setup *setup);

/* Says that the worker is ready. Returns -1 if nobody is there to hear it. */
int uplink_ready(struct uplink *uplink);

/* Reports for the last time and closes the pipes. */
void uplink_close(struct uplink *uplink);

#endif
