#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A flood of datagrams that claim to come from ports below 1024, where other servers answer, gets no answer at all. The
# counters of the kernel say so, in a network where nobody else sends; each datagram is counted with its reason, apart from
# those that the kernel itself drops because the queue is full.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_network
flood=$(in_soak 500000 25000) # for each of two listeners
rate=50000

start_echod -w 2 -l udp:127.0.0.1:0 -l 'udp:*:0'
plain=127.0.0.1:$(listening | sed -n '1s/.*://p')
every=127.0.0.1:$(listening | sed -n '2s/.*://p')

result=0
"$FORGE" 127.0.0.9:7 "$plain" || result=$?
[ "$result" -ne 3 ] || skip "no right to make raw packets"

clock
begin=$now
for to in "$plain" "$every"; do
	"$FORGE" -n "$flood" -r "$rate" 127.0.0.9:0-1023 "$to" &
	started="$started $!"
done
for pid in $started; do
	[ "$pid" = "$echod_pid" ] || { wait_exit "$pid" && [ "$status" -eq 0 ]; } || fail "nothing was forged"
done
clock
sent=$((1 + 2 * flood))

# Every 1024th comes from port 0.
is_counted() {
	stats
	overflowed=$(kernel_counter Udp RcvbufErrors)
	[ $(($(reason reserved-port) + $(reason port-zero) + overflowed)) -eq "$sent" ]
}
wait_until 30 is_counted
echo "$sent datagrams in $((now - begin))/100 s: reserved-port=$(reason reserved-port) port-zero=$(reason port-zero)" \
	"queue-full=$overflowed answers=$(kernel_counter Udp OutDatagrams)"
[ "$(reason port-zero)" -gt 0 ] || fail "none from port 0"
[ "$overflowed" -lt $((sent / 2)) ] || fail "hardly any has come to echod"

# What has left: no datagram, nor an error message; and what would have come back to 127.0.0.9 finds no port.
for counter in 'Udp OutDatagrams' 'Udp NoPorts' 'Icmp OutMsgs'; do
	# shellcheck disable=SC2086 # two words
	[ "$(kernel_counter $counter)" -eq 0 ] || fail "$counter is $(kernel_counter $counter)"
done
[ "$(sed -n 's/.*stats datagrams .*out=//p' stats)" -eq 0 ] || fail "echod has answered"

# Who comes from another port is answered as ever, also right after.
run_datagrams -c 20 -n 5 -t 30s "$plain"
[ "$(kernel_counter Udp OutDatagrams)" -eq 200 ] || fail "this network does not count"
stop_echod
