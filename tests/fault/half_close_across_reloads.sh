#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Sessions of random sizes that end their side when they have sent all, over TCP (IPv4 and IPv6) and UNIX sockets, of plain
# echo and of frames, with clients that read at once, late or slowly, while one reload follows the other: each gets all its
# bytes and then FIN, none a reset; the kernel, which counts those, agrees.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_network # so the ports are free
share=$(in_soak 1000 20) # sessions: a hundredth of all
pause=$(in_soak 50 10)   # 1/100 s from one reload to the next
seed=$(in_soak "$$" 1)
v6='[::1]'
[ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6 || v6=127.0.0.6

set_conf 'workers 3' 'drain-timeout 10m' 'max-frame 4m' \
	'listen tcp:127.0.0.1:7001' "listen tcp:$v6:7001" "listen unix:$work/plain" \
	'listen tcp:127.0.0.1:7002 service=frame' "listen tcp:$v6:7002 service=frame" \
	"listen unix:$work/frames service=frame"
start_echod
plain4=127.0.0.1:7001
plain6=$v6:7001
frame4=127.0.0.1:7002
frame6=$v6:7002

clients=
sessions=0
# some SHARES ARGUMENT...: so many hundredths of all sessions.
some() {
	_number=$(($1 * share))
	shift
	seed=$((seed + 1))
	sessions=$((sessions + _number))
	clients="$clients c$seed"
	start_check "c$seed" -f -S "$seed" -n "$_number" -t 60s "$@"
}

some 15 -c 10 -s 0-20k "$plain4"
some 15 -c 10 -s 0-20k "$plain6"
some 15 -c 10 -s 0-20k "unix:$work/plain"
some 10 -c 10 -s 0-20k -M 3000 "$frame4"
some 10 -c 10 -s 0-20k -M 100 "$frame6"
some 10 -c 10 -s 0-20k -M 20k "unix:$work/frames"
some 4 -c 10 -s 0-2k -m 5 -w 1-300 "$plain4"
some 1 -c 20 -s 0-2k -L 1s -k 20ms "$frame4" -M 500
some 4 -c 20 -s 0-100k -l 300ms "$plain4"
some 3 -c 20 -s 0-100k -l 300ms "$plain6"
some 3 -c 20 -s 0-100k -l 300ms "unix:$work/plain"
some 3 -c 20 -s 0-100k -l 300ms -M 20k "$frame4"
some 2 -c 20 -s 0-100k -l 300ms -M 20k "unix:$work/frames"
some 1 -c 4 -s 0-4m "$plain4" # as bulk, by splice
some 1 -c 4 -s 0-4m -l 200ms -b "$plain6"
some 1 -c 4 -s 0-4m "unix:$work/plain"
some 1 -c 10 -s 0-1m -r 2m -b "$plain4"
some 1 -c 4 -s 0-4m -M 4m "$frame6"

all_ended() {
	for _client in $clients; do
		is_gone "$(cat "$_client.pid")" || return 1
	done
}

# A reload each time, until the last of them has its FIN.
reloads=0
until all_ended; do
	let_pass "$pause"
	reload
	reloads=$((reloads + 1))
done
bytes=0
for client in $clients; do
	good_check "$client"
	bytes=$((bytes + $(check_field "$client" bytes_received) / 1024))
done
[ "$reloads" -ge 2 ] || fail "hardly any reload"
mark=1
has_lines 0 'reload refused' || fail "a reload was refused"
wait_until 60 has_children 3 "$echod_pid"
wait_until 30 totals_are active=0 "accepted=$sessions" refused=0 restarts=0
# A connection that ended by RST, or one that a process has closed in a way that makes one. (The kernel answers by RST what
# it sends again by mistake, when it is busy, and what finds no connection any more: that harms nobody.)
for counter in 'Tcp EstabResets' 'TcpExt TCPAbortOnClose' 'TcpExt TCPAbortOnData'; do
	# shellcheck disable=SC2086 # two words
	[ "$(kernel_counter $counter)" -eq 0 ] || fail "$counter is $(kernel_counter $counter)"
done
echo "$sessions sessions, $((bytes / 1024)) MiB, $reloads reloads: none failed, none was reset"
stop_echod
