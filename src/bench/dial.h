/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to the server: the only place of echobench that makes sockets. */
#ifndef ECHOD_DIAL_H
#define ECHOD_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/options.h"
#include "common/addr.h"
#include "common/err.h"

/*
 * Resolves the server's name within the family that is wanted (it may block on a name server). If
 * there are several addresses, the first that takes a connection, which is closed again, or answers
 * a datagram of one byte is chosen; if none does, the first of all. A UNIX socket is not looked
 * for.
 */
int dial_resolve(const struct options *options, struct addr *server, struct err *err);

/*
 * Begins a connection and returns its descriptor, non-blocking, which becomes writable when the
 * connection is there or has failed (dial_result); for datagrams it is there at once. -1 with
 * errno. With options->sources > 0 it comes from 127.0.1.1 + number % sources.
 */
int dial_start(const struct addr *server, const struct options *options, uint64_t number);

/* How it went, once the descriptor has become writable: 0 or an errno. */
int dial_result(int fd);

/* Datagrams that this socket received and had no room for. */
uint64_t dial_dropped(int fd);

/* Whether this errno says that this machine has no port, descriptor or memory now, or that the
 * queue of a UNIX socket is full: both may pass. */
bool dial_is_local(int error);

#endif
