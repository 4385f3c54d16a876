/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * How often a source may be answered: a token bucket for each, in a table of fixed size.
 *
 * A bucket holds `burst` tokens and gets `rate` a second; each answer takes one. What is kept of it
 * is the time when it will be full again (the generic cell rate algorithm, ITU-T I.371), so a
 * bucket that is full needs no place in the table. Where all places that a source may have are
 * taken, the fullest bucket gives way: a flood of forged sources, each with a token or two missing,
 * neither locks a new source out nor drives out the empty bucket of a loop. The hash has a random
 * key: nobody knows what shares a place.
 */
#ifndef ECHOD_BUCKET_H
#define ECHOD_BUCKET_H

#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#define BUCKET_WAYS 8    /* places that a source may have */
#define BUCKET_SETS 1024 /* a power of two */

struct bucket_table;

/* 128 KiB. NULL: there is no memory, or no random key. */
struct bucket_table *bucket_table_new(void);
void bucket_table_free(struct bucket_table *table);

/*
 * Who shares a bucket: an IPv4 address (mapped into IPv6 or not), or an IPv6 /64, which is one
 * customer's or one network's (RFC 6177); for each listener (any number) anew.
 */
uint64_t bucket_source(const struct bucket_table *table, const struct sockaddr_storage *from,
		       unsigned listener);

struct bucket_limit {
	uint64_t token_ns; /* until the next token comes; 0 = there is no limit */
	uint64_t depth_ns; /* until an empty bucket is full */
};

/*
 * Of `sharers` tables, each used for the same sources, the share of one: together they let through
 * what one may, but each at least one at once. rate: 1 to 1,000,000 a second, 0 =
 * no limit; burst: 1 to 1,000,000; sharers: 1 to CONF_WORKERS_MAX.
 */
struct bucket_limit bucket_share(uint64_t rate, uint64_t burst, unsigned sharers);

/* Takes a token out of a source's bucket. Returns false if there is none. now: clock_ns(). */
bool bucket_take(struct bucket_table *table, uint64_t source, struct bucket_limit limit,
		 uint64_t now_ns);

#endif
