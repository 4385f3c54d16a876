/* SPDX-License-Identifier: BSD-2-Clause */
/* Buckets of sources. Nothing fails once the table is there. */
#include "worker/bucket.h"

#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#include "common/siphash.h"

#define SECOND_NS UINT64_C(1000000000)

struct bucket {
	uint64_t source;
	uint64_t full_ns; /* when all tokens will be there again; past: they are */
};

struct bucket_table {
	unsigned char key[SIPHASH_KEY_SIZE];
	struct bucket sets[BUCKET_SETS][BUCKET_WAYS];
};

struct bucket_table *bucket_table_new(void)
{
	struct bucket_table *table = calloc(1, sizeof *table);

	if (table != NULL &&
	    getrandom(table->key, sizeof table->key, 0) != (ssize_t)sizeof table->key) {
		free(table);
		return NULL;
	}
	return table;
}

void bucket_table_free(struct bucket_table *table)
{
	free(table);
}

uint64_t bucket_source(const struct bucket_table *table, const struct sockaddr_storage *from,
		       unsigned listener)
{
	struct {
		unsigned char network[8];
		uint32_t family, listener;
	} who = { .family = AF_INET, .listener = listener };
	const struct sockaddr_in6 *in6 = (const struct sockaddr_in6 *)from;

	if (from->ss_family == AF_INET) {
		memcpy(who.network, &((const struct sockaddr_in *)from)->sin_addr, 4);
	} else if (IN6_IS_ADDR_V4MAPPED(&in6->sin6_addr)) {
		memcpy(who.network, &in6->sin6_addr.s6_addr[12], 4);
	} else {
		who.family = AF_INET6;
		memcpy(who.network, &in6->sin6_addr, 8);
	}
	return siphash(table->key, &who, sizeof who);
}

/* The bucket of the source; the fullest one of its places if it has none. */
static struct bucket *find(struct bucket_table *table, uint64_t source, uint64_t now_ns)
{
	struct bucket *set = table->sets[source % BUCKET_SETS];
	struct bucket *fullest = &set[0];

	for (unsigned way = 0; way < BUCKET_WAYS; way++) {
		if (set[way].source == source)
			return &set[way];
		if (set[way].full_ns < fullest->full_ns)
			fullest = &set[way];
	}
	*fullest = (struct bucket){ .source = source, .full_ns = now_ns };
	return fullest;
}

struct bucket_limit bucket_share(uint64_t rate, uint64_t burst, unsigned sharers)
{
	struct bucket_limit limit = { 0, 0 };

	if (rate == 0)
		return limit;
	/* Rounded up: rather a little slower than faster than what was asked for. */
	limit.token_ns = (SECOND_NS * sharers + rate - 1) / rate;
	limit.depth_ns = (burst > sharers ? burst / sharers : 1) * limit.token_ns;
	return limit;
}

bool bucket_take(struct bucket_table *table, uint64_t source, struct bucket_limit limit,
		 uint64_t now_ns)
{
	struct bucket *bucket = find(table, source, now_ns);

	if (bucket->full_ns < now_ns)
		bucket->full_ns = now_ns;
	if (bucket->full_ns + limit.token_ns > now_ns + limit.depth_ns)
		return false;
	bucket->full_ns += limit.token_ns;
	return true;
}
