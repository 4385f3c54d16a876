#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With accept-rate no more connections are accepted in a second than that; nobody is refused, the surplus waits. Another
# listener is not concerned.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'listen tcp:127.0.0.1:0 accept-rate=20' 'listen tcp:127.0.0.2:0'
start_echod
slow=$(listening | sed -n 1p)
fast=$(listening | sed -n 2p)

# Each worker lets in ten a second, and two at the beginning.
clock
begin=$now
start_check slow -c 60 -n 60 -t 120s "$slow"
run_check -c 50 -n 500 "$fast"
is_alive "$(cat slow.pid)" || fail "sixty were let in at once"
good_check slow
clock
[ $((now - begin)) -ge 250 ] || fail "sixty were let in within $((now - begin))/100 s"
wait_until 30 totals_are active=0 accepted=560 refused=0

# With fewer workers than there were, one serves several sockets of the address, at the same rate.
set_conf 'workers 1' 'listen tcp:127.0.0.1:0 accept-rate=20' 'listen tcp:127.0.0.2:0'
reload
clock
begin=$now
run_check -c 60 -n 60 -t 120s "$slow"
clock
[ $((now - begin)) -ge 250 ] || fail "one worker: sixty were let in within $((now - begin))/100 s"
stop_echod
