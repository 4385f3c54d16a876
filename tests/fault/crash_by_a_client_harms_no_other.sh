#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A client that makes a worker crash by what it sends, again and again, does not become everyone's outage.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

ECHOD=$ECHOD_FAULTY
ECHOD_FAULT='do=obey'
export ECHOD_FAULT
crash_expected=yes
start_echod -w 2 -l tcp:127.0.0.1:0
mark_log
"$TALK" "127.0.0.1:$port" 'send:do crash' drop || : # the end of it is not the point
wait_log 'killed by signal 11'
run_check -c 10 -n 40 "127.0.0.1:$port"
stop_echod
