/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Sockets that stay while their settings change. It is done when the configuration takes effect, so
 * a reload that is refused has changed nothing; what cannot be done then is logged and left, since
 * the new workers serve already.
 */
#ifndef ECHOD_RETUNE_H
#define ECHOD_RETUNE_H

#include <stdbool.h>

#include "conf/profile.h"

struct slots_address;

/* Of an address that is open: puts back what only a restart can change, with a warning. */
void retune_hold(const struct slots_address *address, struct profile_socket *next);

/*
 * Of an address that is open: whether the file of its UNIX socket has gone, and nobody can connect.
 * That is logged, and so is another file in its place, which is left alone.
 */
bool retune_has_lost(const struct slots_address *address);

/* The sockets [0, committed) get the address's next settings. */
void retune_apply(struct slots_address *address);

/* At level info, what the kernel has made of the settings in force; a warning if it ignores one. */
void retune_report(const struct slots_address *address);

#endif
