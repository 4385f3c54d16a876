/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of reasons. */
#include "link/reason.h"

const char *const reason_names[REASONS] = {
	[REASON_NO_MEMORY] = "no-memory",
	[REASON_DENIED] = "denied",
	[REASON_FULL] = "full",
	[REASON_SOURCE_FULL] = "source-full",
	[REASON_SOURCE_TABLE] = "source-table",
};
