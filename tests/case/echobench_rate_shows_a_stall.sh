#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Latency is what the server makes of it; with -R a stall cannot hide.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

start_bad --delay=20
bench 0 -c 4 -n 100 "127.0.0.1:$port"
[ "$(value min)" -ge 20000000 ] || fail "less than the delay"
[ "$(value p50)" -ge 20000000 ] || fail "less than the delay"

# 300 ms of each second. Closed loop: one message of thousands sees it. Open loop: three of ten.
start_bad --stall=300:1000
bench 0 -c 1 -d 2s "127.0.0.1:$port"
[ "$(value p50)" -lt 50000000 ] || fail "p50 $(value p50) in closed loop"
bench 0 -c 1 -R 200 -d 2s "127.0.0.1:$port"
is messages 400
[ "$(value p99)" -ge 150000000 ] || fail "p99 $(value p99) in open loop"
[ "$(value max)" -ge 200000000 ] || fail "max $(value max) in open loop"
[ "$(value p90)" -ge 50000000 ] || fail "p90 $(value p90) in open loop"
end_bad
