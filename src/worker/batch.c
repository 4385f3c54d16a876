/* SPDX-License-Identifier: BSD-2-Clause */
/* recvmmsg(2) and sendmmsg(2). Their errors are the caller's. */
#include "worker/batch.h"

#include <netinet/udp.h>
#include <stdlib.h>
#include <string.h>

struct batch *batch_new(void)
{
	struct batch *batch = malloc(sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->next = batch->count = batch->begin[0] = 0;
	batch->run_count = 0;
	batch->used = BATCH_MAX;
	batch->asked = false;
	/* They are compared whole, and the kernel leaves the gaps in them as they are. */
	memset(batch->controls, 0, sizeof batch->controls);
	/* recvmmsg changes none of this. */
	for (unsigned i = 0; i < BATCH_MAX; i++) {
		batch->parts[i] = (struct iovec){ .iov_base = batch->bytes[i],
						  .iov_len = BATCH_DATAGRAM_SIZE };
		batch->received[i].msg_hdr = (struct msghdr){ .msg_name = &batch->names[i],
							      .msg_iov = &batch->parts[i],
							      .msg_iovlen = 1,
							      .msg_control = &batch->controls[i] };
	}
	return batch;
}

void batch_free(struct batch *batch)
{
	free(batch);
}

/* Gives the first entries the room that recvmmsg has replaced by what it used of it. */
static void arm(struct batch *batch, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		struct msghdr *message = &batch->received[i].msg_hdr;

		message->msg_namelen = sizeof batch->names[i];
		message->msg_controllen = batch->asked ? BATCH_CONTROL_ASKED : 0;
	}
}

int batch_receive(struct batch *batch, int fd, bool with_control)
{
	int got;

	if (batch->asked != with_control) {
		batch->asked = with_control;
		batch->used = BATCH_MAX;
	}
	arm(batch, batch->used);
	batch->used = batch->run_count = batch->next = batch->count = batch->begin[0] = 0;
	got = recvmmsg(fd, batch->received, BATCH_MAX, MSG_DONTWAIT, NULL);
	batch->used = got > 0 ? (unsigned)got : 1;
	return got;
}

/* With the interface of arrival in it, the reply would have to leave there. */
static void forget_interface(struct msghdr *message)
{
	for (struct cmsghdr *at = CMSG_FIRSTHDR(message); at != NULL;
	     at = CMSG_NXTHDR(message, at)) {
		if (at->cmsg_level == IPPROTO_IP && at->cmsg_type == IP_PKTINFO) {
			struct in_pktinfo info;

			memcpy(&info, CMSG_DATA(at), sizeof info);
			info.ipi_ifindex = 0;
			memcpy(CMSG_DATA(at), &info, sizeof info);
		} else if (at->cmsg_level == IPPROTO_IPV6 && at->cmsg_type == IPV6_PKTINFO) {
			struct in6_pktinfo info;

			memcpy(&info, CMSG_DATA(at), sizeof info);
			info.ipi6_ifindex = 0;
			memcpy(CMSG_DATA(at), &info, sizeof info);
		}
	}
}

/* All of an IPv4 address and its port; of IPv6 the port. */
static uint64_t head_of(const struct sockaddr_storage *name)
{
	uint64_t head;

	memcpy(&head, name, sizeof head);
	return head;
}

/* Whether replies to both go from the same address to the same client. */
static bool is_same_way(const struct msghdr *one, const struct msghdr *other)
{
	return one->msg_namelen == other->msg_namelen &&
	       memcmp(one->msg_name, other->msg_name, one->msg_namelen) == 0 &&
	       one->msg_controllen == other->msg_controllen &&
	       (one->msg_controllen == 0 ||
		memcmp(one->msg_control, other->msg_control, one->msg_controllen) == 0);
}

