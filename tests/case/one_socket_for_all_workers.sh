#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With reuseport=off there is one socket, which every worker serves: over crashes, reloads and other numbers of workers
# nobody is refused.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
set_conf 'workers 3' "listen tcp:$address:0 reuseport=off"
start_echod --hang-timeout=off
for worker in 0 1 2; do
	[ "$("$HELD" -l "$(worker_pid $worker)" | wc -l)" -eq 1 ] || fail "worker $worker has not one socket"
done
[ "$("$HELD" -l "$echod_pid" | wc -l)" -eq 1 ] || fail "the supervisor has $("$HELD" -l "$echod_pid")"

# Each of them accepts: one that is stopped holds up nobody.
freeze "$(worker_pid 0)"
freeze "$(worker_pid 1)"
run_check -c 5 -n 50 "$address:$port"
kill -CONT "$(worker_pid 0)" "$(worker_pid 1)"
freeze "$(worker_pid 2)"
run_check -c 5 -n 50 "$address:$port"
kill -CONT "$(worker_pid 2)"

start_check storm -c 4 -n 100000000 -d 2s "$address:$port"
kill -KILL "$(worker_pid 1)"
for workers in 1 5 2; do
	set_conf "workers $workers" "listen tcp:$address:0 reuseport=off"
	reload
	[ "$("$HELD" -l "$echod_pid" | wc -l)" -eq 1 ] || fail "the supervisor has $("$HELD" -l "$echod_pid")"
done
wait_check storm
[ "$(check_field storm refused)" = 0 ] || fail "clients were refused: $(tail -n 1 storm.out)"

# It is not open to a second server, nor to other sockets of our own.
first=$echod_pid
instance=second
conf=/dev/null
refused_echod 1 'Address already in use' -w 1 -l "tcp:$address:$port reuseport=off"
refused_echod 1 'Address already in use' -w 1 -l "tcp:$address:$port"
use_echod echod "$first"
conf=$work/echod.conf
set_conf "listen tcp:$address:0 reuseport=off" "listen tcp:0.0.0.0:$port reuseport=off"
mark_log
kill -HUP "$echod_pid"
wait_log "reload refused: cannot listen on tcp 0.0.0.0:$port: Address already in use"
run_check -c 2 "$address:$port"
stop_echod

# Datagrams, too: no worker leaves one lying, and none is lost at a reload.
set_conf 'workers 3' 'udp-rate off' "listen udp:$address:0 reuseport=off"
start_echod
run_datagrams -c 20 -n 50 -s 1-1400 -t 30s "$address:$port"
start_datagrams storm -c 4 -n 3000 -s 1-1400 -t 30s "$address:$port"
for workers in 1 4 2; do
	set_conf "workers $workers" 'udp-rate off' "listen udp:$address:0 reuseport=off"
	reload
done
good_check storm
stop_echod
