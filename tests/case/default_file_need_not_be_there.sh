#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Without -c the file that --help names is read if there is one: a bad one is an error, and none means the defaults.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

file=$("$ECHOD" --help | sed -n 's/.*read FILE, not //p')
folder=${file%/*}
[ -d "$folder" ] || skip "there is no $folder"
unshare -m mount -t tmpfs none "$folder" 2>/dev/null || skip "no mount namespace to put another $folder into"

# dump LINE: echod -T with this line, or '' for none, in the default file; sets status.
dump() {
	status=0
	# shellcheck disable=SC2016 # for the inner shell
	unshare -m sh -eu -c '
		mount -t tmpfs -o mode=755 none "${0%/*}"
		[ -z "$1" ] || echo "$1" >"$0"
		exec "$2" -T' "$file" "$1" "$ECHOD" >dump.out 2>dump.err || status=$?
}

dump 'workers 7'
! grep -q 'could change it' dump.err || skip "not trusted here: $(cat dump.err)"
[ "$status" -eq 0 ] || fail "status $status: $(cat dump.err)"
grep -q -x 'workers 7' dump.out || fail "not read: $(cat dump.out)"
dump 'workers many'
[ "$status" -eq 78 ] || fail "status $status for a bad one"
grep -q "^echod: $file:1: " dump.err || fail "not told: $(cat dump.err)"
dump ''
[ "$status" -eq 0 ] || fail "status $status without one: $(cat dump.err)"
"$ECHOD" -c /dev/null -T >defaults
cmp -s defaults dump.out || fail "not the defaults: $(diff defaults dump.out)"
