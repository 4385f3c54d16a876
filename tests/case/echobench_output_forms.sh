#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The forms of the results, --ping, the progress lines, and an end by a signal.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

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
# Progress tells what is not measured.
"$ECHOBENCH" -w 1s -d 1s -i 100ms "$server" >table.out 2>progress.err
grep -q ' messages/s .*  (warm-up)$' progress.err || fail "the warm-up is not marked"
tail -n 1 progress.err | grep -q 'warm-up' && fail "the warm-up has no end"
"$ECHOBENCH" -q -n 10 --half-close "$server" >table.out 2>progress.err
head -n 1 table.out | grep -q ', half-close, ' || fail "no half-close in the headline"
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

# start_bench ARGUMENT...: with progress, in the background; messages come back by then.
start_bench() {
	: >early.err
	"$ECHOBENCH" -d 600s -i 50ms "$@" >bench.out 2>>early.err &
	bench_pid=$!
	started="$started $bench_pid"
	wait_until 60 is_running
}

is_running() {
	grep -q ' [1-9][0-9]* messages/s' "$work/early.err"
}

# A signal ends it early, with the results.
start_bench -c 4 -t 2 "$server"
kill -TERM "$bench_pid"
wait_exit "$bench_pid"
[ "$status" -eq 0 ] || fail "ended with $status"
grep -q '(interrupted)' bench.out || fail "not told that it was interrupted"
stop_echod

has_stalled() {
	[ "$(tail -n 3 "$work/early.err" | grep -c ' 0 messages/s')" -eq 3 ]
}

# stand_still PID...: processes of the server; nothing comes back any more.
stand_still() {
	for _pid; do
		freeze "$_pid"
	done
	wait_until 60 has_stalled
}

# What was due at the signal is sent all the same, if the server takes it in time.
start_bad --delay=0
start_bench -J --timeout=600s -R 1000 "127.0.0.1:$port"
wait_until 60 has_children 1 "$bad_pid"
worker=$(children "$bad_pid")
stand_still "$worker"
kill -INT "$bench_pid"
: >early.err
wait_until 60 has_stalled # long enough for the signal to be noticed
kill -CONT "$worker"
wait_exit "$bench_pid"
[ "$status" -eq 0 ] || fail "ended with $status"
is interrupted true unsent 0 lost 0 failed 0

# What it does not take is told, and a failure.
start_bad --delay=500
start_bench -J --timeout=4s -R 100 "127.0.0.1:$port"
kill -INT "$bench_pid"
wait_exit "$bench_pid"
[ "$status" -eq 1 ] || fail "ended with $status"
is interrupted true lost 0 failed 0
[ "$(value unsent)" -gt 0 ] || fail "what was due and is not sent is not told"

# stop_at_once LOST PID...: a second signal does not wait: so many are lost. Two of one kind could be one.
stop_at_once() {
	_lost=$1
	shift
	stand_still "$@"
	kill -INT "$bench_pid"
	kill -TERM "$bench_pid"
	wait_exit "$bench_pid"
	kill -CONT "$@"
	[ "$status" -eq 1 ] || fail "ended with $status"
	is interrupted true lost "$_lost" failed 0
}

start_bad --delay=0
start_bench -J --timeout=600s -c 2 "127.0.0.1:$port"
wait_until 60 has_children 2 "$bad_pid"
# shellcheck disable=SC2046 # process ids
stop_at_once 2 $(children "$bad_pid")
is unsent 0
start_bad --delay=0
start_bench -J --timeout=600s -R 1000 "127.0.0.1:$port"
wait_until 60 has_children 1 "$bad_pid"
stop_at_once 1 "$(children "$bad_pid")"
[ "$(value unsent)" -gt 0 ] || fail "what was due and is not sent is not told"
# shellcheck disable=SC2119 # without a mistake
start_lossy
start_bench -J --timeout=600s -P 8 "udp:127.0.0.1:$port"
stop_at_once 8 "$bad_pid"
[ "$(value sent)" -eq $(($(value messages) + 8)) ] || fail "sent $(value sent)"
end_bad

"$ECHOBENCH" --help >help.out
"$ECHOBENCH" --version | grep -q '^echobench [0-9]' || fail "--version"
