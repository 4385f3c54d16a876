/* SPDX-License-Identifier: BSD-2-Clause */
/* What malloc knows about itself. Nothing here can fail. */
#include <config.h>

#include "worker/spare.h"

#include <malloc.h>
#include <stdbool.h>
#include <sys/resource.h>
#include <unistd.h>

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

static long faults(void)
{
	struct rusage usage;

	return getrusage(RUSAGE_SELF, &usage) == 0 ? usage.ru_minflt : 0;
}

/* Whether that much of it is likely to be memory, and not only addresses. */
static bool is_worth_it(const struct spare *spare, size_t idle)
{
	return idle >= SPARE_MIN &&
	       (idle - spare->kept >= SPARE_MIN ||
		faults() - spare->faults >= (long)SPARE_MIN / sysconf(_SC_PAGESIZE));
}

void spare_look(struct spare *spare)
{
	size_t now = free_bytes(), idle = now < spare->before ? now : spare->before;

	spare->before = now;
	if (idle < spare->kept)
		spare->kept = idle;
	if (!is_worth_it(spare, idle))
		return;
	give_back();
	/* Pages that were given back from the middle of the heap are still free to malloc. */
	spare->before = spare->kept = free_bytes();
	spare->faults = faults();
}
