/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a service manager is told (sd_notify(3), "Notification protocol"): one datagram of lines
 * NAME=VALUE to the socket that $NOTIFY_SOCKET names. Without it nothing is sent. A datagram that
 * cannot be sent at once is dropped: the supervisor never waits for its manager.
 */
#ifndef ECHOD_NOTIFY_H
#define ECHOD_NOTIFY_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

struct notify {
	int fd;               /* -1 = there is nobody to tell */
	uint64_t watchdog_ms; /* a WATCHDOG=1 is expected that often at least; 0 = never */
	uint64_t due_ms;      /* clock_ms: when to send the next */
	bool withheld;        /* it was due, but something hangs */
};

/*
 * Looks at $NOTIFY_SOCKET, $WATCHDOG_USEC and $WATCHDOG_PID (sd_watchdog_enabled(3)). Returns -1
 * with a reason if there is a socket that cannot be used; nothing is told then.
 */
int notify_open(struct notify *notify, struct err *err);
void notify_close(struct notify *notify);

/* Sends the lines, for example "READY=1\nSTATUS=8 workers". */
void notify_send(const struct notify *notify, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/*
 * WATCHDOG=1 twice as often as it is expected (sd_watchdog_enabled(3)), but only while all is well:
 * one that was due when it was not is sent as soon as it is again. To be called when the deadline
 * has come, and whenever all could be well again. The deadline is CLOCK_NEVER if nothing is
 * expected.
 */
uint64_t notify_deadline(const struct notify *notify);
void notify_watchdog(struct notify *notify, bool all_is_well, uint64_t now);

/* RELOADING=1, with the time that systemd wants to see in the same datagram. */
void notify_reloading(const struct notify *notify);

#endif
