/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The listening sockets. A slot is (listen address, number); each has a SO_REUSEPORT socket of its
 * own, or an address has one socket that all workers share. It stays open here whatever becomes of
 * the workers, so that what waits in its queue waits for the next worker.
 *
 * A change of the configuration is prepared, and then either committed or rolled back. New sockets
 * of an address that is served already do not listen before the commit: until there is a worker to
 * serve them, the kernel must not choose them.
 */
#ifndef ECHOD_SLOTS_H
#define ECHOD_SLOTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "common/addr.h"
#include "common/err.h"
#include "conf/conf.h"
#include "link/setup.h"
#include "supervisor/sockfile.h"

#define SLOTS_ADDRESSES_MAX 64 /* of two generations together: the bits of command.orphans */

struct slots_address {
	bool serving; /* part of what is committed */
	bool wanted;  /* part of what is prepared */
	enum transport transport;
	struct addr key;   /* as configured: with port 0 for "any" */
	bool dual;         /* as configured */
	bool steered;      /* by steering.c */
	bool shared;       /* one socket, which every worker serves */
	struct addr bound; /* as the kernel has it */
	int *fds;          /* [0, committed) listen or did; [committed, opened) are bound only */
	unsigned committed, opened;
	struct profile_socket settings, next_settings; /* in force; from the commit on */
	struct sockfile file; /* of a UNIX socket, unless it was inherited */
	/* The address whose file has gone, and in whose place this one is prepared; NULL = none. */
	struct slots_address *predecessor;
};

struct inherit;

struct slots {
	struct slots_address addresses[SLOTS_ADDRESSES_MAX];
	struct inherit *inherit; /* sockets that are there already; the caller's, NULL = none */
	unsigned workers, next_workers; /* of what is committed, of what is prepared */
	bool next_steering;
};

/*
 * Opens what conf wants and is not there: for each listen address at least `workers` slots. Returns
 * 0, or -1: then everything is as it was before. Not to be called again before commit or rollback.
 */
int slots_prepare(struct slots *slots, const struct conf *conf, unsigned workers, struct err *err);

/* Told of each address that listens from now on, or does so no more. */
struct slots_watcher {
	void (*on_change)(void *context, const struct slots_address *address, bool listens);
	void *context;
};

/*
 * Lets the new sockets listen. Returns 0, or -1: then it was rolled back. What is not wanted any
 * more is closed here (the old workers still hold it); *orphans is the set of these addresses.
 */
int slots_commit(struct slots *slots, const struct slots_watcher *watcher, uint64_t *orphans,
		 struct err *err);

void slots_rollback(struct slots *slots);

/*
 * The sockets that worker `index` holds: all of them. It serves, of each address, the slots that
 * are `index` modulo the number of workers, or the one that all share. next: of what is prepared,
 * not of what is committed; conf is the configuration of that, and the listeners' profiles lie in
 * it. Returns -1 if memory is short; *listeners is to be freed by the caller.
 */
int slots_assign(const struct slots *slots, const struct conf *conf, bool next, unsigned index,
		 struct setup_listener **listeners, size_t *count);

/* How many sockets are open. */
size_t slots_count(const struct slots *slots);

/* Closes everything. Connections that wait are lost, unless a worker still holds their socket. */
void slots_close(struct slots *slots);

#endif
