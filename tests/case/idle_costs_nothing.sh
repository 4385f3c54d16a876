#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Idle clients cost no processor time and no wake-ups but a heartbeat a second.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0
hold idle 200 "127.0.0.1:$port"
wait_until 30 totals_are active=200

# switches PID: how often it has gone to sleep.
switches() {
	sed -n 's/^voluntary_ctxt_switches:[^0-9]*//p' "/proc/$1/status"
}

processes="$echod_pid $(worker_pid 0) $(worker_pid 1)"
for process in $processes; do
	read_stat "$process"
	echo "$ticks $(switches "$process")" >"before.$process"
done
clock
begin=$now
let_pass 200
for process in $processes; do
	read -r before slept <"before.$process"
	read_stat "$process"
	clock
	seconds=$(((now - begin) / 100 + 1))
	[ $((ticks - before)) -le 3 ] || fail "process $process: $((ticks - before)) ticks"
	# A heartbeat a second: the supervisor has two of them to read.
	slept=$(($(switches "$process") - slept))
	[ "$slept" -le $((seconds * 3 + 2)) ] || fail "process $process: $slept wake-ups in $seconds s"
done
check_signal idle USR1
good_check idle
stop_echod
