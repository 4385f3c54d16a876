# SPDX-License-Identifier: BSD-2-Clause
# shellcheck shell=sh disable=SC2034,SC2154 # what is set here is read by the cases; what is read here is set by lib.sh
# What the cases of echobench share. A case reads lib.sh first, and then this file.

: "${ECHOBENCH:=$top_builddir/echobench}"
: "${BADSERVER:=$top_builddir/tests/tool/badserver}"
: "${LOSSY:=$top_builddir/tests/tool/lossy}"

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

# is_inverted: the fifth byte that the mismatch shows, and no other, has all its bits inverted; sets other, what came.
is_inverted() {
	expected=$(value expected)
	got=$(value got)
	[ "${#expected} ${#got}" = "32 32" ] || fail "not 16 bytes: $expected $got"
	_good=$(echo "$expected" | cut -c1-8,11-)
	[ "$_good" = "$(echo "$got" | cut -c1-8,11-)" ] || fail "other bytes differ: $expected $got"
	_one=$(echo "$expected" | cut -c9-10)
	other=$(echo "$got" | cut -c9-10)
	[ $((0x$_one ^ 0x$other)) -eq 255 ] || fail "not inverted: $_one $other"
}

has_port() {
	grep -q "^port " "$work/bad.out"
}

# start_server PROGRAM ARGUMENT...: sets port; the one before is ended.
start_server() {
	[ -z "${bad_pid-}" ] || end_bad
	: >"$work/bad.out"
	"$@" </dev/null >"$work/bad.out" 2>"$work/bad.err" &
	bad_pid=$!
	started="$started $bad_pid"
	wait_until 60 has_port
	port=$(sed -n "s/^port //p" "$work/bad.out")
}

start_bad() {
	start_server "$BADSERVER" "$@"
}

start_lossy() {
	start_server "$LOSSY" "$@"
}

# end_bad: if it has not ended by itself.
end_bad() {
	kill -TERM "$bad_pid" 2>/dev/null || :
	wait_exit "$bad_pid"
	bad_pid=
}
