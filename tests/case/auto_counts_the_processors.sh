#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# workers=auto is one for each processor in the affinity mask of echod, and is counted anew at each reload.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

command -v taskset >/dev/null || skip "there is no taskset"
taskset -pc 0 $$ >/dev/null 2>&1 || skip "processor 0 is not ours"

set_conf 'workers auto' 'listen tcp:127.0.0.1:0'
start_echod # with our mask
has_log 'workers: 1 (affinity mask 1, ' || fail "at the start: $(grep workers: "$log")"
has_children 1 "$echod_pid" || fail "more than one worker"

if ! taskset -c 1 true 2>/dev/null || has_log 'cgroup quota [01]\.'; then
	stop_echod
	exit 0 # there is no second one
fi
taskset -pc 0,1 "$echod_pid" >taskset.out
reload
has_log 'workers: 2 (affinity mask 2, ' || fail "at the reload: $(grep workers: "$log")"
wait_until 30 has_children 2 "$echod_pid"
run_check -c 20 "127.0.0.1:$port"
stop_echod
