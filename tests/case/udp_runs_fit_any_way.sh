#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Replies that the kernel could take in one go, but for the way to the client, whose packets are too small for them: they
# are sent one by one, and none is lost. Over IPv4 and IPv6, each on a socket of its own and on one for all addresses.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# A network of our own, which ends with us: it can be made narrow.
if [ "${1-}" != inside ]; then
	unshare -rn true 2>/dev/null || skip "no network namespaces"
	ip -V >/dev/null 2>&1 || skip "no ip(8)"
	unshare -rn sh "$top_srcdir/tests/case/udp_runs_fit_any_way.sh" inside
	exit
fi

ip link set lo up mtu 1280

# bursts HOST...: not all of a size in one queue, which holds about 90 of the longest; echobench looks at every byte.
bursts() {
	sent=0
	for host; do
		for size in 64 1200 1300 1400; do
			bench 0 -c 4 -P 16 -s $size -n 2000 "udp:$host:$port"
			sent=$((sent + 2000))
		done
	done
	stats
	grep -q "stats datagrams in=$sent out=$sent\$" stats || fail "not all answered: $(cat stats)"
	! grep -q 'stats reasons' stats || fail "not answered: $(cat stats)"
}

start_echod -w 1 -l udp:127.0.0.1:0 --udp-rate=off
bursts 127.0.0.1
stop_echod

if [ -r /proc/net/if_inet6 ]; then
	start_echod -w 1 -l 'udp:[::1]:0' --udp-rate=off
	bursts '[::1]'
	stop_echod
	start_echod -w 1 -l 'udp:*:0' --udp-rate=off
	bursts 127.0.0.1 127.0.0.2 '[::1]'
	stop_echod
fi
