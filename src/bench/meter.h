/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The results of one process. They lie in memory that it shares with its parent; one writes, the
 * parent reads while it goes on (so a progress line may be a message behind), and adds them up when
 * all have ended. Zeroed memory is an empty meter. Nothing here can fail.
 */
#ifndef ECHOD_METER_H
#define ECHOD_METER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/hist.h"

#define METER_SHOWN  16 /* bytes that a mismatch shows */
#define METER_BEFORE 4  /* good ones among them, before the first wrong one */

enum failure {
	FAILURE_REFUSED, /* no connection */
	FAILURE_RESET,
	FAILURE_SHORT,   /* FIN before all had come back */
	FAILURE_WRONG,   /* a byte that is not the one that was sent, or one too many; a datagram */
	FAILURE_TIMEOUT, /* no connection or no byte in time */
};
#define FAILURES (FAILURE_TIMEOUT + 1)

extern const char *const failure_names[FAILURES];

/* The first failure of a kind. */
struct meter_note {
	uint64_t at_ns; /* 0: there was none */
	uint64_t connection;
	uint64_t offset;   /* in the stream of the connection: bytes that had come back; in a
			      datagram,   if it is one */
	uint64_t datagram; /* its number on its socket, from 1 on; 0: none */
	int error;         /* errno, or 0 */
};

/* What surrounded the first wrong byte. */
struct meter_mismatch {
	uint64_t shown_offset; /* in the stream or datagram, of the first byte that is shown */
	uint8_t expected_length, got_length;
	unsigned char expected[METER_SHOWN], got[METER_SHOWN];
};

struct meter_count {
	uint64_t messages, bytes; /* that came back whole; bytes one way */
};

/* All 0 for streams. */
struct meter_datagrams {
	uint64_t sent;
	uint64_t duplicated; /* answers that had come before */
	uint64_t reordered;  /* answers that came after that to a later datagram (RFC 4737) */
	uint64_t too_late;   /* answers that came when the datagram had been counted as lost */
	uint64_t dropped;    /* answers for which our own receive buffer had no room: lost, too */
};

struct meter {
	struct meter_count warm_up, measured;
	uint64_t last_ns; /* when the last message that was measured had come back */

	uint64_t opened; /* connections, or sockets for datagrams */
	uint64_t ended;  /* of these, by the server, while nothing was on its way: no failure */
	uint64_t failures[FAILURES];
	uint64_t lost;   /* messages that were on their way when their connection failed or a second
			    signal came; datagrams without an answer in time */
	uint64_t unsent; /* open loop: messages that were due but not sent in the end */
	uint64_t late; /* open loop: sent more than METER_LATE_NS too late, and it was our fault */
	uint64_t late_ns;  /* the worst of them */
	uint64_t short_of; /* connects put off because this machine had no port, descriptor or
			      memory, or a UNIX socket's queue was full */
	uint64_t cpu_ns;   /* processor time of the process since the beginning */

	struct meter_datagrams datagrams;
	struct meter_note first[FAILURES];
	struct meter_mismatch mismatch; /* of first[FAILURE_WRONG] */
	struct hist latency;
};

#define METER_LATE_NS 1000000u

/* Counts a failure; true if it is the first of its kind. */
bool meter_fail(struct meter *meter, enum failure kind, const struct meter_note *note);

void meter_merge(struct meter *into, const struct meter *from);

/* Failures of all kinds. */
uint64_t meter_failed(const struct meter *meter);

/* Messages that came back. */
uint64_t meter_returned(const struct meter *meter);

/* The exit status: 0 all well, 1 something was lost, wrong or failed, 3 no connection at all, or
 * datagrams refused and none that came back. */
int meter_status(const struct meter *meter);

#endif
