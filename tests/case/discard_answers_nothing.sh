#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A listener with service=discard reads what comes, counts it and sends nothing; another one beside it echoes. The same
# setting in a line of its own is for the listener that says nothing else.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'listen tcp:127.0.0.1:0 service=echo' 'listen tcp:127.0.0.2:0' 'service discard'
start_echod
echo_at=$(listening | sed -n 1p)
discard_at=$(listening | sed -n 2p)

start_check echo -n 1 -s 70000 "$echo_at"
good_check echo
stats
received=$(total bytes_in)
[ "$(total bytes_out)" -eq "$received" ] || fail "the echo is not whole: $(cat stats)"

# A client that sends and then waits for the end gets the end and no byte before it.
start_check discard -n 1 -s 70000 -f -t 1s "$discard_at"
wait_check discard
[ "$status" -ne 0 ] || fail "something was echoed"
wait_until 30 totals_are "bytes_in=$((received + 70000))" "bytes_out=$received" active=0
stop_echod
