/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Reading, judging and answering. The sockets are shared with the supervisor and with other
 * generations: they are closed, never shut down, and their events are deleted before. A reply that
 * cannot be sent costs that reply and nothing else.
 */
#include "worker/datagram_socket.h"

#include <errno.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <string.h>
#include <unistd.h>

#include "common/clock.h"
#include "worker/batch.h"

static bool is_on(int fd, int level, int name)
{
	int value = 0;
	socklen_t length = sizeof value;

	return getsockopt(fd, level, name, &value, &length) == 0 && value != 0;
}

/* An older kernel would pass over the control message, and send one datagram for all. */
static bool can_merge(int fd)
{
	int size;
	socklen_t length = sizeof size;

	return getsockopt(fd, SOL_UDP, UDP_SEGMENT, &size, &length) == 0;
}

void datagram_socket_close(struct datagram_socket *socket)
{
	struct datagram_set *set = socket->set;

	event_del(&socket->readable);
	event_del(&socket->writable);
	if (socket->kept != NULL)
		set->counters->reasons[REASON_UNDELIVERED] += batch_left(socket->kept);
	batch_free(socket->kept);
	socket->kept = NULL;
	close(socket->fd);
	socket->fd = -1;
	set->open--;
}

/* What speaks against an answer to received[i]: GATE_ANSWER or an enum reason. */
static int judge(struct datagram_socket *socket, struct batch *batch, unsigned i, uint64_t now_ns)
{
	struct datagram_set *set = socket->set;
	const struct profile *profile = socket->profile;
	struct msghdr *message = &batch->received[i].msg_hdr;
	const struct sockaddr_storage *from = &batch->names[i];
	int why;

	if ((message->msg_flags & MSG_TRUNC) != 0)
		return REASON_TRUNCATED;
	if (socket->transport == TRANSPORT_UNIXGRAM)
		return message->msg_namelen > sizeof(sa_family_t) ? GATE_ANSWER : REASON_UNNAMED;
	why = gate_source(&set->gate, from, profile);
	if (why == GATE_ANSWER && socket->asks && !gate_is_unicast(message))
		why = REASON_NOT_UNICAST;
	if (why == GATE_ANSWER && socket->limit.token_ns != 0 &&
	    !bucket_take(set->buckets, bucket_source(set->buckets, from, socket->address),
			 socket->limit, now_ns))
		why = REASON_OVER_RATE;
	return why;
}

static void choose_replies(struct datagram_socket *socket, struct batch *batch, unsigned got)
{
	struct counters *counters = socket->set->counters;
	uint64_t now_ns = socket->limit.token_ns != 0 ? clock_ns() : 0;

	for (unsigned i = 0; i < got; i++) {
		int why;

		counters->datagrams_in++;
		counters->bytes_in += batch->received[i].msg_len;
		if (socket->profile->service == PROFILE_DISCARD)
			continue;
		why = judge(socket, batch, i, now_ns);
		if (why == GATE_ANSWER)
			batch_answer(batch, i, socket->merges);
		else
			counters->reasons[why]++;
	}
	batch_pack(batch);
}

/* Returns whether no reply is left; false: the socket is full. */
static bool flush(struct datagram_socket *socket, struct batch *batch)
{
	struct counters *counters = socket->set->counters;

	while (batch->next < batch->count) {
		unsigned first = batch->next, left = batch_left(batch);

		if (batch_send(batch, socket->fd) > 0) {
			counters->datagrams_out += left - batch_left(batch);
			for (; first < batch->next; first++)
				counters->bytes_out += batch->replies[first].msg_len;
		} else if (errno == EAGAIN && socket->transport == TRANSPORT_UDP) {
			return false;
		} else if (errno != EINTR && batch_split(batch)) {
			/* Too long for this way; or there can be no segments (EIO, udp(7)). */
			socket->merges = errno != EIO;
		} else if (errno != EINTR) {
			counters->reasons[REASON_UNDELIVERED]++; /* as if the network lost it */
			batch->next++;
		}
	}
	return true;
}

/* The socket is full: it keeps the batch, and the others get a new one. */
static void keep(struct datagram_socket *socket)
{
	struct datagram_set *set = socket->set;
	struct batch *fresh = batch_new();

	if (fresh == NULL || event_add(&socket->writable, NULL) == -1) {
		set->counters->reasons[REASON_NO_MEMORY] += batch_left(set->batch);
		batch_free(fresh);
		return;
	}
	event_del(&socket->readable);
	socket->kept = set->batch;
	set->batch = fresh;
}

/* Reads and answers one batch; returns how many datagrams there were. */
static unsigned serve(struct datagram_socket *socket)
{
	struct datagram_set *set = socket->set;
	struct batch *batch = set->batch;
	int got = batch_receive(batch, socket->fd, socket->asks);
	char held[LOG_HELD_MAX];

	if (got == -1) {
		if (errno != EAGAIN && errno != EINTR &&
		    log_limit_pass(&set->limit, clock_ms(), held))
			log_warn("cannot receive datagrams: %s%s", strerror(errno), held);
		return 0;
	}
	atomic_store_explicit(&set->cell->served, 1, memory_order_relaxed);
	choose_replies(socket, batch, (unsigned)got);
	if (!flush(socket, batch))
		keep(socket);
	return (unsigned)got;
}

void datagram_socket_leave(struct datagram_socket *socket)
{
	while (socket->to_read > 0 && socket->kept == NULL) {
		unsigned got = serve(socket);

		socket->to_read = got == 0 || got > socket->to_read ? 0 : socket->to_read - got;
	}
	if (socket->kept == NULL)
		datagram_socket_close(socket);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	serve(context);
}

static void on_writable(evutil_socket_t fd, short events, void *context)
{
	struct datagram_socket *socket = context;
	struct datagram_set *set = socket->set;

	(void)fd;
	(void)events;
	if (socket->kept != NULL && !flush(socket, socket->kept))
		return;
	batch_free(socket->kept);
	socket->kept = NULL;
	if (!socket->leaving && !socket->dormant && event_add(&socket->readable, NULL) == -1)
		return; /* rather than deaf: tried again at once */
	event_del(&socket->writable);
	if (!socket->leaving)
		return;
	datagram_socket_leave(socket);
	if (set->open == 0)
		set->on_left(set->context);
}

int datagram_socket_init(struct datagram_socket *socket, const struct datagram_socket *before,
			 struct datagram_set *set, const struct setup_listener *from)
{
	*socket = (struct datagram_socket){ .set = set,
					    .fd = from->fd,
					    .address = from->address,
					    .worker = from->worker,
					    .dormant = from->worker != set->index,
					    .transport = from->transport,
					    .profile = from->profile };
	/* Of each socket: one that a service manager has made may ask where ours do not. */
	socket->asks = from->transport == TRANSPORT_UDP &&
		       (is_on(from->fd, IPPROTO_IP, IP_PKTINFO) ||
			is_on(from->fd, IPPROTO_IPV6, IPV6_RECVPKTINFO));
	if (from->transport == TRANSPORT_UDP)
		socket->limit = bucket_share(from->profile->udp_rate, from->profile->udp_burst,
					     from->sharers);
	socket->merges = before != NULL ? before->merges
					: from->transport == TRANSPORT_UDP && can_merge(from->fd);
	if (event_assign(&socket->readable, set->base, socket->fd, EV_READ | EV_PERSIST,
			 on_readable, socket) == -1 ||
	    event_assign(&socket->writable, set->base, socket->fd, EV_WRITE | EV_PERSIST,
			 on_writable, socket) == -1)
		return -1;
	return 0;
}
