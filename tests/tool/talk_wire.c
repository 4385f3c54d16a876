/* SPDX-License-Identifier: BSD-2-Clause */
/* What goes over the connection, with patience; what does not go as it should ends the program. */
#include "talk.h"

#include <errno.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

_Noreturn void talk_failed(const struct talk *talk, const char *why)
{
	fprintf(stderr, "talk: %.80s: %s\n", talk->step, why);
	exit(1);
}

static unsigned char pattern(uint64_t at)
{
	return (unsigned char)(at * 2654435761u >> 13);
}

bool talk_wait(const struct talk *talk, short events, int ms)
{
	struct pollfd poller = { .fd = talk->fd, .events = events };

	return poll(&poller, 1, ms) == 1;
}

void talk_send(const struct talk *talk, const void *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t sent;

		if (!talk_wait(talk, POLLOUT, PATIENCE_MS))
			talk_failed(talk, "nothing is taken");
		sent = send(talk->fd, (const char *)bytes + done, size - done,
			    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (sent == -1 && errno != EAGAIN)
			talk_failed(talk, strerror(errno));
		done += sent > 0 ? (size_t)sent : 0;
	}
}

ssize_t talk_take(const struct talk *talk, void *bytes, size_t size)
{
	if (!talk_wait(talk, POLLIN, PATIENCE_MS))
		talk_failed(talk, "nothing comes");
	return recv(talk->fd, bytes, size, 0);
}

void talk_receive(const struct talk *talk, char *bytes, size_t size)
{
	for (size_t done = 0; done < size;) {
		ssize_t got = talk_take(talk, bytes + done, size - done);

		if (got == 0)
			talk_failed(talk, "the end came before");
		if (got == -1)
			talk_failed(talk, strerror(errno));
		done += (size_t)got;
	}
}

void talk_send_pattern(struct talk *talk, uint64_t count)
{
	unsigned char bytes[TEXT_MAX];

	while (count > 0) {
		size_t size = count < sizeof bytes ? (size_t)count : sizeof bytes;

		for (size_t i = 0; i < size; i++)
			bytes[i] = pattern(talk->sent++);
		talk_send(talk, bytes, size);
		count -= size;
	}
}

void talk_receive_pattern(struct talk *talk, uint64_t count)
{
	unsigned char bytes[TEXT_MAX];

	while (count > 0) {
		size_t size = count < sizeof bytes ? (size_t)count : sizeof bytes;

		talk_receive(talk, (char *)bytes, size);
		for (size_t i = 0; i < size; i++) {
			if (bytes[i] != pattern(talk->received++))
				talk_failed(talk, "a wrong byte");
		}
		count -= size;
	}
}
