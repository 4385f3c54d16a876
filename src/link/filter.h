/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The system calls that a worker makes once it has started, and no others (seccomp(2), by
 * libseccomp). Who makes another one is killed by the kernel with SIGSYS, and leaves a word about
 * which one it was where its supervisor can read it.
 */
#ifndef ECHOD_FILTER_H
#define ECHOD_FILTER_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

/* Whether the build and the kernel have it. Returns 0, or -1 with what is missing. */
int filter_check(struct err *err);

/*
 * From now on, for good, and for the whole process, which must have one thread. *caught is 0, and
 * set when a forbidden call was made (filter_name); it has to outlive the process, so it lies in
 * shared memory. Needs no_new_privs (prctl(2)). Returns -1 with a reason: then nothing has changed.
 */
int filter_enter(_Atomic uint32_t *caught, struct err *err);

/*
 * The name of a call that was caught, as in "openat", or its number if it has none. Any worker can
 * have written `caught`, so any value is taken. Needs no more than FILTER_NAME_MAX bytes.
 */
#define FILTER_NAME_MAX 40
const char *filter_name(uint32_t caught, char text[FILTER_NAME_MAX]);

#endif
