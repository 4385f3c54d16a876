/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a message: flow_receive, complete, client_kick, flow_begin, flow_send: one recv, one
 * memcmp, two looks at the clock, one send. Frames differ in what is sent and compared only.
 */
#include "bench/flow.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"

#define PIECES 64 /* of frames, in one system call */

_Static_assert(TASK_BUFFER <= STREAM_RUN_MAX, "what is received at once must lie in one piece");

/* ---------------------------------------------------------------- sending */

/* Message number i of the ring, from the oldest on. */
static struct message *in_ring(const struct client *client, uint32_t i)
{
	uint32_t room = (uint32_t)client->task->options->in_flight, place = client->head + i;

	return &client->ring[place < room ? place : place - room];
}

/* Takes up as many messages as there are and may be on their way. */
void flow_begin(struct client *client, uint64_t now_ns)
{
	uint32_t room = (uint32_t)client->task->options->in_flight;
	uint64_t start_ns;

	while (client->in_flight < room &&
	       task_take(client->task, client->lane, client->taken, now_ns, &start_ns)) {
		struct message *message = in_ring(client, client->in_flight);

		message->framed = client->task->options->frame;
		message->start_ns = start_ns;
		message->begin = client->queued;
		client->queued += task_size(client->task, client->lane, client->taken) +
				  (message->framed ? MESSAGE_HEAD : 0);
		message->end = client->queued;
		client->taken++;
		client->unsent++;
		if (client->in_flight++ == 0)
			client->progress_ns = now_ns;
	}
}

/* Sends the pieces of which frames are made. */
static ssize_t send_frames(const struct client *client)
{
	unsigned char heads[PIECES][MESSAGE_HEAD];
	struct iovec pieces[PIECES];
	struct msghdr message = { .msg_iov = pieces };
	uint32_t i = client->in_flight - client->unsent;
	uint64_t position = client->sent;

	while (i < client->in_flight && message.msg_iovlen < PIECES) {
		struct iovec *piece = &pieces[message.msg_iovlen];

		piece->iov_base = (void *)(uintptr_t)message_piece(
			in_ring(client, i), client->task->stream, client->offset, position,
			heads[message.msg_iovlen++], &piece->iov_len);
		position += piece->iov_len;
		if (position == in_ring(client, i)->end)
			i++;
	}
	return sendmsg(client->fd, &message, MSG_NOSIGNAL);
}

/* Without frames, messages follow each other in one piece. */
static ssize_t send_some(const struct client *client)
{
	uint64_t size = client->queued - client->sent;

	if (client->task->options->frame)
		return send_frames(client);
	return send(client->fd, stream_run(client->task->stream, client->offset, client->sent),
		    size < STREAM_RUN_MAX ? size : STREAM_RUN_MAX, MSG_NOSIGNAL);
}

enum client_step flow_send(struct client *client)
{
	struct task *task = client->task;

	while (client->sent < client->queued) {
		ssize_t taken = send_some(client);

		if (taken == -1) {
			if (errno == EAGAIN || errno == EINTR)
				break;
			return client_send_failed(client, errno);
		}
		client->sent += (uint64_t)taken;
		while (client->unsent > 0 &&
		       in_ring(client, client->in_flight - client->unsent)->end <= client->sent)
			client->unsent--;
		if (client->state == CLIENT_CONNECTING)
			client_opened(client);
	}
	if (client->sent == client->queued && task->options->churn && task->options->half_close &&
	    !client->fin_sent) {
		shutdown(client->fd, SHUT_WR);
		client->fin_sent = true;
	}
	return CLIENT_GOES_ON;
}

/* ---------------------------------------------------------------- receiving */

static void complete(struct client *client, uint64_t now_ns)
{
	struct task *task = client->task;
	struct meter *meter = task->meter;
	uint32_t room = (uint32_t)task->options->in_flight;

	while (client->in_flight > 0 && client->ring[client->head].end <= client->received) {
		const struct message *message = &client->ring[client->head];
		uint64_t start_ns = message->start_ns;
		struct meter_count *count = &meter->warm_up;

		if (start_ns >= task->measure_ns) {
			hist_record(&meter->latency, now_ns - start_ns);
			meter->last_ns = now_ns;
			count = &meter->measured;
		}
		count->messages++;
		count->bytes += message_size(message);
		if (++client->head == room)
			client->head = 0;
		client->in_flight--;
	}
}

