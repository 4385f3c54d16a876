/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Up to BATCH_MAX datagrams that were read by one recvmmsg(2), and their replies, which one
 * sendmmsg(2) sends from where they lie: nothing is copied.
 *
 * Replies to one client can be merged: the kernel takes them in one go, as a run of segments, and
 * makes datagrams of it as late as it can (UDP_SEGMENT, udp(7)).
 */
#ifndef ECHOD_BATCH_H
#define ECHOD_BATCH_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define BATCH_MAX           64    /* no more than Linux ever took as segments (UDP_MAX_SEGMENTS) */
#define BATCH_DATAGRAM_SIZE 65536 /* bytes; no UDP datagram is longer, jumbograms apart */
#define BATCH_SEGMENT_MAX   1452  /* bytes; a segment has to fit into a packet: Ethernet, IPv6 */
#define BATCH_MERGED_MAX    65507 /* bytes of all segments, as of an IPv4 datagram */

/* bytes of control messages: where a datagram was sent to, of IPv4 and of IPv6 */
#define BATCH_CONTROL_ASKED \
	(CMSG_SPACE(sizeof(struct in_pktinfo)) + CMSG_SPACE(sizeof(struct in6_pktinfo)))

/* And behind that the size of a reply's segments. */
struct batch_control {
	_Alignas(struct cmsghdr) unsigned char bytes[BATCH_CONTROL_ASKED +
						     CMSG_SPACE(sizeof(uint16_t))];
};

/* Answers to one client that can be merged: all of one size, but the last may be shorter. */
struct batch_run {
	uint64_t head;              /* most of the client's name, for a quick look */
	unsigned first, last, size; /* of received; how many */
};

struct batch {
	struct mmsghdr received[BATCH_MAX];
	unsigned used; /* entries of received whose room recvmmsg has used */
	bool asked;    /* they have room for control messages */
	struct iovec parts[BATCH_MAX];
	struct sockaddr_storage names[BATCH_MAX];
	struct batch_control controls[BATCH_MAX];

	struct batch_run runs[BATCH_MAX]; /* what goes back, in this order */
	unsigned run_count;
	unsigned followers[BATCH_MAX]; /* of received: the next one of its run */

	struct mmsghdr replies[BATCH_MAX]; /* one for each run, or for each datagram */
	unsigned next, count;              /* replies[next, count) are to be sent */
	/* replies[i] is made of the datagrams sources[begin[i], begin[i + 1]), and these slices. */
	unsigned begin[BATCH_MAX + 1];
	unsigned sources[BATCH_MAX];
	struct iovec slices[BATCH_MAX];

	/* Not 64 KiB apart, or the first bytes of all would compete for the same cache lines. */
	unsigned char bytes[BATCH_MAX][BATCH_DATAGRAM_SIZE + 192];
};

/* 4 MiB, which the system provides as they are used. NULL: memory is short. */
struct batch *batch_new(void);
void batch_free(struct batch *batch);

/*
 * Reads what waits and forgets what was there. with_control: the socket asks for the destination.
 * Returns the number of datagrams, or -1 (errno; EAGAIN: nothing waits). Never blocks.
 */
int batch_receive(struct batch *batch, int fd, bool with_control);

/*
 * The datagram received[i] goes back to its sender, from the address that it was sent to, if it
 * came with that; by the interface that the routes say. merge: in one go with others, if it can;
 * what goes to one client stays in order. The kernel must have UDP_SEGMENT then, or the client gets
 * one datagram for all. Once for each i, which goes up.
 */
void batch_answer(struct batch *batch, unsigned i, bool merge);

/* Makes replies of the answers: they can be sent. */
void batch_pack(struct batch *batch);

/*
 * Sends replies, from next on, which it moves; the sizes of what was sent are in msg_len. Returns
 * how many, or -1 (errno) if the first one was not taken. Never blocks.
 */
int batch_send(struct batch *batch, int fd);

/*
 * The next reply was not taken: makes one reply of each datagram that is left. Returns false if
 * that is what the next one was already. Keeps errno.
 */
bool batch_split(struct batch *batch);

/* How many datagrams are in the replies that are to be sent. */
static inline unsigned batch_left(const struct batch *batch)
{
	return batch->begin[batch->count] - batch->begin[batch->next];
}

#endif
