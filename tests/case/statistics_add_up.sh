#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The statistics say exactly what the clients did, the workers' lines add up to the total, and neither the death of a
# worker nor a reload takes anything away from it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
start_echod
accepted=0
bytes=0

# talk ARGUMENT...: sessions that all end well, and what they did.
talk() {
	run_check "$@" "127.0.0.1:$port"
	accepted=$((accepted + $(check_field check sessions)))
	bytes=$((bytes + $(check_field check bytes_received)))
}

lines_add_up() {
	for field in active accepted refused bytes_in bytes_out; do
		[ "$(sum $field)" -eq "$(total $field)" ] || return 1
	done
}

# holds ACTIVE WHEN: the statistics are right.
holds() {
	wait_until 30 totals_are "active=$1" accepted=$accepted refused=0 bytes_in=$bytes bytes_out=$bytes
	lines_add_up || fail "$2: the lines of the workers do not add up: $(cat stats)"
}

holds 0 "at the start"
talk -c 20 -n 300 -s 0-20k -f
holds 0 "after the first clients"

hold idle 7 "127.0.0.1:$port" -s 100
accepted=$((accepted + 7))
bytes=$((bytes + 700))
holds 7 "with idle clients"
check_signal idle USR1
good_check idle
bytes=$((bytes + 700))
holds 0 "after the idle clients"

# What a slow reader has not taken yet counts as read, but not as written.
start_check slow -s 16m -r 12m -f "127.0.0.1:$port"
is_behind() {
	stats
	[ "$(total bytes_in)" -gt "$(total bytes_out)" ]
}
wait_until 30 is_behind
lines_add_up || fail "with a slow reader the lines of the workers do not add up: $(cat stats)"
good_check slow
accepted=$((accepted + 1))
bytes=$((bytes + 16 * 1024 * 1024))
holds 0 "after the slow reader"

old=$(worker_pid 0)
kill -KILL "$old"
is_replaced() {
	[ "$(worker_pid 0)" != "$old" ]
}
wait_until 60 is_replaced
holds 0 "after a worker was killed"
[ "$(total restarts)" -eq 1 ] || fail "$(total restarts) restarts"
talk -c 20 -n 100

# Workers 1 to 3 come, go and come back, and what they did before is still theirs; meanwhile it is in the total only.
for workers in 4 1 4; do
	set_conf "workers $workers" 'listen tcp:127.0.0.1:0'
	reload
	talk -c 20 -n 100 -s 0-20k
	wait_until 60 has_children "$workers" "$echod_pid"
	if [ "$workers" -eq 1 ]; then
		wait_until 30 totals_are active=0 accepted=$accepted bytes_in=$bytes bytes_out=$bytes
	else
		holds 0 "after the reload to $workers workers"
	fi
	[ "$(total workers)" -eq "$workers" ] || fail "not $workers workers"
done

stop_echod
has_log "stats total workers=4 active=0 accepted=$accepted refused=0 bytes_in=$bytes bytes_out=$bytes restarts=1\$" ||
	fail "the last totals are missing or wrong"

# The line of a worker has what those before it did, without the one that drains, which has its own until it has gone.
instance=heir
set_conf 'workers 1' 'listen tcp:127.0.0.1:0'
start_echod
talk -c 5 -n 10
reload
wait_until 30 has_children 1 "$echod_pid"
hold one 1 "127.0.0.1:$port"
wait_until 30 totals_are active=1 accepted=11
[ "$(of_worker 0 accepted)" = 11 ] || fail "before the reload: $(cat stats)"
reload
wait_until 30 totals_are active=1 accepted=11
grep -q 'worker=0 .* state=draining active=1 accepted=1 ' stats || fail "the one that drains: $(cat stats)"
grep -q 'worker=0 .* state=running active=0 accepted=10 ' stats || fail "its successor: $(cat stats)"
let_go one
wait_until 30 has_children 1 "$echod_pid"
wait_until 30 totals_are active=0 accepted=11
[ "$(of_worker 0 accepted)" = 11 ] || fail "after it has gone: $(cat stats)"
stop_echod
