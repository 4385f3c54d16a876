#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Clients that send and never read cost a bounded amount of memory and no processor time, and harm nobody else.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 1 -l tcp:127.0.0.1:0
worker=$(worker_pid 0)
run_check -c 50 -s 100k "127.0.0.1:$port"
before=$(memory "$worker")

# A connection may hold 256 KiB and one read of 64 KiB; the allocator rounds up, a sanitizer adds its own.
may_grow=$((50 * 512))
is_sanitized && may_grow=$((may_grow * 2))

has_settled_within_bounds() {
	grown=$(($(memory "$worker") - before))
	[ "$grown" -le "$may_grow" ] || fail "the worker grew by $grown KiB"
	check_says flood '^settled 50 '
}

# 64 MiB each is more than the kernel's buffers take.
start_check flood -N -c 50 -s 64m "127.0.0.1:$port"
wait_until 60 has_settled_within_bounds
sent=$(sed -n 's/^settled 50 bytes_sent=//p' flood.out)
[ "$sent" -lt $((50 * 64 * 1024 * 1024)) ] || fail "the server took all that was sent"

# It waits for them: it does not look again and again.
read_stat "$worker"
before=$ticks
let_pass 100
read_stat "$worker"
[ $((ticks - before)) -le 10 ] || fail "$((ticks - before)) ticks in a second for nothing"

run_check -c 10 -n 100 -s 1-100k "127.0.0.1:$port"
check_signal flood TERM
good_check flood
wait_until 30 totals_are active=0
stop_echod
