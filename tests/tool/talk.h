/* SPDX-License-Identifier: BSD-2-Clause */
/* The connections of talk, and what can be done on the current one. What fails is said with the
 * step that it was in, and ends the program with status 1. */
#ifndef ECHOD_TEST_TALK_H
#define ECHOD_TEST_TALK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "common/addr.h"

#define PATIENCE_MS 30000
#define TEXT_MAX    4096
#define TAKEN_MS    200 /* nothing taken for so long: nothing will be */
#define CONNECTIONS 64

struct talk {
	int fd; /* of the current connection */
	int fds[CONNECTIONS + 1];
	struct addr addr;
	uint64_t connected_ms, closed_ns;
	uint64_t sent, received; /* bytes of the pattern */
	const char *step;
};

_Noreturn void talk_failed(const struct talk *talk, const char *why);

/* Waits until these events (poll(2)) are there. Returns false if they are not in time. */
bool talk_wait(const struct talk *talk, short events, int ms);

/* What recv(2) says; anything but time that has run out is an answer. */
ssize_t talk_take(const struct talk *talk, void *bytes, size_t size);

/* All of it. */
void talk_send(const struct talk *talk, const void *bytes, size_t size);
void talk_receive(const struct talk *talk, char *bytes, size_t size);

/* The next count bytes of the pattern. */
void talk_send_pattern(struct talk *talk, uint64_t count);
void talk_receive_pattern(struct talk *talk, uint64_t count);

#endif
