/* SPDX-License-Identifier: BSD-2-Clause */
/* sd_notify without its library: what it does is one sendto(2). */
#include "supervisor/notify.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "common/addr.h"
#include "common/clock.h"
#include "common/parse.h"
#include "supervisor/socket.h"

#define MESSAGE_MAX 512

/* Microseconds, if they are meant for this process. */
static uint64_t read_watchdog(void)
{
	const char *period = getenv("WATCHDOG_USEC"), *pid = getenv("WATCHDOG_PID");
	uint64_t us = 0, own = (uint64_t)getpid();
	struct err ignored;

	if (period == NULL || parse_number(period, 1, UINT64_MAX, &us, &ignored) == -1)
		return 0;
	if (pid != NULL && parse_number(pid, own, own, &own, &ignored) == -1)
		return 0;
	return us / 1000;
}

static int open_socket(const char *path, struct err *err)
{
	struct addr addr;

	if (path[0] != '/' && path[0] != '@')
		return err_set(err, "expected a path or @name");
	if (addr_unix(&addr, path, err) == -1)
		return -1;
	return socket_connect_datagram(&addr, err);
}

int notify_open(struct notify *notify, struct err *err)
{
	const char *path = getenv("NOTIFY_SOCKET");

	*notify = (struct notify){ .fd = -1 };
	if (path != NULL) {
		notify->fd = open_socket(path, err);
		if (notify->fd != -1)
			notify->watchdog_ms = read_watchdog();
		else
			err_prefix(err, "NOTIFY_SOCKET");
	}
	return path != NULL && notify->fd == -1 ? -1 : 0;
}

void notify_close(struct notify *notify)
{
	if (notify->fd != -1)
		close(notify->fd);
	notify->fd = -1;
}

void notify_send(const struct notify *notify, const char *format, ...)
{
	char text[MESSAGE_MAX];
	va_list args;
	int length;

	if (notify->fd == -1)
		return;
	va_start(args, format);
	length = vsnprintf(text, sizeof text, format, args);
	va_end(args);
	if (length > 0 && length < MESSAGE_MAX)
		send(notify->fd, text, (size_t)length, MSG_DONTWAIT | MSG_NOSIGNAL);
}

uint64_t notify_deadline(const struct notify *notify)
{
	return notify->watchdog_ms == 0 || notify->withheld ? CLOCK_NEVER : notify->due_ms;
}

void notify_watchdog(struct notify *notify, bool all_is_well, uint64_t now)
{
	if (notify->watchdog_ms == 0 || now < notify->due_ms)
		return;
	notify->withheld = !all_is_well;
	if (!all_is_well)
		return;
	notify_send(notify, "WATCHDOG=1");
	notify->due_ms = now + (notify->watchdog_ms > 1 ? notify->watchdog_ms / 2 : 1);
}

void notify_reloading(const struct notify *notify)
{
	notify_send(notify, "RELOADING=1\nMONOTONIC_USEC=%" PRIu64, clock_ns() / 1000);
}
