/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of reasons. */
#include "link/reason.h"

const char *const reason_names[REASONS] = {
	[REASON_NO_MEMORY] = "no-memory",
};
