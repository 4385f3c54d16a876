/* SPDX-License-Identifier: BSD-2-Clause */
/* The file that holds the supervisor's process id, locked (flock(2)) as long as echod runs. */
#ifndef ECHOD_PIDFILE_H
#define ECHOD_PIDFILE_H

#include <sys/types.h>

#include "common/err.h"

/*
 * Creates or takes over the file, locks it and writes our process id. A file that nobody has locked
 * is stale and no obstacle, if it is a regular file of our own user that holds a number alone or is
 * empty; links, symbolic or hard, are not written through, and nothing else is so much as opened.
 * mode: no right beyond these is there once it is ours, and the umask takes away more of a new one.
 * Returns the descriptor that holds the lock, or -1.
 */
int pidfile_open(const char *path, mode_t mode, struct err *err);

/* Removes the file and gives the lock back. */
void pidfile_close(const char *path, int fd);

#endif
