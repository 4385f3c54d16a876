#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# While a worker waits in back-off, or will not come back at all, a sibling serves its queue; and at the end what waits there
# is served like the rest.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -v -w 2 -l tcp:127.0.0.1:0

# kill_until MS: kills worker 0, which has served nobody, until it has to wait for at least so long.
kill_until() {
	delay=0
	while [ "${delay:-0}" -lt "$1" ]; do
		victim=$(worker_pid 0)
		mark_log
		kill -KILL "$victim"
		wait_log "worker 0 (pid $victim) killed by signal 9, restarting"
		delay=$(tail -n "+$mark" "$log" | sed -n 's/.*restarting in \([0-9]*\) ms.*/\1/p')
		[ "${delay:-0}" -ge "$1" ] || wait_until 60 is_another "$victim"
	done
}

is_another() {
	[ "$(worker_pid 0)" != "$1" ]
}

# On a busy machine the clients may need longer than the first delay; none of them may ever need worker 0.
in_time=
for least in 1600 3200; do
	kill_until "$least"
	wait_log 'worker 1 stands in for worker 0'
	clock
	begin=$now
	run_check -c 50 "127.0.0.1:$port"
	clock
	if ! has_log 'worker 0 (pid [0-9]*) ready'; then
		in_time=yes
		echo "$case_name: 50 connections in $((now - begin))/100 s, while a worker waited for $delay ms"
		break
	fi
done
[ -n "$in_time" ] || fail "worker 0 was back first: somebody may have waited for it"
wait_log 'worker 1 no longer stands in for worker 0'

# TERM while it waits: who is in its queue by then is served like the rest.
kill_until 1600
freeze "$(worker_pid 1)"
start_check waiting -c 30 "127.0.0.1:$port"
all_wait() {
	_waiting=0
	for _count in $("$HELD" -l "$echod_pid" | cut -d ' ' -f 3); do
		_waiting=$((_waiting + _count))
	done
	[ "$_waiting" -eq 30 ]
}
wait_until 30 all_wait
kill -TERM "$echod_pid"
kill -CONT "$(worker_pid 1)"
good_check waiting
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"
