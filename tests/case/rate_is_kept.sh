#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A connection is read no faster than its rate, each for itself, and gets everything.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 1 -l 'tcp:127.0.0.1:0 rate=50k'
at=127.0.0.1:$port

# 100 KiB at 50 KiB/s, and a quarter of a second's worth at once: 1.75 s.
for i in 1 2 3 4; do
	start_talk "client$i" "$at" bytes:100k echo:100k atleast:1700 fin end
done
for i in 1 2 3 4; do
	good_talk "client$i"
done

# A few bytes do not wait.
run_check -n 1 -m 20 -s 10 "$at"
stop_echod
