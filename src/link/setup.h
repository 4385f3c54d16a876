/* SPDX-License-Identifier: BSD-2-Clause */
/* What a worker is born with: the supervisor fills it in before it forks. */
#ifndef ECHOD_SETUP_H
#define ECHOD_SETUP_H

#include <stddef.h>
#include <stdint.h>

/* A listening socket, non-blocking; shared with the supervisor and perhaps with workers of another
 * generation. */
struct setup_listener {
	int fd;
	unsigned address; /* its listen address, 0 to 63: the bit in command.orphans */
};

struct worker_setup {
	unsigned index;      /* 0 to workers-1 */
	unsigned generation; /* 1 at the start, one more at each reload */
	int report_fd;       /* write end, non-blocking */
	int command_fd;      /* read end, non-blocking */
	struct setup_listener *listeners;
	size_t listener_count;
};

#endif
