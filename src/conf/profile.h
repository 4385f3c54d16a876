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
enum profile_service { PROFILE_ECHO, PROFILE_DISCARD, PROFILE_FRAME };

#define PROFILE_TEXT_MAX 256 /* bytes of a text, with the NUL */

struct profile {
	uint64_t service; /* enum profile_service */
	/* of streams; sizes in bytes; times in milliseconds, 0 = without limit */
	uint64_t max_frame;
	uint64_t frame_timeout_ms;
	uint64_t idle_timeout_ms;
	uint64_t session_timeout_ms;
	uint64_t write_timeout_ms;
	uint64_t min_drain_rate; /* bytes/s; 0 = any progress will do */
	uint64_t pending_high;
	uint64_t pending_low;               /* less than pending_high */
	char greeting[PROFILE_TEXT_MAX];    /* "" = none; %w, %a, %n, %% */
	uint64_t delay_ms, delay_jitter_ms; /* of answers */
	uint64_t rate;                      /* bytes/s that are read; 0 = no limit */
	uint64_t status_interval_ms;        /* 0 = never */
};

/* What is in force where nothing is said. */
#define PROFILE_DEFAULTS                                                                      \
	{                                                                                     \
		.max_frame = 64 * 1024, .frame_timeout_ms = 30000, .write_timeout_ms = 60000, \
		.min_drain_rate = 1024, .pending_high = 256 * 1024, .pending_low = 64 * 1024, \
	}

#endif
