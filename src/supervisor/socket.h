/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One listening socket: the only place that makes, binds and listens.
 *
 * A new address is claimed by binding its first socket *without* SO_REUSEPORT: as long as it is
 * there, nobody else gets in that way, not even another echod of the same user, whom SO_REUSEPORT
 * alone would let in. Only then it gets SO_REUSEPORT (socket(7)), and the others join it.
 *
 * UNIX sockets know no SO_REUSEPORT. There the file is the claim, see sockfile.h.
 *
 * All sockets are non-blocking and close-on-exec. Every function returns a descriptor or 0, or -1
 * with a reason; errno is then that of the call that failed.
 */
#ifndef ECHOD_SOCKET_H
#define ECHOD_SOCKET_H

#include <stdbool.h>

#include "common/addr.h"
#include "common/err.h"
#include "conf/conf.h"

/*
 * The first socket of addr, for listen: bound, listening, and open to those that join, if it is for
 * any. That of a UNIX socket is only bound, with a file that nobody may use yet (mode 0).
 */
int socket_claim(const struct conf_listen *listen, const struct addr *addr, bool dual,
		 struct err *err);

/*
 * One more socket of an address that was claimed. It does not serve yet. A UDP socket is not even
 * bound: from then on the kernel would give it datagrams that nobody reads.
 */
int socket_join(const struct conf_listen *listen, const struct addr *addr, bool dual,
		struct err *err);

/* A socket that is bound to addr already, and listens if it can, gets what ours have: the settings
 * of listen, and that it does not block. */
int socket_adopt(int fd, const struct conf_listen *listen, const struct addr *addr, bool dual,
		 struct err *err);

/* A socket that joined begins to get what is sent to the address. */
int socket_serve(int fd, enum transport transport, const struct addr *addr,
		 const struct profile_socket *settings, struct err *err);

/* Whether somebody has the UNIX address: 1, 0, or -1 with errno if that cannot be seen. */
int socket_answers(enum transport transport, const struct addr *addr);

/* Whether an IPv6 socket takes IPv4, too. */
bool socket_is_dual(int fd);

/* A UNIX socket that sends datagrams to addr; for what the supervisor has to tell others. */
int socket_connect_datagram(const struct addr *addr, struct err *err);

#endif
