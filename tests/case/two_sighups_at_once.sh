#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# However many reloads are asked for while one is on its way, one more follows, and it takes the file as it is by then.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT="generation=2 worker=0 do=wait:$work/go"
export ECHOD_FAULT
set_conf 'workers 1' 'listen tcp:127.0.0.1:0' 'start-timeout 5m'
start_echod

# Generation 2 is on its way, and stays so until the file go is there.
set_conf 'workers 2' 'listen tcp:127.0.0.1:0' 'start-timeout 5m'
kill -HUP "$echod_pid"
wait_until 60 has_children 3 "$echod_pid"
for workers in 3 4 5; do
	set_conf "workers $workers" 'listen tcp:127.0.0.1:0'
	kill -HUP "$echod_pid"
	stats # when it answers, it has read the HUP before
	[ "$(total workers)" -eq 1 ] || fail "a reload overtook another"
done
: >go
wait_log 'reload: generation 3 is serving'
wait_until 60 totals_are workers=5

# If there were another reload to come, it would come before this one.
reload
has_log 'reload: generation 4 is serving' || fail "more than one reload followed"
mark=1
has_lines 3 'reload: generation' || fail "too many reloads"
wait_until 60 has_children 5 "$echod_pid"
run_check -c 10 -n 100 "127.0.0.1:$port"
stop_echod
