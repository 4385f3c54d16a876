/* SPDX-License-Identifier: BSD-2-Clause */
/* An anonymous shared mapping. Only the mapping itself can fail. */
#include "link/share.h"

#include <sys/mman.h>

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
	if (id >= atomic_load(&share->used))
		atomic_store(&share->used, (uint32_t)id + 1);
}

uint64_t share_active(const struct share *share)
{
	uint32_t used = atomic_load(&share->used);
	uint64_t sum = 0;

	for (uint32_t id = 0; id < used; id++)
		sum += atomic_load(&share->cells[id].active);
	return sum;
}
