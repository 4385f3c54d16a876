#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Servers that others wrote get the same marks: socat for all transports, and the echo service of xinetd.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"
PATH=$PATH:/usr/sbin:/sbin

has() {
	command -v "$1" >/dev/null
}

# launch COMMAND...: its output is $work/other.err.
launch() {
	: >"$work/other.err"
	"$@" </dev/null >"$work/other.err" 2>&1 &
	other_pid=$!
	started="$started $other_pid"
}

says() {
	grep -q "$1" "$work/other.err"
}

# end_other: socat leaves a process for each client, which ends when it is told to.
end_other() {
	# shellcheck disable=SC2046 # several words
	kill -TERM "$other_pid" $(children "$other_pid") 2>/dev/null || :
	wait_exit "$other_pid"
}

# start_socat ADDRESS: sets port, if there is one.
start_socat() {
	launch socat -d -d "$1,fork" PIPE
	wait_until 60 says ' \(listening\|receiving\) on '
	port=$(sed -n 's/.* on .*:\([0-9]*\)$/\1/p' "$work/other.err")
}

# good ARGUMENT...: everything comes back.
good() {
	bench 0 --timeout=30s "$@"
	is lost 0 failed 0 duplicated 0
}

try_socat() {
	start_socat TCP-LISTEN:0,bind=127.0.0.1
	good -n 100 -c 3 -P 4 "127.0.0.1:$port"
	end_other
	start_socat "UNIX-LISTEN:$work/stream"
	good -n 100 -c 3 -P 4 "unix:$work/stream"
	end_other
	# One client with one message: socat takes datagrams that come together for one.
	start_socat UDP-LISTEN:0,bind=127.0.0.1
	good -n 100 -s 1-1000 "udp:127.0.0.1:$port"
	end_other
	start_socat "UNIX-RECVFROM:$work/datagrams"
	good -n 10 -s 1-1000 "unixgram:$work/datagrams"
	end_other
}

has_started_or_gone() {
	grep -q 'Started working: ' "$work/xinetd.log" 2>/dev/null || is_gone "$other_pid"
}

# write_service SOCKET PROTOCOL WAIT
write_service() {
	printf '%s\n' 'service echo' '{' 'type = INTERNAL UNLISTED' "id = echo-$1" "socket_type = $1" \
		"protocol = $2" "wait = $3" "user = $(id -un)" "port = $port" "bind = $address" '}'
}

# start_xinetd: false if it does not want to run here, or not on this port.
start_xinetd() {
	# It cannot choose a port; this one was free just now, on another address and for datagrams.
	start_server "$LOSSY"
	end_bad
	{
		printf '%s\n' defaults '{' '}'
		write_service dgram udp yes
		write_service stream tcp no
	} >xinetd.conf
	rm -f xinetd.log
	launch xinetd -dontfork -f "$work/xinetd.conf" -pidfile "$work/xinetd.pid" -filelog "$work/xinetd.log"
	wait_until 60 has_started_or_gone
	if grep -q 'Started working: 2 available services' xinetd.log; then
		return 0
	fi
	end_other
	return 1
}

try_xinetd() {
	own_address 0
	start_xinetd || start_xinetd || start_xinetd || skip "xinetd does not start"
	good -n 100 -c 3 "$address:$port"
	# After each answer xinetd throws away a datagram that waits: they must not follow at once.
	good -R 20 -n 5 "udp:$address:$port"
	end_other
}

has socat || has xinetd || skip "neither socat nor xinetd is here"
! has socat || try_socat
! has xinetd || try_xinetd
