#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Latency is what the server makes of it; with -R a stall cannot hide.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"
: "${ECHOBENCH:=$top_builddir/echobench}"
: "${BADSERVER:=$top_builddir/tests/tool/badserver}"

# bench STATUS ARGUMENT...: echobench has to end with that status; its JSON is $work/bench.out.
bench() {
	_expected=$1
	shift
	status=0
	"$ECHOBENCH" -q -J "$@" >"$work/bench.out" 2>"$work/bench.err" || status=$?
	[ "$status" -eq "$_expected" ] || fail "status $status instead of $_expected: echobench $*"
}

# value NAME: from the JSON; a whole number.
value() {
	sed -n "s/.*\"$1\":\"*\([^,.}\"]*\).*/\1/p" "$work/bench.out"
}

# is NAME VALUE...: what the JSON has to say.
is() {
	while [ $# -gt 0 ]; do
		[ "$(value "$1")" = "$2" ] || fail "$1 is $(value "$1") instead of $2"
		shift 2
	done
}

has_port() {
	grep -q "^port " "$work/bad.out"
}

# start_bad ARGUMENT...: sets port; the one before is ended.
start_bad() {
	[ -z "${bad_pid-}" ] || end_bad
	: >"$work/bad.out"
	"$BADSERVER" "$@" </dev/null >"$work/bad.out" 2>"$work/bad.err" &
	bad_pid=$!
	started="$started $bad_pid"
	wait_until 60 has_port
	port=$(sed -n "s/^port //p" "$work/bad.out")
}

end_bad() {
	kill -TERM "$bad_pid"
	wait_exit "$bad_pid"
}

start_bad --delay=20
bench 0 -c 4 -n 100 "127.0.0.1:$port"
[ "$(value min)" -ge 20000000 ] || fail "less than the delay"
[ "$(value p50)" -ge 20000000 ] || fail "less than the delay"

# 300 ms of each second. Closed loop: one message of thousands sees it. Open loop: three of ten.
start_bad --stall=300:1000
bench 0 -c 1 -d 2s "127.0.0.1:$port"
[ "$(value p50)" -lt 50000000 ] || fail "p50 $(value p50) in closed loop"
bench 0 -c 1 -R 200 -d 2s "127.0.0.1:$port"
is messages 400
[ "$(value p99)" -ge 150000000 ] || fail "p99 $(value p99) in open loop"
[ "$(value max)" -ge 200000000 ] || fail "max $(value max) in open loop"
[ "$(value p90)" -ge 50000000 ] || fail "p90 $(value p90) in open loop"
end_bad
