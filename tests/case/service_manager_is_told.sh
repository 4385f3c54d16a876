#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A service manager that listens at $NOTIFY_SOCKET hears READY when all workers are ready, RELOADING and READY around a
# reload, also one that is refused, how many workers and connections there are, and STOPPING. A manager that is not there is
# a warning and no more.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_manager

# heard N PATTERN: so many lines like that.
heard() {
	[ "$(grep -c -e "$2" manager.out)" -eq "$1" ]
}

set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
NOTIFY_SOCKET=$work/manager
export NOTIFY_SOCKET
start_echod 3>&-
wait_until 30 heard 1 '^READY=1$'
heard 1 "^MAINPID=$echod_pid\$" || fail "MAINPID: $(cat manager.out)"
heard 1 '^STATUS=2 workers$' || fail "STATUS: $(cat manager.out)"
hold client 3 "127.0.0.1:$port"
wait_until 30 heard 1 '^STATUS=2 workers, 3 connections$'

reload
wait_until 30 heard 2 '^READY=1$'
heard 1 '^RELOADING=1$' || fail "RELOADING: $(cat manager.out)"
heard 1 '^MONOTONIC_USEC=[0-9]*$' || fail "no time with it: $(cat manager.out)"
[ "$(grep -A 1 '^RELOADING=1$' manager.out | tail -n 1 | cut -c 1-15)" = 'MONOTONIC_USEC=' ] || fail "not in one datagram"

set_conf 'wrokers 2'
kill -HUP "$echod_pid"
wait_until 30 heard 1 "^STATUS=reload refused: .*echod.conf:1: unknown directive 'wrokers'"
heard 2 '^RELOADING=1$' || fail "$(cat manager.out)"
heard 3 '^READY=1$' || fail "after a refused reload it is not ready: $(cat manager.out)"

kill -TERM "$echod_pid"
wait_until 30 heard 1 '^STOPPING=1$'
check_signal client TERM
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"
exec 3>&-

instance=lonely
NOTIFY_SOCKET=$work/nobody
set_conf 'workers 1' 'listen tcp:127.0.0.1:0'
start_echod
has_log 'warn: NOTIFY_SOCKET: connect: ' || fail "no word of it"
stop_echod
