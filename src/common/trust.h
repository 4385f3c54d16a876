/* SPDX-License-Identifier: BSD-2-Clause */
/* Who could change a file: its owner, who may write to it, and who may put another in its place. */
#ifndef ECHOD_TRUST_H
#define ECHOD_TRUST_H

#include "common/err.h"

/*
 * Whether nobody but root and the user that we are can change the file, which is open as fd and was
 * found at path. The file, every folder on the way to it (with symbolic links resolved), every link
 * on that way and the folders that lead to it belong to one of the two and cannot be written to by
 * group or others; a folder may if it is sticky, as /tmp is (unlink(2)). sshd looks at its users'
 * files in the same way. Returns 0, or -1: the reason names what can be changed, and the command
 * that mends it.
 */
int trust_file(int fd, const char *path, struct err *err);

#endif
