/* SPDX-License-Identifier: BSD-2-Clause */
/* What the supervisor tells a worker. The end of the pipe says that the supervisor is gone: leave
 * at once. */
#ifndef ECHOD_COMMAND_H
#define ECHOD_COMMAND_H

#include <stdint.h>

#include "link/frame.h"

enum command_kind {
	COMMAND_SERVE = 1, /* begin to accept; detached: log to syslog from now on */
	COMMAND_DRAIN,     /* accept no more, serve who is connected for drain_ms, then leave */
	COMMAND_TOTALS,    /* send a report at once, with this number */
	COMMAND_ADOPT,     /* serve the sockets of worker `number`, too */
	COMMAND_RELEASE,   /* and now no more */
};

#define COMMAND_NO_DEADLINE UINT32_MAX

struct command {
	uint32_t magic;    /* COMMAND_MAGIC */
	uint32_t kind;     /* enum command_kind */
	uint32_t drain_ms; /* 0 = leave at once, COMMAND_NO_DEADLINE = when the last client has left
			    */
	uint32_t number;   /* TOTALS: from 1 up; ADOPT, RELEASE: index of a sibling */
	uint64_t orphans;  /* DRAIN: bit i = nobody will serve listen address i any more: empty its
			      queue first */
	uint32_t detached; /* SERVE: 0 or 1 */
	uint32_t spare;    /* 0 */
};

#define COMMAND_MAGIC 0x65636332u /* changes with the layout */

/* Writes a command; magic and spare are filled in. FRAME_WAIT means that it was not sent. */
enum frame_result command_write(int fd, struct command *command);

/* Reads one command; FRAME_BAD if it is none. */
enum frame_result command_read(int fd, struct command *command);

#endif
