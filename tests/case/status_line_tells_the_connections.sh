#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The status line comes at its interval, to the clients of listeners that are told so, with the number of connections of
# all workers; never inside a frame. (That it does not pile up for who does not read is in tests/unit/test_announce.c.)

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 2' 'status-interval 100ms' 'listen tcp:127.0.0.1:0' \
	'listen tcp:127.0.0.2:0 service=frame' 'listen tcp:127.0.0.3:0 status-interval=off'
start_echod
echo_at=$(listening | sed -n 1p)
frame_at=$(listening | sed -n 2p)
silent_at=$(listening | sed -n 3p)

talk "$silent_at" quiet:300 send:a expect:a fin end
wait_until 30 totals_are active=0
hold five 5 "$silent_at"
talk "$echo_at" 'expect:Server status: 6 active connections\n' \
	'lines:3:Server status: 6 active connections' atleast:200 fin drop
check_signal five TERM
good_check five
wait_until 30 totals_are active=0

# The line is a frame, and comes although a frame is on its way in.
talk "$frame_at" 'send:\x04\0\0\0ab' 'expect:\x24\0\0\0Server status: 1 active connections\n' \
	'expect:\x24\0\0\0Server status: 1 active connections\n' fin drop

stop_echod
