/* SPDX-License-Identifier: BSD-2-Clause */
/* What is wrong is said by a text, as it will be read behind "seq=N". */
#include "bench/probe.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "bench/datagram.h"
#include "bench/dial.h"
#include "bench/message.h"
#include "common/clock.h"

#define MS UINT64_C(1000000)

_Static_assert(PROBE_BUFFER > DATAGRAM_SIZE_MAX, "a datagram that is too long must show");

static const char timed_out[] = "timeout";

void probe_init(struct probe *probe, const struct options *options, const struct stream *stream,
		const struct addr *server, int signal_fd)
{
	probe->options = options;
	probe->stream = stream;
	probe->server = server;
	probe->signal_fd = signal_fd;
	probe->fd = -1;
	probe->stopped = probe->refused = false;
	probe->offset = 0;
	probe->position = probe->opened = probe->returned = probe->strays = 0;
}

void probe_clear(struct probe *probe)
{
	if (probe->fd != -1)
		close(probe->fd);
	probe->fd = -1;
}

enum wait_result { WAIT_READY, WAIT_LATE, WAIT_STOPPED };

/* Waits for events of the connection (none, if they are 0) until deadline_ns or a signal. */
static enum wait_result wait_for(struct probe *probe, short events, uint64_t deadline_ns)
{
	struct pollfd fds[2] = { { .fd = probe->signal_fd, .events = POLLIN },
				 { .fd = events == 0 ? -1 : probe->fd, .events = events } };
	struct signalfd_siginfo info;
	uint64_t now_ns;

	while ((now_ns = clock_ns()) < deadline_ns) {
		uint64_t ms = (deadline_ns - now_ns + MS - 1) / MS;
		int count = poll(fds, 2, ms > 60000 ? 60000 : (int)ms);

		if (count <= 0)
			continue;
		if ((fds[0].revents & POLLIN) != 0 &&
		    read(probe->signal_fd, &info, sizeof info) == sizeof info &&
		    info.ssi_signo != SIGCHLD) {
			probe->stopped = true;
			return WAIT_STOPPED;
		}
		if (fds[1].revents != 0)
			return WAIT_READY;
	}
	return WAIT_LATE;
}

void probe_rest(struct probe *probe, uint64_t until_ns)
{
	wait_for(probe, 0, until_ns);
}

/* NULL, or what is wrong. */
static const char *connect_to(struct probe *probe, uint64_t deadline_ns)
{
	uint64_t number = probe->opened;
	int error = 0;

	probe->fd = dial_start(probe->server, probe->options, number);
	if (probe->fd == -1)
		return strerror(errno);
	if (wait_for(probe, POLLOUT, deadline_ns) != WAIT_READY)
		return "no connection in time";
	error = dial_result(probe->fd);
	if (error != 0)
		return strerror(error);
	probe->opened++;
	probe->offset = stream_offset(probe->stream, number);
	probe->position = 0;
	return NULL;
}

/* ---------------------------------------------------------------- on a stream */

static const char *send_some(struct probe *probe, const struct message *message, uint64_t *sent)
{
	unsigned char head[MESSAGE_HEAD];
	struct iovec pieces[2];
	struct msghdr parts = { .msg_iov = pieces };
	uint64_t position = *sent;
	ssize_t taken;

	/* A length and what follows it go together. */
	while (position < message->end && parts.msg_iovlen < 2) {
		struct iovec *piece = &pieces[parts.msg_iovlen++];

		piece->iov_base = (void *)(uintptr_t)message_piece(
			message, probe->stream, probe->offset, position, head, &piece->iov_len);
		position += piece->iov_len;
	}
	taken = sendmsg(probe->fd, &parts, MSG_NOSIGNAL);
	if (taken > 0)
		*sent += (uint64_t)taken;
	return taken == -1 && errno != EAGAIN && errno != EINTR ? strerror(errno) : NULL;
}

static const char *receive_some(struct probe *probe, const struct message *message, uint64_t sent,
				uint64_t *received)
{
	unsigned char head[MESSAGE_HEAD];
	ssize_t length = recv(probe->fd, probe->buffer, sizeof probe->buffer, 0);
	size_t same = 0, run;

	if (length == 0)
		return "short: the server ended the connection";
	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? NULL : strerror(errno);
	if ((size_t)length > sent - *received)
		return "wrong: more came back than was sent";
	for (; !probe->options->no_verify && same < (size_t)length; same += run) {
		const unsigned char *bytes = message_piece(message, probe->stream, probe->offset,
							   *received + same, head, &run);

		if (run > (size_t)length - same)
			run = (size_t)length - same;
		if (memcmp(probe->buffer + same, bytes, run) != 0)
			return "wrong: other bytes came back";
	}
	*received += (uint64_t)length;
	return NULL;
}

