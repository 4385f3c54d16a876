#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Two echods on high ports that somebody sets upon each other by forged datagrams, in a network of their own: each loop
# dies by the first datagram that is not answered, all of them within 2 s after the last seed, and what was answered is a
# burst and what the rate allows. Nothing is heard of them afterwards.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_network
seeds=$(in_soak 10000 200) # 100 a second: from one source, that is what echod answers for ever
seeds_a_second=$(in_soak 100 200)
burst=200 # the defaults
rate=100

start_echod -w 2 -l udp:127.0.0.1:0
first=$(listening)
first_pid=$echod_pid
instance=second
start_echod -w 2 -l udp:127.0.0.2:0
second=$(listening)
second_pid=$echod_pid

# numbers: sets answered and dropped, of both.
numbers() {
	use_echod echod "$first_pid"
	stats
	cp stats stats.first
	use_echod second "$second_pid"
	stats
	cat stats.first stats >stats.both
	answered=$(sed -n 's/.*stats datagrams .*out=//p' stats.both | awk '{ sum += $1 } END { print sum + 0 }')
	dropped=$(sed -n 's/.*stats reasons.* over-rate=\([0-9]*\).*/\1/p' stats.both | awk '{ sum += $1 } END { print sum + 0 }')
	# There is no other reason, and nothing is lost on the way.
	! grep 'stats reasons' stats.both | grep -v 'stats reasons over-rate=[0-9]*$' >&2 || fail "another reason"
}

is_dead() {
	numbers
	[ "$dropped" -eq "$seeds" ]
}

clock
begin=$now
result=0
"$FORGE" -n "$seeds" -r "$seeds_a_second" "$second" "$first" || result=$?
[ "$result" -ne 3 ] || skip "no right to make raw packets"
[ "$result" -eq 0 ] || fail "nothing was forged"
clock
forged=$now
wait_until 20 is_dead
clock
took=$((now - forged))
lasted=$((now - begin))
echo "$seeds loops: dead $took/100 s after the last seed; $answered answers in $lasted/100 s"
[ "$took" -le 200 ] || fail "a loop lives $took/100 s"
[ "$answered" -ge "$burst" ] || fail "they ended before the burst: $answered answers"
most=$((2 * (burst + rate * lasted / 100 + rate)))
[ "$answered" -le "$most" ] || fail "$answered answers instead of $most at most"

# A loop would make thousands of datagrams in this time.
before=$(kernel_counter Udp OutDatagrams)
let_pass 50
[ "$(kernel_counter Udp OutDatagrams)" -eq "$before" ] || fail "they talk still"
stop_echod
use_echod echod "$first_pid"
stop_echod
