/* SPDX-License-Identifier: BSD-2-Clause */
/* How many descriptors each process may have: a connection is one. */
#ifndef ECHOD_LIMIT_H
#define ECHOD_LIMIT_H

#include <stddef.h>

/* As many as the machine allows this user. Workers inherit it. */
void limit_raise(void);

/* Logs what that means for a worker with so many listening sockets. */
void limit_log(size_t sockets);

#endif
