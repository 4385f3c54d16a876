/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What time does to a connection: idle-timeout, session-timeout, frame-timeout, write-timeout, and
 * the limit for one that the server has ended. All that one is watched for is looked at in a sweep,
 * 16 times in the shortest of the times that its listener sets: nothing is done for a message, and
 * a limit is never enforced early, and at most an eighth of it late.
 *
 * Only who has something to be watched for is watched: a connection with an idle-timeout or
 * session-timeout always, others only while output waits, a part of a frame has come, or they are
 * being ended.
 */
#ifndef ECHOD_WATCH_H
#define ECHOD_WATCH_H

#include <stdint.h>

#include "worker/sweep.h"

struct conn;

/* When is in milliseconds (clock_ms); 0 = not yet. */
struct watch {
	struct sweep_entry entry;
	uint64_t opened_ms;
	uint64_t active_ms;    /* something came or went */
	uint64_t part_ms;      /* the part of a frame was seen */
	uint32_t part;         /* its number */
	uint64_t stalled_ms;   /* output waits, and `taken` was all that the client had taken */
	uint64_t ended_ms;     /* the server has ended it */
	uint64_t lingering_ms; /* and all was sent */
	uint64_t given;        /* bytes that the kernel has got, since the extra was made */
	int64_t taken;         /* of these, acknowledged by the client */
	int64_t idle_taken;    /* and when it was last seen to do something */
};

/* Each returns -1 if memory is short: then the connection is not watched as it should. */
int watch_open(struct conn *conn);   /* it begins */
int watch_output(struct conn *conn); /* output waits */
int watch_frame(struct conn *conn);  /* a part of a frame has come */
int watch_end(struct conn *conn);    /* the server ends it */

/* Watches no more. */
void watch_stop(struct watch *watch);

#endif
