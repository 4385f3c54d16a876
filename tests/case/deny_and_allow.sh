#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# allow and deny: the first rule that an address matches decides, and a listener with rules of its own uses only these. A
# client that is denied is closed without a word and counted.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# The clients come from 127.0.1.1 to 127.0.1.6, over an IPv6 socket where there is one.
set_conf 'workers 2' 'deny 127.0.1.1' 'allow 127.0.1.0/30,::1' 'deny 127.0.1.0/24' 'refusal-text "secret"' \
	'listen tcp:*:0' 'listen tcp:127.0.0.2:0 allow=127.0.1.1 deny=all' 'listen tcp:127.0.0.3:0 deny=none' \
	'listen tcp:127.0.0.4:0 deny=0.0.0.0/0 allow=all'
start_echod

# served EXPECTED ADDRESS: sources, as the last number of their addresses, that are served there.
served() {
	: >served.by
	for number in 1 2 3 4 5 6; do
		# Of so many sources the last one is the one that counts.
		start_check from -B "$number" -c 1 -n "$number" "$2"
		wait_check from
		ok=$(check_field from ok)
		[ "$ok" -eq "${last_ok:-0}" ] || echo "$number" >>served.by
		last_ok=$ok
	done
	last_ok=0
	[ "$(tr -d '\n' <served.by)" = "$1" ] || fail "$2: served were $(tr '\n' ' ' <served.by), not $1"
}

served 23 "127.0.0.1:$port"
served 1 "$(listening | sed -n 2p)"
served 123456 "$(listening | sed -n 3p)"
served '' "$(listening | sed -n 4p)"
stats
[ "$(reason denied)" -gt 0 ] || fail "nothing is counted: $(cat stats)"
[ "$(reason denied)" -eq "$(total refused)" ] || fail "$(cat stats)"
has_log 'warn: refused 127.0.1.[0-9]*:[0-9]*: denied' || fail "no word in the log"
hears '' -s 0 "$(listening | sed -n 4p)"

# The rules that are in force can be written down and read again.
"$ECHOD" -c "$conf" -T >dump
"$ECHOD" -c dump -T | cmp -s - dump || fail "the dump is another configuration"
grep '^allow\|^deny' dump >rules
printf 'deny 127.0.1.1\nallow 127.0.1.0/30\nallow ::1\ndeny 127.0.1.0/24\n' | cmp -s - rules || fail "$(cat rules)"
stop_echod
