/* SPDX-License-Identifier: BSD-2-Clause */
/* An anonymous shared mapping. Only the mapping itself can fail. */
#include "link/share.h"

#include <sys/mman.h>

#include "link/claim.h"

struct share *share_new(void)
{
	struct share *share = mmap(NULL, sizeof *share, PROT_READ | PROT_WRITE,
				   MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	return share == MAP_FAILED ? NULL : share;
}

void share_free(struct share *share)
{
	if (share != NULL)
		munmap(share, sizeof *share);
}

void share_reset(struct share *share, size_t id)
{
	atomic_store(&share->cells[id].active, 0);
	atomic_store(&share->cells[id].served, 0);
	atomic_store(&share->cells[id].forbidden, 0);
	if (id >= atomic_load(&share->used))
		atomic_store(&share->used, (uint32_t)id + 1);
}

bool share_served(const struct share *share, size_t id)
{
	return atomic_load(&share->cells[id].served) != 0;
}

/* Any worker can write it, even one that has lost its mind. */
size_t share_used(const struct share *share)
{
	uint32_t used = atomic_load(&share->used);

	return used < SHARE_CELLS ? used : SHARE_CELLS;
}

uint64_t share_active(const struct share *share)
{
	size_t used = share_used(share);
	uint64_t sum = 0;

	for (size_t id = 0; id < used; id++)
		sum += atomic_load(&share->cells[id].active);
	return sum;
}

struct attempt {
	struct share *share;
	size_t id;
	uint32_t active;
};

static void add(void *context, int change)
{
	struct attempt *attempt = context;

	attempt->active += (uint32_t)change;
	atomic_store(&attempt->share->cells[attempt->id].active, attempt->active);
}

static uint64_t sum(void *context)
{
	return share_active(((const struct attempt *)context)->share);
}

bool share_take(struct share *share, size_t id, uint32_t active, uint64_t limit)
{
	struct attempt attempt = { .share = share, .id = id, .active = active };
	struct claim claim = {
		.add = add, .sum = sum, .context = &attempt, .limit = limit, .tie = (unsigned)id
	};

	return claim_take(&claim);
}
