#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# When descriptors run out clients wait, the log says so once a second at most, no processor time is burned, and all are
# served in the end.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

real=$ECHOD
printf '%s\n' '#!/bin/sh' 'ulimit -n 64' "exec '$real' \"\$@\"" >limited
chmod +x limited
ECHOD=$work/limited
start_echod -w 1 -l tcp:127.0.0.1:0
worker=$(worker_pid 0)
has_log 'descriptors: limit 64' || fail "the limit is not shown"

# 64 descriptors are not enough for 100 clients that stay.
start_check crowd -H -c 100 -t 300s "127.0.0.1:$port"
wait_log 'Too many open files'

mark_log
read_stat "$worker"
before=$ticks
clock
begin=$now
let_pass 200
read_stat "$worker"
lines=$(tail -n "+$mark" "$log" | grep -c 'Too many open files') || :
clock
[ $((ticks - before)) -le 20 ] || fail "$((ticks - before)) of 200 ticks for nothing"
[ "$lines" -le $(((now - begin) / 100 + 1)) ] || fail "$lines lines in $((now - begin))/100 s"

# Those who leave make room for those who wait.
check_signal crowd TERM
good_check crowd
[ "$(check_field crowd connected)" -eq 100 ] || fail "not all were served"
run_check -c 30 -n 300 "127.0.0.1:$port"
wait_until 30 totals_are active=0 accepted=400 restarts=0
stop_echod
