#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The death of a worker costs only the connections that it had accepted: those that wait in its queue are served.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 --hang-timeout=off -l tcp:127.0.0.1:0 # it is frozen for as long as the test likes
start_check storm -c 100 -d 300s -m 2 -k 20ms -s 100-2k -B 16 -t 300s "127.0.0.1:$port"
wait_until 30 check_says storm '^running'
: >held

has_a_long_queue() {
	"$HELD" -l "$echod_pid" >queues
	while read -r _ _ queued; do
		[ "$queued" -lt 50 ] || return 0
	done <queues
	return 1
}

is_replaced() {
	[ "$(worker_pid 0)" != "$worker" ]
}

for _ in 1 2 3 4 5; do
	worker=$(worker_pid 0)
	freeze "$worker"
	"$HELD" "$worker" >>held
	# Whoever comes now is not accepted by the frozen worker; about half of them wait in its queue.
	start_check late -c 200 -s 100-2k -t 300s "127.0.0.1:$port"
	wait_until 60 has_a_long_queue
	kill -KILL "$worker"
	good_check late
	wait_until 60 is_replaced
done
check_signal storm TERM
wait_check storm
[ "$(check_field storm ok)" -gt 100 ] || fail "hardly anything was served: $(tail -n 1 storm.out)"

# Of the storm, too, only those may have failed that a worker had accepted when it was killed.
cut -d ' ' -f 1 held | sort -u >may_fail
cut -d ' ' -f 1 storm.failures | sort -u >failed
comm -23 failed may_fail >lost
[ ! -s lost ] || fail "$(wc -l <lost) connections lost that no worker had accepted"
wait_until 30 totals_are restarts=5
stop_echod
