#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Under a storm of connections and with long-lived ones, a reload every 100 ms costs not a single connection.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'listen tcp:127.0.0.1:0' 'drain-timeout 10m'
start_echod
start_check storm -c 50 -d "${STORM_SECONDS}s" -s 1-4k -f -B 16 "127.0.0.1:$port"
storm_pid=$check_pid
start_check calls -c 50 -L "${STORM_SECONDS}s" -k 20ms -s 100-2k "127.0.0.1:$port"

while is_alive "$storm_pid"; do
	kill -HUP "$echod_pid"
	let_pass 10
done
good_check storm
good_check calls
has_log 'reload: generation 6 is serving' || fail "hardly any reload"
has_lines 0 'reload refused' || fail "a reload was refused"
has_lines 0 'killed' || fail "a worker had to be killed"

# The last reload may still be on its way; then those that were replaced have left by themselves.
wait_until 60 has_children 2 "$echod_pid"
accepted=$(($(check_field storm sessions) + $(check_field calls sessions)))
wait_until 30 totals_are active=0 accepted=$accepted restarts=0
stop_echod
