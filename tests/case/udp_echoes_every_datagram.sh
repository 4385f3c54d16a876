#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Datagrams of 0 to 65507 bytes come back as they were and once, over IPv4 and IPv6, whatever the number of clients; the
# statistics say so. A listener with service=discard answers none.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'udp-rate off' 'listen udp:127.0.0.1:0' 'listen udp:127.0.0.2:0 service=discard'
start_echod
port=$(listening | sed -n '1s/.*://p')
discard=$(listening | sed -n '2s/.*://p')
has_log "listening on udp 127.0.0.1:$port (2 workers)" || fail "the line is not what it should be"

sent=0
for arguments in '-c 1 -n 20 -s 0-0' '-c 1 -n 20 -s 65507-65507' '-c 100 -n 50 -s 0-400' '-c 50 -n 50 -s 0-1400' '-c 2 -n 100 -s 0-65507'; do
	# shellcheck disable=SC2086 # several words
	run_datagrams $arguments -t 30s "127.0.0.1:$port"
	sent=$((sent + $(check_field check sent)))
done
[ "$sent" -eq 7740 ] || fail "the client has sent $sent"

is_counted() {
	stats
	grep -q "stats datagrams in=$1 out=$2\$" "$work/stats"
}
wait_until 30 is_counted "$sent" "$sent"
[ "$(total bytes_in)" -eq "$(total bytes_out)" ] || fail "other bytes: $(cat stats)"
! grep -q 'stats reasons' stats || fail "not answered: $(cat stats)"
for worker in 0 1; do
	[ "$(of_worker $worker bytes_out)" -gt 0 ] || fail "worker $worker has done nothing"
done

start_datagrams discard -c 1 -n 3 -s 10-10 -t 100ms "127.0.0.2:$discard"
wait_check discard
[ "$(check_field discard received)" -eq 0 ] || fail "discard has answered"
wait_until 30 is_counted $((sent + 3)) "$sent"
stop_echod

if [ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6; then
	start_echod -w 2 -l 'udp:[::1]:0' --udp-rate=off
	run_datagrams -c 50 -n 50 -t 30s "[::1]:$port"
	run_datagrams -c 1 -n 5 -s 65527-65527 -t 30s "[::1]:$port"
	stop_echod
fi
