#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What echobench counts is what the server counts, and -n is exact.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

start_echod -w 2 -l tcp:127.0.0.1:0
server=127.0.0.1:$port
connections=0
messages=0
bytes=0

# good N ARGUMENT...: so many messages, all of which come back.
good() {
	_messages=$1
	shift
	bench 0 -n "$_messages" "$@" "$server"
	is messages "$_messages" failed 0 lost 0 unsent 0 wrong 0
	connections=$((connections + $(value opened)))
	messages=$((messages + _messages))
	bytes=$((bytes + $(value bytes)))
}

good 1 -c 1
is opened 1 bytes 64
good 1001 -c 10
is opened 10 bytes 64064
good 1000 -c 7 -t 3 -P 16
is opened 7
good 500 -c 5 -s 1-20k -P 4
good 3 -s 5m -c 2
good 4 -c 10
good 300 -c 8 --churn
is opened 300
good 300 -c 8 -t 2 --churn --half-close --source-range=3
is opened 300
good 100 -c 5 --half-close --no-verify
is opened 5
good 500 -c 4 -t 2 -R 2000
is opened 4
good 200 -c 4 --churn -R 1000
is opened 200
good 100 -c 20 --connect-rate=1000
is opened 20
wait_until 60 totals_are active=0 "accepted=$connections" "bytes_in=$bytes" "bytes_out=$bytes"

# What is warm-up is not measured, and comes on top of -n.
bench 0 -c 2 -w 200ms -d 200ms "$server"
[ "$(value warm_up_messages)" -gt 0 ] || fail "no warm-up"
[ "$(value messages)" -gt 0 ] || fail "nothing measured"
for rate in "" -R2000; do
	# shellcheck disable=SC2086 # an option or none
	bench 0 -c 3 -t 2 -w 200ms -n 100 $rate "$server"
	[ "$(value warm_up_messages)" -gt 0 ] || fail "no warm-up"
	is messages 100
done
stop_echod
