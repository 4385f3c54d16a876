#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker whose reports make no sense is killed and replaced; what it said from then on is not believed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY

is_replaced() {
	[ "$(worker_pid 1)" != "$old" ]
}

for fault in garbage half liar backwards; do
	ECHOD_FAULT="worker=1 once=$work/done do=$fault"
	export ECHOD_FAULT
	: >"$work/done" # the first workers are good ones
	start_echod -w 2 -l tcp:127.0.0.1:0
	run_check -c 10 -n 100 "127.0.0.1:$port"
	wait_until 30 totals_are accepted=100 active=0

	rm "$work/done"
	mark_log
	old=$(worker_pid 1)
	kill -KILL "$old"
	wait_log 'error: worker 1 (pid [0-9]*) sent .*: killed'
	bad=$(sed -n 's/.*error: worker 1 (pid \([0-9]*\)) sent.*/\1/p' "$log")
	[ "$bad" != "$old" ] || fail "$fault: the good one is blamed"
	wait_log "worker 1 (pid $bad) killed by signal 9, restarting"
	old=$bad
	wait_until 60 is_replaced
	wait_until 60 has_children 2 "$echod_pid"
	before=0
	[ "$fault" != backwards ] || before=1000 # this much it said before
	totals_are accepted=$((before + 100)) active=0 bytes_in=$((before + 102400)) restarts=2 ||
		fail "$fault: $(total accepted) accepted, $(total bytes_in) bytes, $(total restarts) restarts"
	run_check -c 10 -n 100 "127.0.0.1:$port"
	wait_until 30 totals_are accepted=$((before + 200)) active=0
	stop_echod
done
