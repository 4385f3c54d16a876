/* SPDX-License-Identifier: BSD-2-Clause */
/* A few sockets that only wait for their end. Whatever fails, the socket is closed. */
#include "worker/refusal.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "conf/profile.h"
#include "worker/framing.h"

struct refusal {
	LIST_ENTRY(refusal) link;
	struct refusal_set *set;
	struct event readable;
	int fd;
	uint64_t deadline_ms;
	size_t left; /* bytes that it may still send */
};

static void close_refusal(struct refusal *refusal)
{
	struct refusal_set *set = refusal->set;

	event_del(&refusal->readable);
	close(refusal->fd);
	LIST_REMOVE(refusal, link);
	free(refusal);
	set->count--;
	if (set->on_end != NULL)
		set->on_end(set->context);
}

/* Not EV_PERSIST: the deadline stays where it is, however often the client sends. */
static int wait_on(struct refusal *refusal)
{
	uint64_t now = clock_ms();
	struct timeval wait = { 0 };

	if (now >= refusal->deadline_ms)
		return -1;
	wait.tv_usec = (suseconds_t)((refusal->deadline_ms - now) * 1000 % 1000000);
	wait.tv_sec = (time_t)((refusal->deadline_ms - now) / 1000);
	return event_add(&refusal->readable, &wait);
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct refusal *refusal = context;
	char dropped[4096];
	ssize_t got;

	if ((events & EV_READ) == 0) { /* its time is over */
		close_refusal(refusal);
		return;
	}
	got = recv(fd, dropped, sizeof dropped, 0);
	if (got == 0 || (got == -1 && errno != EAGAIN && errno != EINTR) ||
	    (got > 0 && (size_t)got >= refusal->left)) {
		close_refusal(refusal);
		return;
	}
	refusal->left -= got > 0 ? (size_t)got : 0;
	if (wait_on(refusal) == -1)
		close_refusal(refusal);
}

/* Returns -1 if there is no room or no memory for it. */
static int linger(struct refusal_set *set, int fd)
{
	struct refusal *refusal = set->count == REFUSAL_MAX ? NULL : calloc(1, sizeof *refusal);

	if (refusal == NULL)
		return -1;
	refusal->set = set;
	refusal->fd = fd;
	refusal->left = REFUSAL_BYTES;
	refusal->deadline_ms = clock_ms() + REFUSAL_MS;
	if (event_assign(&refusal->readable, set->base, fd, EV_READ, on_readable, refusal) == -1 ||
	    wait_on(refusal) == -1) {
		free(refusal);
		return -1;
	}
	LIST_INSERT_HEAD(&set->list, refusal, link);
	set->count++;
	return 0;
}

void refusal_open(struct refusal_set *set, int fd, const char *text, bool framed)
{
	unsigned char bytes[FRAMING_HEADER + PROFILE_TEXT_MAX];
	size_t length = strnlen(text, PROFILE_TEXT_MAX), size = FRAMING_HEADER + length;
	const unsigned char *begin = framed ? bytes : bytes + FRAMING_HEADER;

	framing_put_length(bytes, (uint32_t)length);
	memcpy(bytes + FRAMING_HEADER, text, length);
	size -= (size_t)(begin - bytes);
	/* The text is small and the socket new: it takes all of it. */
	if (length == 0 || send(fd, begin, size, MSG_NOSIGNAL) != (ssize_t)size ||
	    shutdown(fd, SHUT_WR) == -1 || linger(set, fd) == -1)
		close(fd);
}

void refusal_set_clear(struct refusal_set *set)
{
	while (!LIST_EMPTY(&set->list))
		close_refusal(LIST_FIRST(&set->list));
}
