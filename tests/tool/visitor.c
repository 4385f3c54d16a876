/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes wrong on our side, where nothing can, ends the program with status 2. */
#include "visitor.h"

#include <errno.h>
#include <poll.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

#define FRAME_MAX    50000 /* bytes of a frame's content */
#define HEADER       4
#define RECEIVE_SIZE 16384 /* SO_RCVBUF: small, so that answers have to wait in the server */
#define FLOOD_SIZE   100000
#define TAKEN_MS     3   /* nothing taken for so long: now it reads */
#define ANSWER_MS    500 /* for a datagram; on loopback, where only we are */

const char *const visitor_ends[VISITOR_ENDS] = {
	[VISITOR_OK] = "ok",           [VISITOR_RESET] = "reset", [VISITOR_LOST] = "lost",
	[VISITOR_REFUSED] = "refused", [VISITOR_SHORT] = "short", [VISITOR_WRONG] = "wrong",
	[VISITOR_TIMEOUT] = "timeout",
};

static void cannot(const char *what)
{
	perror(what);
	exit(2);
}

static void *allocate(size_t size)
{
	void *memory = malloc(size + 1);

	if (memory == NULL)
		cannot("malloc");
	return memory;
}

int visitor_connect(const struct visitor_target *target)
{
	int type = transport_in(target->transport, TRANSPORT_STREAM) ? SOCK_STREAM : SOCK_DGRAM;
	int fd = socket(target->addr.storage.ss_family, type | SOCK_CLOEXEC, 0);
	int size = RECEIVE_SIZE;
	sa_family_t family = AF_UNIX;

	if (fd == -1)
		cannot("socket");
	if (type == SOCK_STREAM && target->greeting == NULL)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
	/* The kernel gives it a name, which the server can answer. */
	if (target->transport == TRANSPORT_UNIXGRAM &&
	    bind(fd, (const struct sockaddr *)&family, sizeof family) == -1)
		cannot("bind");
	if (connect(fd, (const struct sockaddr *)&target->addr.storage, target->addr.length) == 0)
		return fd;
	close(fd);
	return -1;
}

/* What is sent; the same comes back. */
static size_t write_text(unsigned char *text, const struct visitor_target *target, size_t size)
{
	size_t length = 0;

	for (size_t i = 0; i < size; i++) {
		if (target->framed && i % FRAME_MAX == 0) {
			size_t frame = size - i < FRAME_MAX ? size - i : FRAME_MAX;

			for (unsigned byte = 0; byte < HEADER; byte++)
				text[length++] = (unsigned char)(frame >> 8 * byte);
		}
		text[length++] = (unsigned char)(i * 2654435761u >> 13);
	}
	return length;
}

struct talk {
	int fd;
	const unsigned char *text, *expected;
	size_t sent, to_send, received, to_receive;
	bool floods, fin, fin_sent;
	uint64_t deadline_ms;
};

static enum visitor_end how(int error)
{
	return error == ECONNRESET || error == EPIPE ? VISITOR_RESET : VISITOR_WRONG;
}

/* Returns VISITOR_OK as long as it can go on. */
static enum visitor_end say(struct talk *talk)
{
	ssize_t sent = 0;

	if (talk->sent < talk->to_send) {
		sent = send(talk->fd, talk->text + talk->sent, talk->to_send - talk->sent,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == -1 && errno != EAGAIN)
			return how(errno);
	}
	talk->sent += sent > 0 ? (size_t)sent : 0;
	if (talk->sent == talk->to_send && talk->fin && !talk->fin_sent) {
		shutdown(talk->fd, SHUT_WR);
		talk->fin_sent = true;
	}
	return VISITOR_OK;
}

/* The same. *ended: the server has ended its side. */
static enum visitor_end hear(struct talk *talk, bool *ended)
{
	unsigned char bytes[65536];
	ssize_t got = recv(talk->fd, bytes, sizeof bytes, MSG_DONTWAIT);

	*ended = got == 0;
	if (got == -1)
		return errno == EAGAIN ? VISITOR_OK : how(errno);
	if ((size_t)got > talk->to_receive - talk->received ||
	    memcmp(bytes, talk->expected + talk->received, (size_t)got) != 0)
		return VISITOR_WRONG;
	talk->received += (size_t)got;
	return got == 0 && talk->received < talk->to_receive ? VISITOR_SHORT : VISITOR_OK;
}

static enum visitor_end converse(struct talk *talk)
{
	enum visitor_end end = VISITOR_OK;
	bool ended = false;

	while (end == VISITOR_OK && !ended) {
		struct pollfd fd = { .fd = talk->fd };
		bool speaks = talk->sent < talk->to_send;
		int ready;

		if (talk->received == talk->to_receive && !speaks && !talk->fin)
			return VISITOR_OK;
		if (clock_ms() >= talk->deadline_ms)
			return VISITOR_TIMEOUT;
		fd.events = speaks ? POLLOUT : 0;
		if (!talk->floods || !speaks)
			fd.events |= POLLIN;
		ready = poll(&fd, 1, talk->floods && speaks ? TAKEN_MS : VISITOR_PATIENCE_MS);
		if (ready == 0)
			talk->floods = false;
		if ((fd.revents & POLLOUT) != 0)
			end = say(talk);
		if (end == VISITOR_OK && (fd.revents & ~POLLOUT) != 0)
			end = hear(talk, &ended);
	}
	/* Who has lost nothing has not been told less than that it is over. */
	return end;
}

enum visitor_end visitor_exchange(int fd, const struct visitor_target *target, size_t size,
				  bool fin)
{
	size_t before = target->greeting == NULL ? 0 : strlen(target->greeting);
	size_t room = before + size + (size / FRAME_MAX + 1) * HEADER;
	unsigned char *text = allocate(room);
	struct talk talk = { .fd = fd,
			     .text = text + before,
			     .expected = text,
			     .floods = size >= FLOOD_SIZE && before == 0,
			     .fin = fin,
			     .deadline_ms = clock_ms() + VISITOR_PATIENCE_MS };
	enum visitor_end end;

	if (before > 0)
		memcpy(text, target->greeting, before);
	talk.to_send = write_text(text + before, target, size);
	talk.to_receive = before + talk.to_send;
	if (fin && talk.to_send == 0)
		say(&talk);
	end = converse(&talk);
	free(text);
	return end;
}

static enum visitor_end ask_once(int fd, size_t size)
{
	struct pollfd poller = { .fd = fd, .events = POLLIN };
	unsigned char *question = allocate(size), *answer = allocate(size);
	struct visitor_target plain = { 0 };
	enum visitor_end end = VISITOR_LOST;

	write_text(question, &plain, size);
	if (send(fd, question, size, MSG_NOSIGNAL) == -1)
		end = VISITOR_REFUSED;
	else if (poll(&poller, 1, ANSWER_MS) == 1)
		end = recv(fd, answer, size + 1, 0) == (ssize_t)size &&
				      memcmp(question, answer, size) == 0
			      ? VISITOR_OK
			      : VISITOR_WRONG;
	free(question);
	free(answer);
	return end;
}

enum visitor_end visitor_visit(const struct visitor_target *target, size_t size)
{
	int fd = visitor_connect(target);
	enum visitor_end end;

	if (fd == -1)
		return VISITOR_REFUSED;
	if (transport_in(target->transport, TRANSPORT_STREAM))
		end = visitor_exchange(fd, target, size, true);
	else
		end = ask_once(fd, size);
	close(fd);
	return end;
}
