#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Of servers that find the same stale UNIX socket at the same time exactly one gets it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

path=$work/echo.socket
rivals='1 2 3 4'

all_but_one_have_ended() {
	gone=0
	for rival in $rivals; do
		if is_gone "$(cat "rival$rival.pid")"; then
			gone=$((gone + 1))
		fi
	done
	[ "$gone" -ge 3 ]
}

instance=first
launch_echod -w 1 -l "unix:$path"
wait_log 'listening on unix'

for round in 1 2 3 4 5 6; do
	kill -KILL "$echod_pid"
	wait_exit "$echod_pid"
	[ -S "$path" ] || fail "round $round: no stale socket to begin with"
	for rival in $rivals; do
		instance=rival$rival
		launch_echod -w 1 -l "unix:$path"
		echo "$echod_pid" >"rival$rival.pid"
	done
	wait_until 60 all_but_one_have_ended
	winner=
	for rival in $rivals; do
		use_echod "rival$rival" "$(cat "rival$rival.pid")"
		if is_alive "$echod_pid"; then
			[ -z "$winner" ] || fail "round $round: two have won"
			winner=$rival
			continue
		fi
		wait_exit "$echod_pid"
		[ "$status" -eq 1 ] || fail "round $round: a loser ended with status $status"
		has_log "cannot listen on unix $path" || fail "round $round: a loser did not say why"
	done
	[ -n "$winner" ] || fail "round $round: nobody has won"
	use_echod "rival$winner" "$(cat "rival$winner.pid")"
	wait_log 'listening on unix'
	run_check -c 4 "unix:$path"
done
stop_echod
[ ! -e "$path" ] || fail "the socket is left"
