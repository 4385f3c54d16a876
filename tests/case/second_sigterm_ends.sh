#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A second SIGTERM (or SIGINT) ends the connections that are left, with FIN and not with a reset, and echod at once.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

for signal in TERM INT; do
	start_echod -w 2 -l tcp:127.0.0.1:0
	hold client 5 "127.0.0.1:$port"
	start_check busy -c 5 -s 100000m "127.0.0.1:$port"
	wait_until 30 totals_are active=10
	# Two that come together, as from timeout(1), which signals the process and its group, are one.
	freeze "$echod_pid"
	kill -TERM "$echod_pid"
	kill -INT "$echod_pid"
	kill -CONT "$echod_pid"
	wait_log 'stopping: draining'
	let_pass 20
	has_lines 0 'stopping at once' || fail "two signals at once were taken for two requests"
	is_alive "$(cat client.pid)" || fail "the clients were not waited for"
	kill "-$signal" "$echod_pid"
	clock
	begin=$now
	wait_exit "$echod_pid"
	clock
	[ "$status" -eq 0 ] || fail "exit status $status"
	# The first one alone would have waited for 25 s.
	[ $((now - begin)) -lt 1500 ] || fail "it took $((now - begin))/100 s"
	good_check client
	[ "$(check_field client let_go)" -eq 5 ] || fail "not every client was let go"
	# Those in the middle of something get less than they sent, but they get it, and FIN behind it.
	wait_check busy
	[ "$(check_field busy short)" -eq 5 ] || fail "busy clients: $(tail -n 1 busy.out)"
	has_lines 0 'killed' || fail "a worker had to be killed"
done

# Requests that keep coming, each less than 100 ms behind the one before, are not one request for ever.
asked_often() {
	kill -TERM "$echod_pid"
	has_log 'stopping at once'
}

start_echod -w 1 -l tcp:127.0.0.1:0
hold client 1 "127.0.0.1:$port"
mark_log
wait_until 10 asked_often
wait_exit "$echod_pid"
