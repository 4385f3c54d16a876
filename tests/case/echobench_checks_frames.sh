#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# With --frame a message goes behind its length, whole, and the length that comes back is checked, too.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

# This server answers nothing that is not a whole frame.
start_bad --frame
for options in '' '-s 0' '-s 0-300 -P 16 -c 3' '-s 1m -c 2' '-s 0-20 -P 3000' '--churn --half-close' '-t 2 -c 2 -R 1000'; do
	# shellcheck disable=SC2086 # several words
	bench 0 -n 200 --frame $options "127.0.0.1:$port"
	is messages 200 lost 0 failed 0
done
bench 0 -n 10 --frame "127.0.0.1:$port"
is bytes 640
bench 0 -n 10 --frame --no-verify "127.0.0.1:$port"

# Without lengths it is not to be satisfied.
bench 1 -n 1 --timeout=200ms "127.0.0.1:$port"
is messages 0 lost 1

# Message 2 of 10 bytes each begins at 28; the connection after it makes the same mistake with its own.
start_bad --frame --length=2
bench 1 -n 4 -s 10 --frame "127.0.0.1:$port"
is messages 3 wrong 1 lost 1 offset 28 shown_from 28
value expected | grep -q '^0a000000' || fail "expected $(value expected)"
value got | grep -q '^0b000000' || fail "got $(value got)"

# And in the contents: the second message of 20 bytes has its seventh byte at 24 + 4 + 6.
start_bad --frame --corrupt=34
bench 1 -n 3 -s 20 --frame "127.0.0.1:$port"
is messages 2 wrong 1 lost 1 offset 34 shown_from 30
is_inverted

start_bad --frame --extra=30
bench 1 -n 4 -s 10 --frame "127.0.0.1:$port"
[ "$(value wrong)" -gt 0 ] || fail "a byte too many is not noticed"

start_bad --frame --truncate=30
bench 1 -n 4 -s 10 --frame "127.0.0.1:$port"
is short 1 messages 3 lost 1

start_bad --frame --unix="$work/socket"
bench 0 -n 200 -c 3 -P 4 -s 0-1000 --frame "unix:$work/socket"
is messages 200 failed 0
end_bad
