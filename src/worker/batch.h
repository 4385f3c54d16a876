/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Up to BATCH_MAX datagrams that were read by one recvmmsg(2), and their replies, which one
 * sendmmsg(2) sends from where they lie: nothing is copied.
 */
#ifndef ECHOD_BATCH_H
#define ECHOD_BATCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <sys/socket.h>

#define BATCH_MAX           32
#define BATCH_DATAGRAM_SIZE 65536 /* bytes; no UDP datagram is longer, jumbograms apart */

struct batch_control {
	_Alignas(struct cmsghdr) unsigned char bytes[CMSG_SPACE(sizeof(struct in_pktinfo)) +
						     CMSG_SPACE(sizeof(struct in6_pktinfo))];
};

struct batch {
	struct mmsghdr received[BATCH_MAX];
	struct mmsghdr replies[BATCH_MAX];
	unsigned next, count; /* replies[next, count) are to be sent */
	unsigned used;        /* entries of received that are not as recvmmsg wants them */
	bool asked;           /* they have room for control messages */
	struct iovec parts[BATCH_MAX];
	struct sockaddr_storage names[BATCH_MAX];
	struct batch_control controls[BATCH_MAX];
	/* Not 64 KiB apart, or the first bytes of all would compete for the same cache lines. */
	unsigned char bytes[BATCH_MAX][BATCH_DATAGRAM_SIZE + 192];
};

/* 2 MiB, which the system provides as they are used. NULL: memory is short. */
struct batch *batch_new(void);
void batch_free(struct batch *batch);

/*
 * Reads what waits and forgets what was there. with_control: the socket asks for the destination.
 * Returns the number of datagrams, or -1 (errno; EAGAIN: nothing waits). Never blocks.
 */
int batch_receive(struct batch *batch, int fd, bool with_control);

/*
 * The datagram received[i] goes back to its sender, from the address that it was sent to, if it
 * came with that; by the interface that the routes say.
 */
void batch_answer(struct batch *batch, unsigned i);

/*
 * Sends replies, from next on, which it moves; the sizes of what was sent are in msg_len. Returns
 * how many, or -1 (errno) if the first one was not taken. Never blocks.
 */
int batch_send(struct batch *batch, int fd);

#endif
