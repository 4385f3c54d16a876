#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A client that ends its side gets all that is still to come, then FIN, and never a reset.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 2 -l tcp:127.0.0.1:0

# Nothing sent at all, and much sent at once; FIN is behind the last byte in each case.
run_check -f -c 10 -n 50 -s 0 "127.0.0.1:$port"
run_check -f -c 20 -n 400 -s 0-300k "127.0.0.1:$port"
# FIN reaches the server when it holds much for a client that reads slowly: more than the kernel's buffers take.
run_check -f -b -c 8 -s 2m -r 4m "127.0.0.1:$port"

# The server has closed them, too.
wait_until 30 totals_are active=0 accepted=458
stop_echod
