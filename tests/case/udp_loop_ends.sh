#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Two echods that somebody has set upon each other by a forged datagram: their loop dies within seconds.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
start_echod -w 2 -l "udp:$address:0"
first=$(listening)
first_pid=$echod_pid
own_address 1
instance=second
start_echod -w 2 -l "udp:$address:0"
second=$(listening)
second_pid=$echod_pid

result=0
"$FORGE" "$second" "$first" || result=$?
[ "$result" -ne 3 ] || skip "no right to make raw packets"
[ "$result" -eq 0 ] || fail "nothing was forged"

# The one that has dropped it has seen the end of the loop.
is_dead() {
	use_echod echod "$first_pid"
	stats
	cp stats stats.first
	use_echod second "$second_pid"
	stats
	cat stats.first stats | grep -q 'stats reasons over-rate=1$'
}
wait_until 20 is_dead

# Both have talked, for a while, and do so no more.
numbers() {
	cat stats.first stats | sed -n 's/.*stats datagrams //p'
}
numbers >before
[ "$(wc -l <before)" -eq 2 ] || fail "one of them has not talked: $(cat stats.first stats)"
[ "$(sed -n 's/^in=\([0-9]*\) .*/\1/p' before | head -n 1)" -ge 200 ] || fail "it ended before its burst: $(cat before)"
is_dead || fail "more was dropped: $(cat stats.first stats)"
numbers >after
cmp -s before after || fail "they talk still: $(cat before after)"
stop_echod
use_echod echod "$first_pid"
stop_echod
