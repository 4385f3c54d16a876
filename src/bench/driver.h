/* SPDX-License-Identifier: BSD-2-Clause */
/* One process of echobench: its epoll loop over its share of the connections. */
#ifndef ECHOD_DRIVER_H
#define ECHOD_DRIVER_H

#include <stdatomic.h>
#include <stdint.h>

#include "bench/meter.h"
#include "bench/options.h"
#include "bench/stream.h"
#include "common/addr.h"
#include "common/err.h"

enum driver_order { DRIVER_GO_ON, DRIVER_STOP, DRIVER_LEAVE };

/* What the processes and their parent share. Zeroed before the first one starts. */
struct driver_shared {
	_Atomic uint32_t ready; /* processes that have tried to open all their connections */
	_Atomic uint32_t order; /* enum driver_order, from the parent: the time is over, or leave at
				   once */
	_Atomic uint64_t
		begin_ns; /* when messages may be sent: set by the last one to become ready */
};

struct driver_setup {
	const struct options *options;
	const struct stream *stream;
	const struct addr *server;
	struct driver_shared *shared;
	struct meter *meter; /* zeroed */
	uint64_t process;
};

/* Does all of it. 0, or -1 if there was not even a beginning; what fails later is in the meter. */
int driver_run(const struct driver_setup *setup, struct err *err);

#endif
