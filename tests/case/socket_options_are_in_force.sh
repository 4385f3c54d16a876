#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# What is set for a listener is in force in its sockets and in the connections that it accepts, as the kernel has it;
# what the kernel made of a number is in the log; a reload changes the sockets that are there.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0

# look STATE: the lines of the sockets of supervisor and workers in that state, in the file looked.
look() {
	: >sockets
	_result=0
	for _pid in $echod_pid $(children "$echod_pid"); do
		_status=0
		"$SOCKETS" "$_pid" >>sockets || _status=$?
		# A worker of the generation before may leave while we look.
		[ "$_status" -eq 0 ] || is_gone "$_pid" || _result=$_status
	done
	[ "$_result" -ne 77 ] || skip "other processes' sockets cannot be looked at here"
	[ "$_result" -eq 0 ] || fail "sockets ended with status $_result"
	grep "^$1 $address:" sockets >looked
}

# all_have STATE NAME=VALUE...: each socket in that state, and there are some.
all_have() {
	look "$1" || fail "there is no socket: $(cat sockets)"
	_state=$1
	shift
	for _pair; do
		if grep -v -q -e " $_pair\( \|\$\)" looked; then
			fail "not $_pair, but: $(grep -v -e " $_pair\( \|\$\)" looked)"
		fi
	done
}

# shown FLAGS PATTERN...: what ss(8), where there is one, shows of our sockets, some and each with all of that.
shown() {
	_flags=$1
	shift
	# shellcheck disable=SC2086 # several flags
	ss $_flags -nHOem --tos "src $source and sport = :$port" >diag 2>/dev/null || return 1
	[ -s diag ] || return 1
	for _pattern; do
		! grep -v -q -e "$_pattern" diag || return 1
	done
}

# witness FLAGS PATTERN...: the same has to be so soon: a connection's timer may be that of the last segment for a moment.
witness() {
	if [ -n "$has_ss" ]; then
		within 10 shown "$@" || fail "ss $* of $source port $port, but: $(cat diag)"
	fi
}

# It asks the kernel in a way that may not be there (sock_diag(7)), and then it knows little.
has_ss=
source=$address
start_echod -w 1 -l "tcp:$address:0"
if shown -tl 'tos:.*skmem:('; then
	has_ss=yes
fi
stop_echod

# What is built in.
start_echod -w 2 -l "tcp:$address:0"
hold quiet 4 "$address:$port"
all_have listen keepalive=1 nodelay=1 reuseport=1 oobinline=1 linger=0 usertimeout=0 mark=0 tos=0 fastopen=0 \
	"backlog=$(cat /proc/sys/net/core/somaxconn)"
all_have connected keepalive=1 nodelay=1 oobinline=1 linger=0 usertimeout=0 mark=0 tos=0
look listen
[ "$(wc -l <looked)" -ge 4 ] || fail "not two slots in supervisor and worker: $(cat looked)"
check_signal quiet TERM
good_check quiet
stop_echod

# Everything, and it is inherited.
settings='keepalive=31:7:3 nodelay=off linger=9 rcvbuf=32k sndbuf=48k ttl=17 tos=16 user-timeout=12345ms backlog=77'
common='keepalive=1 keepidle=31 keepintvl=7 keepcnt=3 nodelay=0 linger2=9 rcvbuf=65536 sndbuf=98304 ttl=17 tos=16
	usertimeout=12345 linger=0'
set_conf 'log-level info' "listen tcp:$address:0 $settings fastopen=33"
start_echod -w 2
# shellcheck disable=SC2086 # a list
all_have listen $common backlog=77 fastopen=33
hold some 4 "$address:$port"
# shellcheck disable=SC2086
all_have connected $common
witness -tl 'LISTEN  *0  *77 ' 'tos:0x10 ' 'skmem:(r[0-9]*,rb65536,t[0-9]*,tb98304,'
witness '-to state established' 'timer:(keepalive,[0-9.]*m\{0,1\}s' 'tos:0x10 ' 'skmem:(r[0-9]*,rb65536,t[0-9]*,tb98304,'
has_log "rcvbuf of tcp $address:$port: 32768 asked for, 65536 in force" || fail "no word of the other size"
bits=$(cat /proc/sys/net/ipv4/tcp_fastopen)
if [ $((bits & 2)) -eq 0 ]; then
	has_log "warn: fastopen of tcp $address:$port has no effect" || fail "no word of fastopen"
fi
! has_log 'ttl of tcp' || fail "a word about what is as it was asked for"

# A reload that is refused changes nothing; one that is not changes the sockets that are there, not the connections.
set_conf 'log-level info' "listen tcp:$address:0 ttl=18 tos=8 user-timeout=5s backlog=78 keepalive=off" \
	'listen tcp:192.0.2.77:7'
