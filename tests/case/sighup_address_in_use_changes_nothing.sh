#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A reload to an address that somebody else has is refused; what else was new is taken back, and all goes on as before.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 1
free=$address
own_address 0
instance=other
start_echod -l "tcp:$address:0" -w 1
other_pid=$echod_pid
other_port=$port

instance=echod
set_conf 'workers 2' 'listen tcp:127.0.0.1:0'
start_echod
hold client 5 "127.0.0.1:$port"
workers="$(worker_pid 0) $(worker_pid 1)"
sockets=$(descriptors "$echod_pid")

# More sockets for the address that there is, a new address, and one that is taken.
set_conf 'workers 8' 'listen tcp:127.0.0.1:0' "listen tcp:$free:0" "listen tcp:$address:$other_port"
mark_log
kill -HUP "$echod_pid"
wait_log "reload refused: .*$address:$other_port: Address already in use"
[ "$(descriptors "$echod_pid")" -eq "$sockets" ] || fail "new sockets were left open"
has_lines 0 'listening' || fail "an address was announced"
[ "$(worker_pid 0) $(worker_pid 1)" = "$workers" ] || fail "other workers"

check_signal client USR1
good_check client
run_check -c 10 -n 100 "127.0.0.1:$port"
run_check -c 10 -n 100 "$address:$other_port"
stop_echod
use_echod other "$other_pid"
wait_until 30 totals_are accepted=100
stop_echod
