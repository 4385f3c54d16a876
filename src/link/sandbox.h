/* SPDX-License-Identifier: BSD-2-Clause */
/* What holds a worker that is no longer its own master: a filter of system calls and a Landlock
 * domain. The supervisor looks what there is, the worker goes in. */
#ifndef ECHOD_SANDBOX_H
#define ECHOD_SANDBOX_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

/* All zeros: none. */
struct sandbox {
	bool filter;   /* filter.h */
	bool landlock; /* landlock.h */
	bool required; /* a worker that cannot enter it must not serve */
};

/* What of it the build and the kernel have. Returns 0 if that is all, or -1 and what is missing. */
int sandbox_find(struct sandbox *sandbox, struct err *missing);

/*
 * Enters it, for good. The process has opened what it needs, and has dropped its privileges.
 * caught: see filter_enter; sends_local: see landlock_enter. Returns -1 with a reason if a part of
 * it failed; the other one is in force all the same.
 */
int sandbox_enter(const struct sandbox *sandbox, _Atomic uint32_t *caught, bool sends_local,
		  struct err *err);

#endif
