#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# On a socket for every address, the reply leaves from the address that the datagram was sent to: the client's socket is
# connected, and takes no other. Over IPv4, IPv6, and both on one socket.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
one=$address
own_address 1
other=$address

# answers HOST...: the echod of now.
answers() {
	for host; do
		run_datagrams -c 20 -n 10 -t 30s "$host:$port"
	done
}

start_echod -w 2 -l udp:0.0.0.0:0 --udp-rate=off
answers 127.0.0.1 "$one" "$other"
stop_echod

if [ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6; then
	start_echod -w 2 -l 'udp:*:0' --udp-rate=off
	answers 127.0.0.1 "$one" "$other" '[::1]'
	stop_echod
	start_echod -w 2 -l 'udp:[::]:0' --udp-rate=off
	answers '[::1]'
	stop_echod
fi
