/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Who may connect: rules that allow or deny networks. The first rule that an address matches
 * decides; an address that matches none is allowed.
 *
 * Plain data that owns nothing; zeroed memory is the empty list.
 */
#ifndef ECHOD_RULES_H
#define ECHOD_RULES_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "common/addr.h"
#include "common/err.h"
#include "common/network.h"

#define RULES_MAX 64

struct rule {
	bool allow;
	struct network network;
};

struct rules {
	bool inherited; /* the first rule that is added replaces all these */
	uint8_t count;
	struct rule list[RULES_MAX];
};

/* Adds rules from text: networks with commas between them; for deny also none, which adds nothing.
 * Returns 0, or -1: then the list is as it was. */
int rules_add(struct rules *rules, bool allow, const char *text, struct err *err);

/* What is in the list comes from a lower level: whoever adds a rule begins anew. */
void rules_inherit(struct rules *rules);

bool rules_allow(const struct rules *rules, const struct addr *addr);

/*
 * Writes the rules as lines of the file. `allow` writes all of them, in their order; `deny` only
 * what is needed so that there is a line of that name, too.
 */
void rules_dump(const struct rules *rules, bool allow, FILE *out);

#endif
