#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every option that goes with a transport works with it, -n is exact, --ping has a line for each message, and of several
# addresses the one is used where somebody is.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# load SERVER ARGUMENT...: 300 messages, all of which come back.
load() {
	bench 0 -n 300 "$@"
	is messages 300 failed 0 lost 0 unsent 0 duplicated 0 reordered 0 too_late 0 warm_up_messages 0
}

# What goes with all of them. A long time-out: machines can be busy.
load_all() {
	load "$@"
	load -c 7 -t 2 -P 4 "$@"
	load -c 3 -s 1-3000 -P 3 "$@"
	load -c 3 --churn "$@"
	load -c 2 -P 8 -R 2000 "$@"
	load -c 2 --churn -R 1000 "$@"
	load -c 2 --connect-rate=1000 --no-verify "$@"
	bench 0 -c 2 -w 100ms -d 100ms "$@"
	[ "$(value warm_up_messages)" -gt 0 ] || fail "no warm-up: $*"
	[ "$(value messages)" -gt 0 ] || fail "nothing measured: $*"
}

# pings SERVER ARGUMENT...: three lines, and a summary.
pings() {
	_server=$1
	shift
	"$ECHOBENCH" --ping -n 3 -i 20ms "$@" "$_server" >ping.out 2>ping.err || fail "--ping $*: $(cat ping.out)"
	[ "$(grep -c "^[0-9]* bytes from $_server: seq=[123] time=[0-9.]* ms$" ping.out)" -eq 3 ] || fail "--ping $*: $(cat ping.out)"
	grep -q '^3 messages sent, 3 received, 0 lost$' ping.out || fail "--ping $*: $(cat ping.out)"
}

# pings_datagrams SERVER: the sizes that only they have.
pings_datagrams() {
	pings "$1" --timeout=30s
	pings "$1" --timeout=30s -s 0
	pings "$1" --timeout=30s -s 65507
}

# tells STATUS PATTERN COMMAND...: it has to end with that status, and say so.
tells() {
	_expected=$1
	_pattern=$2
	shift 2
	status=0
	"$@" >told.out 2>&1 || status=$?
	[ "$status" -eq "$_expected" ] || fail "status $status instead of $_expected: $*"
	grep -q -e "$_pattern" told.out || fail "not told '$_pattern': $*"
}

# knows_several COMMAND...: where the name `several` has these addresses.
printf '%s several\n' 127.0.0.2 ::1 127.0.0.1 127.0.0.3 >hosts
knows_several() {
	# shellcheck disable=SC2016 # for the inner shell
	unshare -rm sh -c 'mount --bind "$0" /etc/hosts && exec "$@"' "$work/hosts" "$@"
}

# finds_it SCHEME: at 127.0.0.1 alone, and within the family that is wanted.
finds_it() {
	tells 0 "^${1}127\.0\.0\.1:$port: " "$ECHOBENCH" -q -4 -n 10 --timeout=30s "${1}127.0.0.1:$port"
	tells 3 "'127\.0\.0\.1' has no IPv6 address" "$ECHOBENCH" -q -6 -n 10 --timeout=30s "${1}127.0.0.1:$port"
	tells 3 "'::1' has no IPv4 address" "$ECHOBENCH" -q -4 -n 10 --timeout=30s "${1}[::1]:$port"
	if ! knows_several true 2>/dev/null; then
		echo "no mount namespace: several addresses were not tried"
		return
	fi
	tells 0 "^${1}127\.0\.0\.1:$port: " knows_several "$ECHOBENCH" -q -n 10 --timeout=30s "${1}several:$port"
	tells 0 "^${1}127\.0\.0\.1:$port: " knows_several "$ECHOBENCH" -q -4 -n 10 --timeout=30s "${1}several:$port"
	tells 3 "no connection to ${1}\[::1\]:$port" knows_several "$ECHOBENCH" -q -6 -n 10 --timeout=30s "${1}several:$port"
}

start_bad
load_all "127.0.0.1:$port"
is transport tcp
finds_it ""
load_all "tcp:127.0.0.1:$port"
pings "127.0.0.1:$port"

start_bad --frame
pings "127.0.0.1:$port" --frame -s 0-100

start_bad --unix="$work/socket"
load_all "unix:$work/socket"
is transport unix
load -c 3 --half-close "unix:$work/socket"
pings "unix:$work/socket"
bench 3 "unix:$work/nobody"
start_bad --unix="@$work"
load_all "unix:@$work"
pings "unix:@$work"

start_lossy
load_all --timeout=30s "udp:127.0.0.1:$port"
is transport udp
finds_it udp:
load --timeout=30s -s 0 "udp:127.0.0.1:$port"
load --timeout=30s -s 0-20 -P 5 "udp:127.0.0.1:$port"
load --timeout=30s -s 65507 "udp:127.0.0.1:$port"
load --timeout=30s -c 3 -s 0-65507 --churn --source-range=3 "udp:127.0.0.1:$port"
pings_datagrams "udp:127.0.0.1:$port"

start_lossy --unix="$work/datagrams"
load_all --timeout=30s "unixgram:$work/datagrams"
is transport unixgram
load --timeout=30s -s 65507 -P 4 "unixgram:$work/datagrams"
# Far more than the server's queue holds.
bench 0 --timeout=30s -n 3000 -P 2000 "unixgram:$work/datagrams"
is messages 3000 lost 0
pings_datagrams "unixgram:$work/datagrams"
start_lossy --unix="@$work"
load_all --timeout=30s "unixgram:@$work"

# What ping has to say of what does not come.
start_lossy --drop=2
status=0
"$ECHOBENCH" --ping -n 2 -i 20ms --timeout=500ms "udp:127.0.0.1:$port" >ping.out 2>ping.err || status=$?
[ "$status" -eq 1 ] || fail "--ping ended with $status"
grep -q "^from udp:127.0.0.1:$port: seq=2 timeout$" ping.out || fail "--ping: no time-out"
grep -q '^2 messages sent, 1 received, 1 lost$' ping.out || fail "--ping: the summary"
start_lossy --duplicate=1
"$ECHOBENCH" --ping -n 2 -i 20ms --timeout=30s "udp:127.0.0.1:$port" >ping.out 2>ping.err
grep -q '^2 messages sent, 2 received, 0 lost, 1 late or twice$' ping.out || fail "--ping: $(cat ping.out)"
start_lossy --corrupt=2:30
"$ECHOBENCH" --ping -n 2 -i 20ms --timeout=30s "udp:127.0.0.1:$port" >ping.out 2>ping.err && fail "--ping saw nothing"
grep -q "^from udp:127.0.0.1:$port: seq=2 wrong: other bytes came back$" ping.out || fail "--ping: $(cat ping.out)"
end_bad
status=0
"$ECHOBENCH" --ping -n 2 -i 20ms "udp:127.0.0.1:$port" >ping.out 2>ping.err || status=$?
[ "$status" -eq 3 ] || fail "--ping without a server: status $status"
