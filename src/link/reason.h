/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a server turns somebody away of its own accord: a connection that it refuses or ends, a
 * datagram that it does not answer. Each worker counts by reason (struct counters), and SIGUSR1
 * shows what is not 0.
 */
#ifndef ECHOD_REASON_H
#define ECHOD_REASON_H

enum reason {
	REASON_NO_MEMORY, /* connection refused */
	/* connection ended, see echod.conf(5) */
	REASON_FRAME_TOO_LONG,
	REASON_FRAME_CUT,
	REASON_FRAME_TIMEOUT,
	REASON_IDLE_TIMEOUT,
	REASON_SESSION_TIMEOUT,
	REASON_WRITE_TIMEOUT,
};
#define REASONS (REASON_WRITE_TIMEOUT + 1)

/* What the log and the statistics call it: one word, such as no-memory. */
extern const char *const reason_names[REASONS];

#endif
