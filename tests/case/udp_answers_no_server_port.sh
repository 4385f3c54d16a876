#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Ports where another server that answers may be get no answer, and the statistics say why: those on which echod itself
# listens, those of NFS, SSDP, mDNS and memcached, and, unless udp-reserved-ports is on, all below 1024.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
client=$address
set_conf 'workers 2' 'listen udp:127.0.0.1:0' 'listen udp:127.0.0.2:0 udp-reserved-ports=on'
start_echod
plain=$(listening | sed -n 1p)
open=$(listening | sed -n 2p)

# answers ADDRESS FROM-PORT [TIMEOUT]: whether it does; the client asks three times. Who expects an answer waits longer.
answers() {
	start_datagrams check -b "$client:$2" -c 1 -n 3 -t "${3-200ms}" "$1"
	wait_check check
	[ "$status" -ne 3 ] || return 3
	[ "$(check_field check sent)" -eq 3 ] || fail "the client has not sent"
	[ "$(check_field check received)" -eq 3 ] && return 0
	[ "$(check_field check received)" -eq 0 ] || fail "some were answered: $(cat check.out)"
	return 1
}

counted() {
	stats
	grep -q "stats reasons.* $1\$" stats || grep -q "stats reasons.* $1 " stats
}

answers "$plain" 0 30s || fail "an ordinary port is not answered"

for from in "${plain##*:}" "${open##*:}"; do
	if answers "$plain" "$from" || answers "$open" "$from"; then
		fail "its own port $from is answered"
	fi
done
wait_until 30 counted own-port=12

for from in 1900 2049 5353 11211; do
	! answers "$plain" "$from" || fail "port $from is answered"
done
wait_until 30 counted service-port=12

# Only who may have a port below 1024 can try.
from=$((512 + $$ % 500))
result=0
answers "$plain" "$from" || result=$?
[ "$result" -ne 0 ] || fail "port $from is answered"
if [ "$result" -eq 3 ]; then
	stop_echod
	skip "no right to have a port below 1024: the rest was not tried"
fi
wait_until 30 counted reserved-port=3
answers "$open" "$from" 30s || fail "port $from is not answered although it is to be"
stop_echod
