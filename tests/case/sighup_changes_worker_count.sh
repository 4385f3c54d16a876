#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The number of workers follows the file, up and down, under a storm of connections and without a failure.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'listen tcp:127.0.0.1:0'
start_echod
start_check storm -c 50 -d 120s -s 1-4k -f -B 16 "127.0.0.1:$port"
wait_until 30 check_says storm '^running'

runs_workers() {
	stats
	[ "$(total workers)" -eq "$1" ] && [ "$(grep -c 'state=running' stats)" -eq "$1" ]
}

for workers in 4 2 8 3 1; do
	set_conf "workers $workers" 'listen tcp:127.0.0.1:0'
	reload
	wait_until 60 runs_workers "$workers"
done
check_signal storm TERM
good_check storm
[ "$(check_field storm ok)" -gt 100 ] || fail "hardly a storm: $(tail -n 1 storm.out)"

# Eight sockets are left, and the one worker serves them all.
[ "$("$HELD" -l "$(worker_pid 0)" | grep -c "^$port ")" -eq 8 ] || fail "sockets were closed"
run_check -c 50 -n 400 "127.0.0.1:$port"
accepted=$(($(check_field storm sessions) + 400))
wait_until 60 totals_are workers=1 active=0 accepted=$accepted
wait_until 60 has_children 1 "$echod_pid"

# The command line still wins.
stop_echod
start_echod -w 2
set_conf 'workers 5' 'listen tcp:127.0.0.1:0'
reload
wait_until 60 runs_workers 2
stop_echod
