/* SPDX-License-Identifier: BSD-2-Clause */
/* Adds and deletes an event on duplicates of a descriptor: all of it is undone, and that is the
 * point. */
#include "worker/footing.h"

#include <event2/event_struct.h>
#include <fcntl.h>
#include <unistd.h>

static void on_nothing(evutil_socket_t fd, short events, void *context)
{
	(void)fd;
	(void)events;
	(void)context;
}

static void make_known(struct event_base *base, int fd)
{
	struct event event;

	if (event_assign(&event, base, fd, EV_READ, on_nothing, NULL) == 0 &&
	    event_add(&event, NULL) == 0)
		event_del(&event);
}

void footing_reach(struct footing *footing, int fd)
{
	int ahead[FOOTING_AHEAD], count = 0;

	if (fd < footing->known)
		return;
	footing->known = fd + 1;
	while (count < FOOTING_AHEAD &&
	       (ahead[count] = fcntl(fd, F_DUPFD_CLOEXEC, footing->known)) != -1) {
		make_known(footing->base, ahead[count]);
		footing->known = ahead[count++] + 1;
	}
	while (count > 0)
		close(ahead[--count]);
}
