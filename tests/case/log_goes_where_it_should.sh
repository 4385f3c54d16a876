#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The log: a time stamp in a file, a priority for the journal, as much as -v and -q ask for, and a reader that does not
# read stops nobody.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
stamp='^[0-9]\{4\}-[0-9][0-9]-[0-9][0-9]T[0-9][0-9]:[0-9][0-9]:[0-9][0-9]\.[0-9]\{3\}Z echod\[[0-9]*\]'

# A file; at the default level nothing of connections.
start_echod -w 1 -l "tcp:$address:0"
lines=$(wc -l <"$log")
run_check -c 4 "$address:$port"
stop_echod
[ "$(grep -c -v -e "$stamp \(error\|warn\|notice\|info\|debug\): " "$log")" -eq 0 ] || fail "a line without a stamp"
grep -q -e "$stamp notice: stopped\$" "$log" || fail "no last word"
[ "$(grep -c connection: "$log")" -eq 0 ] || fail "connections are shown"
[ "$(wc -l <"$log")" -eq $((lines + 3)) ] || fail "not stopping, totals and stopped, but more or less"

# The journal is recognised by device and inode of standard error.
: >journal.log
instance=journal
JOURNAL_STREAM=$(stat -c %d:%i journal.log)
export JOURNAL_STREAM
start_echod -w 1 -l "tcp:$address:0" -v
run_check -c 4 "$address:$port"
stop_echod
[ "$(grep -c -v -e '^<[3-7]>[^ ]' "$log")" -eq 0 ] || fail "a line without a priority"
grep -q -e '^<5>listening on tcp ' "$log" || fail "no notice"
grep -q -e '^<6>connection ' "$log" || fail "no info"
# Somebody else's journal is none.
instance=echod
JOURNAL_STREAM=1:1
start_echod -w 1 -l "tcp:$address:0"
stop_echod
grep -q -e "$stamp notice: stopped\$" "$log" || fail "a priority for nobody"
unset JOURNAL_STREAM

# -v shows each connection, who it is and how it ends, and the end of each worker.
start_echod -w 1 -l "tcp:$address:0" -v
run_check -c 1 -p "$address:$port"
client=$(sed -n 's/^port //p' check.out)
wait_log "info: connection [0-9]*: .*127.0.0.1:$client\$"
number=$(sed -n "s/.* connection \([0-9]*\): .*:$client\$/\1/p" "$log")
wait_log "info: connection $number: closed by the client\$"
old=$(worker_pid 0)
reload
wait_log "info: worker 0 (pid $old) of generation 1 left: exited with status 0\$"
stop_echod

# -q shows warnings, but no notices.
is_served() {
	start_check try "$address:$port"
	wait_check try
	[ "$status" -eq 0 ]
}
launch_echod -w 1 -l "tcp:$address:$port" -q
wait_until 60 is_served
kill -KILL "$(children "$echod_pid")"
wait_log 'warn: worker 0 .*restarting'
wait_until 60 is_served
stop_echod
[ "$(grep -c -v ' warn: ' "$log")" -eq 0 ] || fail "more than warnings"

# What was asked for is no chatter.
launch_echod -w 1 -l "tcp:$address:$port" -qq
wait_until 60 is_served
stats
[ "$(total workers)" = 1 ] || fail "no statistics: $(cat "$log")"
lines=$(wc -l <"$log")
stop_echod
[ "$(wc -l <"$log")" -eq "$lines" ] || fail "more than was asked for: $(cat "$log")"

# level LEVEL OPTION...: what the options come to.
level() {
	[ "$("$ECHOD" -c /dev/null "$@" -T 2>&1 | sed -n 's/^log-level //p')" = "$level" ] ||
		fail "$* is not $level"
}
level=notice && level -w 1
level=info && level -v
level=debug && level -vv
level=debug && level -v --verbose -v
level=warn && level -q
level=error && level -qq
level=error && level -qqqq
level=notice && level -v -q
level=debug && level --log-level=debug
set_conf 'log-level error'
[ "$("$ECHOD" -c "$conf" -T | sed -n 's/^log-level //p')" = error ] || fail "the file has no say"
[ "$("$ECHOD" -c "$conf" -v -T | sed -n 's/^log-level //p')" = info ] || fail "-v does not win over the file"
conf=/dev/null

# Nobody reads: the shell keeps the pipe open, and 2000 connections are more lines than it takes.
mkfifo pipe
exec 9<>pipe
"$ECHOD" -c /dev/null -w 1 -l "tcp:$address:$port" -vv 2>pipe 9>&- </dev/null &
echod_pid=$!
started="$started $echod_pid"
wait_until 60 is_served
run_check -c 20 -n 2000 "$address:$port"
run_check -c 20 -n 200 -s 1-10k "$address:$port"
stop_echod
exec 9>&-
