/* SPDX-License-Identifier: BSD-2-Clause */
/* echobench --ping: one message each interval, a line for it, and a summary, as ping(8) does. */
#ifndef ECHOD_PING_H
#define ECHOD_PING_H

#include "bench/options.h"
#include "bench/stream.h"
#include "common/addr.h"
#include "common/err.h"

/*
 * Goes on until options->messages, options->duration_ms or a signal in signal_fd (SIGINT, SIGTERM)
 * ends it. Returns the exit status: 0 all came back, 1 some did not, 3 no connection at all; or -1
 * with a reason.
 */
int ping_run(const struct options *options, const struct stream *stream, const struct addr *server,
	     int signal_fd, struct err *err);

#endif
