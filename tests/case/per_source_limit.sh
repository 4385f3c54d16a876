#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# max-connections-per-source holds for each source over all workers, and when a worker is killed its share comes back. A
# listener that says nothing of it is not concerned.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 4' 'listen tcp:127.0.0.1:0 max-connections-per-source=3' 'listen tcp:127.0.0.2:0'
start_echod
limited=$(listening | sed -n 1p)
free=$(listening | sed -n 2p)

# crowd NAME EXPECTED: 300 clients from ten addresses.
crowd() {
	hold_some "$1" 300 "$limited" -B 10
	[ "$settled" -eq "$2" ] || fail "$1: $settled instead of $2 have got in"
}

for round in 1 2 3; do
	crowd "round$round" 30
	wait_until 30 totals_are active=30 "refused=$((270 * round))"
	[ "$(reason source-full)" -eq "$((270 * round))" ] || fail "$(cat stats)"
	let_go "round$round"
	wait_until 30 totals_are active=0
done
has_log 'warn: refused 127.0.1.[0-9]*:[0-9]*: too many connections from there' || fail "no word in the log"

crowd before 30
wait_until 30 totals_are active=30
for worker in 0 1 2 3; do
	mark_log
	places=$(of_worker_now "$worker" active)
	kill -KILL "$(worker_pid "$worker")"
	wait_log "worker $worker (pid [0-9]*) ready"
	crowd "after$worker" "$places"
	wait_until 30 totals_are active=30
done

hold others 100 "$free"
let_go others
for name in before after0 after1 after2 after3; do
	let_go "$name"
done
wait_until 30 totals_are active=0
crowd last 30
let_go last
stop_echod
