#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# After SIGQUIT clients are served until they end, however long after the drain timeout; SIGTERM can still hasten it.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0 --drain-timeout=100ms
hold client 5 "127.0.0.1:$port"
kill -QUIT "$echod_pid"
wait_log 'stopping: draining 2 workers without a time limit'
wait_until 60 is_refused "127.0.0.1:$port"
let_pass 50 # five drain timeouts; a client that was let go would show below
check_signal client USR1
good_check client
[ "$(check_field client let_go)" -eq 0 ] || fail "clients were let go"
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"

start_echod -w 2 -l tcp:127.0.0.1:0 --drain-timeout=100ms
hold client 5 "127.0.0.1:$port"
kill -QUIT "$echod_pid"
wait_log 'without a time limit'
kill -TERM "$echod_pid"
good_check client
[ "$(check_field client let_go)" -eq 5 ] || fail "not every client was let go"
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"
has_lines 0 'killed' || fail "a worker had to be killed"
