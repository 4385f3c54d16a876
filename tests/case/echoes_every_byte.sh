#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Every byte comes back, in order and once, also through a reader that is slower than the sender.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0

# 64 MiB in one connection; the reader takes 64 MiB a second, so that the server has to hold the sender back.
start_check large -f -s 64m -w 1-64k -r 64m "127.0.0.1:$port"
# Meanwhile, many small ones: bytes of one connection never show up in another.
run_check -c 50 -n 1000 -s 1-100k -w 1-8k "127.0.0.1:$port"
good_check large
[ "$(check_field large bytes_received)" -eq $((64 * 1024 * 1024)) ] || fail "not 64 MiB"

# Several that move as much as they can, side by side.
run_check -f -c 8 -n 16 -s 2m-8m "127.0.0.1:$port"

# Request and answer in turn: what was sent alone comes back alone.
run_check -c 10 -m 200 -s 1-2k "127.0.0.1:$port"
stop_echod
