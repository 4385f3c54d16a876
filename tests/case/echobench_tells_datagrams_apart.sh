#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is lost, duplicated, reordered, too late or wrong among datagrams has a count each.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# clean_but NAME...: all other counts are 0.
clean_but() {
	for _name in lost duplicated reordered too_late dropped_here wrong refused reset timeout; do
		case " $* " in
		*" $_name "*) ;;
		*) is "$_name" 0 ;;
		esac
	done
}

# Four are lost; the fifth place is free all the time.
start_lossy --drop=25
bench 1 -n 100 -P 5 --timeout=2s "udp:127.0.0.1:$port"
is messages 96 sent 100 lost 4
clean_but lost

# The last one comes back after the second answer to the one before.
start_lossy --duplicate=10
bench 0 -n 101 "udp:127.0.0.1:$port"
is messages 101 sent 101 duplicated 10
clean_but duplicated

start_lossy --swap=10
bench 0 -n 101 -P 4 "udp:127.0.0.1:$port"
is messages 101 sent 101 reordered 10
clean_but reordered

# The server keeps the second until the fourth comes; by then it is lost.
start_lossy --delay=2:600000
bench 1 -n 4 --timeout=1s "udp:127.0.0.1:$port"
is messages 2 sent 4 lost 2 too_late 1
clean_but lost too_late

# The body: the datagram is known, and lost at once.
start_lossy --corrupt=10:20
bench 1 -n 100 "udp:127.0.0.1:$port"
is messages 90 sent 100 wrong 10 lost 10 connection 0 datagram 10 offset 20 shown_from 16
clean_but wrong lost
is_inverted
bench 0 -n 100 --no-verify "udp:127.0.0.1:$port"

# The number: it could be any.
start_lossy --corrupt=50:1
bench 1 -n 100 -P 4 --timeout=2s "udp:127.0.0.1:$port"
is messages 98 wrong 2 lost 2 datagram 0 offset 0
clean_but wrong lost

start_lossy --cut=10
bench 1 -n 100 "udp:127.0.0.1:$port"
is messages 90 wrong 10 lost 10 datagram 10 offset 63
bench 1 -n 100 --no-verify "udp:127.0.0.1:$port"
is messages 90 wrong 10 lost 10

start_lossy --stretch=10
bench 1 -n 100 "udp:127.0.0.1:$port"
is messages 90 wrong 10 lost 10 datagram 10 offset 64
bench 1 -n 100 -s 20-100 "udp:127.0.0.1:$port"
[ "$(value wrong)" -gt 0 ] || fail "what is too long is not seen"

# Without room for a number, order has to do.
start_lossy --drop=25
bench 1 -n 100 -P 5 -s 0 --timeout=2s "udp:127.0.0.1:$port"
is messages 96 sent 100 lost 4 bytes 0
clean_but lost
start_lossy --corrupt=10:2
bench 1 -n 100 -s 7 "udp:127.0.0.1:$port"
is messages 90 wrong 10 lost 10 offset 2

# In an open loop a loss is no reason to send later.
start_lossy --drop=25
bench 1 -R 200 -n 200 -P 64 --timeout=3s "udp:127.0.0.1:$port"
is messages 192 sent 200 lost 8 unsent 0

start_lossy --silent
bench 1 -c 2 -n 4 --timeout=200ms "udp:127.0.0.1:$port"
is messages 0 sent 4 lost 4 opened 2
clean_but lost
bench 1 -c 2 -n 4 --churn --timeout=200ms "udp:127.0.0.1:$port"
is messages 0 sent 4 lost 4 opened 4
status=0
"$ECHOBENCH" -q -n 1 --timeout=100ms "udp:127.0.0.1:$port" >table.out 2>&1 || status=$?
[ "$status" -eq 1 ] || fail "status $status"
grep -q '^datagrams  *sent=1 received=0 lost=1 duplicated=0 reordered=0 too_late=0$' table.out || fail "no counts"

# A server that goes away, and one that is not there.
start_lossy --until=5
bench 1 -n 8 "udp:127.0.0.1:$port"
is messages 5
[ "$(value refused)" -gt 0 ] || fail "ICMP is not noticed"
end_bad
# It gives up at once, and does not try ten times a second until the time is over.
bench 3 -c 3 -d 20s "udp:127.0.0.1:$port"
is messages 0
[ "$(value refused)" -le 30 ] || fail "it went on without a server"
grep -q '^echobench: no connection to udp:127.0.0.1:[0-9]*: Connection refused$' bench.err || fail "not told"

# UNIX sockets, in a folder and in none.
start_lossy --unix="$work/socket" --drop=25
bench 1 -n 100 -P 5 --timeout=2s "unixgram:$work/socket"
is messages 96 sent 100 lost 4
start_lossy --unix="@$work" --corrupt=10:20
bench 1 -n 100 "unixgram:@$work"
is messages 90 wrong 10 lost 10 datagram 10 offset 20
start_lossy --unix="@$work" --until=5
bench 1 -n 8 "unixgram:@$work"
is messages 5
[ "$(value refused)" -gt 0 ] || fail "a socket that is gone is not noticed"
end_bad
bench 3 -n 8 "unixgram:@$work"
