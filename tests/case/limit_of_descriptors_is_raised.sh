#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# echod and echobench raise the limit of open files that they are started with to the hard one: with a soft limit of 64, 200
# connections are echoed.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# shellcheck disable=SC3045 # not in POSIX, but in every sh that there is
most=$(ulimit -H -n)
# shellcheck disable=SC3045
[ "$most" = unlimited ] || [ "$most" -ge 300 ] || skip "it cannot be more than $most"
# shellcheck disable=SC3045
ulimit -S -n 64

start_echod -w 1 -l tcp:127.0.0.1:0
has_log "descriptors: limit $most, " || fail "$(grep descriptors: "$log") instead of $most"
bench 0 -c 200 -t 1 -n 1000 "127.0.0.1:$port"
is opened 200 messages 1000 failed 0
stop_echod
