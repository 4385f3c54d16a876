#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A supervisor that stood still itself, or with the whole machine, does not take that for silence of its workers.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'hang-timeout 400ms'
start_echod -w 2 -l tcp:127.0.0.1:0
workers=$(children "$echod_pid")

# Everybody, for longer than it takes to abort a worker (2 s): the supervisor is the first to wake up.
freeze "$echod_pid"
for pid in $workers; do
	freeze "$pid"
done
let_pass 300
kill -CONT "$echod_pid"
stats # it is awake, and has looked
for pid in $workers; do
	kill -CONT "$pid"
done

# The supervisor alone.
freeze "$echod_pid"
let_pass 300
kill -CONT "$echod_pid"
stats
run_check -c 20 -n 100 "127.0.0.1:$port"

if has_log 'aborted\|killed'; then
	fail "a worker was blamed"
fi
[ "$(children "$echod_pid" | tr '\n' ' ')" = "$(echo "$workers" | tr '\n' ' ')" ] || fail "other workers"
stop_echod
