#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# On a host with 20 addresses of each family on one interface, of which the kernel would choose the first for what is not
# told otherwise, each reply leaves from the address that was asked. The clients are on another host, at the other end of a
# cable, both made for this; their sockets are connected and take no other reply.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_network
hosts=20
each=$(in_soak 2000 5) # datagrams of each client
clients=$(in_soak 3 2)  # for each address; all that is on its way fits into one queue

# The other host lasts as long as somebody is in it.
mkfifo stay
unshare -n sh -c 'echo here && read -r _ <stay' >there.out 2>&1 &
there=$!
started="$started $there"
is_there() {
	grep -q here there.out
}
wait_until 30 is_there
there() {
	nsenter -t "$there" -n "$@"
}

ip link add here0 type veth peer name there0 netns "$there" 2>/dev/null || skip "no pair of virtual interfaces"
ipv6=yes
sysctl=/proc/sys/net/ipv6/conf/here0/disable_ipv6
[ -r $sysctl ] && [ "$(cat $sysctl)" -eq 0 ] || ipv6=
number=1
while [ $number -le $hosts ]; do
	ip address add 10.77.0.$number/24 dev here0
	[ -z "$ipv6" ] || ip address add fd00:77::$number/64 dev here0 nodad
	number=$((number + 1))
done
there ip address add 10.77.0.100/24 dev there0
[ -z "$ipv6" ] || there ip address add fd00:77::100/64 dev there0 nodad
ip link set here0 up
there ip link set there0 up

# ask HOST...: the echod of now, all at the same time.
ask() {
	names=
	for host; do
		name=client$(echo "$host" | tr -c '0-9a-f\n' -)
		names="$names $name"
		: >"$name.out"
		nsenter -t "$there" -n "$DATAGRAMS" -c "$clients" -n "$each" -s 0-400 -t 10s "$host:$port" \
			>"$name.out" 2>"$name.err" &
		echo $! >"$name.pid"
		started="$started $!"
	done
	for name in $names; do
		good_check "$name"
		asked=$((asked + $(check_field "$name" received)))
	done
}

addresses() {
	number=1
	while [ $number -le $hosts ]; do
		echo "$1$number$2"
		number=$((number + 1))
	done
}

asked=0
ipv4=$(addresses 10.77.0. '')
# shellcheck disable=SC2046,SC2086 # words
for listen in 'udp:0.0.0.0:0' ${ipv6:+'udp:*:0' 'udp:[::]:0'}; do
	start_echod -w 2 -l "$listen" --udp-rate=off
	case $listen in
	udp:0*) ask $ipv4 ;;
	udp:\[*) ask $(addresses '[fd00:77::' ']') ;;
	*) ask $ipv4 $(addresses '[fd00:77::' ']') ;;
	esac
	stop_echod
done
echo "$asked datagrams to $hosts addresses of IPv4${ipv6:+ and $hosts of IPv6}: each was answered from there"
