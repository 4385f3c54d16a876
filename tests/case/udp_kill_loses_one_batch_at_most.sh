#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A worker that is killed takes at most the batch with it that it had in hand: what waits in the socket waits for its
# successor.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'udp-rate off' 'listen udp:127.0.0.1:0'
start_echod --hang-timeout=off

is_replaced() {
	[ "$(worker_pid "$1")" != "$2" ]
}

# A frozen worker has nothing in hand: nothing is lost.
worker=$(worker_pid 0)
freeze "$worker"
start_datagrams waiting -c 200 -n 1 -s 100-100 -t 60s "127.0.0.1:$port"
wait_until 60 check_says waiting '^sent'
kill -KILL "$worker"
good_check waiting
wait_until 60 is_replaced 0 "$worker"

# A datagram that has had no reply for so long is lost; a successor comes much sooner, but machines can be slow.
start_datagrams load -c 100 -d 300 -s 0-400 -t 8s "127.0.0.1:$port"
wait_until 60 check_says load '^running'
for number in 0 1 0 1; do
	worker=$(worker_pid $number)
	kill -KILL "$worker"
	wait_until 60 is_replaced $number "$worker"
done
check_signal load TERM
wait_check load
[ "$(check_field load sent)" -gt 500 ] || fail "hardly any load: $(tail -n 1 load.out)"
[ "$(check_field load lost)" -le 256 ] || fail "more than four batches: $(tail -n 1 load.out)"
[ "$(check_field load wrong)" -eq 0 ] || fail "wrong bytes: $(tail -n 1 load.out)"
stop_echod
