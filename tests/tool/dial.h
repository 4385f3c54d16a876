/* SPDX-License-Identifier: BSD-2-Clause */
/* Connections to the server, begun without waiting. */
#ifndef ECHOD_DIAL_H
#define ECHOD_DIAL_H

#include <stdbool.h>
#include <stdint.h>

#include "plan.h"

/*
 * Begins connection NUMBER. Returns its descriptor, non-blocking; *connected says whether it is
 * there already, if not it becomes writable when it is or has failed (dial_result). Returns -1 with
 * errno.
 */
int dial_start(const struct plan *plan, uint64_t number, bool *connected);

/* How it went, when the descriptor has become writable: 0 or an errno. */
int dial_result(int fd);

/* Whether this errno says that this machine has no port, descriptor or memory now, and nothing of
 * the server. */
bool dial_is_local(int error);

#endif
