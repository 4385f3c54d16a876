/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One message at a time, there and back, with poll(2): on a connection that is kept as long as it
 * is good, or in a datagram. What fails ends the connection, and the next message tries a new one.
 */
#ifndef ECHOD_PROBE_H
#define ECHOD_PROBE_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/options.h"
#include "bench/stream.h"
#include "common/addr.h"

#define PROBE_BUFFER 65536u

struct probe {
	const struct options *options;
	const struct stream *stream;
	const struct addr *server;
	int signal_fd, fd; /* signalfd(2) of what ends it; fd -1: no connection */
	bool stopped;      /* by a signal */
	uint32_t offset;   /* of the stream */
	uint64_t position; /* in the stream, where the next message begins */
	uint64_t opened;   /* connections */
	uint64_t returned; /* messages */
	bool refused;      /* datagrams: the kernel said that nobody takes them */
	uint64_t strays;   /* datagrams that were not the awaited one: late or twice */
	unsigned char buffer[PROBE_BUFFER];
};

/* Fills in all but the buffer. Nothing is opened. */
void probe_init(struct probe *probe, const struct options *options, const struct stream *stream,
		const struct addr *server, int signal_fd);

/* Ends the connection. */
void probe_clear(struct probe *probe);

/* Waits until then, or for a signal: probe->stopped. */
void probe_rest(struct probe *probe, uint64_t until_ns);

/*
 * Sends a message of this size, connecting first if need be, and waits for it. Returns NULL and its
 * time, or what is wrong, or anything if a signal has stopped it.
 */
const char *probe_send(struct probe *probe, uint64_t size, uint64_t number, uint64_t *time_ns);

#endif
