/* SPDX-License-Identifier: BSD-2-Clause */
/* What the servers among the tools begin with. */
#ifndef ECHOD_TEST_SERVE_H
#define ECHOD_TEST_SERVE_H

#include <stdint.h>

/*
 * A socket of this type, SOCK_STREAM (listening) or SOCK_DGRAM, at 127.0.0.1 and a port of the
 * kernel's choice, or at this path (@ in front: an abstract one) if it is not NULL. Prints `port
 * N`, 0 for a path. Ends the program with 2 if there is no such path, and with 1 and a message if
 * the system refuses.
 */
int serve_open(int type, const char *path);

/* The number behind the colon of `A:B`, 0 if there is none. */
uint64_t serve_behind_colon(const char *text);

#endif
