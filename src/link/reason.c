/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of reasons. */
#include "link/reason.h"

const char *const reason_names[REASONS] = {
	[REASON_NO_MEMORY] = "no-memory",         [REASON_FRAME_TOO_LONG] = "frame-too-long",
	[REASON_FRAME_CUT] = "frame-cut",         [REASON_FRAME_TIMEOUT] = "frame-timeout",
	[REASON_IDLE_TIMEOUT] = "idle-timeout",   [REASON_SESSION_TIMEOUT] = "session-timeout",
	[REASON_WRITE_TIMEOUT] = "write-timeout",
};
