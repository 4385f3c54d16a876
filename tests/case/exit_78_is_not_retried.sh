#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that ends with status 78 says that another try is of no use: it is not restarted, the others serve on, and a
# reload brings it back. When none is left, echod ends with 78, too.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT="once=$work/done do=exit:78"
export ECHOD_FAULT
: >"$work/done"
set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
start_echod
other=$(worker_pid 1)

# fails N: the next worker N is the one with the fault.
fails() {
	rm "$work/done"
	mark_log
	kill -KILL "$(worker_pid "$1")"
	wait_log "worker $1 (pid [0-9]*) exited with status 78: it will not be restarted"
}

fails 0
mark_log
stats
[ "$(of_worker 0 state)" = failed ] || fail "state $(of_worker 0 state)"
[ "$(of_worker 1 state)" = running ] || fail "worker 1: state $(of_worker 1 state)"
let_pass 50 # the first restarts would come after 50 and 100 ms
has_lines 0 'worker 0' || fail "something happened to worker 0"
is_alive "$other" || fail "the other worker has gone"

# What comes to the queue of worker 0 is served by the other one. A reload makes a new worker 0.
run_check -c 20 -n 40 "127.0.0.1:$port"
reload
run_check -c 10 -n 100 "127.0.0.1:$port"

fails 0
run_check -c 10 -n 100 "127.0.0.1:$port"
fails 1
wait_exit "$echod_pid"
[ "$status" -eq 78 ] || fail "nobody is left, and the exit status is $status"
