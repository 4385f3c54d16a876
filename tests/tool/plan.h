/* SPDX-License-Identifier: BSD-2-Clause */
/* What echocheck was told to do. */
#ifndef ECHOD_PLAN_H
#define ECHOD_PLAN_H

#include <stdbool.h>
#include <stdint.h>

#include "common/addr.h"

#define PLAN_CHUNK_MAX 65536 /* bytes of the largest write */

struct range {
	uint64_t low, high; /* both included */
};

/* How a session ends when all its bytes have come back. */
enum plan_end {
	PLAN_CLOSE,      /* close(2) */
	PLAN_HALF_CLOSE, /* FIN behind the last byte that is sent, then wait for the server's FIN */
	PLAN_RESET,      /* RST at a place that is drawn for each session */
};

struct plan {
	struct addr server;
	unsigned sources; /* spread over 127.0.1.1 .. 127.0.1.sources; 0: leave it to the kernel */

	uint64_t connections; /* at once */
	uint64_t sessions;    /* in all; UINT64_MAX if only the duration counts */
	uint64_t duration_ms; /* no new session after it; UINT64_MAX if only the number counts */
	uint64_t timeout_ms;  /* without any progress */

	struct range size;  /* bytes of a message */
	struct range chunk; /* bytes for one send(2) */
	uint64_t frame;     /* for the frame service: bytes of a frame at most; 0: no frames */
	uint64_t ahead;     /* that many bytes are sent in the largest chunks first */
	uint64_t messages;  /* of a session; ignored if life_ms is set */
	uint64_t life_ms;   /* messages are sent until a session is that old; 0: off */
	uint64_t think_ms;  /* between an echo that is complete and the next message */
	uint64_t late_ms; /* nothing is read before a session is so old: up to that, drawn for each
			   */
	uint64_t read_rate; /* bytes a second and session; 0: as fast as possible */

	enum plan_end end;
	bool no_read;       /* send and never read, until SIGTERM */
	bool hold;          /* stay connected after the last message, until a signal */
	bool connect_only;  /* no message at all */
	bool small_buffers; /* let the kernel hold as little as it can for a session */
	bool report_ports;

	uint64_t seed;
	const char *failures; /* file name, or NULL */
};

/*
 * Reads the command line. Returns 0, 1 if --help was asked for and printed, or -1 with a line on
 * standard error.
 */
int plan_read(struct plan *plan, int argc, char **argv);

#endif
