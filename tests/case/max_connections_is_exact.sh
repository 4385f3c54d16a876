#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# max-connections holds over all workers and to the last place: of a thousand clients at once so many get in, not one more
# or fewer, and when a worker is killed its share comes back.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 4 -m 100 -l tcp:127.0.0.1:0
at=127.0.0.1:$port

# crowd NAME N: so many clients at once that stay if they get in; exactly as many as there are places must.
crowd() {
	hold_some "$1" "$2" "$at"
	[ "$settled" -eq "$places" ] || fail "$1: $settled instead of $places have got in"
	accepted=$((accepted + $2))
	refused=$((refused + $2 - places))
	wait_until 30 totals_are active=100 "accepted=$accepted" "refused=$refused"
	[ "$(reason full)" -eq "$refused" ] || fail "$refused refused, but: $(cat stats)"
}

accepted=0
refused=0
for round in 1 2 3; do
	places=100
	crowd "round$round" 1000
	let_go "round$round"
	wait_until 30 totals_are active=0
done
has_log 'warn: refused 127.0.0.1:.*: too many connections' || fail "no word in the log"
[ "$(grep -c 'too many connections' "$log")" -le 400 ] || fail "a line for each who was refused"

# A worker dies: its clients are gone, and so many and no more find a place. Its last report may be missing, so
# what the worker had done is counted only from here on.
places=100
crowd before 1000
for worker in 0 1 2 3; do
	mark_log
	places=$(of_worker_now "$worker" active)
	kill -KILL "$(worker_pid "$worker")"
	wait_log "worker $worker (pid [0-9]*) ready"
	wait_until 30 totals_are active=$((100 - places))
	accepted=$(total accepted)
	refused=$(total refused)
	crowd "after$worker" 400
done
for name in before after0 after1 after2 after3; do
	let_go "$name"
done
wait_until 30 totals_are active=0

# Clients come and go and workers die meanwhile. In a picture of stopped workers there are never more than the places,
# and one more for each worker that was stopped just before it closed what it had to refuse.
start_check churn -c 300 -k 20ms -m 3 -d "${STORM_SECONDS}s" "$at"
clock
end=$((now + STORM_SECONDS * 100))
victim=0
until is_past $end; do
	workers=
	for worker in 0 1 2 3; do
		workers="$workers $(worker_pid $worker)"
	done
	count=0
	for pid in $workers; do
		freeze "$pid"
	done
	for pid in $workers; do
		# all its sockets but the listening ones; one can have several descriptors for a moment (footing.c)
		count=$((count + $(find "/proc/$pid/fd" -lname 'socket:*' -printf '%l\n' | sort -u | wc -l) - 4))
	done
	for pid in $workers; do
		kill -CONT "$pid"
	done
	[ "$count" -le 104 ] || fail "$count connections at once"
	mark_log
	kill -KILL "$(worker_pid $victim)"
	wait_log "worker $victim (pid [0-9]*) ready"
	victim=$(((victim + 1) % 4))
done
wait_check churn
[ "$(check_field churn ok)" -gt 100 ] || fail "hardly anybody was served: $(tail -n 1 churn.out)"

# And nothing has got lost by all this.
wait_until 30 totals_are active=0
accepted=$(total accepted)
refused=$(total refused)
places=100
crowd last 1000
let_go last
stop_echod
