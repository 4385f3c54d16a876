#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# When the supervisor is killed its workers are gone within 100 ms, also those that cannot hear, and the port is free.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
start_echod -w 4 -l "tcp:$address:0"
hold client 8 "$address:$port"
workers="$(worker_pid 0) $(worker_pid 1) $(worker_pid 2) $(worker_pid 3)"
freeze "$(worker_pid 3)"

are_gone() {
	for worker in $workers; do
		is_gone "$worker" || return 1
	done
}

kill -KILL "$echod_pid"
wait_until 60 is_gone "$echod_pid"
clock
begin=$now
wait_until 60 are_gone
clock
# Much more than it should take, for machines that are slow and busy.
[ $((now - begin)) -le 300 ] || is_sanitized || fail "it took $((now - begin))/100 s"
wait_exit "$echod_pid"
wait_check client

start_echod -w 4 -l "tcp:$address:$port"
run_check -c 10 -n 100 "$address:$port"
stop_echod
