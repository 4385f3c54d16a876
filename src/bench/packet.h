/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The datagrams of a client: each message is one. One that has no answer in time is lost, and the
 * next one takes its place; answers that come twice, too late or out of order are counted. None of
 * this ends the socket; an error of the socket does, as that of a connection.
 */
#ifndef ECHOD_PACKET_H
#define ECHOD_PACKET_H

#include <stdint.h>

#include "bench/client.h"

#define PACKET_BATCH 32u /* datagrams that one system call moves, at most */

/* Takes up as many messages as there are and may be on their way. */
void packet_begin(struct client *client, uint64_t now_ns);

/* Sends what was taken up, as far as the kernel takes it. */
enum client_step packet_send(struct client *client);

/* epoll says that something happened. */
enum client_step packet_on_event(struct client *client, uint32_t events);

/* Gives up what has taken too long, once it is clear that it does not just wait for us. */
enum client_step packet_check(struct client *client, uint64_t now_ns);

#endif
