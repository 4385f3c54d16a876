/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * No files, and no TCP connections of its own making, for a process that needs neither: a Landlock
 * domain (landlock(7)) without a single rule. What is open stays open.
 */
#ifndef ECHOD_LANDLOCK_H
#define ECHOD_LANDLOCK_H

#include <stdbool.h>

#include "common/err.h"

/* The version of Landlock's interface that the kernel has, from 1; 0 = it has none. */
int landlock_version(void);

/*
 * Everything that this kernel's Landlock knows of is forbidden from now on, for good: files and
 * folders; from version 4, TCP bind and connect; from version 6, signals to processes outside and,
 * unless sends_local, UNIX sockets with an abstract name that others have made. Needs no_new_privs
 * (prctl(2)). Returns -1 with a reason: then nothing has changed.
 */
int landlock_enter(bool sends_local, struct err *err);

#endif
