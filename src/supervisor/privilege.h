/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * What a worker gives up before it serves anybody: another user's identity, every capability, and
 * the means to get any of it back. All of it is for good.
 */
#ifndef ECHOD_PRIVILEGE_H
#define ECHOD_PRIVILEGE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/err.h"
#include "common/owner.h"

/* As whom workers run. All zeros: as the supervisor does. */
struct identity {
	bool changes; /* to these */
	uid_t user;
	gid_t group;
};

/* That of a configuration. */
struct identity privilege_identity(const struct owner *owner);

/* Whether this process may take on the identity. Returns 0, or -1 with a reason. */
int privilege_check(const struct identity *identity, struct err *err);

/*
 * Takes on the identity, without supplementary groups (setresuid(2), setgroups(2)), drops every
 * capability (capabilities(7)), sets no_new_privs (prctl(2)), and looks whether all of it is so.
 * Clears the parent death signal, which has to be set anew. Returns -1 with a reason: the process
 * must not go on.
 */
int privilege_drop(const struct identity *identity, struct err *err);

#endif
