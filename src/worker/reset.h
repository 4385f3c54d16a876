/* SPDX-License-Identifier: BSD-2-Clause */
/* How a failure of ours ends a connection: who has not got everything is not to take a FIN for the
 * end. */
#ifndef ECHOD_RESET_H
#define ECHOD_RESET_H

#include <sys/socket.h>

/* close(2) of this socket will send RST, and drop what waits (SO_LINGER in socket(7)). A UNIX
 * socket knows no RST: its client sees an end all the same. */
static inline void reset_at_close(int fd)
{
	static const struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

#endif
