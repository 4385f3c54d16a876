#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The bound is on memory allocated, not on bytes held: single bytes that nobody reads cost no more than large pieces.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 1 -l tcp:127.0.0.1:0
worker=$(worker_pid 0)
run_check -c 4 -s 100k "127.0.0.1:$port"
before=$(memory "$worker")

# 1 MiB would do; a piece of memory for each read would be tens of MiB.
may_grow=4096
is_sanitized && may_grow=$((may_grow * 4))

# Half of what the server may hold for each of the two connections, and most of it came byte by byte.
is_full_within_bounds() {
	grown=$(($(memory "$worker") - before))
	[ "$grown" -le "$may_grow" ] || fail "the worker grew by $grown KiB"
	stats
	[ $(($(total bytes_in) - $(total bytes_out))) -ge $((2 * 128 * 1024)) ]
}

# The kernel's buffers are kept small and filled with large pieces first; then each byte is a segment (TCP_NODELAY).
start_check flood -N -b -a 250k -w 1 -c 2 -s 16m "127.0.0.1:$port"
wait_until 120 is_full_within_bounds

run_check -c 4 -n 40 -s 1-100k "127.0.0.1:$port"
check_signal flood TERM
good_check flood
stop_echod
