/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accept4(2) and its errors. The sockets are shared with the supervisor and with other generations:
 * they are closed, never shut down, and their events are deleted before (epoll(7), Q6).
 */
#include "worker/listener.h"

#include <errno.h>
#include <event2/event_struct.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"

#define ORPHANS_MAX                                                                               \
	65536 /* connections taken from a queue that nobody will serve: more than any queue holds \
	       */

struct listener {
	struct listener_set *set;
	struct event readable;
	int fd;
	unsigned address;
	enum transport transport;
	const struct profile *profile;
	unsigned batch; /* to accept in the next turn: doubles while the queue is that long */
};

static void all_off(struct listener_set *set)
{
	for (size_t i = 0; i < set->count; i++)
		event_del(&set->listeners[i].readable);
}

static int all_on(struct listener_set *set)
{
	for (size_t i = 0; i < set->count; i++) {
		if (event_add(&set->listeners[i].readable, NULL) == -1)
			return -1;
	}
	return 0;
}

/* Level-triggered events would keep us busy for nothing, so they are off until there may be room
 * again. */
static void pause_all(struct listener_set *set, int error)
{
	static const struct timeval pause = { .tv_usec = LISTENER_PAUSE_MS * 1000 };
	unsigned held;

	if (log_limit_pass(&set->limit, clock_ms(), &held))
		log_warn(
			"cannot accept: %s; trying again when a connection closes (%u such lines held back)",
			strerror(error), held);
	if (event_add(set->retry, &pause) == -1)
		return; /* better busy than deaf */
	all_off(set);
	set->paused = true;
}

/* Out of something that a closed connection may give back. Anything else accept4 says is about one
 * connection only. */
static bool is_exhausted(int error)
{
	return error == EMFILE || error == ENFILE || error == ENOBUFS || error == ENOMEM;
}

/*
 * UNIX sockets inherit nothing from the one that listens (unix(7)). Without SO_OOBINLINE, urgent
 * bytes would be lost. Nothing here is worth refusing a client for.
 */
static void set_up_local(int fd, const struct profile_socket *settings)
{
	int on = 1, size = (int)settings->sndbuf;

	setsockopt(fd, SOL_SOCKET, SO_OOBINLINE, &on, sizeof on);
	if (size != 0)
		setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
}

/* Accepts up to `most` connections; returns how many there were. */
static unsigned accept_some(struct listener *listener, unsigned most)
{
	struct listener_set *set = listener->set;
	unsigned count = 0;

	/* An error about one connection is passed over; one that stays must not hold the loop. */
	for (unsigned tries = 0; tries < most; tries++) {
		int fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd != -1) {
			if (listener->transport == TRANSPORT_UNIX)
				set_up_local(fd, &listener->profile->socket);
			set->on_accept(set->context, fd, listener->profile);
			count++;
		} else if (errno == EAGAIN || errno == EINVAL) {
			break; /* nobody waits; or it does not listen (yet) */
		} else if (is_exhausted(errno)) {
			if (set->listening)
				pause_all(set, errno);
			else
				log_warn("clients that waited are lost: %s", strerror(errno));
			break;
		}
	}
	return count;
}

static void on_readable(evutil_socket_t fd, short events, void *context)
{
	struct listener *listener = context;
	unsigned count = accept_some(listener, listener->batch);

	(void)fd;
	(void)events;
	/* Mostly one client waits: to ask for another each time would be a call for nothing. */
	if (count < listener->batch)
		listener->batch = count > 0 ? count : 1;
	else
		listener->batch =
			listener->batch * 2 < LISTENER_BATCH ? listener->batch * 2 : LISTENER_BATCH;
}

void listener_set_resume(struct listener_set *set)
{
	static const struct timeval pause = { .tv_usec = LISTENER_PAUSE_MS * 1000 };

	if (!set->paused || !set->listening)
		return;
	event_del(set->retry);
	set->paused = all_on(set) == -1;
	if (set->paused)
		event_add(set->retry, &pause);
}

static void on_retry(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	listener_set_resume(context);
}

int listener_set_init(struct listener_set *set, const struct setup_listener *list, size_t count)
{
	set->listeners = calloc(count + 1, sizeof *set->listeners);
	set->retry = evtimer_new(set->base, on_retry, set);
	if (set->listeners == NULL || set->retry == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct listener *listener = &set->listeners[set->count];

		if (!transport_in(list[i].transport, TRANSPORT_STREAM))
			continue;
		*listener = (struct listener){ .set = set,
					       .fd = list[i].fd,
					       .transport = list[i].transport,
					       .address = list[i].address,
					       .profile = list[i].profile,
					       .batch = 1 };
		if (event_assign(&listener->readable, set->base, listener->fd, EV_READ | EV_PERSIST,
				 on_readable, listener) == -1)
			return -1;
		set->count++;
	}
	return 0;
}

int listener_set_start(struct listener_set *set)
{
	set->listening = true;
	return all_on(set);
}

void listener_set_stop(struct listener_set *set, uint64_t orphans)
{
	set->listening = false;
	if (set->retry != NULL)
		event_del(set->retry);
	for (size_t i = 0; i < set->count; i++) {
		struct listener *listener = &set->listeners[i];

		event_del(&listener->readable);
		if ((orphans >> listener->address & 1) != 0)
			accept_some(listener, ORPHANS_MAX);
		close(listener->fd);
	}
	set->count = 0;
}

void listener_set_clear(struct listener_set *set)
{
	listener_set_stop(set, 0);
	if (set->retry != NULL)
		event_free(set->retry);
	free(set->listeners);
	set->listeners = NULL;
}
