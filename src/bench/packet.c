/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The path of a message: packet_on_event, receive_batch, on_datagram, land, client_kick,
 * packet_begin, packet_send. What is wrong with a datagram is counted and costs that datagram only.
 */
#include "bench/packet.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "common/clock.h"

#define SPARE METER_SHOWN /* bytes that are received beyond the longest datagram */

void packet_begin(struct client *client, uint64_t now_ns)
{
	uint64_t start_ns;

	while (client->in_flight < client->window->room &&
	       task_take(client->task, client->lane, client->taken, now_ns, &start_ns)) {
		struct packet *packet = window_take(client->window);

		packet->start_ns = start_ns;
		packet->taken_ns = now_ns;
		packet->size = (uint32_t)task_size(client->task, client->lane, client->taken);
		client->taken++;
		client->in_flight++;
	}
}

/* ---------------------------------------------------------------- failures */

/* The socket has an error: what ICMP said, or what send(2) says of a UNIX socket. */
static enum client_step fail(struct client *client, int error)
{
	bool reset = error == ECONNRESET || error == EMSGSIZE;

	return client_fail(client, reset ? FAILURE_RESET : FAILURE_REFUSED, error);
}

/* Copies what should stand in the datagram from `begin` on. */
static void show_expected(const struct client *client, const struct packet *packet, size_t begin)
{
	struct meter_mismatch *shown = &client->task->meter->mismatch;
	struct datagram_head id = window_head(client->window, packet);
	const unsigned char *body =
		datagram_body(client->task->stream, client->offset, id.number, packet->size);
	unsigned char head[DATAGRAM_HEAD];

	datagram_write(head, &id, client->offset);
	for (size_t i = begin; i < packet->size && i - begin < METER_SHOWN; i++) {
		bool in_head = packet->size >= DATAGRAM_HEAD && i < DATAGRAM_HEAD;

		shown->expected[shown->expected_length++] = in_head ? head[i] : body[i];
	}
}

/*
 * A datagram of which `same` bytes are good. packet: the one that it answers, if that is known; it
 * is lost then.
 */
static void note_wrong(struct client *client, const unsigned char *bytes, size_t length,
		       size_t same, struct packet *packet)
{
	struct meter *meter = client->task->meter;
	size_t begin = same > METER_BEFORE ? same - METER_BEFORE : 0;
	size_t got = length - begin < METER_SHOWN ? length - begin : METER_SHOWN;
	const struct meter_note note = {
		.at_ns = clock_ns(),
		.connection = client->number,
		.offset = same,
		.datagram = packet == NULL ? 0 : packet->number + 1,
	};

	if (meter_fail(meter, FAILURE_WRONG, &note)) {
		meter->mismatch = (struct meter_mismatch){ .shown_offset = begin,
							   .got_length = (uint8_t)got };
		if (!client->task->options->no_verify) /* or else nothing was copied here */
			memcpy(meter->mismatch.got, bytes + begin, got);
		if (packet != NULL)
			show_expected(client, packet, begin);
	}
	if (packet == NULL)
		return;
	window_lose(client->window, packet);
	client->in_flight--;
	meter->lost++;
}

/* ---------------------------------------------------------------- sending */

/* Whether epoll is to tell when the socket takes more. */
static enum client_step set_blocked(struct client *client, bool blocked)
{
	struct epoll_event event = { .events = EPOLLIN | (uint32_t)EPOLLET, .data.ptr = client };

	if (blocked == client->blocked)
		return CLIENT_GOES_ON;
	client->blocked = blocked;
	if (blocked)
		event.events |= EPOLLOUT;
	if (epoll_ctl(client->task->epoll_fd, EPOLL_CTL_MOD, client->fd, &event) == -1)
		return client_fail(client, FAILURE_REFUSED, errno);
	return CLIENT_GOES_ON;
}

/* Fills in one message; head and parts are its own. */
static void lay_out(const struct client *client, const struct packet *packet,
		    unsigned char head[DATAGRAM_HEAD], struct iovec parts[2],
		    struct msghdr *message)
{
	struct datagram_head id = window_head(client->window, packet);
	const unsigned char *body =
		datagram_body(client->task->stream, client->offset, id.number, packet->size);
	size_t begin = packet->size < DATAGRAM_HEAD ? 0 : DATAGRAM_HEAD;

	datagram_write(head, &id, client->offset);
	parts[0] = (struct iovec){ head, begin };
	parts[1] = (struct iovec){ (void *)(uintptr_t)(body + begin), packet->size - begin };
	*message = (struct msghdr){ .msg_iov = parts, .msg_iovlen = 2 };
}

/* Sends up to PACKET_BATCH. How many, or -1 with errno. */
static int send_batch(struct client *client)
{
	unsigned char heads[PACKET_BATCH][DATAGRAM_HEAD];
	struct iovec parts[PACKET_BATCH][2];
	struct mmsghdr messages[PACKET_BATCH];
	struct packet *packet;
	unsigned count = 0;
	int sent;

	TAILQ_FOREACH(packet, &client->window->ready, link)
	{
		lay_out(client, packet, heads[count], parts[count], &messages[count].msg_hdr);
		if (++count == PACKET_BATCH)
			break;
	}
	sent = sendmmsg(client->fd, messages, count, MSG_NOSIGNAL);
	for (int i = 0; i < sent; i++)
		window_sent(client->window);
	if (sent > 0)
		client->task->meter->datagrams.sent += (uint64_t)sent;
	return sent;
}

