#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With a refusal-text a client that finds the server full is told so, whatever it has sent already; without one its
# connection is just closed. The log says who it was.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'max-connections 3' 'listen tcp:127.0.0.1:0 refusal-text="full, \"later\"\t(%d)\n"' \
	'listen tcp:127.0.0.2:0' 'listen tcp:127.0.0.3:0 max-connections-per-source=1 refusal-text="one each"'
start_echod
full=$(listening | sed -n 1p)
silent=$(listening | sed -n 2p)
one_each=$(listening | sed -n 3p)

hold first 1 "$one_each"
hears 'one each' -s 5000 "$one_each"
hold others 2 "$full"

expected=$(printf 'full, "later"\t(%%d)')
for size in 0 1 1000 30000 60000; do
	for _ in 1 2 3 4 5; do
		hears "$expected" -s "$size" "$full"
	done
done
hears '' "$silent"
wait_until 30 totals_are active=3 accepted=30 refused=27
[ "$(reason full)" -eq 26 ] || fail "$(cat stats)"
[ "$(reason source-full)" -eq 1 ] || fail "$(cat stats)"

# Many at once: their number is bounded, and who is in notices nothing.
start_check many -c 200 -n 1000 -C "$full"
wait_check many
check_signal others USR1
good_check others
hold others 2 "$full"
let_go others
let_go first
stop_echod

# A client of a UNIX socket has no address of its own: the log names the server's.
set_conf 'workers 1' 'max-connections 1' 'listen tcp:127.0.0.1:0' "listen unix:$work/s"
start_echod
hold first 1 "unix:$work/s"
hold_some second 1 "unix:$work/s"
[ "$settled" -eq 0 ] || fail "a second one has got in"
has_log "warn: refused a client of $work/s: too many connections\$" || fail "no word in the log"
let_go second
let_go first
stop_echod
