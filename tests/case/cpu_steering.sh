#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With cpu-steering a client on processor k is served by worker k, which runs there; a reload with another number of
# workers keeps it so, and one that switches it off ends it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

command -v taskset >/dev/null || skip "there is no taskset"
taskset -pc 0,1 $$ >taskset.out 2>&1 || skip "processors 0 and 1 are not ours"
[ "$(nproc)" -ge 2 ] || skip "processors 0 and 1 are not both ours"

own_address 0

# allowed PID: the processors it may run on, as a list.
allowed() {
	sed -n 's/^Cpus_allowed_list:[^0-9]*//p' "/proc/$1/status"
}

# accepted_by WORKER N: in all, those before it with this number included.
accepted_by() {
	stats
	[ "$(of_worker "$1" accepted)" = "$2" ]
}

# lands PROCESSOR WORKER: 40 connections from there, and this worker has them all.
lands() {
	stats
	before=$(of_worker "$2" accepted)
	taskset -c "$1" "$ECHOCHECK" -c 4 -n 40 "$address:$port" >land.out || fail "echocheck: $(cat land.out)"
	wait_until 30 accepted_by "$2" $((before + 40))
}

# reload_to WORKERS SWITCH: and the workers before have left.
reload_to() {
	set_conf "workers $1" "cpu-steering $2" "listen tcp:$address:0"
	reload
	wait_until 30 has_children "$1" "$echod_pid"
}

everywhere=$(allowed $$)
set_conf 'workers 2' 'cpu-steering on' "listen tcp:$address:0"
start_echod
for cpu in 0 1; do
	case $(allowed "$(worker_pid $cpu)") in
	"$cpu" | "$cpu",* | "$cpu"-*) ;;
	*) fail "worker $cpu runs on $(allowed "$(worker_pid $cpu)")" ;;
	esac
done
[ "$(allowed "$echod_pid")" = "$everywhere" ] || fail "the supervisor runs on $(allowed "$echod_pid")"
lands 0 0
lands 1 1
lands 0 0

# The restarted one is where it was.
kill -KILL "$(worker_pid 1)"
wait_log 'worker 1 (pid [0-9]*) killed'
gone=$(worker_pid 1)
is_back() {
	[ "$(worker_pid 1)" != "$gone" ] || has_lines 2 'worker 1 (pid [0-9]*) ready'
}
wait_until 60 is_back
case $(allowed "$(worker_pid 1)") in
1 | 1,* | 1-*) ;;
*) fail "the restarted worker runs on $(allowed "$(worker_pid 1)")" ;;
esac
lands 1 1

# More workers than processors, fewer, and one alone, who serves the surplus slots, too.
reload_to 4 on
lands 0 0
lands 1 1
reload_to 2 on
lands 1 1
lands 0 0
reload_to 1 on
lands 1 0
lands 0 0

# Off: by hash again, and nobody is bound to a processor.
reload_to 2 off
for worker in 0 1; do
	[ "$(allowed "$(worker_pid $worker)")" = "$everywhere" ] || fail "worker $worker is still bound"
done
stats
before=$(of_worker 0 accepted)
taskset -c 1 "$ECHOCHECK" -c 4 -n 400 "$address:$port" >land.out || fail "echocheck: $(cat land.out)"
wait_until 30 totals_are active=0
stats
[ $(($(of_worker 0 accepted) - before)) -gt 50 ] || fail "still steered: $(grep 'stats worker' stats)"
stop_echod
