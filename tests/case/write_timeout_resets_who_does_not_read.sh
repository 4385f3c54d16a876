#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who takes nothing, or next to nothing, of what waits for him is reset after write-timeout; who reads slowly, but well
# above min-drain-rate, gets everything.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'write-timeout 1s' 'min-drain-rate 16k' 'listen tcp:127.0.0.1:0'
start_echod -v
at=127.0.0.1:$port

start_talk stuck "$at" flood say:full reset
wait_log 'connection 1: write-timeout'
good_talk stuck

# About 1 MiB/s: far more than is needed, and yet more waits for longer than the timeout.
run_check -n 1 -s 4m -b -r 1m "$at"
mark_log
stats
has_log 'stats reasons write-timeout=1$' || fail "not counted: $(cat stats)"
stop_echod
