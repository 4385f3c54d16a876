#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Somebody has removed the file of a UNIX socket, and nobody can connect any more: a reload makes it again, and who was
# connected notices nothing. A reload that is refused makes none; another file in its place is left alone.

# shellcheck source=tests/lib.sh
. "${top_srcdir:-.}/tests/lib.sh"

path=$work/s
gram=$work/g
set_conf 'workers 2' "listen unix:$path mode=0640" "listen unixgram:$gram" 'listen tcp:127.0.0.1:0'
start_echod
hold client 2 "unix:$path"

rm "$path" "$gram"
good=$conf
conf=$work/bad.conf
cp "$good" saved
printf '%s\n' "listen unix:$path mode=0640" 'listen tcp:192.0.2.1:1' >"$good" # an address that is not ours
mark_log
kill -HUP "$echod_pid"
wait_log 'reload refused: .*192\.0\.2\.1:1'
[ ! -e "$path" ] || fail "a reload that was refused has left a file"
[ -e "$path.lock" ] || fail "it has removed the lock"

mv saved "$good"
reload
has_log "warn: reload: the file of unix $path has gone: it is made again" || fail "no word of the file"
has_log "warn: reload: the file of unixgram $gram has gone: it is made again" || fail "no word of the other file"
[ "$(stat -c '%A' "$path")" = 'srw-r-----' ] || fail "the file is $(stat -c '%A' "$path")"
run_check -c 5 -n 20 "unix:$path"
check_signal client TERM
good_check client
first=$echod_pid
instance=second
conf=/dev/null
refused_echod 1 "$path.lock: locked by process $first" -w 1 -l "unix:$path"
use_echod echod "$first"

# Once more: the second one is as good as the first.
rm "$path"
reload
run_check -c 5 -n 20 "unix:$path"
reload
has_lines 0 'it is made again' || fail "it was made again for nothing"

rm "$path"
echo precious >"$path"
reload
has_log "warn: reload: the file of unix $path is not ours any more" || fail "no word of the other file"
[ "$(cat "$path")" = precious ] || fail "another file was replaced"
stop_echod
[ "$(cat "$path")" = precious ] || fail "another file was removed"
for file in "$gram" "$gram.lock" "$path.lock"; do
	[ ! -e "$file" ] || fail "$file is left"
done
