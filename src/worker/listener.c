/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * accept4(2) and its errors. The sockets are shared with the supervisor and with other generations:
 * they are closed, never shut down, and their events are deleted before (epoll(7), Q6).
 */
#include "worker/listener.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/clock.h"
#include "worker/listener_rest.h"

#define ORPHANS_MAX                                                                               \
	65536 /* connections taken from a queue that nobody will serve: more than any queue holds \
	       */

#define REFUSED (-2) /* accepted, but not let in */

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

/*
 * Whether one more may be accepted; if not, the listener rests. At the end of an address nobody is
 * left to wait for, so everybody is taken, and perhaps refused.
 */
static bool may_accept(struct listener *listener)
{
	struct listener_set *set = listener->set;
	uint64_t wait;

	if (!set->listening)
		return true;
	if (listener->turnstile->interval_ns != 0) {
		wait = turnstile_wait(listener->turnstile, clock_ns());
		if (wait > 0) {
			listener_rest(listener, RESTS_FOR_TIME,
				      wait < LISTENER_REST_MIN_NS ? LISTENER_REST_MIN_NS : wait);
			return false;
		}
	}
	if (listener->guarded && admission_waits(set->admission, listener->profile) &&
	    !admission_reserve(set->admission)) {
		listener_rest(listener, RESTS_FOR_PLACE, LISTENER_PLACE_MS * UINT64_C(1000000));
		return false;
	}
	return true;
}

/* Returns the descriptor, -1 with errno, or REFUSED. Asks where the client comes from only if a
 * rule wants to know. */
static int accept_one(struct listener *listener)
{
	struct admission *admission = listener->set->admission;
	bool peer_needed = listener->guarded && admission_needs_peer(listener->profile);
	struct addr peer = { .length = sizeof peer.storage };
	int fd = accept4(listener->fd, peer_needed ? (struct sockaddr *)&peer.storage : NULL,
			 peer_needed ? &peer.length : NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);

	if (fd != -1 && listener->turnstile->interval_ns != 0)
		turnstile_pass(listener->turnstile, clock_ns());
	if (!listener->guarded)
		return fd;
	if (fd == -1)
		admission_release(admission);
	else if (!admission_enter(admission, fd, &peer, listener->profile))
		return REFUSED;
	return fd;
}

/* Accepts up to `most` connections; returns how many there were. */
static unsigned accept_some(struct listener *listener, unsigned most)
{
	struct listener_set *set = listener->set;
	unsigned count = 0;

	/* An error about one connection is passed over; one that stays must not hold the loop. */
	for (unsigned tries = 0; tries < most && may_accept(listener); tries++) {
		int fd = accept_one(listener);

		if (fd == REFUSED) {
			count++;
		} else if (fd != -1) {
			if (listener->transport == TRANSPORT_UNIX)
				set_up_local(fd, &listener->profile->socket);
			set->on_accept(set->context, fd, listener->profile);
			count++;
		} else if (errno == EAGAIN || errno == EINVAL) {
			break; /* nobody waits; or it does not listen (yet) */
		} else if (is_exhausted(errno)) {
			if (set->listening)
				listener_pause(set, errno);
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

/* The turnstile of a socket that is added; those of its address that came before have one. */
static struct turnstile *find_turnstile(struct listener_set *set, struct listener *listener)
{
	if (listener > set->listeners && listener[-1].address == listener->address)
		return listener[-1].turnstile;
	turnstile_init(&listener->own_turnstile, listener->profile->accept_rate, set->workers,
		       set->index);
	return &listener->own_turnstile;
}

static void find_served(struct listener_set *set)
{
	set->served_count = 0;
	for (size_t i = 0; i < set->count; i++) {
		if (!set->listeners[i].dormant)
			set->served[set->served_count++] = &set->listeners[i];
	}
}

int listener_set_init(struct listener_set *set, const struct setup_listener *list, size_t count)
{
	set->listeners = calloc(count + 1, sizeof *set->listeners);
	set->served = calloc(count + 1, sizeof(struct listener *));
	set->retry = listener_retry_new(set);
	if (set->listeners == NULL || set->served == NULL || set->retry == NULL)
		return -1;
	for (size_t i = 0; i < count; i++) {
		struct listener *listener = &set->listeners[set->count];

		if (!transport_in(list[i].transport, TRANSPORT_STREAM))
			continue;
		*listener = (struct listener){ .set = set,
					       .fd = list[i].fd,
					       .transport = list[i].transport,
					       .address = list[i].address,
					       .worker = list[i].worker,
					       .dormant = list[i].worker != set->index,
					       .profile = list[i].profile,
					       .batch = 1 };
		listener->turnstile = find_turnstile(set, listener);
		listener->guarded = set->admission != NULL &&
				    admission_is_needed(set->admission, listener->profile);
		if (event_assign(&listener->readable, set->base, listener->fd, EV_READ | EV_PERSIST,
				 on_readable, listener) == -1 ||
		    listener_rest_init(listener) == -1)
			return -1;
		set->count++;
	}
	find_served(set);
	return 0;
}

int listener_set_start(struct listener_set *set)
{
	set->listening = true;
	return listener_all_start(set);
}

void listener_set_adopt(struct listener_set *set, unsigned worker, bool adopt)
{
	for (size_t i = 0; i < set->count; i++) {
		struct listener *listener = &set->listeners[i];

		if (listener->worker != worker || worker == set->index)
			continue;
		listener->dormant = !adopt;
		if (!adopt)
			event_del(&listener->readable);
	}
	find_served(set); /* before one of them may begin a pause of all that are served */
	for (size_t i = 0; i < set->count; i++) {
		if (set->listeners[i].worker == worker && worker != set->index)
			listener_wake(&set->listeners[i]);
	}
}

void listener_set_stop(struct listener_set *set, uint64_t orphans)
{
	set->listening = false;
	if (set->retry != NULL)
		event_del(set->retry);
	for (size_t i = 0; i < set->count; i++) {
		struct listener *listener = &set->listeners[i];

		event_del(&listener->readable);
		event_del(&listener->rest_end);
		if ((orphans >> listener->address & 1) != 0)
			accept_some(listener, ORPHANS_MAX);
		close(listener->fd);
	}
	set->count = set->served_count = set->resting = 0;
}

void listener_set_clear(struct listener_set *set)
{
	listener_set_stop(set, 0);
	if (set->retry != NULL)
		event_free(set->retry);
	free(set->listeners);
	free(set->served);
	set->listeners = NULL;
	set->served = NULL;
}
