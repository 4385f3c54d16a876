#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A client that makes a worker crash by what it sends, 20 times a second, is no outage for the others: more than 99 of 100
# of their connections go well, and the wait before a restart never becomes theirs. What is lost was connected to the worker
# that crashed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='do=obey'
export ECHOD_FAULT
crash_expected=yes
soak_or 3
start_echod -w 4 -l tcp:127.0.0.1:0

crashes=0
clock
begin=$now
# A connection each time, ten bytes, one after the other: as many as there can be in this time.
start_check others -c 4 -n 100000000 -s 10 -t 20s -d "${seconds}s" "127.0.0.1:$port"
others=$check_pid
while is_alive "$others"; do
	wait_until 60 is_past $((begin + crashes * 5)) # 20 a second
	"$TALK" "127.0.0.1:$port" 'send:do crash' drop 2>/dev/null || : # reset or ended
	crashes=$((crashes + 1))
done
wait_check others
wait_until 30 has_children 4 "$echod_pid"

deaths=$(grep -c 'killed by signal 11, restarting$' "$log")
[ "$deaths" -eq "$(grep -c 'killed by signal' "$log")" ] || fail "a worker had to wait before it was started again"
[ "$deaths" -ge $((seconds * 5)) ] || fail "only $deaths crashes: not much of a test"
good=$(check_field others ok)
bad=$(($(check_field others sessions) - good))
echo "$case_name: $deaths crashes in $seconds s; of the other connections $good went well, $bad did not"
[ "$good" -ge $((bad * 99)) ] || fail "$bad of $((good + bad)) were harmed"
[ "$(check_field others refused)" -eq 0 ] || fail "somebody was refused"
[ "$(check_field others timeout)" -eq 0 ] || fail "somebody had to wait"
[ "$(check_field others wrong)" -eq 0 ] || fail "somebody got what is not theirs"
stop_echod
