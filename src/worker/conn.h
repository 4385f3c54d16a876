/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client's connection: whatever comes goes back, in order, until the client ends (RFC 862), or
 * goes nowhere (RFC 863), as the profile of its listener says.
 *
 * A connection is a bufferevent, which owns what the socket would not take yet. Reading is done
 * past it: recv(2) into a buffer that all connections of the worker share, and send(2) from there
 * at once; libevent 2.1 would read 4 KiB at a time into memory of its own. While CONN_PENDING_HIGH
 * bytes wait to be sent, nothing is read, until no more than CONN_PENDING_LOW wait: TCP's window
 * then stops the client.
 *
 * SIGPIPE must be ignored.
 */
#ifndef ECHOD_CONN_H
#define ECHOD_CONN_H

#include <event2/event.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "conf/profile.h"
#include "link/report.h"
#include "link/share.h"
#include "worker/admission.h"
#include "worker/bulk.h"

#define CONN_PENDING_HIGH (256 * 1024) /* bytes */
#define CONN_PENDING_LOW  (64 * 1024)
#define CONN_BUFFER_SIZE  (64 * 1024) /* most that one turn reads from one client */

struct conn;

/* All connections of a worker, and what they share. */
struct conn_set {
	struct event_base *base;     /* the worker's */
	struct counters *counters;   /* the worker's */
	struct share_cell *cell;     /* the worker's: what the others see */
	struct admission *admission; /* the worker's: is told who leaves; NULL = nobody is */
	/* A descriptor has become free; called from inside: open and close nothing. */
	void (*on_close)(void *context);
	void *context;
	unsigned char *buffer; /* CONN_BUFFER_SIZE bytes, of no meaning between two calls */
	struct bulk bulk;
	LIST_HEAD(conn_list, conn) list;
};

/* base, counters, cell, on_close and context are set by the caller. Returns -1 if memory is short.
 */
int conn_set_init(struct conn_set *set);

/* Closes every connection. */
void conn_set_clear(struct conn_set *set);

/* Takes over an accepted, non-blocking socket and counts it. If memory is short it is closed and
 * counted as refused. The profile must live as long as the set. */
void conn_open(struct conn_set *set, int fd, const struct profile *profile);

/*
 * Ends every connection decently: nothing more is echoed, what waits is sent, then FIN; input is
 * read and dropped until the client ends too, because closing with unread input would make the
 * kernel send RST, which may destroy what is still on its way (RFC 1122, 4.2.2.13). Who does not
 * take part stays open: the caller sets a limit with conn_set_clear.
 */
void conn_set_finish(struct conn_set *set);

#endif
