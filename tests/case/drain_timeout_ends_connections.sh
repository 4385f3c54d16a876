#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The drain timeout is the end of all connections, after a reload as after SIGTERM: of idle ones with FIN, of those that
# do not read and of workers that do not leave by force.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'listen tcp:127.0.0.1:0' 'drain-timeout 300ms'
start_echod
hold client 5 "127.0.0.1:$port"
clock
begin=$now
reload
good_check client
clock
[ "$(check_field client let_go)" -eq 5 ] || fail "reload: not every client was let go"
[ $((now - begin)) -ge 29 ] || fail "reload: clients were let go before the timeout"
wait_until 60 has_children 2 "$echod_pid"

hold client 5 "127.0.0.1:$port"
start_check flood -N -c 2 -s 64m "127.0.0.1:$port"
wait_until 60 check_says flood '^settled 2 '
clock
begin=$now
kill -TERM "$echod_pid"
good_check client
clock
[ "$(check_field client let_go)" -eq 5 ] || fail "SIGTERM: not every client was let go"
[ $((now - begin)) -ge 29 ] || fail "SIGTERM: clients were let go before the timeout"
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"
wait_check flood
has_lines 0 'killed' || fail "a worker had to be killed"

# A worker that hears nothing is killed, but not before it had its time.
ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='worker=1 do=deaf'
export ECHOD_FAULT
start_echod
deaf=$(worker_pid 1)
kill -TERM "$echod_pid"
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status with a deaf worker"
has_log "worker 1 (pid $deaf) did not leave in time: killed" || fail "no word of the deaf worker"
