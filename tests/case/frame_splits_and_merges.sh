#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With service=frame each message comes back once it is whole, however the stream is cut: in single bytes, several at
# once, empty ones, and one that the client does not finish.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -v -w 1 -l 'tcp:127.0.0.1:0 service=frame max-frame=1m'
at=127.0.0.1:$port

# Nothing comes back of a frame that is not whole.
talk "$at" 'send:\x03' quiet:50 'send:\0\0\0ab' quiet:50 'send:c' 'expect:\x03\0\0\0abc' fin end

# Several in one go, empty ones among them, the last one cut; then the rest of it and the next.
talk "$at" 'send:\x01\0\0\0a\0\0\0\0\x02\0\0\0bc\x02\0' 'expect:\x01\0\0\0a\0\0\0\0\x02\0\0\0bc' quiet:50 \
	'send:\0\0de\0\0\0\0' 'expect:\x02\0\0\0de\0\0\0\0' fin end

# A long one, which comes in many pieces.
talk "$at" 'send:\0\0\x10\0' bytes:1m 'expect:\0\0\x10\0' echo:1m fin end

# Half-close in the middle: what was whole comes back, then the end, and it is counted.
talk "$at" 'send:\x01\0\0\0a\x05\0\0\0bc' fin 'expect:\x01\0\0\0a' end
wait_log 'connection 4: frame-cut'
mark_log
stats
has_log 'stats reasons frame-cut=1$' || fail "it was not counted"
stop_echod
