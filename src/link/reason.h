/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Why a server turns somebody away of its own accord: a connection that it refuses or ends, a
 * datagram that it does not answer. Each worker counts by reason (struct counters), and SIGUSR1
 * shows what is not 0.
 */
#ifndef ECHOD_REASON_H
#define ECHOD_REASON_H

enum reason {
	/* connections refused */
	REASON_NO_MEMORY,    /* or ended */
	REASON_DENIED,       /* by allow and deny */
	REASON_FULL,         /* max-connections */
	REASON_SOURCE_FULL,  /* max-connections-per-source */
	REASON_SOURCE_TABLE, /* no room to count one more source */
	/* connections ended, see echod.conf(5) */
	REASON_FRAME_TOO_LONG,
	REASON_FRAME_CUT,
	REASON_FRAME_TIMEOUT,
	REASON_IDLE_TIMEOUT,
	REASON_SESSION_TIMEOUT,
	REASON_WRITE_TIMEOUT,
	REASON_VANISHED, /* the kernel has given up on a client that does not answer */
	/* datagrams not answered */
	REASON_PORT_ZERO,
	REASON_RESERVED_PORT,
	REASON_OWN_PORT,
	REASON_SERVICE_PORT,
	REASON_NOT_UNICAST,
	REASON_TRUNCATED,
	REASON_OVER_RATE,
	REASON_UNNAMED,
	REASON_UNDELIVERED,
	REASONS, /* how many there are */
};

/* What the log and the statistics call it: one word, such as no-memory. */
extern const char *const reason_names[REASONS];

#endif
