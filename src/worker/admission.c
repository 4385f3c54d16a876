/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * The order of the questions: allow and deny first, then the source's limit and the limit of all,
 * so that a source that has too many already does not take, even for a moment, a place from others.
 */
#include "worker/admission.h"

#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "worker/reset.h"

void admission_clear(struct admission *admission)
{
	refusal_set_clear(&admission->refusals);
	free(admission->entries);
	admission->entries = NULL;
	admission->capacity = 0;
}

bool admission_is_needed(const struct admission *admission, const struct profile *profile)
{
	return admission->setup->max_connections != 0 || admission_needs_peer(profile);
}

bool admission_needs_peer(const struct profile *profile)
{
	return profile->per_source != 0 || profile->rules.count != 0;
}

bool admission_waits(const struct admission *admission, const struct profile *profile)
{
	return admission->setup->max_connections != 0 && profile->when_full == PROFILE_WAIT;
}

bool admission_reserve(struct admission *admission)
{
	const struct worker_setup *setup = admission->setup;

	if (!admission->reserved && setup->max_connections != 0)
		admission->reserved =
			share_take(setup->share, setup->id, (uint32_t)admission->counters->active,
				   setup->max_connections);
	return admission->reserved || setup->max_connections == 0;
}

void admission_release(struct admission *admission)
{
	const struct worker_setup *setup = admission->setup;

	if (admission->reserved)
		atomic_store(&setup->share->cells[setup->id].active,
			     (uint32_t)admission->counters->active);
	admission->reserved = false;
}

/* Makes room for this descriptor. */
static int fit(struct admission *admission, int fd)
{
	size_t wanted = (size_t)fd + 1, capacity = admission->capacity;
	uint32_t *grown;

	if (wanted <= capacity)
		return 0;
	wanted = wanted < 2 * capacity ? 2 * capacity : wanted + 64;
	grown = realloc(admission->entries, wanted * sizeof *grown);
	if (grown == NULL)
		return -1;
	memset(grown + capacity, 0, (wanted - capacity) * sizeof *grown);
	admission->entries = grown;
	admission->capacity = wanted;
	return 0;
}

/* Counts the connection for its source. Returns the reason to refuse it, or -1. */
static int enter_source(struct admission *admission, int fd, const struct addr *peer,
			uint64_t limit)
{
	const struct worker_setup *setup = admission->setup;
	uint32_t entry;

	if (fit(admission, fd) == -1)
		return REASON_NO_MEMORY;
	switch (sources_enter(setup->sources, setup->share, setup->id,
			      sources_name(setup->sources, peer), limit, &entry)) {
	case SOURCES_FULL:
		return REASON_SOURCE_FULL;
	case SOURCES_NO_ROOM:
		return REASON_SOURCE_TABLE;
	case SOURCES_TAKEN:
		break;
	}
	admission->entries[fd] = entry + 1;
	return -1;
}

/* Returns the reason to refuse it, or -1. */
static int ask(struct admission *admission, int fd, const struct addr *peer,
	       const struct profile *profile)
{
	int reason = -1;

	if (profile->rules.count != 0 && !rules_allow(&profile->rules, peer))
		return REASON_DENIED;
	if (profile->per_source != 0)
		reason = enter_source(admission, fd, peer, profile->per_source);
	if (reason == -1 && !admission_reserve(admission))
		return REASON_FULL;
	return reason;
}

static void log_refused(struct admission *admission, int fd, int reason)
{
	static const char *const why[REASONS] = {
		[REASON_NO_MEMORY] = "out of memory",
		[REASON_DENIED] = "denied",
		[REASON_FULL] = "too many connections",
		[REASON_SOURCE_FULL] = "too many connections from there",
		[REASON_SOURCE_TABLE] = "no room to count one more source",
	};
	char text[ADDR_TEXT_MAX];
	char held[LOG_HELD_MAX];

	if (!log_wants(LOG_LEVEL_WARN) ||
	    !log_limit_pass(&admission->limits[reason], clock_ms(), held))
		return;
	log_warn("refused %s: %s%s", addr_of_client(fd, text), why[reason], held);
}

bool admission_enter(struct admission *admission, int fd, const struct addr *peer,
		     const struct profile *profile)
{
	int reason = ask(admission, fd, peer, profile);
	bool told;

	if (reason == -1) {
		admission->reserved = false; /* it is the connection's now */
		return true;
	}
	admission_release(admission);
	admission_leave(admission, fd);
	admission->counters->accepted++;
	admission->counters->refused++;
	admission->counters->reasons[reason]++;
	log_refused(admission, fd, reason);
	if (reason == REASON_NO_MEMORY)
		reset_at_close(fd);
	told = reason == REASON_FULL || reason == REASON_SOURCE_FULL ||
	       reason == REASON_SOURCE_TABLE;
	refusal_open(&admission->refusals, fd, told ? profile->refusal_text : "",
		     profile->service == PROFILE_FRAME);
	return false;
}

void admission_leave(struct admission *admission, int fd)
{
	const struct worker_setup *setup = admission->setup;

	if ((size_t)fd >= admission->capacity || admission->entries[fd] == 0)
		return;
	sources_leave(setup->sources, setup->id, admission->entries[fd] - 1);
	admission->entries[fd] = 0;
}
