#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Datagrams that wait in the queue of an address that a reload takes away are answered before its socket is closed, and
# so are those that wait when echod is stopped.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
set_conf 'workers 1' 'udp-rate off' 'listen udp:127.0.0.1:0' "listen udp:$address:0"
start_echod --hang-timeout=off
stays=$(listening | sed -n 1p)
goes=$(listening | sed -n 2p)

# More than one batch waits for a worker that does nothing.
worker=$(worker_pid 0)
freeze "$worker"
start_datagrams reloaded -c 100 -n 1 -s 100-100 -t 60s "$goes"
wait_until 60 check_says reloaded '^sent'
set_conf 'workers 1' 'udp-rate off' 'listen udp:127.0.0.1:0'
reload
has_log "no longer listening on udp $goes" || fail "the address stays"
kill -CONT "$worker"
good_check reloaded
wait_until 60 has_children 1 "$echod_pid"
start_datagrams gone -n 1 "$goes"
wait_check gone
[ "$(check_field gone refused)" -eq 1 ] || fail "somebody has the socket still"

worker=$(worker_pid 0)
freeze "$worker"
start_datagrams stopped -c 100 -n 1 -s 100-100 -t 60s "$stays"
wait_until 60 check_says stopped '^sent'
kill -TERM "$echod_pid"
wait_log 'stopping'
kill -CONT "$worker"
good_check stopped
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "echod ended with status $status"
