/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The file of a UNIX socket (unix(7)): who may have the path, what becomes of a file that an echod
 * left behind, and that it goes with us.
 *
 * Beside it there is PATH.lock, locked as long as the path is ours: whether a socket is a stale one
 * cannot be found out and acted upon in one step, and of two echods that try at the same time both
 * could believe that they have it. A name that is in no file system needs none of this.
 */
#ifndef ECHOD_SOCKFILE_H
#define ECHOD_SOCKFILE_H

#include <stdbool.h>
#include <sys/types.h>

#include "common/addr.h"
#include "common/err.h"
#include "conf/conf.h"

struct sockfile {
	bool held;
	int lock_fd;  /* -1 = whoever is to be succeeded has it */
	dev_t device; /* which file is ours */
	ino_t inode;
};

/*
 * A bound socket at the path of listen, with its mode and owner, which nobody could use before they
 * were in force. A socket that is there is replaced if nobody answers, anything else never, and
 * nothing behind a link, symbolic or hard, is touched. locked: the lock of the path is ours
 * already, see sockfile_succeed. Returns a descriptor or -1; file is then as if it were all zeros.
 */
int sockfile_claim(struct sockfile *file, const struct conf_listen *listen, bool locked,
		   struct err *err);

/* Whether the file is where it was made. What has no file is always there. */
enum sockfile_state { SOCKFILE_THERE, SOCKFILE_GONE, SOCKFILE_REPLACED };
enum sockfile_state sockfile_look(const struct sockfile *file, const struct addr *addr);

/* heir, claimed at the same path, gets the lock. */
void sockfile_succeed(struct sockfile *heir, struct sockfile *file);

/* Another mode or owner, if the file is still ours. */
int sockfile_change(const struct sockfile *file, const struct addr *addr,
		    const struct profile_socket *was, const struct profile_socket *now,
		    struct err *err);

/* Removes the file, if it is still ours, and lets others have the path. */
void sockfile_release(struct sockfile *file, const struct addr *addr);

#endif
