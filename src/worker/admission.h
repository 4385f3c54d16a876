/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who is let in: allow and deny, max-connections, max-connections-per-source. The limits hold over
 * all workers, by what these share (link/share.h, link/sources.h). Who is not let in is counted and
 * logged here, and told if there is something to be told.
 *
 * Without any such setting nothing of this is called.
 */
#ifndef ECHOD_ADMISSION_H
#define ECHOD_ADMISSION_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/log.h"
#include "conf/profile.h"
#include "link/report.h"
#include "link/setup.h"
#include "worker/refusal.h"

struct admission {
	const struct worker_setup *setup; /* its share, sources, id and max_connections */
	struct counters *counters;        /* the worker's */
	struct refusal_set refusals;      /* its base and callback are set by the caller, too */
	bool reserved;                    /* a place is held that no connection has yet */
	uint32_t *entries; /* by descriptor: 1 + its entry in the table of sources, or 0 */
	size_t capacity;
	struct log_limit limits[REASONS];
};

void admission_clear(struct admission *admission);

/* Whether connections of this profile have to be asked about at all. */
bool admission_is_needed(const struct admission *admission, const struct profile *profile);

/* Whether it is asked where a client comes from. */
bool admission_needs_peer(const struct profile *profile);

/* Whether clients wait in the queue while there is no place: then one is reserved before accept. */
bool admission_waits(const struct admission *admission, const struct profile *profile);

/* Holds a place for who comes next: true; or all are taken. */
bool admission_reserve(struct admission *admission);

/* Nobody came. */
void admission_release(struct admission *admission);

/*
 * A client has connected. True: it is let in and has its place, until admission_leave. False: the
 * socket was taken over and the client is counted as accepted and refused. peer: where it comes
 * from, if admission_needs_peer.
 */
bool admission_enter(struct admission *admission, int fd, const struct addr *peer,
		     const struct profile *profile);

/* The connection that had this descriptor is closed and no longer active. */
void admission_leave(struct admission *admission, int fd);

#endif
