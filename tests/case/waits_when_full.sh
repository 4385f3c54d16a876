#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With when-full=wait nobody is refused: who finds the server full waits in the kernel's queue, at next to no cost, and is
# served when another one leaves, whichever worker that one was with.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 --max-connections=10 --when-full=wait -l tcp:127.0.0.1:0
at=127.0.0.1:$port

# queued_are N: in the queues of both workers.
queued_are() {
	queued=0
	for number in $("$HELD" -l "$echod_pid" | cut -d ' ' -f 3); do
		queued=$((queued + number))
	done
	[ "$queued" -eq "$1" ]
}

hold in 10 "$at"
start_check waiting -c 20 -n 20 -t 120s "$at"
wait_until 30 queued_are 20
totals_are active=10 accepted=10 refused=0 || fail "not as many as there are places: $(cat stats)"

# Looking again a hundred times a second is all that it costs.
used=0
for worker in 0 1; do
	read_stat "$(worker_pid $worker)"
	used=$((used - ticks))
done
let_pass 200
for worker in 0 1; do
	read_stat "$(worker_pid $worker)"
	used=$((used + ticks))
done
[ "$used" -le 20 ] || fail "$used of 400 ticks for nothing"
totals_are active=10 accepted=10 refused=0 || fail "somebody was let in: $(cat stats)"

# The others go, and all who waited are served.
check_signal in TERM
good_check in
good_check waiting
wait_until 30 totals_are active=0 accepted=30 refused=0

# All workers' clients are with one worker that dies; those who wait for the other one get their places.
hold in 10 "$at"
start_check waiting -c 20 -n 20 -t 120s "$at"
wait_until 30 queued_are 20
kill -KILL "$(worker_pid 0)"
good_check waiting
let_go in
wait_until 30 totals_are active=0
stop_echod
