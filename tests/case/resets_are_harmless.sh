#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Clients that reset their connections, at any place, cost nobody else anything and leave nothing behind.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0
workers="$(worker_pid 0) $(worker_pid 1)"
mark_log
hold idle 5 "127.0.0.1:$port"
start_check storm -R -c 50 -n 5000 -s 0-100k -w 1-64k "127.0.0.1:$port"
run_check -c 10 -n 500 -s 1-50k -f "127.0.0.1:$port"
good_check storm
# The same in the middle of a stream: what was on its way to one client must not come to another.
start_check streams -R -c 20 -n 400 -s 0-4m "127.0.0.1:$port"
run_check -c 10 -n 100 -s 1m-4m -f "127.0.0.1:$port"
good_check streams

# Those who are reset with much that waits for them.
start_check flood -N -c 20 -s 64m "127.0.0.1:$port"
wait_until 60 check_says flood '^settled 20 '
check_signal flood KILL
wait_check flood

# And those who only come and go.
run_check -C -c 50 -n 2000 "127.0.0.1:$port"
check_signal idle USR1
good_check idle
wait_until 60 totals_are active=0 accepted=8025 restarts=0
[ "$(worker_pid 0) $(worker_pid 1)" = "$workers" ] || fail "other workers"
[ "$(tail -n "+$mark" "$log" | grep -c -v 'stats ')" -eq 0 ] || fail "the log is talkative"
stop_echod
