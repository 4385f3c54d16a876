/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a message: flow_receive, complete, client_kick, flow_begin, flow_send: one recv, one
 * memcmp, two looks at the clock, one send.
 */
#include "bench/flow.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "common/clock.h"

#define BEFORE 4 /* good bytes that are shown before the first wrong one */

_Static_assert(TASK_BUFFER <= STREAM_RUN_MAX, "what is received at once must lie in one piece");

/* ---------------------------------------------------------------- sending */

static uint64_t next_size(const struct client *client)
{
	const struct options_size *size = &client->task->options->size;

	if (size->low == size->high)
		return size->low;
	return stream_draw(client->task->stream, client->lane, client->taken, size->low,
			   size->high);
}

/* Takes up as many messages as there are and may be on their way. */
void flow_begin(struct client *client, uint64_t now_ns)
{
	uint32_t room = (uint32_t)client->task->options->in_flight;
	uint64_t start_ns;

	while (client->in_flight < room &&
	       task_take(client->task, client->lane, client->taken, now_ns, &start_ns)) {
		uint32_t place = client->head + client->in_flight;
		struct message *message = &client->ring[place < room ? place : place - room];

		client->queued += next_size(client);
		message->start_ns = start_ns;
		message->end = client->queued;
		client->taken++;
		if (client->in_flight++ == 0)
			client->progress_ns = now_ns;
	}
}

enum client_step flow_send(struct client *client)
{
	struct task *task = client->task;

	while (client->sent < client->queued) {
		size_t size = client->queued - client->sent;
		ssize_t taken;

		if (size > STREAM_RUN_MAX)
			size = STREAM_RUN_MAX;
		taken = send(client->fd, stream_run(task->stream, client->offset, client->sent),
			     size, MSG_NOSIGNAL);
		if (taken == -1) {
			if (errno == EAGAIN || errno == EINTR)
				break;
			return client_send_failed(client, errno);
		}
		client->sent += (uint64_t)taken;
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
		count->bytes += message->end - client->done;
		client->done = message->end;
		if (++client->head == room)
			client->head = 0;
		client->in_flight--;
	}
}

/* The first wrong byte is at `received + same` in the stream. */
static void note_mismatch(struct client *client, size_t same, size_t length)
{
	struct meter_mismatch *shown = &client->task->meter->mismatch;
	size_t begin = same > BEFORE ? same - BEFORE : 0;
	uint64_t position = client->received + begin;
	size_t got = length - begin < METER_SHOWN ? length - begin : METER_SHOWN;
	size_t expected = client->sent < position                 ? 0
			  : client->sent - position < METER_SHOWN ? client->sent - position
								  : METER_SHOWN;

	shown->shown_offset = position;
	shown->got_length = (uint8_t)got;
	shown->expected_length = (uint8_t)expected;
	memcpy(shown->got, client->task->buffer + begin, got);
	memcpy(shown->expected, stream_run(client->task->stream, client->offset, position),
	       expected);
}

static enum client_step mismatch(struct client *client, size_t length)
{
	struct task *task = client->task;
	uint64_t on_way = client->sent - client->received;
	size_t compared = length < on_way ? length : on_way;
	size_t same = compared;

	if (!task->options->no_verify)
		same = stream_match(task->stream, client->offset, client->received, task->buffer,
				    compared);
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
	if (size > client->sent - client->received ||
	    (verify &&
	     memcmp(task->buffer, stream_run(task->stream, client->offset, client->received),
		    size) != 0))
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
