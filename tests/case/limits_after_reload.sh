#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A reload changes the limits for clients that come from then on; those who are in stay, and count, though they are with
# workers of an older generation.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

# limits LINE...: a reload with these.
limits() {
	set_conf 'workers 2' 'drain-timeout 1h' 'listen tcp:127.0.0.1:0 refusal-text=no' "$@"
}

# so_many EXPECTED NAME: of 50 clients.
so_many() {
	hold_some "$2" 50 "$at"
	[ "$settled" -eq "$1" ] || fail "$2: $settled instead of $1"
}

# The places of workers of an older generation are free when these die: nobody starts them again.
limits 'max-connections 5' 'max-connections-per-source 5'
start_echod
at=127.0.0.1:$port
so_many 5 lost
old="$(worker_pid 0) $(worker_pid 1)"
reload
hears no -s 100 "$at"
for pid in $old; do
	kill -KILL "$pid" 2>/dev/null || : # one that had no client has left
done
wait_until 30 totals_are active=0
let_go lost
so_many 5 found
let_go found
wait_until 30 totals_are active=0

limits 'max-connections 5'
reload
so_many 5 five

limits 'max-connections 12'
reload
so_many 7 seven_more

limits 'max-connections 3'
reload
hears no -s 100 "$at"
let_go five
wait_until 30 totals_are active=7
hears no -s 100 "$at"
let_go seven_more
wait_until 30 totals_are active=0
so_many 3 three

# Without a limit, and then with one for each source.
limits
reload
so_many 50 all
limits 'max-connections-per-source 4'
reload
so_many 4 four
limits 'max-connections-per-source 6'
reload
so_many 2 two
limits 'deny all'
reload
hears '' -s 0 "$at"
wait_until 30 totals_are active=59
for name in three all four two; do
	let_go "$name"
done
wait_until 30 totals_are active=0

# A reload that is refused changes nothing.
limits 'max-connections none'
mark_log
kill -HUP "$echod_pid"
wait_log 'reload refused: .*:4: max-connections: '
hears '' -s 0 "$at"
stop_echod