static const char *exchange(struct probe *probe, uint64_t size, uint64_t deadline_ns)
{
	bool framed = probe->options->frame;
	uint64_t begin = probe->position, sent = begin, received = begin;
	const struct message message = { .begin = begin,
					 .end = begin + size + (framed ? MESSAGE_HEAD : 0),
					 .framed = framed };
	const char *why = send_some(probe, &message, &sent);

	while (why == NULL && received < message.end) {
		short events = (short)(POLLIN | (sent < message.end ? POLLOUT : 0));

		if (wait_for(probe, events, deadline_ns) != WAIT_READY)
			return timed_out;
		why = receive_some(probe, &message, sent, &received);
		if (why == NULL && sent < message.end)
			why = send_some(probe, &message, &sent);
	}
	probe->position = message.end;
	return why;
}

/* ---------------------------------------------------------------- in a datagram */

/* The kernel says no: what ICMP told it, or what it knows of a UNIX socket. */
static const char *refuse(struct probe *probe, int error)
{
	probe->refused = true;
	return strerror(error);
}

static const char *send_datagram(struct probe *probe, const struct datagram_head *id, size_t size)
{
	const unsigned char *body = datagram_body(probe->stream, probe->offset, id->number, size);

	memcpy(probe->buffer, body, size);
	if (size >= DATAGRAM_HEAD)
		datagram_write(probe->buffer, id, probe->offset);
	if (send(probe->fd, probe->buffer, size, MSG_NOSIGNAL) == -1)
		return refuse(probe, errno);
	return NULL;
}

/* *back: it is the awaited one. */
static const char *receive_datagram(struct probe *probe, const struct datagram_head *id,
				    size_t size, bool *back)
{
	ssize_t length = recv(probe->fd, probe->buffer, sizeof probe->buffer, 0);
	size_t got = (size_t)length;
	struct datagram_head head = *id;

	if (length == -1)
		return errno == EAGAIN || errno == EINTR ? NULL : refuse(probe, errno);
	if (got >= DATAGRAM_HEAD && !datagram_read(probe->buffer, &head, probe->offset))
		return "wrong: other bytes came back";
	if (head.number != id->number) {
		probe->strays++;
		return NULL;
	}
	if (got != size)
		return "wrong: a datagram of another size came back";
	if (!probe->options->no_verify &&
	    datagram_match(probe->stream, probe->offset, id->number, probe->buffer, got) < got)
		return "wrong: other bytes came back";
	*back = true;
	return NULL;
}

static const char *exchange_datagram(struct probe *probe, size_t size, uint64_t number,
				     uint64_t deadline_ns)
{
	const struct datagram_head id = { .number = (uint32_t)number };
	const char *why = send_datagram(probe, &id, size);
	bool back = false;

	while (why == NULL && !back) {
		if (wait_for(probe, POLLIN, deadline_ns) != WAIT_READY)
			return timed_out;
		why = receive_datagram(probe, &id, size, &back);
	}
	return why;
}

/* ---------------------------------------------------------------- both */

const char *probe_send(struct probe *probe, uint64_t size, uint64_t number, uint64_t *time_ns)
{
	bool datagram = target_is_datagram(&probe->options->target);
	uint64_t timeout_ns = probe->options->timeout_ms * MS, begin_ns;
	const char *why = NULL;

	if (probe->fd == -1)
		why = connect_to(probe, clock_ns() + timeout_ns);
	begin_ns = clock_ns();
	if (why == NULL && datagram)
		why = exchange_datagram(probe, size, number, begin_ns + timeout_ns);
	else if (why == NULL)
		why = exchange(probe, size, begin_ns + timeout_ns);
	*time_ns = clock_ns() - begin_ns;
	if (why == NULL)
		probe->returned++;
	/* A datagram that is late is to find its socket. */
	else if (!datagram || why != timed_out)
		probe_clear(probe);
	return why;
}
