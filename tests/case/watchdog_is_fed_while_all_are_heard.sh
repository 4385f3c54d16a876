#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A service manager with a watchdog ($WATCHDOG_USEC) hears WATCHDOG=1 at half of its time, but not while a worker hangs; as
# soon as that is heard again, or replaced, it does. What is meant for another process is not answered.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_manager

signs() {
	grep -c '^WATCHDOG=1$' manager.out || :
}

more_signs() {
	[ "$(signs)" -gt "$1" ]
}

# It hangs after 2 s, and is killed only 10 s later.
set_conf 'workers 2' 'listen tcp:127.0.0.1:0' 'hang-timeout 2s'
export NOTIFY_SOCKET="$work/manager" WATCHDOG_USEC=200000
start_echod 3>&-
wait_until 30 more_signs 10
clock
began=$now
before=$(signs)
wait_until 30 more_signs $((before + 20))
clock
# 20 times 0.1 s; a busy machine may make it more, but nothing makes it much less.
[ $((now - began)) -ge 150 ] || fail "20 signs within $((now - began))/100 s"

victim=$(worker_pid 1)
freeze "$victim"
wait_log "worker 1 (pid $victim) hangs"
let_pass 20 # the manager may have yet to print the last one
before=$(signs)
let_pass 100
[ "$(signs)" -eq "$before" ] || fail "$(($(signs) - before)) signs of life while a worker hangs"
run_check "127.0.0.1:$port"
kill -CONT "$victim"
wait_log "worker 1 (pid $victim) is heard again"
wait_until 30 more_signs $((before + 5))
stop_echod

for pid in 1 nonsense; do
	: >manager.out
	export WATCHDOG_PID=$pid
	instance=other
	start_echod 3>&-
	let_pass 50
	grep -q '^READY=1$' manager.out || fail "nothing was heard at all"
	[ "$(signs)" -eq 0 ] || fail "signs of life for process $pid"
	stop_echod
done
exec 3>&-
