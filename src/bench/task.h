/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What the connections of one process have in common: what there is still to send, and when. Closed
 * loop: whoever is free takes the next message, until none is left or the time is over. Open loop:
 * each message has a time and a connection, and waits there if it has to.
 */
#ifndef ECHOD_TASK_H
#define ECHOD_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/meter.h"
#include "bench/options.h"
#include "bench/schedule.h"
#include "bench/stream.h"
#include "common/addr.h"

struct task {
	const struct options *options;
	const struct stream *stream;
	const struct addr *server;
	struct meter *meter;
	unsigned char *buffer; /* TASK_BUFFER bytes to receive into */
	int epoll_fd;

	bool running;        /* messages may be sent */
	uint64_t measure_ns; /* what begins before it is warm-up */
	uint64_t stop_ns;    /* nothing begins (closed loop) or is due (open loop) at it or later */
	uint64_t left;       /* closed loop: messages to be sent */
	uint64_t limit; /* open loop: the number, over all processes, of the first that is not sent
			 */
	struct schedule due;   /* open loop: when messages are due */
	struct schedule dials; /* when connects may begin */
	uint64_t dialled;      /* connects begun; those put off count again */
	uint64_t open;         /* connections that are there */
	uint64_t connecting;   /* connections on their way */
	uint64_t timeout_ns;
};

/* No larger than STREAM_RUN_MAX, and small enough to stay in the cache. */
#define TASK_BUFFER (128u * 1024)

void task_init(struct task *task, const struct options *options, uint64_t process);

/* Sets the times; messages may be sent from begin_ns on. */
void task_begin(struct task *task, uint64_t begin_ns);

/* Nothing is begun any more, not even what is due already. */
void task_stop(struct task *task);

/* The time is over earlier than it would be: now. In an open loop, what was due before is still to
 * be sent. */
void task_end(struct task *task, uint64_t now_ns);

/* Whether no message will ever be begun again by the connection that has begun `taken` as number
 * `lane` here. */
bool task_is_over(const struct task *task, uint64_t lane, uint64_t taken, uint64_t now_ns);

/*
 * Takes the next message of that connection, if there is one now. *start_ns is the time that its
 * latency counts from.
 */
bool task_take(struct task *task, uint64_t lane, uint64_t taken, uint64_t now_ns,
	       uint64_t *start_ns);

/* The bytes of that connection's next message. */
uint64_t task_size(const struct task *task, uint64_t lane, uint64_t taken);

/* Open loop: when the connection's next message is due; UINT64_MAX if there is none before the end.
 */
uint64_t task_next_due(const struct task *task, uint64_t lane, uint64_t taken);

#endif
