#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Under load from many clients, the number of workers changes, reloads come one after the other, and an address comes and
# goes: no datagram is lost, and none is answered twice.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# configure WORKERS [LINE...]
configure() {
	workers=$1
	shift
	set_conf "workers $workers" 'udp-rate off' 'listen udp:127.0.0.1:0' "$@"
}

configure 1
start_echod
start_datagrams load -c 100 -d 300 -s 0-1400 -t 60s "127.0.0.1:$port"
load_pid=$check_pid
wait_until 30 check_says load '^running'

own_address 0
for workers in 4 2 4 1; do
	configure "$workers"
	reload
	kill -HUP "$echod_pid"
	configure "$workers" "listen udp:$address:0"
	reload
done
mark=1
wait_log "listening on udp $address:[0-9]* (1 worker)"
run_datagrams -c 20 -n 20 -t 60s "$(listening | tail -n 1)"
wait_until 60 has_children 1 "$echod_pid"

kill -TERM "$load_pid"
good_check load
[ "$(check_field load sent)" -gt 1000 ] || fail "hardly any load: $(tail -n 1 load.out)"
has_lines 0 'reload refused' || fail "a reload was refused"
stop_echod
