#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With delay and delay-jitter answers come later, in order and all of them, also to who has ended; and what a drain
# finds waiting is sent.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

set_conf 'workers 1' 'delay 200ms' 'delay-jitter 100ms' 'drain-timeout 0' 'listen tcp:127.0.0.1:0' \
	'listen tcp:127.0.0.2:0 service=frame' 'listen tcp:127.0.0.3:0 delay=60s'
start_echod
echo_at=$(listening | sed -n 1p)
frame_at=$(listening | sed -n 2p)
late_at=$(listening | sed -n 3p)

talk "$echo_at" send:abc expect:abc atleast:200 fin end
talk "$echo_at" bytes:10k send:x bytes:10k fin echo:10k expect:x echo:10k end atleast:200
talk "$frame_at" 'send:\x01\0\0\0a' 'expect:\x01\0\0\0a' atleast:200 fin end

# Streams of small and large pieces, some of them with a half-close; every byte is compared.
run_check -c 20 -n 60 -s 1-200k -w 1-3k "$echo_at"
run_check -c 5 -s 1m -f "$echo_at"

# Seconds too early is better than lost.
start_talk late "$late_at" bytes:10k say:sent echo:10k end
wait_until 30 check_says late sent
has_come() {
	[ "$(of_worker_now 0 active)" -eq 1 ] && [ "$(($(total bytes_in) - $(total bytes_out)))" -eq 10240 ]
}
wait_until 30 has_come
kill -TERM "$echod_pid"
good_talk late
wait_exit "$echod_pid"
[ "$status" -eq 0 ] || fail "echod ended with status $status"
