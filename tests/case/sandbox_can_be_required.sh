#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# sandbox=require: where a part of the sandbox is missing, echod does not start and a reload changes nothing; where all
# of it is there, workers serve in it. By default what is missing is said once.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'listen tcp:127.0.0.1:0'
start_echod
if ! has_log 'sandbox: '; then
	is_confined || fail "not confined, and no reason"
	set_conf 'workers 1' 'listen tcp:127.0.0.1:0' 'sandbox require'
	reload
	is_confined || fail "not confined after a reload"
	run_check "127.0.0.1:$port"
	stop_echod
	instance=required
	start_echod
	is_confined || fail "required, and not confined"
	run_check "127.0.0.1:$port"
	stop_echod
	exit 0
fi

# Something is missing.
is_refused_reload() {
	has_log 'error: reload refused: sandbox=require: no '
}
has_lines 1 'sandbox: ' || fail "said more than once"
reload
has_lines 0 'sandbox: ' || fail "said once more"
set_conf 'workers 1' 'listen tcp:127.0.0.1:0' 'sandbox require'
first=$(worker_pid 0)
kill -HUP "$echod_pid"
wait_until 60 is_refused_reload
run_check "127.0.0.1:$port"
[ "$(worker_pid 0)" = "$first" ] || fail "another worker"
stop_echod
instance=refused
refused_echod 1 'error: sandbox=require: no ' -w 1
[ "$(grep -c . "$log")" -eq 1 ] || fail "more than one line"
