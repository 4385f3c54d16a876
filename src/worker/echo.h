/* SPDX-License-Identifier: BSD-2-Clause */
/* Whatever comes goes back, in order (RFC 862): the way without copying. The other one is
 * service_echo. */
#ifndef ECHOD_ECHO_H
#define ECHOD_ECHO_H

#include "worker/conn.h"

enum echo_result {
	ECHO_DONE,    /* something came and went back */
	ECHO_NOT_NOW, /* nothing came that way: recv(2) has to find out why */
	ECHO_GONE,    /* the connection was closed */
};

/* The same as recv and echo, through the pipe, for a client that moves bulk and has nothing
 * waiting. */
enum echo_result echo_bulk(struct conn *conn);

#endif
