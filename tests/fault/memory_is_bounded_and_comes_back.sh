#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# A crowd of clients that send and read slowly or not at all costs a bounded amount of memory each, others hardly notice
# it, and when a crowd is gone its memory is, too. The short form has smaller crowds; the long one looks at the latency of
# others as well.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
# shellcheck source=tests/lib_echobench.sh
. "$top_srcdir/tests/lib_echobench.sh"

is_sanitized && skip "a sanitizer has memory of its own"
readers=$(in_soak 1000 200)
idlers=$(in_soak 10000 2000)
# shellcheck disable=SC3045 # not in POSIX, but in every sh that there is
limit=$(ulimit -n)
[ "$limit" = unlimited ] || [ "$limit" -ge $((idlers + 64)) ] || idlers=$((limit - 64))

# Small buffers in the kernel: the worker has to keep what they do not.
start_echod -w 1 --sndbuf=32k --rcvbuf=64k --write-timeout=10m --min-drain-rate=off -l tcp:127.0.0.1:0
at=127.0.0.1:$port
worker=$(worker_pid 0)
run_check -c 50 -s 100k "$at"
base=$(memory "$worker")

# look: how much memory the worker has more than at first; keeps the most of it in KiB, as peak.
look() {
	grown=$(($(memory "$worker") - base))
	[ "$grown" -le "$peak" ] || peak=$grown
}

# is_past_looking TIME: is_past, with a look.
is_past_looking() {
	look
	is_past "$1"
}

# look_on N: for so many 1/100 s.
look_on() {
	clock
	wait_until 600 is_past_looking $((now + $1))
}

# costs NAME N MOST: what each of N clients has cost at most, in KiB.
costs() {
	echo "$1: $((peak / $2)) KiB each"
	[ "$peak" -le $(($2 * $3)) ] || fail "$1: $((peak / $2)) KiB each"
}

# has_returned: up to what is kept for each descriptor that was in use, what is not worth it (SPARE_MIN), and what malloc cannot
# give back between the pieces that live.
has_returned() {
	look
	[ "$grown" -le 4096 ]
}

come_back() {
	wait_until 30 totals_are active=0
	within 30 has_returned || fail "$1 gone, and yet $grown KiB more than at first"
	echo "$1 gone: $grown KiB more than at first"
}

# p99: of 20 others, in microseconds, the median of 5 rounds.
p99() {
	for _round in 1 2 3 4 5; do
		bench 0 -c 20 -d 2s --rate 1000 "$at"
		sed -n 's/.*"p99":\([0-9]*\)[0-9][0-9][0-9],.*/\1/p' bench.out
	done | sort -n | sed -n 3p
}

[ -z "$SOAK" ] || quiet=$(p99)

# As fast as the server takes it, in pieces of any size.
peak=0
start_check slow -c "$readers" -s 4000m -w 1000-60000 -b -r 100k -t 600s "$at"
if [ -n "$SOAK" ]; then
	# As on a machine of its own: the program of the crowd runs when nobody else wants to (SCHED_IDLE, sched(7)), or the
	# others would wait for it, and not for echod.
	chrt -i -p 0 "$check_pid" || fail "no chrt"
fi
look_on "$(in_soak 1500 150)"
if [ -n "$SOAK" ]; then
	stats
	before=$(total bytes_out)
	busy=$(p99)
	stats
	moved=$((($(total bytes_out) - before) / 1000000))
	echo "p99 of others: $quiet us without, $busy us with $readers slow readers, who took $moved MB meanwhile"
	[ "$moved" -ge 100 ] || fail "the crowd hardly ran"
	# Twice is what is promised; a shared machine adds what it likes.
	[ "$busy" -le $((quiet * 2 + 1000)) ] || fail "others wait: $busy us instead of $quiet us"
fi
stats
[ $(($(total bytes_in) - $(total bytes_out))) -ge $((readers * 64 * 1024)) ] || fail "not much waits for them"
costs "slow readers" "$readers" 320
check_signal slow KILL
wait_check slow
come_back "slow readers"

# The worst way to fill memory, once the kernel is full: a byte at a time.
peak=0
count=$(in_soak 100 20)
start_check bytes -N -b -a 400k -w 1 -c "$count" -s 64m "$at"
look_on "$(in_soak 1500 100)"
costs "single bytes" "$count" 512
check_signal bytes TERM
good_check bytes
come_back "single bytes"

peak=0
hold idle "$idlers" "$at"
look
echo "$idlers idle: $peak KiB"
check_signal idle USR1
good_check idle
come_back "$idlers idle"
stop_echod
