#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that hangs, stopped or in a loop that never returns: new connections to its slot, and datagrams, are served within
# 2.5 s, by a sibling. If it wakes up it serves again; if not, it is aborted after 10 s, killed, and replaced. One that has no
# sibling is waited for until its successor is there.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='do=obey'
export ECHOD_FAULT
crash_expected=yes # SIGABRT is part of it

# serves_all: connections to all slots, so many that none of them gets nothing. Each is answered within 2.5 s on a machine
# that has nothing else to do, and has to be within 5 s.
serves_all() {
	run_check -c 40 -t 5s "127.0.0.1:$port"
}

# hang_is_known N: that of worker N.
hang_is_known() {
	has_log "worker $1 (pid [0-9]*) hangs: not heard for"
}

start_echod -v -w 3 -l tcp:127.0.0.1:0 -l 'udp:127.0.0.1:0 udp-rate=off'
udp=$(listening | sed -n '2s/.*://p')

# With the default of 2 s. Those who come right now find a slot whose worker does not answer.
freeze "$(worker_pid 1)"
clock
begin=$now
serves_all
clock
echo "$case_name: 40 new connections to all slots were served within $((now - begin))/100 s"
hang_is_known 1 || fail "nobody has noticed"
has_log 'worker 2 stands in for worker 1' || fail "nobody stands in"
# Whoever asks for numbers does not wait for it.
stats
[ "$(of_worker 1 state)" = hung ] || fail "state $(of_worker 1 state)"
run_datagrams -c 40 -n 400 "127.0.0.1:$udp"
# It wakes up, and what was not its own any more is not served twice.
kill -CONT "$(worker_pid 1)"
wait_log 'worker 1 (pid [0-9]*) is heard again'
wait_log 'worker 2 no longer stands in for worker 1'
run_check -c 40 -n 400 "127.0.0.1:$port"
run_datagrams -c 40 -n 400 "127.0.0.1:$udp"

# Two of three, and one of them in a loop: the last one stands in for both.
set_conf 'hang-timeout 300ms'
stop_echod
instance=second
start_echod -v -w 3 -l tcp:127.0.0.1:0
"$TALK" "127.0.0.1:$port" 'send:do spin' drop 2>"$work/talk.err" &
started="$started $!"
wait_log 'worker [0-9] (pid [0-9]*) hangs: not heard for 300ms'
spinning=$(sed -n 's/.*worker \([0-9]\) (pid [0-9]*) hangs.*/\1/p' "$log")
other=$(((spinning + 1) % 3))
pid=$(worker_pid "$other")
freeze "$pid"
wait_until 30 hang_is_known "$other"
serves_all
# The one in a loop is aborted, the one that is stopped does not notice and is killed.
wait_log "worker $spinning (pid [0-9]*) not heard for 1500ms: aborted"
wait_log "worker $spinning (pid [0-9]*) killed by signal 6"
wait_log "worker $other (pid $pid) did not end in time: killed"
wait_log "worker $other (pid $pid) killed by signal 9, restarting"
has_new() {
	[ "$(worker_pid "$1")" != "$2" ]
}
wait_until 30 has_new "$other" "$pid"
wait_until 30 has_children 3 "$echod_pid"
wait_log "worker [0-9] no longer stands in for worker $other"
mark_log
serves_all
stop_echod

# One alone: nobody stands in, and who comes waits for the next one.
instance=alone
start_echod -v -w 1 -l tcp:127.0.0.1:0
pid=$(worker_pid 0)
freeze "$pid"
wait_until 30 hang_is_known 0
run_check -c 4 -t 30s "127.0.0.1:$port"
has_log "worker 0 (pid $pid) killed by signal 9, restarting" || fail "it was not killed"
has_new 0 "$pid" || fail "there is no next one"
stop_echod