mark_log
kill -HUP "$echod_pid"
wait_log 'reload refused'
# shellcheck disable=SC2086
all_have listen $common backlog=77 fastopen=33
set_conf 'log-level info' "listen tcp:$address:0 ttl=18 tos=8 user-timeout=5s backlog=999999999 keepalive=off"
reload
all_have listen ttl=18 tos=8 usertimeout=5000 keepalive=0 nodelay=1 fastopen=0 \
	"backlog=$(cat /proc/sys/net/core/somaxconn)"
witness -tl 'tos:0x8 ' "LISTEN  *0  *$(cat /proc/sys/net/core/somaxconn) "
has_log "backlog of tcp $address:$port: 999999999 asked for" || fail "no word of the bounded queue"
has_log "warn: reload: tcp $address:$port: [a-z]* goes back to the kernel's own value only at a restart" ||
	fail "no word of what does not change"
look connected
# shellcheck disable=SC2086
all_have connected $common
hold others 4 "$address:$port"
look connected
[ "$(grep -c ' ttl=18 .* usertimeout=5000 ' looked)" -eq 4 ] || fail "the new ones are not as they should: $(cat looked)"
set_conf 'log-level info' "listen tcp:$address:0 reuseport=off bind-to-device=lo"
reload
has_log "reuseport of tcp $address:$port changes only at a restart" || fail "no word of reuseport"
has_log "bind-to-device of tcp $address:$port changes only at a restart" || fail "no word of bind-to-device"
all_have listen ttl=64 tos=0 usertimeout=0 keepalive=1 reuseport=1
look listen
! grep -q device= looked || fail "the device changed"
check_signal some TERM
check_signal others TERM
good_check some
good_check others
stop_echod

# Sockets for datagrams have those that are for them.
set_conf "listen udp:$address:0 rcvbuf=32k sndbuf=48k ttl=17 tos=16 broadcast=on" "listen unixgram:$work/gram sndbuf=48k"
start_echod -w 2
all_have datagram rcvbuf=65536 sndbuf=98304 ttl=17 tos=16 broadcast=1 reuseport=1
witness -ua 'tos:0x10 ' 'skmem:(r[0-9]*,rb65536,t[0-9]*,tb98304,'
grep -q "^datagram $work/gram .*sndbuf=98304 " sockets || fail "the UNIX socket is not as it should: $(cat sockets)"
set_conf "listen udp:$address:0 rcvbuf=40k sndbuf=48k ttl=18" "listen unixgram:$work/gram sndbuf=40k"
reload
all_have datagram rcvbuf=81920 sndbuf=98304 ttl=18 tos=0 broadcast=0
look datagram
grep -q "^datagram $work/gram .*sndbuf=81920 " sockets || fail "the UNIX socket has not changed: $(cat sockets)"
stop_echod

# IPv6 has names of its own for two of them; and v6only.
if [ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6; then
	set_conf 'listen tcp:[::1]:0 ttl=17 tos=16'
	start_echod -w 1
	own=$address
	address='\[::1\]'
	all_have listen hops=17 tclass=16 ttl=17 tos=16 v6only=1
	source='[::1]'
	witness -tl 'v6only:1' 'tclass:0x10 '
	hold six 1 "[::1]:$port"
	all_have connected hops=17 tclass=16
	check_signal six TERM
	good_check six
	stop_echod
	set_conf 'listen tcp:[::]:0 v6only=off ttl=19'
	start_echod -w 2
	address='\[::\]'
	all_have listen v6only=0 hops=19 ttl=19
	source='[::]'
	witness -tl 'v6only:0'
	address=$own
	source=$own
	hold four 1 "$address:$port"
	all_have connected ttl=19
	check_signal four TERM
	good_check four
	stop_echod
fi

# These need rights, or an interface of that name.
for setting in 'mark=4711 mark=4711 fwmark:0x1267' 'bind-to-device=lo device=lo %lo:'; do
	set_conf "listen tcp:$address:0 ${setting%% *}"
	launch_echod -w 2
	wait_until 60 is_listening_or_gone
	if is_gone "$echod_pid"; then
		wait_exit "$echod_pid"
		has_log "cannot listen on tcp $address:0: .*\(it needs root\|not permitted\)" || fail "no clear word of ${setting%% *}"
		continue
	fi
	wait_listening
	hold one 1 "$address:$port"
	inner=${setting#* }
	all_have listen "${inner% *}"
	all_have connected "${inner% *}"
	witness -tl "${inner#* }"
	witness '-t state established' "${inner#* }"
	check_signal one TERM
	good_check one
	stop_echod
done
refused_echod 1 "cannot listen on tcp $address:0: bind-to-device no-such-device: No such device" -w 1 -c /dev/null \
	-l "tcp:$address:0 bind-to-device=no-such-device"
