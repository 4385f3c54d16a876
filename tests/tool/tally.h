/* SPDX-License-Identifier: BSD-2-Clause */
/* What became of the sessions: the numbers, and a line for each failure. */
#ifndef ECHOD_TALLY_H
#define ECHOD_TALLY_H

#include <stdint.h>
#include <stdio.h>

#include "session.h"

struct tally {
	uint64_t ends[SESSION_LATER]; /* sessions by how they ended */
	uint64_t sessions, connected, bytes_sent, bytes_received;
	unsigned shown; /* failures told on standard error */
	FILE *failures; /* or NULL */
};

/* Opens the file of failures if there is a name. 0, or -1 with errno. */
int tally_init(struct tally *tally, const char *failures);
void tally_clear(struct tally *tally);

/* Counts a session that has ended, but not as SESSION_LATER. */
void tally_add(struct tally *tally, const struct session *session, enum session_end end);

/* Sessions that ended as they should. */
uint64_t tally_good(const struct tally *tally);

void tally_print(const struct tally *tally);

/* The exit status that echocheck promises. */
int tally_status(const struct tally *tally);

#endif
