/* SPDX-License-Identifier: BSD-2-Clause */
/* One socket of a worker's datagram sockets: for datagram.c. */
#ifndef ECHOD_DATAGRAM_SOCKET_H
#define ECHOD_DATAGRAM_SOCKET_H

#include <event2/event_struct.h>

#include "worker/bucket.h"
#include "worker/datagram.h"

struct datagram_socket {
	struct datagram_set *set;
	struct event readable, writable;
	int fd; /* -1 = closed */
	unsigned address;
	enum transport transport;
	const struct profile *profile;
	struct bucket_limit limit; /* to each source */
	unsigned worker;
	bool dormant;       /* a sibling reads it */
	bool asks;          /* datagrams come with their destination */
	bool merges;        /* it takes several replies to one client in one go */
	bool leaving;       /* it is closed when nothing is left to do */
	unsigned to_read;   /* leaving: so many datagrams more, at most */
	struct batch *kept; /* replies that the socket would not take; NULL = none */
};

/*
 * Takes over a socket; reads nothing yet. before: another one of its address, of which what the
 * kernel can do is known; NULL = it is the first. Returns -1 if libevent refuses.
 */
int datagram_socket_init(struct datagram_socket *socket, const struct datagram_socket *before,
			 struct datagram_set *set, const struct setup_listener *from);

/* Reads on, as many as to_read says, as long as the socket takes the replies; then closes it, now
 * or when the last reply is sent. */
void datagram_socket_leave(struct datagram_socket *socket);

/* Closes it; replies that wait are lost and counted. */
void datagram_socket_close(struct datagram_socket *socket);

#endif
