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
# All of it fits into one receive buffer (net.core.rmem_default), whoever is late.
start_datagrams load -c 100 -d 300 -s 0-400 -t 60s "127.0.0.1:$port"
load_pid=$check_pid
wait_until 30 check_says load '^running'

# With the port of the first: any other could be a client's, who would then get no answer.
own_address 0
for workers in 4 2 4 1; do
	configure "$workers"
	reload
	# Until the last worker of before has closed it, the address cannot be claimed again.
	wait_until 60 has_children "$workers" "$echod_pid"
	kill -HUP "$echod_pid"
	configure "$workers" "listen udp:$address:$port"
	reload
done
mark=1
wait_log "listening on udp $address:$port (1 worker)"
run_datagrams -c 20 -n 20 -t 60s "$address:$port"
wait_until 60 has_children 1 "$echod_pid"

kill -TERM "$load_pid"
good_check load
[ "$(check_field load sent)" -gt 1000 ] || fail "hardly any load: $(tail -n 1 load.out)"
has_lines 0 'reload refused' || fail "a reload was refused"
stop_echod
