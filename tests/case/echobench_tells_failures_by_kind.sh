#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each way in which a server can fail has its count, the first wrong byte is shown, and the exit status tells.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# Of 64 bytes each, message 15 is the one with byte 1000. The connection after it is good for the rest.
start_bad --corrupt=1000
bench 1 -n 20 "127.0.0.1:$port"
is wrong 1 failed 1 lost 1 messages 19 connection 0 offset 1000 shown_from 996 opened 2
is_inverted

status=0
"$ECHOBENCH" -q -n 20 "127.0.0.1:$port" >table.out 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "status $status"
grep -q 'wrong=1 timeout=0 lost=1' table.out || fail "no counts"
grep -q 'first wrong: connection 0 at offset 1000' table.out || fail "no offset"
grep -q "got .* $other " table.out || fail "no bytes"

# Nobody looks, nobody sees.
bench 0 -n 100 --no-verify "127.0.0.1:$port"

start_bad --extra=500
bench 1 -n 10 "127.0.0.1:$port"
is wrong 1 short 0

start_bad --banner
bench 1 -n 2 "127.0.0.1:$port"
[ "$(value wrong)" -ge 1 ] || fail "a banner passed"

start_bad --truncate=1000
bench 1 -n 20 "127.0.0.1:$port"
is short 1 lost 1 messages 19 failed 1

start_bad --reset=1000
bench 1 -n 20 "127.0.0.1:$port"
is reset 1 lost 1 messages 19 failed 1

start_bad --drop
bench 1 -c 2 -n 4 --timeout=200ms "127.0.0.1:$port"
is timeout 4 lost 4 messages 0 failed 4
bench 1 -c 2 -R 100 -d 300ms --timeout=200ms "127.0.0.1:$port"
[ "$(value unsent)" -gt 0 ] || fail "what could not be sent is not told"
status=0
"$ECHOBENCH" -q -R 100 -d 300ms --timeout=200ms "127.0.0.1:$port" >table.out 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "status $status"
grep -q '^note  *[0-9]* messages were due but not sent: ' table.out || fail "the table does not tell what could not be sent"
end_bad

bench 3 -c 3 -d 30s "127.0.0.1:$port"
is refused 3 opened 0
grep -q '^echobench: no connection to 127.0.0.1:[0-9]*: Connection refused$' bench.err || fail "not told"

# has_nobody TEXT COMMAND...: nobody is there, which is told by one line and no table.
has_nobody() {
	_text=$1
	shift
	status=0
	"$@" >table.out 2>table.err || status=$?
	[ "$status" -eq 3 ] || fail "status $status"
	[ ! -s table.out ] || fail "results of nothing: $(cat table.out)"
	[ "$(cat table.err)" = "echobench: no connection to $_text" ] || fail "told: $(cat table.err)"
}

# in_the_dark COMMAND...: where packets to 192.0.2.1 go nowhere, if such a place can be made.
in_the_dark() {
	unshare -rn sh -c 'ip link set lo up && ip route add 192.0.2.1 dev lo && exec "$@"' dark "$@"
}

has_nobody "127.0.0.1:$port: Connection refused" "$ECHOBENCH" -q -c 3 "127.0.0.1:$port"
! in_the_dark true 2>dark.err ||
	has_nobody "192.0.2.1:7: Connection timed out" in_the_dark "$ECHOBENCH" -q --timeout=200ms 192.0.2.1:7

# It was there once: after a time-out full of failures there is nothing to wait for.
start_bad --unix="@$work" --delay=20
"$ECHOBENCH" -q -J -n 1000000 -c 2 --timeout=1s "unix:@$work" >bench.out 2>bench.err &
bench_pid=$!
started="$started $bench_pid"
has_connection() {
	[ "$(children "$bad_pid" | wc -l)" -ge 2 ]
}
wait_until 60 has_connection
end_bad
wait_exit "$bench_pid"
[ "$status" -eq 1 ] || fail "ended with $status"
[ "$(value refused)" -gt 0 ] || fail "nothing was refused"

# A mistake on the command line is one line.
bench 2 --nonsense "127.0.0.1:$port"
[ "$(wc -l <bench.err)" -eq 1 ] || fail "not one line"
bench 2
bench 2 -c 0 "127.0.0.1:$port"
bench 3 -c 1 "no.such.host.invalid:7"
