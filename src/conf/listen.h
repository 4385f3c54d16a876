/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a listener is told: ADDRESS [NAME=VALUE ...]. The words are separated by blanks; inside
 * double quotes a blank is part of the word. NAME is an option that may stand behind an address;
 * NAME alone means NAME=on, where that has a meaning.
 */
#ifndef ECHOD_LISTEN_H
#define ECHOD_LISTEN_H

#include "common/err.h"
#include "conf/conf.h"

#define LISTEN_SHOWN_MAX 128 /* bytes of a listener's text that a message repeats, with the NUL */

/*
 * Adds the address or addresses of text to conf, and drops what earlier levels had added. A HOST
 * may be * for every address, IPv4 and IPv6. An address that this level has already is an error.
 * What stands behind the address is checked here, too, but takes effect only in listen_complete.
 * May ask name servers. Returns 0, or -1: then conf is as it was.
 */
int listen_add(struct conf *conf, enum conf_level level, const char *text, struct err *err);

/*
 * Adds an address that is bound already, with the settings in conf and none of its own. dual: as it
 * is bound. Returns 0, or -1: then conf may have the listener, but is not complete.
 */
int listen_add_bound(struct conf *conf, enum transport transport, const struct addr *addr,
		     bool dual, struct err *err);

/* Drops all listeners but the first ones. */
void listen_drop(struct conf *conf, size_t keep);

/* Whether it is exactly this address that the listener is for, as it is configured. */
bool listen_is_at(const struct conf_listen *listen, enum transport transport,
		  const struct addr *addr, bool dual);

/* Whether a setting of that name stands behind its address. */
bool listen_says(const struct conf_listen *listen, const char *name);

/* All global settings are known: fills in the listener's profile. Returns -1 if memory is short. */
int listen_complete(struct conf_listen *listen, const struct profile *global, struct err *err);

/* Whether the service is one for the transport. Of one that is complete; -1: why not. */
int listen_check_service(const struct conf_listen *listen, struct err *err);

#endif
