#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# The pid file holds the supervisor's process id and is locked: a second echod is refused. A file that is not locked is
# no obstacle, nothing is written through a link, and at the end the file is gone.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

start_echod -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
first=$echod_pid
[ "$(cat pid)" = "$first" ] || fail "the file says $(cat pid), not $first"

instance=second
refused_echod 1 "$work/pid: locked by process $first" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
[ "$(cat pid)" = "$first" ] || fail "the second one has changed the file"
use_echod echod "$first"
stop_echod
[ ! -e pid ] || fail "the file was left behind"

# Left by an echod that was killed: the number may be anybody's now.
start_echod -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
kill -KILL "$echod_pid"
wait_exit "$echod_pid"
[ -e pid ] || fail "who removed the file?"
echo 00000000000000000001 >pid # longer than what comes
start_echod -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
[ "$(cat pid)" = "$echod_pid" ] || fail "the file says $(cat pid), not $echod_pid"

# Somebody else's file in that place is not ours to remove.
rm pid
echo mine >pid
stop_echod
[ "$(cat pid)" = mine ] || fail "another file was removed"

echo precious >target
ln -sf target pid
refused_echod 1 "$work/pid: .*symbolic link" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
[ "$(cat target)" = precious ] || fail "the target of the link was changed"
[ -h pid ] || fail "the link was removed"

# Nor is a second name of a file written through, a file of somebody else's, or a FIFO waited for.
rm pid
echo '4711 precious' >target
ln target pid
refused_echod 1 "$work/pid: is a hard link" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
[ "$(cat target)" = '4711 precious' ] || fail "the other name of the file was written through"
rm pid
if [ "$(id -u)" -eq 0 ]; then
	echo 4711 >pid
	chown 54321 pid
	refused_echod 1 "$work/pid: belongs to user 54321" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
	[ "$(cat pid)" = 4711 ] || fail "a file of somebody else was written over"
	rm pid
fi
mkfifo pid
refused_echod 1 "$work/pid: is not a regular file" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"
rm pid
ln -s /dev/full pid
refused_echod 1 "$work/pid: is a symbolic link" -w 1 -l tcp:127.0.0.1:0 -P "$work/pid"

refused_echod 1 "$work/no/pid: .*No such file" -w 1 -l tcp:127.0.0.1:0 -P "$work/no/pid"
refused_echod 1 "$work: " -w 1 -l tcp:127.0.0.1:0 -P "$work"
