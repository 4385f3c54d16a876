/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * Open addressing in a window. A search ends at an entry that is all zeros, so when a count falls
 * to 0 the entry keeps its name, until the entry behind it is all zeros, too.
 */
#include "link/sources.h"

#include <string.h>
#include <sys/mman.h>
#include <sys/random.h>

#include "common/network.h"
#include "link/claim.h"

#define COUNT_MASK ((UINT64_C(1) << SOURCES_COUNT_BITS) - 1)

struct sources *sources_new(void)
{
	struct sources *sources = mmap(NULL, sizeof *sources, PROT_READ | PROT_WRITE,
				       MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	if (sources == MAP_FAILED)
		return NULL;
	madvise(sources, sizeof *sources, MADV_DONTDUMP); /* or a core is as large as all that */
	if (getrandom(sources->key, sizeof sources->key, 0) == sizeof sources->key)
		return sources;
	sources_free(sources);
	return NULL;
}

void sources_free(struct sources *sources)
{
	if (sources != NULL)
		munmap(sources, sizeof *sources);
}

void sources_reset(struct sources *sources, size_t id)
{
	struct sources_table *table;

	if (sources == NULL)
		return;
	table = &sources->tables[id];
	/* Gives the memory back; where that does not work, zeros do. */
	if (madvise(table, sizeof *table, MADV_REMOVE) == -1)
		memset(table, 0, sizeof *table);
}

uint64_t sources_name(const struct sources *sources, const struct addr *addr)
{
	struct network source;

	network_around(addr, 32, 64, &source);
	return siphash(sources->key, &source, sizeof source);
}

/* The name, less what is needed for the count; never 0, which is nobody's. */
static uint64_t tag_of(uint64_t name)
{
	uint64_t tag = name & ~COUNT_MASK;

	return tag == 0 ? COUNT_MASK + 1 : tag;
}

static uint32_t place(uint64_t name, unsigned step)
{
	return (uint32_t)((name + step) % SOURCES_ENTRIES);
}

/* The number in the table of one worker. */
static uint64_t count_in(const struct sources_table *table, uint64_t name)
{
	for (unsigned step = 0; step < SOURCES_WINDOW; step++) {
		uint64_t entry = atomic_load(&table->entries[place(name, step)]);

		if (entry == 0)
			break;
		if ((entry & ~COUNT_MASK) == tag_of(name))
			return entry & COUNT_MASK;
	}
	return 0;
}

uint64_t sources_count(const struct sources *sources, size_t used, uint64_t name)
{
	uint64_t sum = 0;

	for (size_t id = 0; id < used; id++)
		sum += count_in(&sources->tables[id], name);
	return sum;
}

/* Where the source is, or where it may be put. Returns -1 if the window is full. */
static int find(const struct sources_table *table, uint64_t name, uint32_t *found)
{
	int result = -1;

	for (unsigned step = 0; step < SOURCES_WINDOW; step++) {
		uint32_t at = place(name, step);
		uint64_t entry = atomic_load_explicit(&table->entries[at], memory_order_relaxed);

		if ((entry & ~COUNT_MASK) == tag_of(name)) {
			*found = at;
			return 0;
		}
		if (result == -1 && (entry & COUNT_MASK) == 0) {
			*found = at;
			result = 0;
		}
		if (entry == 0)
			break;
	}
	return result;
}

struct attempt {
	struct sources *sources;
	const struct share *share;
	_Atomic uint64_t *entry;
	uint64_t name;
};

static void add(void *context, int change)
{
	const struct attempt *attempt = context;
	uint64_t count = atomic_load_explicit(attempt->entry, memory_order_relaxed) & COUNT_MASK;

	atomic_store(attempt->entry, tag_of(attempt->name) | (count + (uint64_t)(int64_t)change));
}

static uint64_t sum(void *context)
{
	const struct attempt *attempt = context;

	return sources_count(attempt->sources, share_used(attempt->share), attempt->name);
}

/* A count may have fallen to 0. Entries without one that lie before one that is all zeros keep no
 * search going. */
static void settle(struct sources_table *table, uint32_t at)
{
	uint32_t next = (at + 1) % SOURCES_ENTRIES;

	if (atomic_load_explicit(&table->entries[next], memory_order_relaxed) != 0)
		return;
	for (uint32_t left = SOURCES_ENTRIES; left > 0; left--) {
		uint64_t entry = atomic_load_explicit(&table->entries[at], memory_order_relaxed);

		if (entry == 0 || (entry & COUNT_MASK) != 0)
			return;
		atomic_store(&table->entries[at], 0);
		at = (at + SOURCES_ENTRIES - 1) % SOURCES_ENTRIES;
	}
}

enum sources_answer sources_enter(struct sources *sources, const struct share *share, size_t id,
				  uint64_t name, uint64_t limit, uint32_t *entry)
{
	struct sources_table *table = &sources->tables[id];
	struct attempt attempt = { .sources = sources, .share = share, .name = name };
	struct claim claim = {
		.add = add, .sum = sum, .context = &attempt, .limit = limit, .tie = (unsigned)id
	};

	if (find(table, name, entry) == -1)
		return SOURCES_NO_ROOM;
	attempt.entry = &table->entries[*entry];
	if (claim_take(&claim))
		return SOURCES_TAKEN;
	settle(table, *entry);
	return SOURCES_FULL;
}

void sources_leave(struct sources *sources, size_t id, uint32_t entry)
{
	struct sources_table *table = &sources->tables[id];
	uint64_t value = atomic_load_explicit(&table->entries[entry], memory_order_relaxed) - 1;

	atomic_store(&table->entries[entry], value);
	settle(table, entry);
}
