#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A port belongs to one echod: a second one ends with status 1 and says why, and takes not a single connection; of two
# that start at the same time exactly one gets it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
start_echod -w 2 -l "tcp:$address:0"
first=$echod_pid
instance=second
refused_echod 1 "cannot listen on tcp $address:$port: Address already in use" -w 2 -l "tcp:$address:$port"
refused_echod 1 "Address already in use" -w 2 -p "$port"
use_echod echod "$first"
run_check -c 20 -n 200 "$address:$port"
wait_until 30 totals_are accepted=200 active=0
stop_echod

one_has_ended() {
	is_gone "$one" || is_gone "$other"
}

for round in 1 2 3 4 5 6 7 8 9 10; do
	instance=one
	launch_echod -w 2 -l "tcp:$address:$port"
	one=$echod_pid
	instance=other
	launch_echod -w 2 -l "tcp:$address:$port"
	other=$echod_pid
	wait_until 60 one_has_ended
	if is_gone "$one"; then
		use_echod one "$one"
		winner=other
		winner_pid=$other
	else
		winner=one
		winner_pid=$one
	fi
	wait_exit "$echod_pid"
	[ "$status" -eq 1 ] || fail "round $round: the loser ended with status $status"
	has_log 'Address already in use' || fail "round $round: the loser did not say why"
	use_echod "$winner" "$winner_pid"
	wait_log 'listening on tcp'
	run_check -c 4 "$address:$port"
	stop_echod
done
