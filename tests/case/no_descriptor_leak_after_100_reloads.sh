#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A hundred reloads later nothing has piled up: no descriptor, no zombie; and a worker has only what is its own.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
start_echod

# kinds PID: its descriptors, without the numbers that are different each time.
kinds() {
	find "/proc/$1/fd" -type l -printf '%l\n' | sed 's/:\[[0-9]*\]$//' | sort
}

# own PID: its pipes and sockets.
own() {
	find "/proc/$1/fd" -type l -printf '%l\n' | grep -e '^pipe:' -e '^socket:' | sort -u
}

kinds "$echod_pid" >supervisor.before
kinds "$(worker_pid 0)" >worker.before
round=0
while [ $round -lt 100 ]; do
	reload
	round=$((round + 1))
done
has_log 'reload: generation 101 is serving' || fail "not a hundred reloads"
wait_until 60 has_children 2 "$echod_pid"

kinds "$echod_pid" >supervisor.after
cmp supervisor.before supervisor.after >&2 || fail "supervisor: $(diff supervisor.before supervisor.after)"
own "$echod_pid" >own.supervisor
for worker in 0 1; do
	kinds "$(worker_pid "$worker")" >worker.after
	cmp worker.before worker.after >&2 || fail "worker $worker: $(diff worker.before worker.after)"
	own "$(worker_pid "$worker")" >"own.$worker"
	# A pipe for reports, one for commands, two listening sockets: its own and its sibling's.
	comm -12 "own.$worker" own.supervisor >shared
	[ "$(wc -l <shared)" -eq 4 ] || fail "worker $worker and the supervisor share $(cat shared)"
done
comm -12 own.0 own.1 >both
[ "$(wc -l <both)" -eq 2 ] || fail "both workers have $(cat both)"
grep -q '^pipe:' both && fail "both workers have $(cat both)"

run_check -c 10 -n 100 "127.0.0.1:$port"
wait_until 30 totals_are accepted=100 active=0
stop_echod
