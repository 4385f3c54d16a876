/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How many may pass in a second: a token bucket that holds TURNSTILE_BURST_NS worth of tokens, and
 * at least one. What is kept is the time at which the next token is due.
 */
#ifndef ECHOD_TURNSTILE_H
#define ECHOD_TURNSTILE_H

#include <stdint.h>

#define TURNSTILE_BURST_NS 100000000u

/* Zeroed memory stops nobody. */
struct turnstile {
	uint64_t interval_ns; /* between two tokens; 0 = no limit */
	uint64_t due_ns;
};

/* For one of `workers` workers, the one with this index: its share of `rate` a second, but at least
 * one. rate: 0 = no limit. */
void turnstile_init(struct turnstile *turnstile, uint64_t rate, unsigned workers, unsigned index);

/* How long until somebody may pass; 0 = now. */
uint64_t turnstile_wait(const struct turnstile *turnstile, uint64_t now_ns);

/* Somebody passes. */
void turnstile_pass(struct turnstile *turnstile, uint64_t now_ns);

#endif
