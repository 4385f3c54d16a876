/* SPDX-License-Identifier: BSD-2-Clause */
/* Who a file shall belong to, as chown(1) is told it. */
#ifndef ECHOD_OWNER_H
#define ECHOD_OWNER_H

#include <stdbool.h>
#include <stdint.h>

#include "common/err.h"

#define OWNER_TEXT_MAX 24 /* bytes of an owner as text, with the NUL */

/* What is not set stays as it is; all zeros change nothing. */
struct owner {
	bool has_user, has_group;
	uint32_t user, group;
};

/*
 * Reads USER, USER:GROUP or :GROUP, each a name or a number, or none. Names are looked up at once
 * (getpwnam(3), so it may block on a name service).
 */
int owner_read(const char *text, struct owner *owner, struct err *err);

/* Reads GROUP, a name or a number, or none. */
int owner_read_group(const char *text, struct owner *owner, struct err *err);

/* The primary group of a user who has one (getpwuid(3)). Returns -1 with a reason. */
int owner_find_group(uint32_t user, uint32_t *group, struct err *err);

/* The same in numbers, which owner_read takes. */
const char *owner_format(const struct owner *owner, char text[OWNER_TEXT_MAX]);

bool owner_equal(const struct owner *one, const struct owner *other);

#endif
