#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# After SIGTERM new clients are refused, those who are connected or wait in a queue are served until they end, and echod
# then leaves with status 0.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod --hang-timeout=off -w 2 -l tcp:127.0.0.1:0
hold idle 5 "127.0.0.1:$port"
start_check busy -c 5 -m 100000 -k 5ms "127.0.0.1:$port"
wait_until 60 totals_are active=10
workers="$(worker_pid 0) $(worker_pid 1)"

# Only the supervisor is to be told: Ctrl-C and pkill reach the workers as well, which must not cut connections.
for worker in $workers; do
	for signal in HUP INT TERM QUIT USR1; do
		kill "-$signal" "$worker"
	done
done

# Many connections, more than one turn accepts, wait for frozen workers.
waiting_connections() {
	queued=0
	"$HELD" -l "$echod_pid" >queues
	while read -r _ _ length; do
		queued=$((queued + length))
	done <queues
	[ "$queued" -eq 400 ]
}

for worker in $workers; do
	freeze "$worker"
done
start_check waiting -c 400 -s 1k -t 60s "127.0.0.1:$port"
wait_until 60 waiting_connections
kill -TERM "$echod_pid"
wait_log 'stopping: draining 2 workers, at most 25s'
for worker in $workers; do
	kill -CONT "$worker"
done
good_check waiting
wait_until 60 is_refused "127.0.0.1:$port"

# Both kinds of clients go on until they want to end.
check_signal idle USR1
good_check idle
check_signal busy TERM
good_check busy
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "exit status $status"
has_log 'stats total .* accepted=410 ' || fail "the last totals are missing or wrong"
has_log ' stopped$' || fail "no last word"
has_lines 0 'killed' || fail "a worker had to be killed"
