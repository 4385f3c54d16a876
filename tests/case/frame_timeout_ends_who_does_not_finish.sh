#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A frame that does not come whole in frame-timeout ends the connection, even if bytes go on to trickle in; who sends
# whole frames, or nothing, is left alone.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -v -w 1 -l 'tcp:127.0.0.1:0 service=frame frame-timeout=500ms'
at=127.0.0.1:$port

start_talk idle "$at" 'send:\x01\0\0\0a' 'expect:\x01\0\0\0a' say:there quiet:1500 'send:\x01\0\0\0b' 'expect:\x01\0\0\0b' fin end
wait_until 30 check_says idle there
talk "$at" 'send:\x01\0\0\0a\x02\0\0\0b' 'expect:\x01\0\0\0a' end atleast:500
wait_log 'connection 2: frame-timeout'
talk "$at" 'send:\x20\0\0\0' 'send:a' quiet:100 'send:a' quiet:100 'send:a' quiet:100 'send:a' end atleast:500
wait_log 'connection 3: frame-timeout'
good_talk idle
mark_log
stats
has_log 'stats reasons frame-timeout=2$' || fail "not counted: $(cat stats)"
stop_echod

# The time stands still while it is the server that does not read.
instance=slow
start_echod -w 1 -l 'tcp:127.0.0.1:0 service=frame frame-timeout=500ms rate=10k'
"$top_builddir/echobench" -q --frame -n 1 -s 20000 --timeout 30s "127.0.0.1:$port" >slow.out 2>slow.err ||
	fail "a frame that the rate holds up was ended: $(cat slow.out slow.err)"
stop_echod
