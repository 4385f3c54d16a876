#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that dies is replaced, the others serve on, and the totals never go back.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

crash_expected=yes
start_echod -w 2 -l tcp:127.0.0.1:0
served=0

is_replaced() {
	new=$(worker_pid "$1")
	[ "$new" != "$2" ] && is_alive "$new"
}

restarts=0
for signal in SEGV KILL ABRT; do
	run_check -c 10 -n 40 "127.0.0.1:$port"
	served=$((served + 40))
	wait_until 30 totals_are accepted=$served active=0 "bytes_in=$((served * 1024))"

	victim=$((restarts % 2))
	old=$(worker_pid "$victim")
	other=$(worker_pid $((1 - victim)))
	mark_log
	kill "-$signal" "$old"
	wait_until 30 is_replaced "$victim" "$old"
	has_log "worker $victim (pid $old) killed by signal [0-9]*, restarting" || fail "no word of the death"
	[ "$(worker_pid $((1 - victim)))" = "$other" ] || fail "the other worker was replaced, too"
	is_alive "$other" || fail "the other worker has died"

	restarts=$((restarts + 1))
	stats
	totals_are accepted=$served "bytes_out=$((served * 1024))" restarts=$restarts ||
		fail "totals: $(cat stats)"
done
run_check -c 10 -n 40 "127.0.0.1:$port"
wait_until 30 has_children 2 "$echod_pid"
stop_echod
