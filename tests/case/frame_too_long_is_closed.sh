#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A frame that announces more than max-frame ends the connection; what was whole before it comes back, and nothing is
# reset. What a length announces costs no memory.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -v -w 1 -l 'tcp:127.0.0.1:0 service=frame max-frame=4' -l 'tcp:127.0.0.2:0 service=frame max-frame=16m'
at=127.0.0.1:$port
large_at=$(listening | sed -n 2p)

talk "$at" 'send:\x04\0\0\0abcd\x05\0\0\0efghi' 'expect:\x04\0\0\0abcd' end
wait_log 'connection 1: frame-too-long'
talk "$at" 'send:\xff\xff' 'send:\xff\xff' end
wait_log 'connection 2: frame-too-long'

# It is in the middle of sending: no reset before it has what is its own.
talk "$at" 'send:\x04\0\0\0abcd\x05\0\0\0' bytes:100k 'expect:\x04\0\0\0abcd' end

worker=$(worker_pid 0)
before=$(memory "$worker")
for i in 1 2 3 4 5 6 7 8; do
	start_talk "large$i" "$large_at" 'send:\0\0\0\x01abc' say:sent fin end
done
for i in 1 2 3 4 5 6 7 8; do
	good_talk "large$i"
done
wait_until 30 totals_are active=0
[ $(($(memory "$worker") - before)) -lt 8192 ] || fail "the worker grew by $(($(memory "$worker") - before)) KiB"
has_log 'stats reasons frame-too-long=3 frame-cut=8$' || fail "not counted: $(cat stats)"
stop_echod
