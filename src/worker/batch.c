/* SPDX-License-Identifier: BSD-2-Clause */
/* recvmmsg(2) and sendmmsg(2). Their errors are the caller's. */
#include "worker/batch.h"

#include <stdlib.h>
#include <string.h>

struct batch *batch_new(void)
{
	struct batch *batch = malloc(sizeof *batch);

	if (batch == NULL)
		return NULL;
	batch->next = batch->count = 0;
	batch->used = BATCH_MAX;
	batch->asked = false;
	return batch;
}

void batch_free(struct batch *batch)
{
	free(batch);
}

/* Makes the first entries as recvmmsg wants them. */
static void arm(struct batch *batch, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		batch->parts[i] = (struct iovec){ .iov_base = batch->bytes[i],
						  .iov_len = BATCH_DATAGRAM_SIZE };
		batch->received[i].msg_hdr = (struct msghdr){
			.msg_name = &batch->names[i],
			.msg_namelen = sizeof batch->names[i],
			.msg_iov = &batch->parts[i],
			.msg_iovlen = 1,
			.msg_control = batch->asked ? &batch->controls[i] : NULL,
			.msg_controllen = batch->asked ? sizeof batch->controls[i] : 0,
		};
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
	batch->used = batch->next = batch->count = 0;
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

void batch_answer(struct batch *batch, unsigned i)
{
	struct mmsghdr *reply = &batch->replies[batch->count++];

	*reply = batch->received[i];
	reply->msg_hdr.msg_flags = 0;
	batch->parts[i].iov_len = batch->received[i].msg_len;
	forget_interface(&reply->msg_hdr);
}

int batch_send(struct batch *batch, int fd)
{
	int sent = sendmmsg(fd, &batch->replies[batch->next], batch->count - batch->next,
			    MSG_DONTWAIT | MSG_NOSIGNAL);

	if (sent > 0)
		batch->next += (unsigned)sent;
	return sent;
}
