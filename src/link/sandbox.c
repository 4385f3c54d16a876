/* SPDX-License-Identifier: BSD-2-Clause */
/* Puts the two parts together. Landlock comes first: the filter does not let its calls pass. */
#include <config.h>

#include "link/sandbox.h"

#include "link/filter.h"
#include "link/landlock.h"

#ifdef INSTRUMENTED /* sanitizers read /proc at the end, gcov writes files */
#define LANDLOCK_WANTED false
#else
#define LANDLOCK_WANTED true
#endif

int sandbox_find(struct sandbox *sandbox, struct err *missing)
{
	struct err filter;

	*sandbox = (struct sandbox){
		.filter = filter_check(&filter) == 0,
		.landlock = LANDLOCK_WANTED && landlock_version() > 0,
	};
	if (sandbox->filter && sandbox->landlock)
		return 0;
	if (sandbox->landlock)
		return err_set(missing, "%s", filter.text);
	if (sandbox->filter)
		return err_set(missing, "no Landlock: the kernel has none");
	return err_set(missing, "%s; and no Landlock", filter.text);
}

int sandbox_enter(const struct sandbox *sandbox, _Atomic uint32_t *caught, bool sends_local,
		  struct err *err)
{
	struct err filter;
	int result = sandbox->landlock ? landlock_enter(sends_local, err) : 0;

	if (!sandbox->filter || filter_enter(caught, &filter) == 0)
		return result;
	if (result == 0)
		*err = filter;
	return -1; /* one reason is enough */
}
