/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One connection at a time, or one socket for datagrams: connect, send, receive, verify, time. A
 * client never blocks. Each call returns what its owner is to do now; a connection that ended is
 * closed and counted in the meter by then.
 */
#ifndef ECHOD_CLIENT_H
#define ECHOD_CLIENT_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/message.h"
#include "bench/task.h"
#include "bench/window.h"

enum client_step {
	CLIENT_GOES_ON, /* wait for events */
	CLIENT_RESTS,   /* no connection and no message that needs one now */
	CLIENT_DIALS,   /* no connection, and one is wanted: client_dial as soon as that may be */
	CLIENT_RETRIES, /* the same, but not at once: something failed */
	CLIENT_ENDS,    /* nothing will ever be to do again */
};

enum client_state {
	CLIENT_CLOSED,
	CLIENT_CONNECTING,
	CLIENT_OPEN,
	CLIENT_LEAVING, /* FIN sent and all came back; the server's FIN is missing */
};

struct client {
	struct task *task;
	/* What is on its way; the owner's memory. */
	struct message *ring;  /* of a stream: options->in_flight of them */
	struct window *window; /* of datagrams: with as much room */
	int fd;
	enum client_state state;
	bool fin_sent;
	bool blocked;       /* datagrams: epoll is to tell when the socket takes more */
	uint32_t head;      /* the oldest message in the ring */
	uint32_t in_flight; /* messages in the ring or the window */
	uint32_t unsent;    /* the newest of the ring, which are not wholly sent */
	uint32_t offset;    /* of the stream */
	uint64_t queued;    /* position in the stream: where the newest message ends */
	uint64_t sent, received;
	uint64_t since_ns;    /* put off since then, or 0 */
	uint64_t progress_ns; /* when a byte came last, or the first message of several was sent */
	uint64_t taken;       /* messages taken up so far, over all connections */
	uint64_t lane;        /* the place among the clients of this process */
	uint64_t number;      /* of the connection, over all processes */

	/* For the owner. */
	uint64_t not_before_ns; /* do not dial before */
	bool waiting;           /* in the owner's queue, to dial */
	bool tried;             /* its first connect has an outcome */
	bool ended;
};

/* Zeroes the client; the owner then sets ring or window. Nothing is opened. */
void client_init(struct client *client, struct task *task, uint64_t lane);

/* Closes what is open; counts nothing. */
void client_clear(struct client *client);

/* Ends the connection, if there is one; what is on its way is lost. */
void client_give_up(struct client *client);

/* Begins a connection. */
enum client_step client_dial(struct client *client, uint64_t now_ns);

/* epoll says that something happened. */
enum client_step client_on_event(struct client *client, uint32_t events);

/* It may be time to send something. */
enum client_step client_kick(struct client *client, uint64_t now_ns);

/* To be called now and then: ends what has taken too long, and what has nothing to do any more. */
enum client_step client_check(struct client *client, uint64_t now_ns);

/* For flow.c and packet.c, when something happens there: the end of the connection in one way or
 * another. */
enum client_step client_fail(struct client *client, enum failure kind, int error);
enum client_step client_send_failed(struct client *client, int error);
enum client_step client_received_end(struct client *client, int error); /* 0: FIN */
void client_opened(struct client *client);

#endif
