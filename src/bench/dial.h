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
 * there are several addresses, the first that takes a connection is chosen, which is closed again;
 * if none does, the first of all.
 */
int dial_resolve(const struct options *options, struct addr *server, struct err *err);

/*
 * Begins a connection and returns its descriptor, non-blocking, which becomes writable when the
 * connection is there or has failed (dial_result). -1 with errno. With sources > 0 it comes from
 * 127.0.1.1 + number % sources.
 */
int dial_start(const struct addr *server, uint64_t sources, uint64_t number);

/* How it went, once the descriptor has become writable: 0 or an errno. */
int dial_result(int fd);

/* Whether this errno says that this machine has no port, descriptor or memory now, and nothing of
 * the server. */
bool dial_is_local(int error);

#endif