/* The last run to the client of received[i]; NULL = none. */
static struct batch_run *find_run(struct batch *batch, unsigned i, uint64_t head)
{
	for (unsigned r = batch->run_count; r-- > 0;) {
		struct batch_run *run = &batch->runs[r];

		if (run->head == head &&
		    is_same_way(&batch->received[run->first].msg_hdr, &batch->received[i].msg_hdr))
			return run;
	}
	return NULL;
}

/* Whether received[i] can be the next one: nothing comes behind a shorter one, or an empty one. */
static bool fits(const struct batch *batch, const struct batch_run *run, unsigned i)
{
	unsigned segment = batch->received[run->first].msg_len;
	unsigned length = batch->received[i].msg_len;

	return segment <= BATCH_SEGMENT_MAX && segment == batch->received[run->last].msg_len &&
	       length > 0 && length <= segment && run->size * segment + length <= BATCH_MERGED_MAX;
}

void batch_answer(struct batch *batch, unsigned i, bool merge)
{
	uint64_t head = merge ? head_of(&batch->names[i]) : 0;
	struct batch_run *run;

	forget_interface(&batch->received[i].msg_hdr);
	run = merge ? find_run(batch, i, head) : NULL;
	if (run == NULL || !fits(batch, run, i)) {
		batch->runs[batch->run_count++] =
			(struct batch_run){ .head = head, .first = i, .last = i, .size = 1 };
		return;
	}
	batch->followers[run->last] = i;
	run->last = i;
	run->size++;
}

/* The datagram sources[at] is a reply. */
static void put_single(struct batch *batch, unsigned reply, unsigned at)
{
	struct mmsghdr *message = &batch->replies[reply];

	*message = batch->received[batch->sources[at]];
	message->msg_hdr.msg_flags = 0;
	message->msg_hdr.msg_iov = &batch->slices[at];
	batch->begin[reply] = at;
}

/* Behind what was received, which ends where the next control message begins (cmsg(3)). */
static void add_segment_size(struct batch *batch, struct msghdr *message, unsigned i)
{
	uint16_t size = (uint16_t)batch->received[i].msg_len;
	struct cmsghdr *control =
		(struct cmsghdr *)&batch->controls[i].bytes[message->msg_controllen];

	*control = (struct cmsghdr){ .cmsg_len = CMSG_LEN(sizeof size),
				     .cmsg_level = SOL_UDP,
				     .cmsg_type = UDP_SEGMENT };
	memcpy(CMSG_DATA(control), &size, sizeof size);
	message->msg_controllen += CMSG_SPACE(sizeof size);
}

void batch_pack(struct batch *batch)
{
	unsigned at = 0;

	for (unsigned r = 0; r < batch->run_count; r++) {
		const struct batch_run *run = &batch->runs[r];
		unsigned i = run->first;

		for (unsigned k = 0; k < run->size; k++, i = batch->followers[i]) {
			batch->sources[at + k] = i;
			batch->slices[at + k] =
				(struct iovec){ .iov_base = batch->bytes[i],
						.iov_len = batch->received[i].msg_len };
		}
		put_single(batch, r, at);
		if (run->size > 1) {
			batch->replies[r].msg_hdr.msg_iovlen = run->size;
			add_segment_size(batch, &batch->replies[r].msg_hdr, run->first);
		}
		at += run->size;
	}
	batch->next = 0;
	batch->count = batch->run_count;
	batch->begin[batch->count] = at;
}

bool batch_split(struct batch *batch)
{
	unsigned at = batch->begin[batch->next], end = batch->begin[batch->count];

	if (batch->begin[batch->next + 1] - at == 1)
		return false;
	batch->next = at;
	batch->count = end;
	for (; at < end; at++)
		put_single(batch, at, at);
	batch->begin[end] = end;
	return true;
}

int batch_send(struct batch *batch, int fd)
{
	int sent = sendmmsg(fd, &batch->replies[batch->next], batch->count - batch->next,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent > 0)
		batch->next += (unsigned)sent;
	return sent;
}
