/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One session with an echo server: connect, send, compare what comes back, end.
 *
 * A session never blocks and does not know the event loop. Each session_on_ call returns how the
 * session ended, or SESSION_GOES_ON; then session_wants and session_deadline say what it waits for
 * now. A session that has ended has no descriptor any more; only its numbers are left.
 */
#ifndef ECHOD_SESSION_H
#define ECHOD_SESSION_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"
#include "timers.h"
#include "wire.h"

enum session_end {
	SESSION_GOES_ON,
	SESSION_OK,
	SESSION_LET_GO,  /* held, all was well, and the server ended it with FIN */
	SESSION_REFUSED, /* no connection */
	SESSION_RESET,
	SESSION_SHORT, /* FIN before all had come back */
	SESSION_WRONG, /* a byte that is not the one that was sent */
	SESSION_TIMEOUT,
	SESSION_LATER, /* this machine has no port, descriptor or memory for it now: try again */
};

enum session_state {
	SESSION_CONNECTING,
	SESSION_TALKING,  /* a message is on its way, there or back */
	SESSION_THINKING, /* between two messages */
	SESSION_HELD,
	SESSION_LEAVING, /* FIN sent and all came back; the server's FIN is missing */
};

struct session {
	const struct plan *plan;
	uint64_t number, key; /* of its stream */
	struct wire wire;     /* of the message; its end is the position up to which to send */
	int fd;
	enum session_state state;
	bool last;       /* no message after this one */
	bool half_close; /* FIN behind the last byte */
	bool fin_sent;
	bool connected; /* it came so far */
	bool stopping;  /* session_on_stop or session_on_speak was called */
	bool blocked;   /* send(2) did not take more */
	int send_error; /* errno of a send(2) that failed */
	uint64_t messages;
	uint64_t sent, received;
	uint64_t late_ns;  /* after the connection; nothing is read before */
	uint64_t reset_at; /* sent + received at which it resets; UINT64_MAX: never */
	uint64_t connected_ns, progress_ns;
	uint64_t wake_ns;            /* thinking until then */
	struct addr local;           /* length 0: not known */
	unsigned char expected, got; /* of SESSION_WRONG, at position `received` */
	int connect_error;           /* errno of SESSION_REFUSED and SESSION_LATER */

	/* For the loop, which zeroes none of it: session_start does, but for the timer. */
	struct timer timer;
	bool settled, port_told;
	uint32_t watched; /* events that epoll was asked for */
};

/* Begins session NUMBER. Nothing is left of the one before. */
enum session_end session_start(struct session *session, const struct plan *plan, uint64_t number,
			       uint64_t now_ns);

/* EPOLLIN and EPOLLOUT as they are wanted now; 0: nothing, not even a hang-up. */
uint32_t session_wants(const struct session *session, uint64_t now_ns);

/* When to call session_on_time, CLOCK_NEVER if there is nothing to wait for. */
uint64_t session_deadline(const struct session *session, uint64_t now_ns);

enum session_end session_on_event(struct session *session, uint32_t events, uint64_t now_ns);
enum session_end session_on_time(struct session *session, uint64_t now_ns);

/* Ends it in good order, as soon as the message that is on its way has come back. */
enum session_end session_on_stop(struct session *session, uint64_t now_ns);

/* One more message for a session that is held. */
enum session_end session_on_speak(struct session *session, uint64_t now_ns);

/* No byte was taken for a while, or there is none left: what --no-read waits for. */
bool session_is_stalled(const struct session *session, uint64_t now_ns);

#endif
