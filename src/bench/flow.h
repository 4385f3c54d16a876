/* SPDX-License-Identifier: BSD-2-Clause */
/* The bytes of a client: what is sent, what comes back, and whether it is right. */
#ifndef ECHOD_FLOW_H
#define ECHOD_FLOW_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/client.h"

/* Takes up as many messages as there are and may be on their way. */
void flow_begin(struct client *client, uint64_t now_ns);

/* Sends what was taken up, as far as the kernel takes it. */
enum client_step flow_send(struct client *client);

/* Receives, verifies and goes on with the next message. fin: epoll told of a FIN, and will not do
 * so again. */
enum client_step flow_receive(struct client *client, bool fin);

#endif
