#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# All workers serve the one port, each with a socket of its own.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

serves_one() {
	[ "$(watched "$1" | wc -l)" -eq 1 ]
}

start_echod -w 4 -l tcp:127.0.0.1:0
[ "$("$HELD" -l "$echod_pid" | grep -c "^$port ")" -eq 4 ] || fail "not four listening sockets"

# watched PID: the sockets that its event loop waits for.
watched() {
	sed -n 's/^tfd: *\([0-9]*\) .*/\1/p' "/proc/$1"/fdinfo/* | while read -r fd; do
		find "/proc/$1/fd/$fd" -lname 'socket:*' -printf '%l\n'
	done
}

# Each holds all of them, and serves one of its own.
: >served
for worker in 0 1 2 3; do
	[ "$("$HELD" -l "$(worker_pid "$worker")" | grep -c "^$port ")" -eq 4 ] ||
		fail "worker $worker has not all listening sockets"
	wait_until 30 serves_one "$(worker_pid "$worker")"
	watched "$(worker_pid "$worker")" >>served
done
[ "$(sort -u served | wc -l)" -eq 4 ] || fail "not a socket for each worker: $(cat served)"

run_check -c 50 -n 400 "127.0.0.1:$port"
wait_until 30 totals_are workers=4 accepted=400 active=0
for worker in 0 1 2 3; do
	# One in four on average; none at all for one of them would come once in 10^48 times.
	[ "$(of_worker "$worker" accepted)" -gt 0 ] || fail "worker $worker served nobody"
	tr '\0' ' ' <"/proc/$(worker_pid "$worker")/cmdline" >title
	grep -q "^echod: worker $worker (generation 1) *\$" title || fail "title: $(cat title)"
done
tr '\0' ' ' <"/proc/$echod_pid/cmdline" >title
grep -q '^echod: supervisor *$' title || fail "title: $(cat title)"
stop_echod
