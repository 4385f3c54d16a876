/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker is born with: the supervisor fills it in before it forks. */
#ifndef ECHOD_SETUP_H
#define ECHOD_SETUP_H

#include <stddef.h>
#include <stdint.h>

#include "common/transport.h"
#include "conf/profile.h"
#include "link/sandbox.h"
#include "link/share.h"
#include "link/sources.h"

/* A listening socket, non-blocking; shared with the supervisor and perhaps with workers of another
 * generation. */
struct setup_listener {
	int fd;
	unsigned address; /* its listen address, 0 to 63: the bit in command.orphans */
	unsigned
		worker; /* index of the one that serves it; the others only when they are told to */
	unsigned sharers; /* workers that one source may come to: 1, or all of the generation */
	enum transport transport;
	const struct profile *profile; /* the same for all sockets of an address */
};

struct worker_setup {
	unsigned index;           /* 0 to workers-1 */
	unsigned generation;      /* 1 at the start, one more at each reload */
	unsigned workers;         /* of its generation */
	uint64_t max_connections; /* of all workers; 0 = no limit */
	struct share *share;
	struct sources *sources; /* NULL if no listener counts them */
	struct sandbox sandbox;  /* what to enter before it is ready */
	size_t id;               /* of the worker among all that live: its cell of the share */
	uint32_t beat_ms;        /* how often it reports */
	int report_fd;           /* write end, non-blocking */
	int command_fd;          /* read end, non-blocking */
	/* All of its generation; those of one address stand side by side. */
	struct setup_listener *listeners;
	size_t listener_count;
};

#endif
