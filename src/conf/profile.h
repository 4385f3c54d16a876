/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How one listener treats its clients: what an option sets that may stand globally or behind a
 * listener's address. Built-in values < global setting < what stands behind the address.
 *
 * Plain data that owns nothing: an assignment copies it. Each member is explained where its option
 * is, in echod.conf(5).
 */
#ifndef ECHOD_PROFILE_H
#define ECHOD_PROFILE_H

#include <stdbool.h>
#include <stdint.h>

#include "conf/rules.h"

/* In the order of the names in option.c. */
enum profile_service { PROFILE_ECHO, PROFILE_DISCARD };
enum profile_when_full { PROFILE_REFUSE, PROFILE_WAIT };

#define PROFILE_PER_SOURCE_MAX  1000000 /* a source's count has 20 bits (link/sources.h) */
#define PROFILE_ACCEPT_RATE_MAX 1000000
#define PROFILE_TEXT_MAX        256 /* bytes of a text, with the NUL */

struct profile {
	uint64_t service; /* enum profile_service */
	/* who is let in */
	uint64_t per_source; /* connections of one source; 0 = no limit */
	uint64_t when_full;  /* enum profile_when_full */
	char refusal_text[PROFILE_TEXT_MAX];
	uint64_t accept_rate; /* connections a second; 0 = no limit */
	struct rules rules;
};

#endif
