#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A reload whose workers do not become ready is refused as a whole, and the old generation goes on as before.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

crash_expected=yes # do=abort
ECHOD=$ECHOD_FAULTY

# refused FAULT PATTERN [LINE]: one of the three workers of generation 2 has a fault.
refused() {
	ECHOD_FAULT="generation=2 worker=1 do=$1"
	export ECHOD_FAULT
	set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
	start_echod
	hold client 5 "127.0.0.1:$port"
	workers="$(worker_pid 0) $(worker_pid 1)"
	sockets=$(descriptors "$echod_pid")

	set_conf 'workers 3' 'listen tcp:127.0.0.1:0' 'listen tcp:127.0.0.2:0' "${3:-}"
	mark_log
	start_check storm -c 20 -d 120s -m 2 -k 5ms -f -B 16 "127.0.0.1:$port"
	wait_until 60 check_says storm '^running'
	kill -HUP "$echod_pid"
	wait_log 'reload refused: '
	has_log "reload refused: .*$2" || fail "$1: not the line that was expected"
	wait_until 60 has_children 2 "$echod_pid"
	for worker in $workers; do
		is_alive "$worker" || fail "$1: a worker of the old generation has gone"
	done
	[ "$(descriptors "$echod_pid")" -eq "$sockets" ] || fail "$1: new sockets were left open"
	has_lines 0 'listening' || fail "$1: an address was announced"
	run_check -c 10 -n 100 "127.0.0.1:$port"
	check_signal client USR1
	good_check client
	# Nobody came to a worker, or into a queue, of the generation that was given up.
	check_signal storm TERM
	good_check storm
	totals_are restarts=0 || fail "$1: a restart"

	# The next generation has no fault.
	reload
	has_log 'listening on tcp 127.0.0.2:' || fail "$1: the new address is missing"
	run_check -c 10 -n 100 "127.0.0.1:$port"
	stop_echod
}

refused exit:1 'worker 1 (pid [0-9]*) exited with status 1'
refused exit:78 'worker 1 (pid [0-9]*) exited with status 78'
refused abort 'worker 1 (pid [0-9]*) killed by signal 6'
refused garbage 'worker 1 (pid [0-9]*)'
refused hang 'ready' 'start-timeout 1s'