/*
 * The bytes that have to come from a position on, which was not received before, as far as they lie
 * in one piece: *length of them, 0 behind what was sent. *at: the message to begin to look at, 0 or
 * what it was for a lower position.
 */
static const unsigned char *expected(const struct client *client, uint64_t position, uint32_t *at,
				     unsigned char head[MESSAGE_HEAD], size_t *length)
{
	const unsigned char *bytes;
	uint64_t left = client->sent > position ? client->sent - position : 0;

	if (!client->task->options->frame || left == 0) {
		*length = left < STREAM_RUN_MAX ? left : STREAM_RUN_MAX;
		return stream_run(client->task->stream, client->offset, position);
	}
	while (in_ring(client, *at)->end <= position)
		(*at)++;
	bytes = message_piece(in_ring(client, *at), client->task->stream, client->offset, position,
			      head, length);
	if (*length > left)
		*length = left;
	return bytes;
}

/* How many of the bytes that came are right, and were sent. */
static size_t match(const struct client *client, size_t length)
{
	unsigned char head[MESSAGE_HEAD];
	uint32_t at = 0;
	size_t same = 0, run, good;

	do {
		const unsigned char *bytes =
			expected(client, client->received + same, &at, head, &run);

		if (run > length - same)
			run = length - same;
		good = stream_same(client->task->buffer + same, bytes, run);
		same += good;
	} while (run > 0 && good == run && same < length);
	return same;
}

/* The first wrong byte is at `received + same` in the stream. */
static void note_mismatch(struct client *client, size_t same, size_t length)
{
	struct meter_mismatch *shown = &client->task->meter->mismatch;
	size_t begin = same > METER_BEFORE ? same - METER_BEFORE : 0;
	uint64_t position = client->received + begin;
	size_t got = length - begin < METER_SHOWN ? length - begin : METER_SHOWN;
	unsigned char head[MESSAGE_HEAD];
	uint32_t at = 0;
	size_t run, count = 0;

	do {
		const unsigned char *bytes = expected(client, position + count, &at, head, &run);

		for (size_t i = 0; i < run && count < METER_SHOWN; i++)
			shown->expected[count++] = bytes[i];
	} while (run > 0 && count < METER_SHOWN);
	shown->shown_offset = position;
	shown->got_length = (uint8_t)got;
	shown->expected_length = (uint8_t)count;
	memcpy(shown->got, client->task->buffer + begin, got);
}

static enum client_step mismatch(struct client *client, size_t length)
{
	struct task *task = client->task;
	uint64_t on_way = client->sent - client->received;
	size_t same = length < on_way ? length : on_way;

	if (!task->options->no_verify)
		same = match(client, length);
	else
		memset(task->buffer, 0, length); /* nothing was copied here */
	if (task->meter->first[FAILURE_WRONG].at_ns == 0)
		note_mismatch(client, same, length);
	client->received += same;
	return client_fail(client, FAILURE_WRONG, 0);
}

/* *more: there may be more to receive, and epoll will not say so. */
static enum client_step take_some(struct client *client, bool fin, bool *more)
{
	struct task *task = client->task;
	bool verify = !task->options->no_verify;
	ssize_t length = recv(client->fd, task->buffer, TASK_BUFFER, verify ? 0 : MSG_TRUNC);
	size_t size = (size_t)length;
	uint64_t now_ns;

	*more = false;
	if (length <= 0)
		return client_received_end(client, length == 0 ? 0 : errno);
	now_ns = clock_ns();
	if (size > client->sent - client->received || (verify && match(client, size) < size))
		return mismatch(client, size);
	client->received += size;
	client->progress_ns = now_ns;
	/* A server that sends more than it got is found out when the next message comes back. */
	*more = fin || (size == TASK_BUFFER && client->received < client->sent);
	complete(client, now_ns);
	if (client->in_flight == task->options->in_flight)
		return CLIENT_GOES_ON;
	/* The next message begins now, and not when this one ended: what we did meanwhile is not
	 * the server's. */
	return client_kick(client, clock_ns());
}

/* fin: epoll told of a FIN, and will not do so again. */
enum client_step flow_receive(struct client *client, bool fin)
{
	enum client_step step;
	bool more;

	do {
		step = take_some(client, fin, &more);
	} while (step == CLIENT_GOES_ON && more);
	return step;
}
