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

/* In the order of the names in option.c. */
enum profile_service { PROFILE_ECHO, PROFILE_DISCARD };

struct profile {
	uint64_t service; /* enum profile_service */
	/* of UDP */
	uint64_t udp_rate;  /* answers a second to each source; 0 = any number */
	uint64_t udp_burst; /* so many at once, at least 1 */
	bool udp_reserved_ports;
};

#endif
