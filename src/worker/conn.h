/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One client's connection, from its socket to its end; what is done with what the client sends is
 * the service's (service.h).
 *
 * A connection is a bufferevent, which owns what the socket would not take yet (output.h). Reading
 * is done past it: recv(2) into a buffer that all connections of the worker share; libevent 2.1
 * would read 4 KiB at a time into memory of its own. While pending-high bytes wait to be sent,
 * nothing is read, until no more than pending-low wait: TCP's window then stops the client.
 *
 * SIGPIPE must be ignored.
 */
#ifndef ECHOD_CONN_H
#define ECHOD_CONN_H

#include <event2/event.h>
#include <event2/event_struct.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/queue.h>

#include "conf/profile.h"
#include "link/report.h"
#include "link/share.h"
#include "worker/admission.h"
#include "worker/bulk.h"
#include "worker/footing.h"
#include "worker/sweep.h"

#define CONN_BUFFER_SIZE (64 * 1024) /* bytes; most that one turn reads from one client */

/* How long a connection that the server has ended is read, and what comes dropped, so that the
 * client gets what is its own (see conn_set_finish). */
#define CONN_LINGER_MS 1000

struct extra;
struct service;

/* All connections of a worker, and what they share. */
struct conn_set {
	struct event_base *base;     /* the worker's */
	struct counters *counters;   /* the worker's */
	struct share_cell *cell;     /* the worker's: what the others see */
	const struct share *share;   /* and what they show */
	unsigned worker;             /* its number */
	struct admission *admission; /* the worker's: is told who leaves; NULL = nobody is */
	/* A descriptor has become free; called from inside: open and close nothing. */
	void (*on_close)(void *context);
	void *context;
	unsigned char *buffer; /* CONN_BUFFER_SIZE bytes, of no meaning between two calls */
	struct bulk bulk;
	struct footing footing;
	struct sweep_list sweeps;
	LIST_HEAD(conn_list, conn) list;
};

/* base, counters, cell, share, worker, on_close and context are set by the caller. Returns -1 if
 * memory is short.
 */
int conn_set_init(struct conn_set *set);

/* So many connections more: for the counters and for the others. */
static inline void conn_set_count(struct conn_set *set, int change)
{
	set->counters->active += (uint64_t)(int64_t)change;
	atomic_store_explicit(&set->cell->active, (uint32_t)set->counters->active,
			      memory_order_relaxed);
}

/* Closes every connection. */
void conn_set_clear(struct conn_set *set);

/* Takes over an accepted, non-blocking socket and counts it. If memory is short it is reset and
 * counted as refused. The profile must live as long as the set. */
void conn_open(struct conn_set *set, int fd, const struct profile *profile);

/*
 * Ends every connection decently: nothing more is echoed, what waits is sent, then FIN; input is
 * read and dropped until the client ends too, because closing with unread input would make the
 * kernel send RST, which may destroy what is still on its way (RFC 1122, 4.2.2.13). Who does not
 * take part stays open: the caller sets a limit with conn_set_clear.
 */
void conn_set_finish(struct conn_set *set);

/* ---- For the services and what else serves a connection. */

enum conn_state {
	CONN_OPEN,      /* what comes goes to the service */
	CONN_FLUSHING,  /* the client has ended, output waits */
	CONN_FINISHING, /* the server has ended it, output waits */
	CONN_LINGERING, /* FIN is sent, input is dropped */
};

/* Small, because there are many; what few need is in `extra`. */
struct conn {
	LIST_ENTRY(conn) link;
	struct conn_set *set;
	const struct profile *profile;
	const struct service *service;
	struct bufferevent *bev; /* output and its event; the descriptor is closed by conn_close */
	struct extra *extra;     /* owned; NULL until something needs it */
	struct event readable;
	uint64_t number; /* of this worker's connections, for the log */
	uint8_t state;   /* enum conn_state */
	uint8_t held;    /* why nothing is read (flow.h); 0 = it is */
	uint8_t streak;  /* reads in a row that brought all that was asked for (flow.h) */
	uint8_t reason;  /* why the server has ended it; REASONS = it has not */
	bool counting;   /* output.c has its callback there */
	bool active;     /* something came or went; set by whoever sees it, cleared by watch.c */
};

/* Its socket. Not asked of libevent, where it is a call for each message. */
static inline int conn_fd(const struct conn *conn)
{
	return conn->readable.ev_fd;
}

/* Frees the connection. `why` is for the log, and is not used if there is a reason. If output
 * waits, the client is reset. */
void conn_close(struct conn *conn, const char *why);

/* The same after a failed call with this errno, which may have lost bytes: the client is reset, so
 * that it does not take what it has for all. ENOMEM is counted as REASON_NO_MEMORY, that the kernel
 * has given up on the client (conn_is_vanished) as REASON_VANISHED. */
void conn_fail(struct conn *conn, int error);

/* The same without on_close, which may not be called from inside of accepting. */
void conn_drop(struct conn *conn, int error);

/*
 * The server ends the connection, decently, as conn_set_finish says, or with a reset: at once, and
 * so that the client can tell that it did not get all. The reason is counted. The connection may
 * be gone afterwards.
 */
void conn_end(struct conn *conn, enum reason reason);
void conn_reset(struct conn *conn, enum reason reason);

/*
 * Whether this errno of an accepted socket says that nobody answers there any more: keepalive or
 * user-timeout has run out (tcp(7)). If a router or a firewall has said why meanwhile, the kernel
 * says what it said (icmp(7)) instead of ETIMEDOUT.
 */
bool conn_is_vanished(int error);

/* Why it will end, for the log and the counters; it goes on for now. */
void conn_count_reason(struct conn *conn, enum reason reason);

/* Sends bytes of the service, now or as soon as the socket takes them. -1: it is gone. */
int conn_answer(struct conn *conn, const unsigned char *bytes, size_t size);

/* Something that waited is gone: reading may go on, or the connection may end. It may be gone
 * afterwards. */
void conn_settle(struct conn *conn);

/* Reads once, if there is something and reading is not stopped. -1: it is gone. */
int conn_read(struct conn *conn);

#endif