enum client_step packet_send(struct client *client)
{
	while (!TAILQ_EMPTY(&client->window->ready)) {
		if (send_batch(client) != -1 || errno == EINTR)
			continue;
		if (errno == EAGAIN)
			return set_blocked(client, true);
		if (errno == ENOBUFS || errno == ENOMEM)
			return CLIENT_GOES_ON; /* the next check tries again */
		return fail(client, errno);
	}
	return set_blocked(client, false);
}

/* ---------------------------------------------------------------- receiving */

static void land(struct client *client, struct packet *packet, uint64_t now_ns)
{
	struct task *task = client->task;
	struct meter *meter = task->meter;
	struct meter_count *count = &meter->warm_up;

	if (packet->start_ns >= task->measure_ns) {
		hist_record(&meter->latency, now_ns - packet->start_ns);
		meter->last_ns = now_ns;
		count = &meter->measured;
	}
	count->messages++;
	count->bytes += packet->size;
	client->in_flight--;
	if (window_land(client->window, packet))
		meter->datagrams.reordered++;
}

/* How many bytes are right, of those that are to be looked at. */
static size_t compare(const struct client *client, uint32_t number, const unsigned char *bytes,
		      size_t length)
{
	if (client->task->options->no_verify)
		return length;
	return datagram_match(client->task->stream, client->offset, number, bytes, length);
}

static void on_datagram(struct client *client, const unsigned char *bytes, size_t length,
			uint64_t now_ns)
{
	const struct options_size *size = &client->task->options->size;
	struct meter_datagrams *counts = &client->task->meter->datagrams;
	bool headed = length >= DATAGRAM_HEAD;
	struct datagram_head head = { .number = 0 };
	struct packet *packet = NULL;
	enum window_answer answer = WINDOW_NEVER;
	size_t same = 0;

	if (headed ? datagram_read(bytes, &head, client->offset) : length >= size->low) {
		answer = window_find(client->window, headed ? &head : NULL, length, &packet);
		same = compare(client, head.number, bytes,
			       length < size->high ? length : size->high);
	}
	if (answer == WINDOW_NEVER || same < length ||
	    (answer == WINDOW_FLYING && packet->size != length))
		note_wrong(client, bytes, length, same, packet);
	else if (answer == WINDOW_FLYING)
		land(client, packet, now_ns);
	else if (answer == WINDOW_DUPLICATED)
		counts->duplicated++;
	else
		counts->too_late++;
}

/* What is received of a datagram, and how many fit into the buffer. */
static size_t slice_of(const struct options *options)
{
	return options->no_verify ? DATAGRAM_HEAD : options->size.high + SPARE;
}

/* Receives once. How many came, or -1 with errno. */
static int receive_batch(struct client *client, unsigned batch)
{
	size_t slice = slice_of(client->task->options);
	struct iovec parts[PACKET_BATCH];
	struct mmsghdr messages[PACKET_BATCH];
	uint64_t now_ns;
	int count;

	for (unsigned i = 0; i < batch; i++) {
		parts[i] = (struct iovec){ client->task->buffer + i * slice, slice };
		messages[i].msg_hdr = (struct msghdr){ .msg_iov = &parts[i], .msg_iovlen = 1 };
	}
	count = recvmmsg(client->fd, messages, batch, MSG_TRUNC, NULL);
	now_ns = clock_ns();
	for (int i = 0; i < count; i++)
		on_datagram(client, parts[i].iov_base, messages[i].msg_len, now_ns);
	return count;
}

/* All that is there; the next messages are begun in between. */
static enum client_step receive(struct client *client)
{
	size_t fit = TASK_BUFFER / slice_of(client->task->options);
	unsigned batch = fit < PACKET_BATCH ? (unsigned)fit : PACKET_BATCH;
	uint64_t room = client->window->room;
	int count;

	/* With few on their way, few can come, and looking for more is not for nothing. */
	if (room + 1 < batch)
		batch = (unsigned)room + 1;
	do {
		enum client_step step = CLIENT_GOES_ON;

		count = receive_batch(client, batch);
		if (count == -1 && errno != EAGAIN && errno != EINTR)
			return fail(client, errno);
		if (count > 0 && client->in_flight < room)
			step = client_kick(client, clock_ns());
		if (step != CLIENT_GOES_ON || client->state != CLIENT_OPEN)
			return step;
	} while (count == (int)batch);
	return CLIENT_GOES_ON;
}

enum client_step packet_on_event(struct client *client, uint32_t events)
{
	enum client_step step = CLIENT_GOES_ON;

	if ((events & (EPOLLIN | EPOLLERR | EPOLLHUP)) != 0)
		step = receive(client);
	if (step == CLIENT_GOES_ON && (events & EPOLLOUT) != 0 && client->state == CLIENT_OPEN)
		step = packet_send(client);
	return step;
}

enum client_step packet_check(struct client *client, uint64_t now_ns)
{
	struct packet *packet = TAILQ_FIRST(&client->window->flying);
	uint64_t timeout_ns = client->task->timeout_ns;
	enum client_step step;

	if (packet != NULL && now_ns > packet->taken_ns + timeout_ns) {
		step = receive(client); /* it may be us who were late */
		if (step != CLIENT_GOES_ON || client->state != CLIENT_OPEN)
			return step;
	}
	while ((packet = TAILQ_FIRST(&client->window->flying)) != NULL &&
	       now_ns > packet->taken_ns + timeout_ns) {
		window_lose(client->window, packet);
		client->in_flight--;
		client->task->meter->lost++;
	}
	packet = TAILQ_FIRST(&client->window->ready);
	if (packet != NULL && now_ns > packet->taken_ns + timeout_ns)
		return client_fail(client, FAILURE_TIMEOUT, 0); /* the socket takes nothing */
	return client_kick(client, clock_ns());
}
