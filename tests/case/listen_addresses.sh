#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Each form of an address is listened on, and shown as it is: with the port that port 0 has become.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

own_address 0
has_ipv6=
if [ -r /proc/net/if_inet6 ] && grep -q '^00000000000000000000000000000001 ' /proc/net/if_inet6; then
	has_ipv6=yes
fi

# serves ADDRESS...: there are exactly these, * for the port, and each of them echoes.
serves() {
	listening | sed 's/:[0-9]*$/:*/' >shown
	printf '%s\n' "$@" >wanted
	cmp -s wanted shown || fail "listens on $(tr '\n' ' ' <shown), not on $*"
	for place in $(listening); do
		[ "${place##*:}" -ne 0 ] || fail "port 0"
		case $place in
		0.0.0.0:*) run_check -c 4 "127.0.0.1:${place##*:}" ;;
		'[::]':*) run_check -c 4 "[::1]:${place##*:}" ;;
		*) run_check -c 4 "$place" ;;
		esac
	done
}

start_echod -w 2 -l tcp:127.0.0.1:0
serves '127.0.0.1:*'
has_log "listening on tcp 127.0.0.1:$port (2 workers)" || fail "the line is not what it should be"
stop_echod

# Several, and a port of one's own choice.
start_echod -w 2 -l tcp:0.0.0.0:0 -l "tcp:$address:0"
serves '0.0.0.0:*' "$address:*"
stop_echod
start_echod -w 2 -l "tcp:$address:$port"
[ "$(listening)" = "$address:$port" ] || fail "listens on $(listening)"
stop_echod

# The command line replaces what the file says.
set_conf "listen tcp:$address:0" 'port 0'
start_echod -w 1 -l tcp:127.0.0.1:0
serves '127.0.0.1:*'
stop_echod
conf=/dev/null

if [ -z "$has_ipv6" ]; then
	start_echod -w 2 -p 0
	serves '0.0.0.0:*'
	stop_echod
	skip "no IPv6 here: the rest was not tried"
fi

start_echod -w 2 -l 'tcp:[::1]:0' -l tcp:127.0.0.1:0
serves '[::1]:*' '127.0.0.1:*'
stop_echod

# -p and * are for both: IPv4 and IPv6.
for option in -p0 --port=0 '--listen=tcp:*:0'; do
	start_echod -w 2 "$option"
	serves '[::]:*'
	run_check -c 4 "127.0.0.1:$port"
	stop_echod
done

# An IPv6 address is for IPv6 only, even that for all of them.
start_echod -w 2 -l 'tcp:[::]:0'
serves '[::]:*'
is_refused "127.0.0.1:$port" || fail "[::] serves IPv4, too"
stop_echod

# A name may have several addresses.
start_echod -w 2 -l tcp:localhost:0
listening | grep -q -e '^127\.0\.0\.1:' -e '^\[::1\]:' || fail "localhost is $(listening)"
for place in $(listening); do
	run_check -c 4 "$place"
done
stop_echod
