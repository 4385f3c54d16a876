/* SPDX-License-Identifier: BSD-2-Clause */
/* Which worker serves which socket. Each holds all of them, so that it can serve those of a sibling
 * that does not. Only memory can be short. */
#include "supervisor/slots.h"

#include <stdlib.h>

#include "conf/listen.h"

/* The profile of an address; conf is what its slots were prepared for. */
static const struct profile *profile_of(const struct slots_address *address,
					const struct conf *conf)
{
	for (size_t i = 0; i < conf->listen_count; i++) {
		if (listen_is_at(&conf->listens[i], address->transport, &address->key,
				 address->dual))
			return &conf->listens[i].profile;
	}
	return &conf->profile; /* cannot be */
}

/* Without a socket of its own for each worker, or with the processor to choose among these, one
 * source may come to any of them. */
static unsigned sharers_of(const struct slots_address *address, const struct conf *conf,
			   unsigned workers)
{
	return address->shared || conf->cpu_steering ? workers : 1;
}

size_t slots_count(const struct slots *slots)
{
	size_t count = 0;

	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++)
		count += slots->addresses[i].opened;
	return count;
}

int slots_assign(const struct slots *slots, const struct conf *conf, bool next, unsigned index,
		 struct setup_listener **listeners, size_t *count)
{
	unsigned workers = next ? slots->next_workers : slots->workers;

	*count = 0;
	*listeners = calloc(slots_count(slots) + 1, sizeof **listeners);
	if (*listeners == NULL)
		return -1;
	for (size_t i = 0; i < SLOTS_ADDRESSES_MAX; i++) {
		const struct slots_address *address = &slots->addresses[i];
		unsigned slots_there = next ? address->opened : address->committed;
		const struct profile *profile;

		if (next ? !address->wanted : !address->serving)
			continue;
		profile = profile_of(address, conf);
		for (unsigned slot = 0; slot < slots_there; slot++)
			(*listeners)[(*count)++] = (struct setup_listener){
				.fd = address->fds[slot],
				.address = (unsigned)i,
				.worker = address->shared ? index : slot % workers,
				.sharers = sharers_of(address, conf, workers),
				.transport = address->transport,
				.profile = profile,
			};
	}
	return 0;
}
