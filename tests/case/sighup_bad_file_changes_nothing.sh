#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A reload of a bad file is refused with one line that says where and why, and changes nothing at all.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

good='workers 2'
set_conf "$good" 'listen tcp:127.0.0.1:0'
start_echod
hold client 5 "127.0.0.1:$port"
workers="$(worker_pid 0) $(worker_pid 1)"

# refused PATTERN: the reload.
refused() {
	mark_log
	kill -HUP "$echod_pid"
	wait_log 'reload refused'
	has_log "reload refused: $1" || fail "not the line that was expected: $1"
	has_lines 1 ' error: ' || fail "more than one line"
	stats
	[ "$(of_worker '[0-9]*' generation | sort -u)" = 1 ] || fail "another generation"
}

set_conf "$good" 'listen tcp:127.0.0.1:0' 'worker 2'
refused "$work/echod.conf:3: .*'worker'.*workers"
set_conf 'workers many' 'listen tcp:127.0.0.1:0'
refused "$work/echod.conf:1: .*many"
set_conf "$good" 'listen tcp:127.0.0.1:99999'
refused "$work/echod.conf:2: .*99999"
set_conf "$good" '' 'workers 3' 'daemon maybe'
refused "$work/echod.conf:3: .* more"
rm "$work/echod.conf"
refused "$work/echod.conf: .*No such file"
mkdir "$work/echod.conf"
refused "$work/echod.conf: .*directory"
rmdir "$work/echod.conf"

[ "$(worker_pid 0) $(worker_pid 1)" = "$workers" ] || fail "other workers"
wait_until 30 has_children 2 "$echod_pid"
run_check -c 10 -n 100 "127.0.0.1:$port"
check_signal client USR1
good_check client

# And a good file is taken as ever.
set_conf "$good" 'listen tcp:127.0.0.1:0'
reload
run_check -c 10 -n 100 "127.0.0.1:$port"
stop_echod
