/* SPDX-License-Identifier: BSD-2-Clause */
/* Names of reasons. */
#include "link/reason.h"

const char *const reason_names[REASONS] = {
	[REASON_NO_MEMORY] = "no-memory",
	[REASON_PORT_ZERO] = "port-zero",
	[REASON_RESERVED_PORT] = "reserved-port",
	[REASON_OWN_PORT] = "own-port",
	[REASON_SERVICE_PORT] = "service-port",
	[REASON_NOT_UNICAST] = "not-unicast",
	[REASON_TRUNCATED] = "truncated",
	[REASON_OVER_RATE] = "over-rate",
	[REASON_UNNAMED] = "unnamed",
	[REASON_UNDELIVERED] = "undelivered",
	[REASON_DENIED] = "denied",
	[REASON_FULL] = "full",
	[REASON_SOURCE_FULL] = "source-full",
	[REASON_SOURCE_TABLE] = "source-table",
	[REASON_FRAME_TOO_LONG] = "frame-too-long",
	[REASON_FRAME_CUT] = "frame-cut",
	[REASON_FRAME_TIMEOUT] = "frame-timeout",
	[REASON_IDLE_TIMEOUT] = "idle-timeout",
	[REASON_SESSION_TIMEOUT] = "session-timeout",
	[REASON_WRITE_TIMEOUT] = "write-timeout",
	[REASON_VANISHED] = "vanished",
};
