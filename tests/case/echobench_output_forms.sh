#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The forms of the results, --ping, the progress lines, and an end by a signal.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
: "${ECHOBENCH:=$top_builddir/echobench}"
: "${BADSERVER:=$top_builddir/tests/tool/badserver}"

# bench STATUS ARGUMENT...: echobench has to end with that status; its JSON is $work/bench.out.
bench() {
	_expected=$1
	shift
	status=0
	"$ECHOBENCH" -q -J "$@" >"$work/bench.out" 2>"$work/bench.err" || status=$?
	[ "$status" -eq "$_expected" ] || fail "status $status instead of $_expected: echobench $*"
}

# value NAME: from the JSON; a whole number.
value() {
	sed -n "s/.*\"$1\":\"*\([^,.}\"]*\).*/\1/p" "$work/bench.out"
}

# is NAME VALUE...: what the JSON has to say.
is() {
	while [ $# -gt 0 ]; do
		[ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1") instead of $2"
		shift 2
	done
}

start_echod -w 1 --drain-timeout=0 -l tcp:127.0.0.1:0
server=127.0.0.1:$port

bench 0 -n 1000 --hgrm=latency.hgrm "$server"
grep -q '^{"schema":2,"machine":{.*},"options":{.*},"result":{.*}}$' bench.out || fail "JSON"
[ "$(tr -cd '{' <bench.out | wc -c)" -eq "$(tr -cd '}' <bench.out | wc -c)" ] || fail "JSON"
grep -q '^ *Value *Percentile *TotalCount *1/(1-Percentile)$' latency.hgrm || fail "hgrm"
grep -q '^ *[0-9.]* 1.000000000000 *1000 *inf$' latency.hgrm || fail "hgrm: the last line"
grep -q '^#\[Max *= *[0-9.]*, Total count *= *1000\]$' latency.hgrm || fail "hgrm: the footer"

"$ECHOBENCH" -q -n 10 --csv "$server" >csv.out 2>csv.err
[ "$(wc -l <csv.out)" -eq 2 ] || fail "CSV: two lines"
[ "$(head -n 1 csv.out | tr -cd , | wc -c)" -eq "$(tail -n 1 csv.out | tr -cd , | wc -c)" ] || fail "CSV"

"$ECHOBENCH" -d 500ms -i 100ms "$server" >table.out 2>progress.err
[ "$(grep -c ' messages/s .* p99 ' progress.err)" -ge 2 ] || fail "no progress"
grep -q '^note *closed loop: ' table.out || fail "not told that the loop is closed"
"$ECHOBENCH" -q -d 100ms -R 100 "$server" >table.out 2>quiet.err
[ ! -s quiet.err ] || fail "not quiet"
grep -q 'closed loop' table.out && fail "an open loop is closed"

"$ECHOBENCH" --ping -n 3 -i 50ms "$server" >ping.out 2>ping.err
[ "$(grep -c "^64 bytes from $server: seq=[123] time=[0-9.]* ms$" ping.out)" -eq 3 ] || fail "--ping"
grep -q '^3 messages sent, 3 received, 0 lost$' ping.out || fail "--ping: the summary"

has_pinged() {
	grep -q "^64 bytes from $1" "$work/ping.out"
}

has_failed() {
	grep -q '^from .*: seq=[0-9]* ' "$work/ping.out"
}

# It goes on without the server and finds it again.
: >ping.out
"$ECHOBENCH" --ping -i 20ms "$server" >>ping.out 2>ping.err &
ping_pid=$!
started="$started $ping_pid"
wait_until 60 has_pinged "$server"
stop_echod
wait_until 60 has_failed
instance=again
start_echod -w 1 --drain-timeout=0 -l "tcp:$server"
: >ping.out
wait_until 60 has_pinged "$server"
kill -INT "$ping_pid"
wait_exit "$ping_pid"
[ "$status" -eq 1 ] || fail "--ping ended with $status"

# A signal ends it early, with the results.
"$ECHOBENCH" -c 4 -t 2 -d 600s -i 50ms "$server" >early.out 2>early.err &
bench_pid=$!
started="$started $bench_pid"
is_running() {
	grep -q 'messages/s' "$work/early.err"
}
wait_until 60 is_running
kill -TERM "$bench_pid"
wait_exit "$bench_pid"
[ "$status" -eq 0 ] || fail "ended with $status"
grep -q '(interrupted)' early.out || fail "not told that it was interrupted"
stop_echod
"$ECHOBENCH" --help >help.out
"$ECHOBENCH" --version | grep -q '^echobench [0-9]' || fail "--version"
