#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Who is silent for idle-timeout is ended, and who is connected for session-timeout, whatever he does; not before, and
# nobody else is.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'listen tcp:127.0.0.1:0 idle-timeout=800ms' 'listen tcp:127.0.0.2:0 session-timeout=800ms' \
	'listen tcp:127.0.0.3:0 service=discard idle-timeout=800ms'
start_echod -v
idle_at=$(listening | sed -n 1p)
session_at=$(listening | sed -n 2p)
discard_at=$(listening | sed -n 3p)

talk "$idle_at" send:a expect:a end atleast:800
wait_log 'connection 1: idle-timeout'

# A second and more of activity, then none.
talk "$idle_at" send:a expect:a quiet:300 send:b expect:b quiet:300 send:c expect:c quiet:300 send:d expect:d quiet:300 \
	send:e expect:e atleast:1200 end atleast:2000
talk "$discard_at" send:a quiet:300 send:b quiet:300 send:c quiet:300 send:d end atleast:1700

# Busy all the time, and ended all the same.
talk "$session_at" send:a expect:a quiet:300 send:b expect:b quiet:300 send:c expect:c end atleast:800
wait_log 'connection 4: session-timeout'
mark_log
stats
has_log 'stats reasons idle-timeout=3 session-timeout=1$' || fail "not counted: $(cat stats)"
wait_until 30 totals_are active=0 accepted=4

# Who is ended in the middle of something gets all that was echoed, and FIN, even if it reads slowly and goes on sending;
# and to take is not to be idle.
start_check slow -s 100000m -r 800k "$session_at"
wait_check slow
[ "$(check_field slow short)" -eq 1 ] || fail "not a decent end: $(tail -n 1 slow.out)"
stop_echod
