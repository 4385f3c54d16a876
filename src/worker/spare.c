/* SPDX-License-Identifier: BSD-2-Clause */
/* What malloc knows about itself. Nothing here can fail. */
#include <config.h>

#include "worker/spare.h"

#include <malloc.h>

#if defined(HAVE_MALLOC_TRIM) && defined(HAVE_MALLINFO2)

static size_t free_bytes(void)
{
	return mallinfo2().fordblks;
}

static void give_back(void)
{
	malloc_trim(0);
}

#else

static size_t free_bytes(void)
{
	return 0;
}

static void give_back(void)
{
}

#endif

void spare_look(struct spare *spare)
{
	size_t now = free_bytes(), idle = now < spare->before ? now : spare->before;

	spare->before = now;
	if (idle < spare->kept)
		spare->kept = idle;
	if (idle - spare->kept < SPARE_MIN)
		return;
	give_back();
	/* Pages that were given back from the middle of the heap are still free to malloc. */
	spare->before = spare->kept = free_bytes();
}
